#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""A backend gets the same verdicts over the wire as in the judge's process.

    wire_same_test.py PROCSPEC TESTEE

Each backend that the testee has over the wire too, as wire-NAME, is run both ways,
and the verdicts are compared. If these backends are mutants, only the cases of
clauses that one of them breaks are run; and each of these clauses turns red over
the wire, too.
"""

import collections
import json
import os
import subprocess
import sys
import tempfile

_PREFIX = 'wire-'
_RED = ('FAIL', 'CRASH', 'TIMEOUT')


def list_twins(testee):
  """The backends that are there over the wire too: what each breaks, by name."""
  listed = json.loads(subprocess.run(
      [testee, 'list', '--json'], check=True, stdout=subprocess.PIPE).stdout)
  known = {backend['name']: backend for backend in listed['backends']}
  return {name: backend.get('breaks', []) for name, backend in known.items()
          if _PREFIX + name in known}


def run(procspec, testee, backends, clauses):
  """The verdicts by backend, clause and case."""
  out = os.path.join(
      os.environ.get('TEST_UNDECLARED_OUTPUTS_DIR') or tempfile.mkdtemp(), 'run')
  # Most cases wait, for each other's processes or for their guard.
  jobs = 3 * (os.cpu_count() or 1)
  command = [procspec, 'run', f'--testee={testee}', f'--out={out}',
             f'--backend={",".join(backends)}', f'--jobs={jobs}']
  if clauses:
    command.append(f'--only={",".join(clauses)}')
  limit = int(os.environ.get('TEST_TIMEOUT', '0'))
  if limit:
    command.append(f'--time-limit={limit - 15}')
  done = subprocess.run(command, check=False)
  with open(os.path.join(out, 'log.jsonl'), encoding='utf-8') as log:
    records = [json.loads(line) for line in log]
  end = records[-1]
  if end['type'] != 'run_end' or end['interrupted'] or end['time_limit_reached']:
    raise SystemExit(f'the run was cut: exit code {done.returncode}')
  verdicts = {backend: collections.defaultdict(dict) for backend in backends}
  for record in records:
    if record['type'] == 'end':
      of_clause = verdicts[record['backend']][record['clause']]
      of_clause[record['case']] = record['verdict']
  return verdicts


def compare(backend, here, there):
  """The number of cases whose verdicts differ, each of which is printed."""
  differences = 0
  cases = 0
  for clause in sorted(here.keys() | there.keys()):
    a = here.get(clause, {})
    b = there.get(clause, {})
    for case in sorted(a.keys() | b.keys()):
      cases += 1
      if a.get(case) != b.get(case):
        differences += 1
        print(f'DIFFERENT {case}: {a.get(case)} on {backend}, '
              f'{b.get(case)} on {_PREFIX}{backend}')
  print(f'{backend}: {differences} differences in {cases} cases')
  return differences


def main():
  procspec, testee = sys.argv[1:]
  twins = list_twins(testee)
  if not twins:
    raise SystemExit(f'{testee} has nothing over the wire')
  verdicts = run(
      procspec, testee,
      [name for backend in twins for name in (backend, _PREFIX + backend)],
      sorted({clause for breaks in twins.values() for clause in breaks}))

  wrong = 0
  for backend, breaks in twins.items():
    here = verdicts[backend]
    there = verdicts[_PREFIX + backend]
    wrong += compare(backend, here, there)
    if not any('PASS' in cases.values() for cases in here.values()):
      wrong += 1
      print(f'nothing passes on {backend}')
    for clause in breaks:
      if not any(verdict in _RED for verdict in there[clause].values()):
        wrong += 1
        print(f'{_PREFIX}{backend} does not break {clause}')
  return 1 if wrong else 0


if __name__ == '__main__':
  sys.exit(main())
