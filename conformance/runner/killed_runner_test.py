#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""The runner is killed at random moments, and nothing is lost.

    killed_runner_test.py PROCSPEC FAKE_TESTEE [--kills=1000] [--seed=N]

SIGKILL at moments from before the log is there to after the run's end. What had
happened by then is known from elsewhere than the log: cases note in a file that
they start and that they are done, and the runner prints a failure once its case
has ended. Each time:

  - there is no log, and then no case had started; or it parses, all but a last
    record that was cut;
  - what the runner had printed has its end in the log, with that verdict;
  - with J jobs, all but J of the cases that had started have their end in it,
    and those without are named as running;
  - each case that had started is in the log, and each that passed had done so;
  - every process of the cases ends.

Of every 20th log, and of each that is special, `procspec report` makes all
views, in which the ended cases have their verdicts and the running are named.
"""

import argparse
import collections
import ctypes
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
import xml.etree.ElementTree

_JOBS = 2
_WORKERS = 2
_REPORT_EVERY = 20
_COPIES = 3  # of each quick case
_FAILED = re.compile(r'^(FAIL|CRASH|TIMEOUT|INFRA) (\S+) on (\S+)$', re.M)
_NOTHING_ENDED = 28
_NO_LOG = 23
_PHASES = ('before the log', 'before the first case', 'while cases ran',
           'between cases and end', 'after the end')
_PR_SET_CHILD_SUBREAPER = 36


class Wrong(Exception):
  """What was expected of one kill is not so."""


def expect(condition, message):
  if not condition:
    raise Wrong(message)


def read(path):
  try:
    with open(path, 'rb') as file:
      return file.read()
  except FileNotFoundError:
    return None


def parse(text):
  """The records of a log, and how many bytes there are of one that is cut."""
  lines = text.split(b'\n')
  records = [json.loads(line) for line in lines[:-1]]
  cut = 0
  if lines[-1]:
    try:
      records.append(json.loads(lines[-1]))  # only its newline is missing
    except ValueError:
      cut = len(lines[-1])
  return records, cut


class Worker:
  """Kills its share of the runs, one after the other."""

  def __init__(self, args, number, root):
    self._args = args
    self._root = root
    self._random = random.Random(f'{args.seed} {number}')
    self._number = number
    self._whole = 0.1  # seconds that a run takes which is left alone
    self._views = []
    self._left_roots = set()
    self._killed = set()  # process ids
    self.counts = collections.Counter()

  def run(self, kills):
    # All that the killed runners leave becomes a child of this process.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    expect(prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, 'prctl')
    for kill in range(kills):
      if kill % 50 == 0:
        self._measure()
      name = f'{self._root}/{kill}'
      os.mkdir(name)
      try:
        self._kill(name, kill)
      except Wrong as wrong:
        raise Wrong(f'kill {kill} of worker {self._number}: {wrong}; '
                    f'see {name}') from None
      remove(name)
    # What a later run removes. A group stays while another process has the id
    # of its runner.
    for _ in range(10):
      self._measure()
      left = [root for root in self._left_roots if os.path.exists(root)]
      groups = self._groups()
      if not left and not groups:
        break
    expect(not left, f'later runs have not removed {left}')
    expect(not groups, f'later runs have not removed {groups}')
    self.counts['directories'] = len(self._left_roots)

  def _groups(self):
    """The control groups of killed runners."""
    return [group for _, groups, _ in os.walk('/sys/fs/cgroup')
            for group in groups
            if re.match('procspec-[0-9]+-[0-9]+$', group)
            and int(group.split('-')[1]) in self._killed]

  def _start(self, name, stubborn):
    """Starts a run and returns its process id."""
    environment = dict(os.environ, FAKE_TESTEE_TRACE=f'{name}/trace')
    only = '*/pass.*,*/fail.*,*/exit-odd.*,*/chatty.*'
    if stubborn:
      # Cases that would outlive their runner, were they not ended.
      environment['FAKE_TESTEE_ALL'] = '1'
      only = '*/escape,*/hang,*/stop,*/leave-child,*/pass-then-hang'
    else:
      environment['FAKE_TESTEE_COPIES'] = str(_COPIES)
    environment.pop('XML_OUTPUT_FILE', None)
    argv = [self._args.procspec, 'run', f'--testee={self._args.testee}',
            f'--out={name}/out', f'--jobs={_JOBS}', '--backend=good',
            f'--only={only}']
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        argv[0], argv, environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, f'{name}/printed', flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2)])

  def _measure(self):
    """How long a run takes now, and what it leaves beside its log."""
    name = f'{self._root}/whole'
    remove(name)
    os.mkdir(name)
    began = time.monotonic()
    os.waitpid(self._start(name, stubborn=False), 0)
    self._whole = time.monotonic() - began
    self._views = sorted(set(os.listdir(f'{name}/out')) - {'log.jsonl'})
    expect('report.html' in self._views, f'no views: {self._views}')

  def _kill(self, name, number):
    stubborn = self._random.random() < 0.15
    fraction = self._random.uniform(0, 1 if stubborn else 1.1)
    moment = time.monotonic() + fraction * self._whole
    pid = self._start(name, stubborn)
    time.sleep(max(0, moment - time.monotonic()))
    os.kill(pid, signal.SIGKILL)
    self._killed.add(pid)
    killed = time.monotonic()
    self._wait_for_all()
    self.counts['slowest end, ms'] = max(
        self.counts['slowest end, ms'],
        round((time.monotonic() - killed) * 1000))
    self._check(name, number)

  def _wait_for_all(self):
    """Until nothing is left of the run, be it in whatever session."""
    limit = time.monotonic() + 20
    while True:
      try:
        pid, _ = os.waitpid(-1, os.WNOHANG)
      except ChildProcessError:
        return
      if pid == 0:
        expect(time.monotonic() < limit, f'survivors: {self._survivors()}')
        time.sleep(0.0002)

  def _children(self):
    path = f'/proc/self/task/{os.getpid()}/children'
    return [int(pid) for pid in read(path).split()]

  def _survivors(self):
    return [(read(f'/proc/{pid}/cmdline') or b'').replace(b'\0', b' ').decode()
            for pid in self._children()]

  def end_survivors(self):
    while children := self._children():
      for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

  def _check(self, name, number):
    trace = (read(f'{name}/trace') or b'').decode().splitlines()
    started = [line.split()[1] for line in trace if line.startswith('start ')]
    done = {line.split()[1] for line in trace if line.startswith('done ')}
    roots = {os.path.dirname(line.split()[2]) for line in trace
             if line.startswith('start ')}
    self._left_roots |= {root for root in roots if os.path.exists(root)}
    printed = read(f'{name}/printed').decode()
    text = read(f'{name}/out/log.jsonl')
    if text is None:
      expect(not started, f'no log, but cases ran: {started}')
      expect(not printed, f'no log, but printed: {printed}')
      self.counts['before the log'] += 1
      if number % _REPORT_EVERY == 0:
        self._report(name, [], [], _NO_LOG)
      return

    records, cut = parse(text)
    expect(records and records[0]['type'] == 'run', 'no record of the run')
    types = [record['type'] for record in records]
    expect(types.count('run') == 1, types)
    begun = {r['number']: r['case'] for r in records if r['type'] == 'begin'}
    ends = [r for r in records if r['type'] == 'end']
    verdicts = {r['case']: r['verdict'] for r in ends}
    running = set(begun.values()) - set(verdicts)
    expect(len(verdicts) == len(ends), 'a case has ended twice')
    expect(all(begun.get(r['number']) == r['case'] for r in ends),
           'an end without its begin')
    expect(len(running) <= _JOBS, f'running: {running}')
    expect(set(started) <= set(begun.values()),
           f'not in the log: {set(started) - set(begun.values())}')
    expect(len(verdicts) >= len(started) - _JOBS,
           f'{len(started)} had started, {len(verdicts)} have ended')
    for verdict, case, _ in _FAILED.findall(printed):
      self.counts['printed failures'] += 1
      expect(verdicts.get(case) == verdict,
             f'{verdict} {case} was printed, the log has {verdicts.get(case)}')
    for case, verdict in verdicts.items():
      expect(verdict != 'PASS' or case in done, f'{case} passed undone')
    expect('report:' not in printed or types[-1] == 'run_end',
           'the run had ended')

    special = cut > 0
    if cut:
      self.counts['cut records'] += 1
    if types[-1] == 'run_end':
      self.counts['after the end'] += 1
    elif running:
      self.counts['while cases ran'] += 1
    elif ends:
      self.counts['between cases and end'] += 1
      # Rare, but for the time that views take.
      special = special or len(ends) < len(begun)
    else:
      self.counts['before the first case'] += 1
      special = True
    self.counts['running cases named'] += len(running)
    self.counts['ended cases kept'] += len(verdicts)
    if special or number % _REPORT_EVERY == 0:
      self._report(name, ends, running, 0 if ends else _NOTHING_ENDED, cut)

  def _report(self, name, ends, running, code, cut=0):
    """Has all views made from the log, elsewhere, and looks at them."""
    self.counts['reports made'] += 1
    out = f'{name}/views'
    argv = [self._args.procspec, 'report', f'{name}/out/log.jsonl',
            f'--out={out}']
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    environment = dict(os.environ)
    environment.pop('XML_OUTPUT_FILE', None)
    pid = os.posix_spawn(
        argv[0], argv, environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, f'{name}/reported', flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2)])
    got = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    said = read(f'{name}/reported').decode()
    expect(got == code, f'report: exit {got}, not {code}\n{said}')
    if code == _NO_LOG:
      return
    for case in running:
      expect(re.search(f'then ran: .*{re.escape(case)} on good', said),
             f'{case} is not named:\n{said}')
    expect(not cut or f'({cut} bytes' in said, f'the cut is not named:\n{said}')
    views = sorted(os.listdir(out))
    expect(views == self._views, f'views: {views}, not {self._views}')
    json.loads(read(f'{out}/summary.json'))
    junit = xml.etree.ElementTree.fromstring(read(f'{out}/junit.xml'))
    cases = {case.get('name'): case for case in junit.iter('testcase')}
    for end in ends:
      case = cases[end['case']]
      verdict = 'PASS'
      for child in case:
        if child.tag in ('failure', 'error'):
          verdict = child.get('type')
      expect(verdict == end['verdict'],
             f'{end["case"]}: {end["verdict"]}, in junit.xml {verdict}')
    for case in running:
      expect('ended before this case did' in cases[case][0].get('message'),
             f'{case} is not named in junit.xml')
    for end in ends:
      expect(end['case'].encode() in read(f'{out}/report.html'),
             f'{end["case"]} is not in report.html')


def remove(directory):
  for parent, directories, files in os.walk(directory, topdown=False):
    for file in files:
      os.remove(f'{parent}/{file}')
    for name in directories:
      os.rmdir(f'{parent}/{name}')
  if os.path.exists(directory):
    os.rmdir(directory)


def work(args, number, root, kills, results):
  """In a process of its own: writes its counts, or what is wrong."""
  directory = f'{root}/{number}'
  os.mkdir(directory)
  worker = Worker(args, number, directory)
  code = 1
  try:
    worker.run(kills)
    code = 0
  except Wrong as wrong:
    print(wrong, flush=True)
    worker.end_survivors()
  with open(results, 'w') as file:
    json.dump(worker.counts, file)
  os._exit(code)


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument('procspec', type=os.path.abspath)
  parser.add_argument('testee', type=os.path.abspath)
  parser.add_argument('--kills', type=int, default=1000)
  parser.add_argument('--seed', type=int, default=1)
  args = parser.parse_args()

  began = time.monotonic()
  root = tempfile.mkdtemp(prefix='killed-', dir=os.environ.get('TEST_TMPDIR'))
  workers = {}
  for number in range(_WORKERS):
    kills = (args.kills + number) // _WORKERS
    results = f'{root}/{number}.json'
    pid = os.fork()
    if pid == 0:
      work(args, number, root, kills, results)
    workers[pid] = results
  failed = False
  counts = collections.Counter()
  slowest = 0
  while workers:
    pid, status = os.wait()
    results = workers.pop(pid)
    failed = failed or status != 0
    mine = json.loads(read(results) or '{}')
    slowest = max(slowest, mine.pop('slowest end, ms', 0))
    counts.update(mine)

  kills = sum(counts[phase] for phase in _PHASES)
  print(f'seed {args.seed}, {time.monotonic() - began:.1f} s')
  for phase in _PHASES:
    print(f'  {counts[phase]:5} killed {phase}')
  print(f'  {counts["cut records"]:5} with a cut last record')
  print(f'  {counts["ended cases kept"]:5} ended cases, '
        f'{counts["running cases named"]} running ones named')
  print(f'  {counts["printed failures"]:5} of them had been printed')
  print(f'  {counts["reports made"]:5} reports made of the logs')
  if not failed:
    print(f'      0 survivors, the last gone {slowest} ms after its runner')
    print(f'  {counts["directories"]:5} directories left by them, '
          'removed by later runs')
  print(f'logs {kills}/{args.kills}')
  if failed or kills != args.kills:
    return 1
  remove(root)
  # Kills that all come too early or too late would show nothing.
  few = [phase for phase in ('before the log', 'while cases ran',
                             'after the end')
         if counts[phase] < args.kills / 50]
  for phase in few:
    print(f'too few were killed {phase}')
  if not counts['printed failures']:
    print('the runner printed no failure that could be looked for')
    return 1
  return 1 if few else 0


if __name__ == '__main__':
  sys.exit(main())
