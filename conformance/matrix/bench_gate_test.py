#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""No figure is published of a backend that does not hold what a row rests on.

    bench_gate_test.py PROCSPEC TESTEE

`procspec bench run` with a worker that has figures at once: of the reference, of a
mutant of it, of a backend that nobody knows, and of a peer. And what it says to bad
input.
"""

import json
import os
import subprocess
import sys
import tempfile

_MUTANT = 'queue-swaps-items-of-one-producer'
_ROWS = {
    'queue.roundtrip/64B/reference-fork': 1000,
    'queue.roundtrip/64B/boost-mq': 2000,
    f'queue.roundtrip/64B/{_MUTANT}': 10,
    'queue.roundtrip/64B/unheard-of': 10,
    f'lock.pair/1p/{_MUTANT}': 20,
    'event.set/limit-futex': -1,  # reports an error
}

_WORKER = '''#!/usr/bin/python3
import json, re, sys
rows = ROWS
options = dict(a[2:].partition('=')[::2] for a in sys.argv[1:])
if 'benchmark_list_tests' in options:
  print('\\n'.join(rows))
  sys.exit()
name, = (n for n in rows if re.search(options['benchmark_filter'], n))
with open(LOG, 'a') as log:
  log.write(name + '\\n')
row = {'name': name, 'ns': rows[name], 'p99_ns': 3 * rows[name]}
if rows[name] < 0:
  row = {'name': name, 'error_occurred': True, 'error_message': 'a wrong sum'}
print(json.dumps({'context': {'compiler': 'none'}, 'benchmarks': [row]}))
'''


def check(condition, what):
  if not condition:
    raise SystemExit(f'FAILED: {what}')


def main():
  procspec, testee = (os.path.abspath(path) for path in sys.argv[1:3])
  folder = tempfile.mkdtemp()
  worker = os.path.join(folder, 'worker')
  log = os.path.join(folder, 'log')
  with open(worker, 'w', encoding='utf-8') as file:
    file.write(_WORKER.replace('ROWS', repr(_ROWS)).replace('LOG', repr(log)))
  os.chmod(worker, 0o700)

  def bench(*arguments):
    return subprocess.run(
        [procspec, 'bench', 'run', f'--testee={testee}', f'--out={folder}/out',
         *arguments], check=False, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)

  done = bench(f'--worker={worker}', '--rounds=3')
  print(done.stdout)
  check(done.returncode == 0, f'exit code {done.returncode}')
  with open(f'{folder}/out/bench.json', encoding='utf-8') as file:
    results = json.load(file)
  rows = {row['name']: row for row in results['rows']}
  check(set(rows) == set(_ROWS), 'a row is missing')
  check(results['rounds'] == 3, 'not three rounds')
  for name in ('queue.roundtrip/64B/reference-fork',
               'queue.roundtrip/64B/boost-mq', f'lock.pair/1p/{_MUTANT}'):
    samples = rows[name]['samples']
    check([s['ns'] for s in samples] == 3 * [_ROWS[name]], f'samples of {name}')
    check(samples[0]['p99_ns'] == 3 * _ROWS[name], f'counters of {name}')
    check('withheld' not in rows[name], f'{name} is withheld')
  for name, reason in (
      (f'queue.roundtrip/64B/{_MUTANT}', 'queue.put-get.fifo: FAIL'),
      ('queue.roundtrip/64B/unheard-of', 'unheard-of was not judged')):
    check(not rows[name]['samples'], f'figures of {name}')
    check(rows[name].get('withheld') == reason, f'the reason of {name}')
  check(rows['event.set/limit-futex']['failed'] == 'a wrong sum',
        'the reason of a failure')
  with open(log, encoding='utf-8') as file:
    asked = file.read()
  check(f'64B/{_MUTANT}' not in asked, 'what is withheld was measured')

  for arguments, code, text in (
      (['--worker=/no/such'], 10, '/no/such'),
      ([f'--worker={worker}', '--only=queue.speed*'], 17, 'no row'),
      ([f'--worker={worker}', f'--worker={worker}'], 11, 'two workers'),
      ([], 2, '--worker')):
    done = bench(*arguments)
    check(done.returncode == code, f'{arguments}: exit code {done.returncode}')
    check(text in done.stdout, f'{arguments}: {done.stdout}')


main()
