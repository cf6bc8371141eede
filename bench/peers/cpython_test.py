#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""What cpython.py reports, of rows that work and of rows that do not.

    cpython_test.py WORKER [--python=/usr/bin/python3] [NAME OF A TEST ...]

Where a row is to fail, a program imports the worker, replaces a function of it,
and runs it; what is forked has the replacement too.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

_LIMIT = 100  # seconds, for a run of the worker

# Gigabytes, hundreds of children, or dozens that are slow to start.
_SLOW = r'1GiB|512-children|64-children/cpython-(spawn|forkserver)'

# Of the rows, by the first part of their names.
_WORKLOADS = {
    'queue.throughput': 18, 'queue.roundtrip': 5, 'queue.put': 1,
    'pipe.throughput': 5, 'pipe.roundtrip': 5, 'lock.pair': 3, 'rlock.pair': 1,
    'semaphore.pair': 1, 'semaphore.handoff': 2, 'event.handoff': 2,
    'condition.handoff': 2, 'event.isset': 1, 'event.set': 1,
    'condition.notify': 1, 'condition.notify-all': 3, 'barrier.round': 3,
    'process.start-join': 12, 'process.first-instruction': 3,
    'pool.apply-async': 3, 'pool.map': 2, 'pool.apply': 2,
    'pool.start-map-join': 1}

args = None  # of the command line


def run(*command, sample_ms='5'):
  environment = dict(os.environ, PROCSPEC_BENCH_SAMPLE_MS=sample_ms,
                     PYTHONDONTWRITEBYTECODE='1')
  if sample_ms is None:
    del environment['PROCSPEC_BENCH_SAMPLE_MS']
  return subprocess.run(
      [args.python, *command], env=environment, check=False, timeout=_LIMIT,
      stdin=subprocess.DEVNULL, capture_output=True, text=True)


def worker(*options, **more):
  return run(args.worker, *options, **more)


class CommandLineTest(unittest.TestCase):

  def test_names(self):
    listed = worker('--benchmark_list_tests')
    self.assertEqual(listed.returncode, 0, listed.stderr)
    names = listed.stdout.splitlines()
    self.assertEqual(len(names), len(set(names)))
    counts = {}
    for name in names:
      self.assertRegex(
          name, r'^[a-z-]+\.[a-z-]+(/[\w-]+)*/cpython-(fork|spawn|forkserver)$')
      workload = name.partition('/')[0]
      counts[workload] = counts.get(workload, 0) + 1
    self.assertEqual(counts, _WORKLOADS)

  def test_names_are_filtered(self):
    listed = worker('--benchmark_list_tests=true', '--benchmark_filter=^lock')
    self.assertEqual(listed.stdout.splitlines(), [
        f'lock.pair/{count}p/cpython-fork' for count in (1, 2, 4)])

  def test_an_unknown_option(self):
    for option in ('--benchmark_repetitions=3', '--benchmark_filte=x',
                   '--benchmark_format=csv', 'x'):
      with self.subTest(option):
        refused = worker(option)
        self.assertEqual((refused.returncode, refused.stdout), (2, ''))
        self.assertIn(option.rpartition('=')[2], refused.stderr)

  def test_no_regular_expression(self):
    refused = worker('--benchmark_filter=(')
    self.assertEqual((refused.returncode, refused.stdout), (2, ''))
    self.assertIn("'('", refused.stderr)

  def test_no_time_of_a_sample(self):
    for text in ('', 'long', '0', '-1', '10001', '1.5'):
      with self.subTest(text):
        refused = worker('--benchmark_list_tests', sample_ms=text)
        self.assertEqual((refused.returncode, refused.stdout), (2, ''))
        self.assertIn('PROCSPEC_BENCH_SAMPLE_MS', refused.stderr)

  def test_a_filter_that_matches_nothing(self):
    for option in ('--benchmark_format=json', '--benchmark_list_tests'):
      with self.subTest(option):
        refused = worker('--benchmark_filter=^lock.pair$', option)
        self.assertEqual((refused.returncode, refused.stdout), (1, ''))
        self.assertIn('^lock.pair$', refused.stderr)

  def test_a_table(self):
    shown = worker('--benchmark_filter=^event.isset/')
    self.assertEqual(shown.returncode, 0, shown.stderr)
    self.assertRegex(shown.stdout, r'event\.isset/cpython-fork +\d+\.\d +\d+ ')

  def test_the_time_of_a_sample(self):
    for sample_ms, least in (('400', 400), (None, 150)):
      with self.subTest(sample_ms):
        shown = worker('--benchmark_filter=^event.isset/',
                       '--benchmark_format=json', sample_ms=sample_ms)
        report = json.loads(shown.stdout)
        self.assertEqual(report['context']['sample_ms'], least)
        row, = report['benchmarks']
        # More: the machine may be busy.
        self.assertGreaterEqual(row['ns'] * row['iterations'], least * 1e6)


class RowsTest(unittest.TestCase):

  def test_every_row(self):
    listed = worker('--benchmark_list_tests').stdout.splitlines()
    names = [name for name in listed if not re.search(_SLOW, name)]
    self.assertEqual(len(listed) - len(names), 8)
    ran = worker(f'--benchmark_filter=^(?!.*({_SLOW}))',
                 '--benchmark_format=json')
    self.assertEqual((ran.returncode, ran.stderr), (0, ''))
    report = json.loads(ran.stdout)
    self.assertEqual(report['context']['python_implementation'], 'CPython')
    self.assertEqual([row['name'] for row in report['benchmarks']], names)
    for row in report['benchmarks']:
      with self.subTest(row['name']):
        self.check_row(row)

  def check_row(self, row):
    self.assertNotIn('error_occurred', row, row)
    self.assertEqual(row['run_name'], row['name'])
    self.assertGreater(row['ns'], 0)
    self.assertGreater(row['iterations'], 0)
    if 'p99_ns' in row:
      self.assertLessEqual(row['p50_ns'], row['p99_ns'])
      self.assertLessEqual(row['p99_ns'], row['max_ns'])
    if 'cpu_ns' in row:
      self.assertGreater(row['cpu_ns'], 0)
    workload, *parameters = row['name'].split('/')[:-1]
    self.assertEqual('bytes' in row, workload.startswith(('queue', 'pipe')))
    several = any(re.fullmatch(r'[248]p|(?!1x1)\dx\d', parameter)
                  for parameter in parameters)
    self.assertEqual(
        'fairness' in row,
        several and workload in ('queue.throughput', 'lock.pair'))
    if 'fairness' in row:
      self.assertTrue(0 <= row['fairness'] <= 1, row)


class FailingRowTest(unittest.TestCase):

  def error_of(self, row, replacement, sample_ms='5'):
    """The error of the row, where the replacement has run in the worker."""
    program = '\n'.join([
        'import itertools, os, sys, time',
        f'sys.path.insert(0, {os.path.dirname(args.worker)!r})',
        'import cpython',
        textwrap.dedent(replacement),
        f'sys.argv[1:] = ["--benchmark_filter=^{row}$",',
        '                 "--benchmark_format=json"]',
        'sys.exit(cpython.main())'])
    with tempfile.TemporaryFile('w+') as output:
      # Of its own session: whatever it leaves behind is found by that.
      with subprocess.Popen(
          [args.python, '-c', program], stdin=subprocess.DEVNULL, stdout=output,
          env=dict(os.environ, PROCSPEC_BENCH_SAMPLE_MS=sample_ms,
                   PYTHONDONTWRITEBYTECODE='1'),
          start_new_session=True) as process:
        self.assertEqual(process.wait(_LIMIT), 0)
      self.check_that_all_end(process.pid)
      output.seek(0)
      report, = json.load(output)['benchmarks']
    self.assertEqual(
        sorted(report),
        ['error_message', 'error_occurred', 'name', 'run_name', 'run_type'])
    self.assertIs(report['error_occurred'], True)
    self.assertEqual(report['name'], row)
    return report['error_message']

  def check_that_all_end(self, group):
    end = time.monotonic() + 10
    while time.monotonic() < end:
      try:
        os.killpg(group, 0)
      except ProcessLookupError:
        return
      time.sleep(0.01)
    raise AssertionError('a process is left')

  def test_another_value(self):
    for row in ('pool.apply-async/2w', 'pool.map/default', 'pool.map/chunk1',
                'pool.apply', 'pool.start-map-join'):
      with self.subTest(row):
        self.assertRegex(self.error_of(f'{row}/cpython-fork', '''
            def _same(value):
              return value if value != 1 else 2
            _same.__module__ = 'cpython'
            cpython._same = _same
            '''), 'CheckError: the value')

  def test_a_message_that_is_lost_or_repeated_or_late(self):
    queue, pipe = 'queue.throughput/64B/1x1', 'pipe.throughput/64B'
    for row, wrong, message in (
        (queue, 'numbers[:7] + numbers[8:]', 'differ in number'),
        (pipe, 'numbers[:7] + numbers[8:]', 'differ in number'),
        (queue, 'numbers[:7] + numbers[6:]', 'came after'),
        (pipe, 'numbers[:7] + numbers[8:9] + numbers[7:8] + numbers[9:]',
         'came after'),
        (queue, 'numbers[:8] + numbers[9:] + [999999]',
         'messages got and put differ'),
        (pipe, 'numbers[:-1] + [1 << 48]', 'IndexError')):
      with self.subTest(wrong, row=row):
        self.assertIn(message, self.error_of(f'{row}/cpython-fork', f'''
            real = cpython._produce
            def produce(begin, put, flush, number, size):
              numbers = []
              def keep(message):
                if message:
                  numbers.append(int.from_bytes(message[:8], 'little'))
                else:  # it warms up
                  put(message)
              def put_wrongly():
                for number in {wrong}:
                  put(number.to_bytes(8, 'little') + bytes(size - 8))
                flush()
              return real(begin, keep, put_wrongly, number, size)
            cpython._produce = produce
            '''))

  def test_another_message_comes_back(self):
    for row in ('queue.roundtrip/64B', 'pipe.roundtrip/64B'):
      with self.subTest(row):
        self.assertIn(
            'what came back is another message',
            self.error_of(f'{row}/cpython-fork', '''
                def echo(begin, get, put):
                  begin()
                  put(get())
                  message = get()
                  while True:
                    put(message)
                    message = get()[:-1] + b'x'
                cpython._echo = echo
                '''))

  def test_a_lock_that_excludes_nobody(self):
    self.assertIn(
        'two have held', self.error_of('lock.pair/4p/cpython-fork', '''
            cpython._BLOCK = 1
            real = cpython._pairs
            def pairs(begin, acquire, release, held):
              return real(begin, lambda: None, lambda: None, held)
            cpython._pairs = pairs
            ''', sample_ms='200'))

  def test_an_answer_too_many(self):
    self.assertIn(
        'answers', self.error_of('condition.notify-all/8p/cpython-fork', '''
            real = cpython._notified
            def notified(begin, condition, answered, answers, index):
              def begin_wrongly():
                begin()
                answers[index] += index == 5
              real(begin_wrongly, condition, answered, answers, index)
            cpython._notified = notified
            '''))

  def test_one_is_not_woken_by_the_other(self):
    self.assertIn(
        'one was not woken', self.error_of('semaphore.handoff/cpython-fork', '''
            def answer(begin, take, give):
              begin()
              for _ in range(10):
                give()
              while True:
                take()
                give()
            cpython._answer = answer
            '''))

  def test_a_child_that_fails(self):
    for when, row in (('', 'queue.throughput/64B/4x4'),
                      ('begin()', 'pipe.throughput/64KiB')):
      with self.subTest(when):
        self.assertIn(
            "a child has failed: ZeroDivisionError: ",
            self.error_of(f'{row}/cpython-fork', f'''
                def consume(begin, *args):
                  {when or 'pass'}
                  1 / 0
                cpython._consume = consume
                '''))

  def test_a_child_that_ends(self):
    for when in ('pass', 'begin()'):
      with self.subTest(when):
        self.assertIn(
            'a child has ended: exit code 3',
            self.error_of('queue.throughput/64B/1x1/cpython-fork', f'''
                def consume(begin, *args):
                  {when}
                  os._exit(3)
                cpython._consume = consume
                '''))

  def test_a_process_that_fails(self):
    self.assertIn(
        'exit code 7',
        self.error_of('process.start-join/small/cpython-fork', '''
            cpython._nothing = lambda: sys.exit(7)
            '''))

  def test_a_row_without_end(self):
    hangs = '''
        cpython._LIMIT = 0.5
        def hang(*args):
          time.sleep(1000)
        cpython._same = cpython._echo = cpython._nothing = hang
        hang.__module__ = 'cpython'
        hang.__name__ = hang.__qualname__ = '_same'
        '''
    for row in ('queue.roundtrip/64B', 'pool.apply', 'pool.start-map-join',
                'process.start-join/small'):
      with self.subTest(row):
        started = time.monotonic()
        self.assertEqual(self.error_of(f'{row}/cpython-fork', hangs),
                         'LateError: no end within 0.5 s')
        self.assertLess(time.monotonic() - started, 20)


def main():
  global args
  parser = argparse.ArgumentParser()
  parser.add_argument('worker', type=os.path.abspath)
  parser.add_argument('--python', default='/usr/bin/python3')
  args, rest = parser.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == '__main__':
  main()
