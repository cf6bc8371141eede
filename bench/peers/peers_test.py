#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Every row works: it is listed, runs, and reports a figure.

    peers_test.py WORKER

Each sample checks its own result and fails otherwise; here samples are short, so
the figures mean nothing.
"""

import collections
import json
import os
import re
import subprocess
import sys

# What a row of a workload must report besides `ns`.
_COUNTERS = {
    'queue.throughput': {'bytes', 'cpu_ns'},
    'queue.roundtrip': {'bytes', 'cpu_ns', 'p50_ns', 'p99_ns', 'max_ns'},
    'pipe.throughput': {'bytes', 'cpu_ns'},
    'pipe.roundtrip': {'bytes', 'cpu_ns', 'p50_ns', 'p99_ns', 'max_ns'},
}
_UNIT = {'B': 1, 'KiB': 1 << 10, 'MiB': 1 << 20}


def run(worker, *arguments, milliseconds='5'):
  result = subprocess.run(
      [worker, *arguments],
      env={**os.environ, 'PROCSPEC_BENCH_SAMPLE_MS': milliseconds},
      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
  assert result.returncode == 0, (arguments, result.returncode, result.stderr)
  return result


def complaints(row):
  """What is wrong with a row, as Google Benchmark reports it."""
  name = row['name']
  if row.get('error_occurred'):
    yield f'{name}: {row["error_message"]}'
    return
  if row['iterations'] != 1:
    yield f'{name}: {row["iterations"]} samples'
  workload, *parameters, _ = name.split('/')
  for counter in {'ns', 'cpu_ns'} | _COUNTERS.get(workload, set()):
    # A short sample may use less than a tick of the processor's time.
    least = 0 if counter == 'cpu_ns' else 1e-3
    if not least <= row.get(counter, -1) < 60e9:
      yield f'{name}: {counter} is {row.get(counter)}'
  size = re.match(r'(\d+)(B|KiB|MiB)$', parameters[0]) if parameters else None
  if size and row.get('bytes') != int(size[1]) * _UNIT[size[2]]:
    yield f'{name}: bytes is {row.get("bytes")}'
  several = any(re.match(r'([248]x\d|\dx[248]|[24]p)$', part)
                for part in parameters)
  if several and workload in ('queue.throughput', 'lock.pair'):
    if not 0 <= row.get('fairness', -1) <= 1:
      yield f'{name}: fairness is {row.get("fairness")}'
  if 'p99_ns' in row and not (
      row['p50_ns'] <= row['p99_ns'] <= row['max_ns']):
    yield f'{name}: {row}'
  rounds = workload in ('barrier.round', 'condition.notify-all')
  if 'p50_ns' in row and not rounds and row['ns'] != row['p50_ns']:
    yield f'{name}: {row}'


def main(worker):
  listed = run(worker, '--benchmark_list_tests').stdout.split()
  twice = [name for name, times in collections.Counter(listed).items()
           if times > 1]
  assert listed and not twice, twice

  rows = json.loads(run(worker, '--benchmark_format=json').stdout)['benchmarks']
  assert [row['name'] for row in rows] == listed, 'not what is listed'
  wrong = [complaint for row in rows for complaint in complaints(row)]
  assert not wrong, '\n'.join(wrong)

  # A row is selected by its name alone, and measured for as long as it is told.
  name = next(name for name in listed if name.startswith('queue.throughput/'))
  selection = [f'--benchmark_filter=^{name}$', '--benchmark_format=json']
  for milliseconds in (50, 200):
    result = run(worker, *selection, milliseconds=str(milliseconds))
    row, = json.loads(result.stdout)['benchmarks']
    assert row['name'] == name, row
    assert row['real_time'] >= milliseconds * 1e6, row


if __name__ == '__main__':
  main(sys.argv[1])
