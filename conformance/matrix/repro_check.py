#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the `repeat:` line of every failure that a kill matrix has shown.

    repro_check.py FAILURES JOBS

FAILURES is a failures.txt: what a person is told of each failure. A shell runs
each line as it stands, JOBS at a time; the log that it leaves must give the
verdict that was shown, and nothing else. The lines say --out="$REPRO_OUT", a
directory of its own for each.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

_HEAD = re.compile(r'^([A-Z]+) (\S+) on (\S+)$')
_LINE = '  repeat: '


def read_failures(path):
  """Yields (verdict, case, backend, line to run)."""
  head = None
  with open(path, encoding='utf-8', errors='replace') as lines:
    for line in lines:
      line = line.rstrip('\n')
      match = _HEAD.match(line)
      if match:
        if head:
          raise SystemExit(f'{path}: no repeat line for {head}')
        head = match.groups()
      elif line.startswith(_LINE):
        if not head:
          raise SystemExit(f'{path}: a repeat line for nothing: {line}')
        yield (*head, line[len(_LINE):])
        head = None
  if head:
    raise SystemExit(f'{path}: no repeat line for {head}')


def repeat(failure):
  """None if the line gives the verdict again, else what it gives."""
  verdict, case, backend, line = failure
  out = tempfile.mkdtemp(prefix='repro-')
  try:
    done = subprocess.run(
        ['/bin/sh', '-c', line], env={**os.environ, 'REPRO_OUT': out},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, errors='replace', check=False)
    ends = []
    try:
      with open(os.path.join(out, 'log.jsonl'), encoding='utf-8') as log:
        for record in map(json.loads, log):
          if record['type'] == 'end':
            ends.append((record['verdict'], record['case'], record['backend']))
    except OSError as error:
      return f'{error}\n{done.stdout}'
    # 0 if the clause is no must.
    if ends != [(verdict, case, backend)] or done.returncode not in (0, 1):
      return f'gave {ends}, exit {done.returncode}\n{done.stdout}'
    return None
  finally:
    shutil.rmtree(out, ignore_errors=True)


def main():
  failures = list(read_failures(sys.argv[1]))
  if not failures:
    raise SystemExit(f'{sys.argv[1]}: no failure, so nothing is shown')
  began = time.monotonic()
  with concurrent.futures.ThreadPoolExecutor(int(sys.argv[2])) as pool:
    problems = list(pool.map(repeat, failures))
  same = problems.count(None)
  for failure, problem in zip(failures, problems):
    if problem is not None:
      print(f'repro: {failure[0]} {failure[1]} on {failure[2]} did not repeat:'
            f'\n  {failure[3]}\n  {problem}')
  print(f'repro {same}/{len(failures)} ({time.monotonic() - began:.0f} s)')
  return 0 if same == len(failures) else 1


if __name__ == '__main__':
  sys.exit(main())
