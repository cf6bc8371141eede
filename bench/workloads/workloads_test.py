#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Every row over the interface works: it is listed, runs, and reports a figure.

    workloads_test.py WORKER

Each sample checks its own result and fails otherwise; here samples are short, so
the figures mean nothing. Rows from a large parent, or beside many children, are
only listed.
"""

import json
import os
import subprocess
import sys

_SLOW = '1GiB|children'


def run(worker, *arguments, **environment):
  result = subprocess.run(
      [worker, *arguments],
      env={**os.environ, 'PROCSPEC_BENCH_SAMPLE_MS': '5', **environment},
      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
  assert result.returncode == 0, (arguments, result.returncode, result.stderr)
  return result.stdout


def figures(worker, selection, **environment):
  rows = json.loads(run(worker, f'--benchmark_filter={selection}',
                        '--benchmark_format=json', **environment))['benchmarks']
  wrong = [f'{row["name"]}: {row.get("error_message", row.get("ns"))}'
           for row in rows
           if row.get('error_occurred') or not 0 < row.get('ns', -1) < 60e9]
  assert not wrong, '\n'.join(wrong)
  return {row['name']: row['ns'] for row in rows}


def main(worker):
  listed = run(worker, '--benchmark_list_tests').split()
  assert len(listed) == len(set(listed)), 'a row is listed twice'
  slow = [name for name in listed if any(s in name for s in _SLOW.split('|'))]
  assert slow and set(figures(worker, '-' + _SLOW)) == set(listed) - set(slow)

  # What is to be found by comparisons is really slower.
  name = '^event.set/reference-fork$'
  plain = min(figures(worker, name).popitem()[1] for _ in range(5))
  slower = min(figures(worker, name, PROCSPEC_BENCH_SLOWER_PERCENT='400')
               .popitem()[1] for _ in range(5))
  assert slower > 3 * plain, (plain, slower)


main(*sys.argv[1:])
