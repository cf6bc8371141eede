#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""A backend gets the same verdicts over the wire as in the judge's process.

    wire_same_test.py PROCSPEC TESTEE BACKEND... [-- ARGUMENTS OF procspec run]

Every case is run on each BACKEND and on wire-BACKEND, in one run, and their
verdicts are compared.
"""

import json
import os
import subprocess
import sys
import tempfile

_PREFIX = 'wire-'


def run(procspec, testee, backends, arguments):
  """The verdicts by backend and case."""
  out = os.path.join(
      os.environ.get('TEST_UNDECLARED_OUTPUTS_DIR') or tempfile.mkdtemp(), 'run')
  limit = int(os.environ.get('TEST_TIMEOUT', '0'))
  if limit:
    arguments = [f'--time-limit={limit - 15}', *arguments]
  done = subprocess.run(
      [procspec, 'run', f'--testee={testee}', f'--out={out}',
       f'--backend={",".join(backends)}', *arguments], check=False)
  verdicts = {backend: {} for backend in backends}
  with open(os.path.join(out, 'log.jsonl'), encoding='utf-8') as log:
    records = list(map(json.loads, log))
  for record in records:
    if record['type'] == 'end':
      verdicts[record['backend']][record['case']] = record['verdict']
  if records[-1]['type'] != 'run_end':
    raise SystemExit(f'the run is not over; the runner exited {done.returncode}')
  if records[-1]['interrupted'] or records[-1]['time_limit_reached']:
    raise SystemExit('the run was cut')
  return verdicts


def compare(backend, verdicts):
  """The number of cases whose verdicts differ, each of which is printed."""
  here = verdicts[backend]
  there = verdicts[_PREFIX + backend]
  differences = 0
  for case in sorted(here.keys() | there.keys()):
    if here.get(case) == there.get(case):
      continue
    differences += 1
    print(f'DIFFERENT {case}: {here.get(case)} on {backend}, '
          f'{there.get(case)} on {_PREFIX + backend}')
  passed = sum(verdict == 'PASS' for verdict in here.values())
  print(f'{backend}: {differences} differences in {len(here)} cases, of which '
        f'{passed} pass')
  return differences + (passed == 0)


def main():
  procspec, testee, *backends = sys.argv[1:]
  arguments = []
  if '--' in backends:
    at = backends.index('--')
    backends, arguments = backends[:at], backends[at + 1:]
  both = [name for backend in backends for name in (backend, _PREFIX + backend)]
  verdicts = run(procspec, testee, both, arguments)
  return 1 if sum(compare(backend, verdicts) for backend in backends) else 0


if __name__ == '__main__':
  sys.exit(main())
