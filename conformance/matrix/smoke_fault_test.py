#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""`procspec smoke` tells faults of adapters from faults of backends, in time.

    smoke_fault_test.py PROCSPEC TESTEE FAULTY_TESTEE NULL_TESTEE

Each fault of an adapter must be INFRA, with a hint that names what is wrong; each
of a backend must fail the case whose clause it breaks. The table with the times
is the output.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

# Seconds, times PROCSPEC_TIME_SCALE: what smoke promises on an idle machine. On
# another one it says how many times as long it takes.
_LIMIT = 5
# For starting and ending processes there.
_BUSY = 5

_OK = 0
_BACKEND = 1
_ADAPTER = 3

# Faults of adapters: a backend of the faulty testee, and what the hint says.
_ADAPTER_FAULTS = (
    ('faulty-wrong-version', r'expected version 1 of the protocol, not 2'),
    ('faulty-ends-at-once', r'ended before it said hello: .*\b7\b'),
    ('faulty-says-no-hello', r'no hello of a process and of main came'),
    ('faulty-no-such-program', r'/nonexistent/testee'),
    ('faulty-no-json', r"came \{'id': 1.*expected a line of JSON"),
    ('faulty-wrong-id', r'came \{"id":\s?100\d.*expected the answer to \d+'),
    ('faulty-answers-twice', r'expected the answer to \d+|to what was asked'),
    ('faulty-unknown-error-kind', r'"kind":\s?"\w+Exception"'),
    ('faulty-unknown-handle', r'no object has the number 100\d here'),
    ('faulty-unknown-handle-kind', r'expected a \w+, not a Thread'),
    ('faulty-value-not-of-the-schema', r'expected an integer .*, not \d+\.0'),
    ('faulty-unheard-of-field', r"a field 'time' that is not of the protocol"),
    ('faulty-too-long-line', r'longer than a line may be'),
    ('faulty-answers-nothing', r'no answer came .*nor one to a ping'),
    ('faulty-lacks-an-operation', r'no operation of a process: process\.new'),
)

# Faults of backends: a mutant of the testee, and the case to start with.
_BACKEND_FAULTS = (
    ('process-child-has-pid-of-creator', 'process.target.runs-in-child'),
    ('process-positional-bytes-become-text',
     'process.target.args-kwargs.positional'),
    ('process-exit-code-zero-while-running',
     'process.exitcode.none-while-running'),
    ('pipe-gives-text-for-bytes', 'pipe.send-recv.object.equal'),
    ('queue-get-nowait-reports-timeout', 'queue.get.nonblocking-empty'),
    ('simplequeue-empty-lags', 'simplequeue.put-get.empty-exact'),
    ('joinablequeue-join-waits-until-empty', 'joinablequeue.join-waits'),
    ('lock-try-ignores-holders-in-other-processes', 'lock.nonblocking'),
    ('boundedsemaphore-has-no-bound', 'boundedsemaphore.excess-release'),
    ('condition-notified-wait-says-false', 'condition.wait-result.notified'),
    ('event-shows-what-this-process-did-last', 'event.cross-process'),
    ('barrier-of-three-releases-two', 'barrier.releases-together.waits'),
    ('pool-maps-backwards', 'pool.map.order'),
    ('start-method-fork-loses-globals', 'start-method.globals.fork'),
)


class Smoke:
  """Runs the command, and keeps what is wrong."""

  def __init__(self, procspec, root):
    self._procspec = procspec
    self._root = root
    self._scale = max(1.0, float(os.environ.get('PROCSPEC_TIME_SCALE') or 1))
    self.problems = []
    self.longest = 0

  def check(self, testee, backend, code, pattern):
    environment = {**os.environ, 'TMPDIR': self._root}
    environment.pop('XML_OUTPUT_FILE', None)
    start = time.monotonic()
    run = subprocess.run(
        [self._procspec, 'smoke', f'--testee={testee}',
         f'--backend={backend}', f'--out={self._root}/out'],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False, text=True, errors='replace')
    seconds = time.monotonic() - start
    self.longest = max(self.longest, seconds)
    said = run.stdout.strip().rpartition('\n')[2]
    busy = re.search(r'waits are ([\d.]+) times as long', run.stdout)
    patience = self._scale * (float(busy[1]) if busy else 1)
    print(f'{seconds:5.1f} s of {_LIMIT * patience:.0f}  {run.returncode}  '
          f'{backend}: {said[:300]}', flush=True)
    wrong = []
    if run.returncode != code:
      wrong.append(f'ends with {run.returncode}, and not {code}')
    if not re.search(pattern, said):
      wrong.append(f'does not say {pattern}')
    if seconds > _LIMIT * patience + _BUSY * self._scale:
      wrong.append(f'took {seconds:.1f} s')
    if wrong:
      self.problems.append(f'{backend} {"; ".join(wrong)}:\n{run.stdout}')


def main():
  procspec, testee, faulty, null = map(os.path.abspath, sys.argv[1:5])
  with tempfile.TemporaryDirectory() as root:
    smoke = Smoke(procspec, root)
    for backend in ('reference-fork', 'reference-spawn'):
      smoke.check(testee, backend, _OK, r'^\d+ cases of 12 areas pass: ')
    for backend, hint in _ADAPTER_FAULTS:
      smoke.check(faulty, backend, _ADAPTER,
                  f'^procspec: the adapter is at fault: .*({hint})')
    smoke.check(null, 'gives-nothing', _ADAPTER,
                "the adapter is at fault: .*factory of backend "
                "'gives-nothing' gave nothing")
    smoke.check(testee, 'reference-frok', 15, 'did you mean reference-fork')
    for backend, case in _BACKEND_FAULTS:
      smoke.check(testee, backend, _BACKEND,
                  rf'the backend fails \d+ of \d+: start with {case}\b')
    # It declares everything.
    smoke.check(testee, 'null', _BACKEND,
                'the backend declares process, so NotImplemented is no answer')
  for problem in smoke.problems:
    print(problem)
  print(f'{len(_ADAPTER_FAULTS)} faults of adapters, {len(_BACKEND_FAULTS)} of '
        f'backends; the longest took {smoke.longest:.1f} s; '
        f'{len(smoke.problems)} problems')
  return 1 if smoke.problems else 0


if __name__ == '__main__':
  sys.exit(main())
