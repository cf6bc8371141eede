#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""A small judge steers the testee through all that the protocol has.

    testee_test.py TESTEE SCHEMA [--python=/usr/bin/python3]
        [--module=multiprocessing] [--method=fork] [NAME OF A TEST ...]

Every message, in both directions, is held to wire.schema.json, and together the
tests show each of its operations. What the module itself does is judged by the
cases; where it would fail a test, _DIFFERS says why that is left out.
"""

import argparse
import base64
import contextlib
import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import jsonschema

_LIMIT = 30  # seconds, for whatever is to happen
_PR_SET_CHILD_SUBREAPER = 36

# What a module or an interpreter does so differently that the test would only
# show that.
_DIFFERS = {
    'pypy3': {
        'test_what_is_no_value': 'its pickle reports a KeyError or an EOFError',
    },
    'billiard': {
        'test_an_end_that_a_child_got_is_released_here':
            'a started process keeps its arguments',
        'test_a_closed_process': 'it can be used after close',
        'test_kill': 'there is none',
        'test_closed_queues': 'an AssertionError without a message',
        'test_simple_queue': 'its empty needs a method that it has not',
        'test_a_closed_pool': 'it drops what is submitted, without an error',
        'test_a_queue_is_no_argument_of_a_task': 'the caller waits for ever',
        'test_exit_handlers_run_last_first_and_before_children_are_joined':
            'its children are neither joined nor terminated',
    },
}

args = None  # of the command line
validators = {}  # by the name of the definition
shown = set()  # (kind of object or None, operation, fields)


class Refused(Exception):
  """An operation's error."""

  def __init__(self, error):
    super().__init__(f'{error["kind"]}: {error["type"]}: {error["message"]}')
    self.error = error
    self.kind = error['kind']


def check(definition, message):
  error = jsonschema.exceptions.best_match(
      validators[definition].iter_errors(message))
  if error is not None:
    raise AssertionError(
        f'no {definition}: {json.dumps(message)[:500]}: {error.message[:500]}')


def to_bytes(text):
  return {'b': base64.b64encode(text).decode()}


class Connection:
  """The judge's side of a connection."""

  def __init__(self, connected):
    connected.settimeout(_LIMIT)
    self._socket = connected
    self._file = connected.makefile('rb')
    self._id = 0
    self.hello = json.loads(self._file.readline())
    check('hello', self.hello)
    self.token = self.hello['process']

  def peer_pid(self):
    credentials = self._socket.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize('3i'))
    return struct.unpack('3i', credentials)[0]

  def send_raw(self, message):
    self._socket.sendall(
        json.dumps(message, ensure_ascii=False).encode() + b'\n')

  def begin(self, op, on=None, **fields):
    """Sends a request; `on` is a handle."""
    self._id += 1
    request = {'id': self._id, 'op': op, **fields}
    kind = None
    if on is not None:
      request['on'] = on['h']
      kind = on['kind']
    check('request', request)
    shown.add((None if op == 'drop' else kind, op, frozenset(fields)))
    self.send_raw(request)

  def outcome(self):
    line = self._file.readline()
    if not line:
      raise EOFError('the testee closed the connection')
    answer = json.loads(line)
    check('answer', answer)
    if answer['id'] != self._id:
      raise AssertionError(f'the answer to {answer["id"]}, not {self._id}')
    if 'error' in answer:
      raise Refused(answer['error'])
    return answer['ok']

  def ask(self, op, on=None, **fields):
    self.begin(op, on, **fields)
    return self.outcome()

  def ask_raw(self, message):
    self.send_raw(message)
    return json.loads(self._file.readline())

  def drop(self, handle, times=1):
    self.ask('drop', on=handle, times=times)

  def wait_for_end(self):
    """Until the testee has closed it."""
    try:
      rest = self._file.read()
    except ConnectionResetError:
      rest = b''
    if rest:
      raise AssertionError(f'more came: {rest[:500]}')

  def end(self, **message):
    """Ends a call."""
    check('end', message)
    self.send_raw(message)
    self.wait_for_end()
    self.close()

  def end_return(self, value=None):
    self.end(end='return', value=value)

  def end_raise(self, kind='Raised', type_name='Fault', message='on purpose'):
    self.end(end='raise',
             error={'kind': kind, 'type': type_name, 'message': message})

  def close(self):
    self._file.close()
    self._socket.close()


class Judge:
  """A testee that runs, and its connections."""

  def __init__(self, directory=None, **environment):
    self._own_directory = tempfile.TemporaryDirectory()
    self._directory = directory or self._own_directory.name
    self._listener = socket.socket(socket.AF_UNIX)
    with self._short_path() as path:
      self._listener.bind(f'{path}/judge')
      self._listener.listen(64)
    self._changed = threading.Condition()
    self._all = []  # connections
    self._waiting = []  # those that nobody has asked for
    self._processes = {}  # token: connection
    self._closed = False
    self.problems = []
    threading.Thread(target=self._accept, daemon=True).start()
    self._out = tempfile.TemporaryFile()
    self._err = tempfile.TemporaryFile()
    self.testee = subprocess.Popen(
        [args.python, '-I', '-X', 'faulthandler', args.testee,
         f'--module={args.module}', f'--method={args.method}',
         f'{self._directory}/judge'],
        stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._err,
        env={**os.environ, **environment})
    self.main = self.connection(hello='main')

  @contextlib.contextmanager
  def _short_path(self):
    directory = os.open(self._directory, os.O_RDONLY)
    try:
      yield f'/proc/self/fd/{directory}'
    finally:
      os.close(directory)

  def _accept(self):
    while True:
      try:
        connection = Connection(self._listener.accept()[0])
      except OSError:
        return  # closed
      except Exception as error:
        self.problems.append(f'a connection: {error!r}')
        continue
      with self._changed:
        if self._closed:
          connection.close()
          return
        self._all.append(connection)
        if connection.hello['hello'] == 'process':
          self._processes[connection.token] = connection
        elif connection.token not in self._processes:
          self.problems.append(f'before its process: {connection.hello}')
        else:
          self._waiting.append(connection)
        self._changed.notify_all()

  def connection(self, **wanted):
    """The next connection whose hello has these fields."""
    def find():
      for connection in self._waiting:
        if all(connection.hello.get(key) == item
               for key, item in wanted.items()):
          self._waiting.remove(connection)
          return connection
      return None
    with self._changed:
      found = self._changed.wait_for(lambda: self.problems or find(), _LIMIT)
      if self.problems:
        raise AssertionError(self.problems)
      if not found:
        raise AssertionError(
            f'no {wanted}, but {[c.hello for c in self._waiting]}; '
            f'{self.errors()}')
      return found

  def call(self, name):
    return self.connection(hello='call', kind='target', name=name)

  def process_of(self, connection):
    with self._changed:
      return self._processes[connection.token]

  def lane(self, connection, number):
    """One more connection of the same process."""
    self.process_of(connection).ask('lane', lane=number)
    return self.connection(hello='lane', lane=number)

  def waiting(self):
    with self._changed:
      return [connection.hello for connection in self._waiting]

  def output(self):
    self._out.seek(0)
    return self._out.read().decode()

  def errors(self):
    self._err.seek(0)
    return self._err.read().decode()

  def wait(self):
    """The main process's end, upon which all of its others go."""
    status = self.testee.wait(_LIMIT)
    left = _wait_for_orphans()
    if left:
      raise AssertionError(f'left behind: {left}; {self.errors()}')
    if self.problems:
      raise AssertionError(self.problems)
    return status

  def finish(self, status=0):
    self.main.ask('finish', status=status)
    return self.wait()

  def disappear(self):
    with self._changed:
      if self._closed:
        return
      self._closed = True
    # An accept that waits is not ended by close.
    self._listener.shutdown(socket.SHUT_RDWR)
    self._listener.close()
    for connection in self._all:
      connection.close()

  def close(self):
    self.disappear()
    if self.testee.poll() is None:
      self.testee.kill()
      self.testee.wait()
    self._out.close()
    self._err.close()
    self._own_directory.cleanup()


def _children():
  with open(f'/proc/self/task/{os.getpid()}/children',
            encoding='ascii') as file:
    return [int(pid) for pid in file.read().split()]


def _reap(but=0):
  """Reaps the orphans that have ended; commands of those that have not."""
  left = []
  for pid in _children():
    if pid != but and os.waitpid(pid, os.WNOHANG)[0] == 0:
      with open(f'/proc/{pid}/cmdline', 'rb') as file:
        left.append(f'{pid} {file.read()}')
  return left


def _wait_for_orphans(but=0):
  limit = time.monotonic() + _LIMIT
  while True:
    left = _reap(but)
    if not left or time.monotonic() > limit:
      return left
    time.sleep(0.01)  # nothing tells of the end of somebody else's child


class TesteeTest(unittest.TestCase):

  def setUp(self):
    for judged in (args.module, args.python):
      differs = _DIFFERS.get(judged, {}).get(self._testMethodName)
      if differs:
        self.skipTest(f'{judged}: {differs}')
    self.judge = Judge()
    self.main = self.judge.main

  def tearDown(self):
    try:
      if self.judge.testee.poll() is None:
        self.assertEqual(self.judge.finish(), 0)
    finally:
      self.judge.close()
      _wait_for_orphans()

  def refused(self, kind, function, *arguments, **fields):
    with self.assertRaises(Refused) as context:
      function(*arguments, **fields)
    self.assertEqual(context.exception.kind, kind, context.exception)
    return context.exception.error

  def new_process(self, target='', arguments=(), kwargs=None, by=None,
                  **options):
    return (by or self.main).ask(
        'process.new',
        **{'type': '', 'target': target, 'args': list(arguments),
           'kwargs': kwargs or {}, 'name': '', 'daemon': None, **options})

  def start(self, target, arguments=(), by=None, **options):
    """A process and the call of its target."""
    process = self.new_process(target, arguments, by=by, **options)
    (by or self.main).ask('start', on=process)
    return process, self.judge.call(target)

  def join(self, process, by=None):
    """Its exit code."""
    (by or self.main).ask('join', on=process, timeout=_LIMIT)
    return (by or self.main).ask('exit_code', on=process)

  # --- Values -----------------------------------------------------------------

  def test_values_come_back_as_they_were(self):
    values = [
        None, True, False, 0, -1, 2**53, -2**53,
        {'i': str(2**53 + 1)}, {'i': str(2**63 - 1)}, {'i': str(-2**63)},
        {'d': '0.1'}, {'d': '-0.0'}, {'d': '5e-324'}, {'d': '1e+300'},
        {'d': 'inf'}, {'d': '-inf'}, {'d': 'nan'},
        '', 'text \u00e9\u2028\U0001f600 with\0zero\nand line', 'x' * (1 << 20),
        to_bytes(b''), to_bytes(bytes(range(256))),
        to_bytes(os.urandom(1 << 20)),
        [], [1, [], ['nested', {'m': {'key': [False]}}]],
        {'m': {}}, {'m': {'': None, 'h': 1, 'b': {'m': {'i': 'text'}}}},
    ]
    queue = self.main.ask('queue.new', maxsize=0)
    for value in values:
      self.main.ask('put', on=queue, value=value, timeout=None)
      self.assertEqual(
          self.main.ask('get', on=queue, timeout=_LIMIT), value)
    self.main.ask('put', on=queue, value=values, timeout=None)
    self.assertEqual(self.main.ask('get', on=queue, timeout=_LIMIT), values)
    # To a child and back.
    _, call = self.start('Echo', [queue, *values], kwargs={'a b': values})
    self.assertEqual(call.hello['args'][1:], values)
    self.assertEqual(call.hello['kwargs'], {'a b': values})
    call.ask('put', on=call.hello['args'][0], value=values, timeout=None)
    self.assertEqual(self.main.ask('get', on=queue, timeout=_LIMIT), values)
    call.end_return(values)

  def test_what_is_no_message_of_the_protocol_is_refused(self):
    queue = self.main.ask('queue.new', maxsize=0)
    on = queue['h']
    for wrong in ({'op': 'nothing'}, {'op': 'nothing', 'on': on},
                  {'op': '__init__', 'on': on}, {'op': 'put', 'on': on + 1},
                  {'op': 'put', 'on': on, 'value': 1},
                  {'op': 'size', 'on': on, 'more': 1}, {'op': 'size'},
                  {'op': 'pid', 'more': 1},
                  {'op': 'put', 'on': on, 'value': 0.5, 'timeout': None},
                  {'op': 'put', 'on': on, 'value': {'x': 1}, 'timeout': None},
                  {'op': 'drop', 'on': on, 'times': 2},
                  {'op': 'stage.read', 'line': 77}):
      answer = self.main.ask_raw({'id': 0, **wrong})
      check('answer', answer)
      self.assertEqual(answer['error']['kind'], 'Protocol', answer)
      self.assertIn('Traceback', answer['error']['traceback'])
    process = self.judge.process_of(self.main)
    self.assertEqual(process.ask_raw({'id': 0, 'op': 'pid'})['error']['kind'],
                     'Protocol')
    process.ask('ping')  # goes on
    self.assertEqual(self.main.ask('size', on=queue), 0)

  def test_handles_have_numbers(self):
    first = self.main.ask('current_process')
    second = self.main.ask('current_process')
    self.assertEqual(first, second)
    self.main.drop(first)
    self.assertEqual(self.main.ask('name', on=first), 'MainProcess')
    self.main.drop(first)
    answer = self.main.ask_raw({'id': 0, 'op': 'name', 'on': first['h']})
    self.assertEqual(answer['error']['kind'], 'Protocol')

  # --- Objects ----------------------------------------------------------------

  def test_connection(self):
    ask = self.main.ask
    first, second = ask('pipe.new', duplex=True)
    self.assertTrue(ask('readable', on=first))
    self.assertTrue(ask('writable', on=first))
    self.assertFalse(ask('poll', on=second, timeout=0))
    ask('send', on=first, value=['x', 1])
    self.assertTrue(ask('poll', on=second, timeout=None))
    self.assertEqual(ask('recv', on=second), ['x', 1])
    for text in (b'', b'bytes', b'too long', b'next'):
      ask('send_bytes', on=first, data=to_bytes(text)['b'])
    self.assertEqual(ask('recv_bytes', on=second, max_length=0), {'b': ''})
    self.assertEqual(
        ask('recv_bytes_into', on=second, buffer=to_bytes(b'12345678')['b'],
            offset=1), [5, to_bytes(b'1bytes78')])
    error = self.refused('BufferTooShort', ask, 'recv_bytes_into', on=second,
                         buffer=to_bytes(b'1234')['b'], offset=1)
    self.assertEqual(error['data'], to_bytes(b'too long')['b'])
    self.refused('Value', ask, 'recv_bytes_into', on=second,
                 buffer=to_bytes(b'1234')['b'], offset=5)
    self.assertEqual(ask('recv_bytes', on=second, max_length=None),
                     to_bytes(b'next'))
    # Serialisation is told to the sender.
    lock = ask('lock.new')
    self.refused('Sharing', ask, 'send', on=first, value=lock)
    local = ask('local_object.new')
    self.refused('Serialisation', ask, 'send', on=first, value=[local])
    ask('send_bytes', on=first, data=to_bytes(b'12345')['b'])
    self.refused('MessageTooLong', ask, 'recv_bytes', on=second, max_length=4)
    self.refused('WrongDirection', ask, 'recv', on=second)
    ask('close', on=second)
    ask('close', on=second)
    self.assertTrue(ask('closed', on=second))
    self.refused('Closed', ask, 'recv', on=second)
    self.refused('BrokenPipe', ask, 'send', on=first, value=1)
    receiver, sender = ask('pipe.new', duplex=False)
    self.refused('WrongDirection', ask, 'send', on=receiver, value=1)
    self.refused('WrongDirection', ask, 'poll', on=sender, timeout=0)

  def test_what_is_no_value(self):
    first, second = self.main.ask('pipe.new', duplex=True)
    for text in (b'', b'no pickle'):
      self.main.ask('send_bytes', on=first, data=to_bytes(text)['b'])
      self.refused('Serialisation', self.main.ask, 'recv', on=second)

  def test_what_is_dropped_is_released(self):
    ask = self.main.ask
    first, second = ask('pipe.new', duplex=True)
    # Also when it was in a message, in an error and in arguments.
    ask('set_attribute', on=self.new_process(), name='x', value=1)
    answer = self.main.ask_raw(
        {'id': 0, 'op': 'send', 'on': second['h'], 'value': [first, {'x': 1}]})
    self.assertEqual(answer['error']['kind'], 'Protocol')
    local = ask('local_object.new')
    self.refused('Serialisation', ask, 'send', on=second, value=[local, first])
    self.assertFalse(ask('poll', on=second, timeout=0))
    self.main.drop(first)
    self.assertTrue(ask('poll', on=second, timeout=0))
    self.refused('EndOfFile', ask, 'recv', on=second)

  def test_an_end_that_a_child_got_is_released_here(self):
    ask = self.main.ask
    first, second = ask('pipe.new', duplex=True)
    process, call = self.start('Holder', [first])
    # Under fork it has copies of both, of which this one tells nothing.
    self.main.drop(first)
    self.assertFalse(ask('poll', on=second, timeout=0))
    call.ask('send', on=call.hello['args'][0], value='here')
    call.end_return()
    self.assertEqual(self.join(process), 0)
    self.assertEqual(ask('recv', on=second), 'here')
    self.refused('EndOfFile', ask, 'recv', on=second)

  def test_queues(self):
    ask = self.main.ask
    for kind in ('queue.new', 'joinable_queue.new'):
      queue = ask(kind, maxsize=2)
      self.assertTrue(ask('empty', on=queue))
      ask('put_bytes', on=queue, data=to_bytes(b'raw')['b'], timeout=None)
      ask('put', on=queue, value=to_bytes(b'raw'), timeout=1)
      self.assertTrue(ask('full', on=queue))
      self.assertEqual(ask('size', on=queue), 2)
      for timeout in (0, -1, 0.01):
        self.refused('Full', ask, 'put', on=queue, value=1, timeout=timeout)
      self.assertEqual(ask('get_bytes', on=queue, timeout=None),
                       to_bytes(b'raw'))
      self.assertEqual(ask('get', on=queue, timeout=_LIMIT), to_bytes(b'raw'))
      ask('put_bytes', on=queue, data='', timeout=None)
      self.refused('Serialisation', ask, 'get', on=queue, timeout=_LIMIT)
      ask('put', on=queue, value=1, timeout=None)
      self.refused('Serialisation', ask, 'get_bytes', on=queue, timeout=_LIMIT)
      for timeout in (0, -1, 0.01):
        self.refused('Empty', ask, 'get', on=queue, timeout=timeout)
      if kind == 'joinable_queue.new':
        for _ in range(4):
          ask('task_done', on=queue)
        ask('join', on=queue)
        self.refused('Value', ask, 'task_done', on=queue)
      self.refused('Misuse', ask, 'join_thread', on=queue)
      ask('close', on=queue)
      ask('join_thread', on=queue)
      ask('cancel_join_thread', on=queue)

  def test_closed_queues(self):
    ask = self.main.ask
    for kind in ('queue.new', 'joinable_queue.new'):
      queue = ask(kind, maxsize=0)
      ask('close', on=queue)
      self.refused('Closed', ask, 'put', on=queue, value=1, timeout=0)
      self.refused('Closed', ask, 'get', on=queue, timeout=0)

  def test_simple_queue(self):
    ask = self.main.ask
    simple = ask('simple_queue.new')
    ask('put', on=simple, value=[1])
    self.assertFalse(ask('empty', on=simple))
    self.assertEqual(ask('get', on=simple), [1])
    ask('close', on=simple)
    self.refused('Closed', ask, 'get', on=simple)

  def test_synchronisation(self):
    ask = self.main.ask
    lock = ask('lock.new')
    self.assertTrue(ask('acquire', on=lock, timeout=None))
    for timeout in (0, -1, 0.01):
      self.assertFalse(ask('acquire', on=lock, timeout=timeout))
    ask('release', on=lock)
    self.refused('Value', ask, 'release', on=lock)
    for kind in ('semaphore.new', 'bounded_semaphore.new'):
      semaphore = ask(kind, value=1)
      self.assertEqual(ask('count', on=semaphore), 1)
      self.assertTrue(ask('acquire', on=semaphore, timeout=0))
      self.assertFalse(ask('acquire', on=semaphore, timeout=0))
      ask('release', on=semaphore)
      if kind == 'semaphore.new':
        ask('release', on=semaphore)
        self.assertEqual(ask('count', on=semaphore), 2)
      else:
        self.refused('Value', ask, 'release', on=semaphore)
    event = ask('event.new')
    self.assertFalse(ask('wait', on=event, timeout=0))
    ask('set', on=event)
    self.assertTrue(ask('wait', on=event, timeout=None))
    self.assertTrue(ask('is_set', on=event))
    ask('clear', on=event)
    self.assertFalse(ask('is_set', on=event))
    condition = ask('condition.new', lock=lock)
    self.assertTrue(ask('acquire', on=condition, timeout=1))
    self.assertFalse(ask('acquire', on=lock, timeout=0))
    ask('release', on=condition)
    condition = ask('condition.new', lock=None)
    self.refused('Misuse', ask, 'notify', on=condition, count=1)
    ask('acquire', on=condition, timeout=None)
    lane = self.judge.lane(self.main, 1)
    self.main.begin('wait', on=condition, timeout=None)
    lane.ask('acquire', on=condition, timeout=None)  # once it waits
    lane.ask('notify', on=condition, count=1)
    lane.ask('notify_all', on=condition)
    lane.ask('release', on=condition)
    self.assertTrue(self.main.outcome())
    self.assertFalse(ask('wait', on=condition, timeout=0))

  def test_barrier_and_its_action(self):
    ask = self.main.ask
    barrier = ask('barrier.new', parties=2, action='Act', args=[1],
                  kwargs={'k': 'v'}, timeout=None)
    self.assertEqual(ask('parties', on=barrier), 2)
    lane = self.judge.lane(self.main, 1)
    lane.begin('wait', on=barrier, timeout=None)
    self.main.begin('wait', on=barrier)
    call = self.judge.call('Act')
    self.assertEqual((call.hello['args'], call.hello['kwargs']),
                     ([1], {'k': 'v'}))
    self.assertEqual(call.token, self.main.token)
    call.end_return()
    self.assertEqual({self.main.outcome(), lane.outcome()}, {0, 1})
    self.assertEqual(ask('waiting', on=barrier), 0)
    ask('abort', on=barrier)
    self.assertTrue(ask('broken', on=barrier))
    self.refused('BrokenBarrier', ask, 'wait', on=barrier)
    ask('reset', on=barrier)
    self.assertFalse(ask('broken', on=barrier))
    self.refused('BrokenBarrier', ask, 'wait', on=barrier, timeout=0.01)
    # The barrier's own timeout, and a wait that has none in spite of it.
    barrier = ask('barrier.new', parties=2, action='', args=[], kwargs={},
                  timeout=0.01)
    self.refused('BrokenBarrier', ask, 'wait', on=barrier)
    ask('reset', on=barrier)
    self.main.begin('wait', on=barrier, timeout=None)
    while lane.ask('waiting', on=barrier) == 0:
      pass
    self.assertFalse(lane.ask('wait', on=lane.ask('event.new'), timeout=0.05))
    lane.ask('wait', on=barrier, timeout=_LIMIT)
    self.main.outcome()

  def test_a_recursive_lock_is_owned_by_a_lane(self):
    lock = self.main.ask('rlock.new')
    lanes = [self.judge.lane(self.main, number) for number in (1, 2)]
    for lane in lanes:
      self.assertEqual(lane.token, self.main.token)
    for _ in range(2):
      self.assertTrue(self.main.ask('acquire', on=lock, timeout=0))
    for lane in lanes:
      self.assertFalse(lane.ask('acquire', on=lock, timeout=0))
      self.refused('Misuse', lane.ask, 'release', on=lock)
    for _ in range(2):
      self.main.ask('release', on=lock)
    for lane in lanes:
      self.assertTrue(lane.ask('acquire', on=lock, timeout=0))
      self.refused('Misuse', self.main.ask, 'release', on=lock)
      lane.ask('release', on=lock)
    # The end of a lane is nothing to its process.
    lanes[0].close()
    self.assertTrue(lanes[1].ask('acquire', on=lock, timeout=0))

  def test_a_process_answers_while_it_is_blocked(self):
    queue = self.main.ask('queue.new', maxsize=0)
    process = self.judge.process_of(self.main)
    self.main.begin('get', on=queue, timeout=None)
    process.ask('ping')
    lane = self.judge.lane(self.main, 1)
    self.assertEqual(lane.ask('pid'), self.judge.testee.pid)
    lane.ask('put', on=queue, value='at last', timeout=None)
    self.assertEqual(self.main.outcome(), 'at last')

  # --- Processes --------------------------------------------------------------

  def test_a_target_runs_in_its_child(self):
    ask = self.main.ask
    self.assertEqual(ask('pid'), self.judge.testee.pid)
    self.assertEqual(ask('parent_pid'), os.getpid())
    self.assertGreaterEqual(ask('cpu_count'), 1)
    process = self.new_process('Outer', [1, 'two'], {'three': 3})
    self.assertEqual(ask('name', on=process), 'Process-1')
    self.assertEqual(ask('arguments', on=process),
                     [[1, 'two'], {'m': {'three': 3}}])
    self.assertIsNone(ask('pid', on=process))
    self.assertIsNone(ask('exit_code', on=process))
    self.assertFalse(ask('is_alive', on=process))
    self.refused('Misuse', ask, 'join', on=process, timeout=0)
    ask('set_name', on=process, name='outer')
    self.assertFalse(ask('daemon', on=process))
    ask('set_daemon', on=process, daemon=False)
    ask('start', on=process)
    self.refused('Misuse', ask, 'start', on=process)
    self.refused('Misuse', ask, 'set_daemon', on=process, daemon=True)
    outer = self.judge.call('Outer')
    self.assertEqual(outer.hello['args'], [1, 'two'])
    self.assertEqual(outer.hello['kwargs'], {'three': 3})
    pid = ask('pid', on=process)
    known = self.judge.process_of(outer)
    self.assertNotEqual(outer.token, self.main.token)
    self.assertEqual({pid, known.hello['pid'], outer.ask('pid'),
                      outer.peer_pid()}, {pid})
    self.assertEqual(ask('active_children'), [process])
    self.assertTrue(ask('is_alive', on=process))
    current = outer.ask('current_process')
    self.assertEqual(outer.ask('name', on=current), 'outer')
    self.assertEqual(outer.ask('pid', on=current), pid)
    # A child of the child, and a lane of it.
    inner_process, inner = self.start('Inner', by=outer)
    self.assertNotEqual(inner.ask('pid'), pid)
    lane = self.judge.lane(inner, 5)
    self.assertEqual(lane.ask('pid'), inner.ask('pid'))
    inner.end(end='exit', code=3)
    self.judge.process_of(inner).wait_for_end()
    self.assertEqual(self.join(inner_process, by=outer), 3)
    outer.end_return('nothing comes of it')
    known.wait_for_end()
    self.assertEqual(self.join(process), 0)
    self.assertEqual(ask('active_children'), [])

  def test_a_closed_process(self):
    process, call = self.start('Ends')
    self.refused('Value', self.main.ask, 'close', on=process)
    call.end_return()
    self.assertEqual(self.join(process), 0)
    self.main.ask('close', on=process)
    self.refused('Value', self.main.ask, 'exit_code', on=process)

  def test_a_child_begins_with_numbers_of_its_own(self):
    lock = self.main.ask('lock.new')
    numbers = {lock['h']}
    process, call = self.start('Numbers')
    answer = call.ask_raw({'id': 0, 'op': 'release', 'on': lock['h']})
    self.assertEqual(answer['error']['kind'], 'Protocol')
    numbers.add(call.ask('lock.new')['h'])
    call.end_return()
    self.assertEqual(self.join(process), 0)

  def test_exit_codes(self):
    process, call = self.start('Returns')
    call.end_return(7)
    self.assertEqual(self.join(process), 0)
    process, call = self.start('Exits')
    call.end(end='exit', code=7)
    self.assertEqual(self.join(process), 7)
    process, call = self.start('Raises')
    call.end_raise()
    self.assertEqual(self.join(process), 1)
    self.assertIn('Fault: on purpose', self.judge.errors())
    self.assertIn('in Raises', self.judge.errors())
    for crash, code, expected in (('kill', 0, -signal.SIGKILL),
                                  ('abort', 0, -signal.SIGABRT),
                                  ('segmentation', 0, -signal.SIGSEGV),
                                  ('exit', 5, 5)):
      process, call = self.start('Crashes')
      call.begin('crash', crash=crash, code=code)
      self.judge.process_of(call).wait_for_end()
      self.assertEqual(self.join(process), expected, crash)
    process, call = self.start('Runs')
    self.main.ask('terminate', on=process)
    self.judge.process_of(call).wait_for_end()
    self.assertEqual(self.join(process), -signal.SIGTERM)

  def test_kill(self):
    process, call = self.start('Runs')
    self.main.ask('kill', on=process)
    self.judge.process_of(call).wait_for_end()
    self.assertEqual(self.join(process), -signal.SIGKILL)

  def test_run_calls_here(self):
    process = self.new_process('Here', [1])
    for end, kind in (({'end': 'return', 'value': 1}, None),
                      ({'end': 'exit', 'code': 9}, 'ExitRequest')):
      self.main.begin('run', on=process)
      call = self.judge.call('Here')
      self.assertEqual(call.token, self.main.token)
      self.assertEqual(call.ask('pid'), self.judge.testee.pid)
      call.end(**end)
      if kind is None:
        self.assertIsNone(self.main.outcome())
      else:
        self.assertEqual(self.refused(kind, self.main.outcome)['code'], 9)
    self.main.begin('run', on=process)
    self.judge.call('Here').end_raise('Misuse', 'Reason', 'why \u00e9')
    error = self.refused('Misuse', self.main.outcome)
    self.assertEqual((error['type'], error['message']),
                     ('Reason', 'why \u00e9'))

  def test_process_types(self):
    ask = self.main.ask
    queue = ask('queue.new', maxsize=0)
    process = self.new_process('NotCalled', [4], type='Special')
    self.assertEqual(ask('name', on=process), 'Special-1')
    ask('set_attribute', on=process, name='queue', value=[queue])
    ask('start', on=process)
    call = self.judge.connection(hello='call', kind='type', name='Special')
    this = call.hello['self']
    self.assertEqual(call.ask('arguments', on=this), [[4], {'m': {}}])
    [there] = call.ask('attribute', on=this, name='queue')
    call.ask('put', on=there, value='from there', timeout=None)
    call.ask('set_attribute', on=this, name='more', value=1)
    self.assertEqual(call.ask('current_process'), this)
    self.assertEqual(ask('get', on=queue, timeout=_LIMIT), 'from there')
    call.end(end='exit', code=4)
    self.assertEqual(self.join(process), 4)
    self.refused('Value', ask, 'attribute', on=process, name='more')
    self.assertEqual(self.judge.waiting(), [])

  def test_globals(self):
    ask = self.main.ask
    queue = ask('queue.new', maxsize=0)
    ask('global.set', name='queue', value={'m': {'q': queue}})
    ask('global.set', name='number', value=1)
    self.refused('Value', ask, 'global.get', name='other')
    process, call = self.start('Sees')
    if args.method == 'fork':
      found = call.ask('global.get', name='queue')['m']['q']
      call.ask('put', on=found, value='by fork', timeout=None)
      self.assertEqual(ask('get', on=queue, timeout=_LIMIT), 'by fork')
      self.assertEqual(call.ask('global.get', name='number'), 1)
    else:
      self.refused('Value', call.ask, 'global.get', name='number')
    call.ask('global.set', name='number', value=2)
    call.end_return()
    self.assertEqual(self.join(process), 0)
    self.assertEqual(ask('global.get', name='number'), 1)

  def test_local_objects(self):
    local = self.main.ask('local_object.new')
    process = self.new_process('Local', [local])
    if args.method == 'fork':
      self.main.ask('start', on=process)
      call = self.judge.call('Local')
      self.assertEqual(call.hello['args'][0]['kind'], 'LocalObject')
      call.end_return()
      self.assertEqual(self.join(process), 0)
    else:
      self.refused('Serialisation', self.main.ask, 'start', on=process)

  def test_print(self):
    text = 'a line \u00e9\nand more ' + 'x' * 100000
    self.main.ask('print', stream='out', text=text)
    process, call = self.start('Prints')
    call.ask('print', stream='out', text=' from a child')
    call.ask('print', stream='err', text='an error')
    call.end_return()
    self.assertEqual(self.join(process), 0)
    self.assertEqual(self.judge.output(), text + ' from a child')
    self.assertIn('an error', self.judge.errors())

  # --- Pools ------------------------------------------------------------------

  def new_pool(self, **options):
    return self.main.ask(
        'pool.new', **{'workers': 1, 'initializer': '', 'args': [],
                       'kwargs': {}, 'max_tasks_per_worker': None, **options})

  def test_pool(self):
    ask = self.main.ask
    pool = self.new_pool(initializer='Initialise', args=[1], kwargs={'k': 2})
    call = self.judge.call('Initialise')
    self.assertEqual((call.hello['args'], call.hello['kwargs']),
                     ([1], {'k': 2}))
    call.end_return()
    self.main.begin('apply', on=pool, target='Task', args=[1],
                    kwargs={'k': 'v'})
    call = self.judge.call('Task')
    self.assertEqual((call.hello['args'], call.hello['kwargs']),
                     ([1], {'k': 'v'}))
    self.assertNotEqual(call.ask('pid'), self.judge.testee.pid)
    call.end_return({'m': {'value': [1]}})
    self.assertEqual(self.main.outcome(), {'m': {'value': [1]}})

    self.main.begin('map', on=pool, target='Square', items=[1, 2, 3],
                    chunk_size=1)
    for _ in range(3):
      call = self.judge.call('Square')
      call.end_return(call.hello['args'][0] ** 2)
    self.assertEqual(self.main.outcome(), [1, 4, 9])

    result = ask('map_async', on=pool, target='Square', items=[1, 2],
                 chunk_size=None, callback=0, error_callback=None)
    self.assertFalse(ask('ready', on=result))
    self.refused('Timeout', ask, 'get', on=result, timeout=0.01)
    for _ in range(2):
      call = self.judge.call('Square')
      call.end_return(call.hello['args'][0] ** 2)
    call = self.judge.connection(hello='call', kind='callback', token=0)
    self.assertEqual(call.hello['ok'], [1, 4])
    self.assertEqual(call.token, self.main.token)
    call.end_return()
    ask('wait', on=result, timeout=None)
    self.assertTrue(ask('successful', on=result))
    self.assertEqual(ask('get', on=result, timeout=None), [1, 4])
    ask('close', on=pool)
    ask('join', on=pool)

  def test_a_closed_pool(self):
    pool = self.new_pool()
    self.refused('Value', self.main.ask, 'join', on=pool)
    self.main.ask('close', on=pool)
    self.refused('Value', self.main.ask, 'apply', on=pool, target='Task',
                 args=[], kwargs={})
    self.main.ask('join', on=pool)

  def test_errors_of_tasks_keep_what_they_are(self):
    ask = self.main.ask
    pool = self.new_pool()
    for kind, type_name in (('Raised', 'Fault'), ('Misuse', 'AssertionError'),
                            ('Value', 'Value'), ('Other', 'INTERNAL')):
      result = ask('apply_async', on=pool, target='Failing', args=[], kwargs={},
                   callback=1, error_callback=2)
      self.judge.call('Failing').end_raise(kind, type_name, 'why')
      call = self.judge.connection(hello='call', kind='callback', token=2)
      ask('wait', on=result, timeout=0)
      call.end_return()
      errors = [call.hello['error']]
      for _ in range(2):
        errors.append(
            self.refused(kind, ask, 'get', on=result, timeout=_LIMIT))
      for error in errors:
        self.assertEqual((error['kind'], error['type'], error['message']),
                         (kind, type_name, 'why'))
        self.assertIn('Failing', error['traceback'])
      self.assertFalse(ask('successful', on=result))
    ask('terminate', on=pool)
    ask('join', on=pool)

  def test_a_queue_is_no_argument_of_a_task(self):
    pool = self.new_pool()
    queue = self.main.ask('queue.new', maxsize=0)
    self.refused('Sharing', self.main.ask, 'apply', on=pool, target='Task',
                 args=[[queue]], kwargs={})
    self.main.ask('terminate', on=pool)
    self.main.ask('join', on=pool)

  # --- The stage --------------------------------------------------------------

  def test_stage(self):
    with tempfile.TemporaryDirectory() as directory, socket.socket(
        socket.AF_UNIX) as listener:
      listener.bind(f'{directory}/stage')
      listener.listen()
      listener.settimeout(_LIMIT)

      def connect(by):
        number = by.ask('stage.connect', address=f'{directory}/stage')
        line = listener.accept()[0]
        line.settimeout(_LIMIT)
        return number, line

      process, call = self.start('Acts')
      number, line = connect(call)
      credentials = struct.unpack('3i', line.getsockopt(
          socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize('3i')))
      self.assertEqual(credentials[0], call.ask('pid'))
      self.assertTrue(call.ask('stage.write', line=number,
                               data=to_bytes(b'said')['b']))
      self.assertEqual(line.recv(100), b'said')
      call.begin('stage.read', line=number)
      self.judge.process_of(call).ask('ping')
      line.sendall(b'cue')
      self.assertEqual(call.outcome(), to_bytes(b'cue'))
      # Another is closed by the testee, and one by the stage.
      second, other = connect(call)
      call.ask('stage.close', line=second)
      self.assertEqual(other.recv(100), b'')
      other.close()
      second, other = connect(call)
      other.close()
      self.assertIsNone(call.ask('stage.read', line=second))
      self.assertFalse(call.ask('stage.write', line=second, data='AAAA'))
      # A line is not inherited: it ends with its process, whose child lives on.
      _, inner = self.start('Orphan', by=call)
      answer = inner.ask_raw({'id': 0, 'op': 'stage.read', 'line': number})
      self.assertEqual(answer['error']['kind'], 'Protocol')
      call.begin('crash', crash='exit', code=0)
      self.assertEqual(line.recv(100), b'')
      self.judge.process_of(call).wait_for_end()
      self.judge.process_of(inner).ask('ping')
      inner.end_return()
      self.judge.process_of(inner).wait_for_end()
      self.assertEqual(self.join(process), 0)
      line.close()
      self.refused('Os', self.main.ask, 'stage.connect',
                   address=f'{directory}/nowhere')
      self.assertEqual(_wait_for_orphans(self.judge.testee.pid), [])

  # --- The program ------------------------------------------------------------

  def test_exit_handlers_run_last_first_and_before_children_are_joined(self):
    for name in ('First', 'Second'):
      self.main.ask('at_exit', target=name, args=[name], kwargs={'k': 1})
    process, child = self.start('Child')
    child.ask('at_exit', target='OfChild', args=[], kwargs={})
    _, daemon = self.start('Daemon', daemon=True)
    self.main.ask('finish', status=5)
    for name in ('Second', 'First'):
      call = self.judge.call(name)
      self.assertEqual(call.token, self.main.token)
      self.assertEqual((call.hello['args'], call.hello['kwargs']),
                       ([name], {'k': 1}))
      self.assertEqual(call.ask('exit_code', on=process), None)
      self.judge.process_of(daemon).ask('ping')
      call.end_return()
    self.judge.process_of(daemon).wait_for_end()
    child.end(end='exit', code=9)
    call = self.judge.call('OfChild')
    self.assertEqual(call.token, child.token)
    call.end_return()
    self.judge.process_of(child).wait_for_end()
    self.assertEqual(self.judge.wait(), 5)

  def test_everything_ends_with_the_judge(self):
    self.new_pool(workers=2)
    _, outer = self.start('Outer')
    _, inner = self.start('Inner', by=outer)
    queue = inner.ask('queue.new', maxsize=0)
    inner.begin('get', on=queue, timeout=None)
    self.judge.disappear()
    self.assertEqual(self.judge.testee.wait(_LIMIT), -signal.SIGKILL)
    self.assertEqual(_wait_for_orphans(), [])

  def test_a_child_ends_with_its_call(self):
    process, call = self.start('Abandoned')
    call.close()
    self.assertEqual(self.join(process), -signal.SIGKILL)


class UnguardedTest(unittest.TestCase):
  """A main program that does not ask whether it is a child."""

  def test_children_run_it_again(self):
    judge = Judge(PROCSPEC_UNGUARDED_PROGRAM='any')
    try:
      process = judge.main.ask('process.new', type='', target='Begun', args=[],
                               kwargs={}, name='', daemon=None)
      if args.method == 'fork':
        judge.main.ask('start', on=process)
        judge.call('Begun').end_return()
        expected = 0
      else:
        judge.main.ask('start', on=process)
        call = judge.connection(hello='call', kind='program')
        inner = call.ask('process.new', type='', target='Inner', args=[],
                         kwargs={}, name='', daemon=None)
        with self.assertRaises(Refused) as context:
          call.ask('start', on=inner)
        self.assertEqual(context.exception.kind, 'Bootstrapping')
        call.end_raise('Bootstrapping')
        expected = 1
      judge.main.ask('join', on=process, timeout=_LIMIT)
      self.assertEqual(judge.main.ask('exit_code', on=process), expected)
      self.assertEqual(judge.waiting(), [])
      self.assertEqual(judge.finish(), 0)
    finally:
      judge.close()
      _wait_for_orphans()


class TransportTest(unittest.TestCase):

  def test_a_long_path(self):
    with tempfile.TemporaryDirectory() as root:
      directory = f'{root}/{"d" * 120}'
      os.mkdir(directory)
      judge = Judge(directory)
      try:
        process = judge.main.ask('process.new', type='', target='There',
                                 args=[], kwargs={}, name='', daemon=None)
        judge.main.ask('start', on=process)
        judge.call('There').end_return()
        self.assertEqual(judge.finish(7), 7)
      finally:
        judge.close()

  def test_without_a_judge(self):
    ended = subprocess.run(
        [args.python, '-I', args.testee, '--method=fork', '/nonexistent'],
        stderr=subprocess.PIPE, check=False)
    self.assertEqual(ended.returncode, -signal.SIGKILL)
    self.assertIn(b'no judge', ended.stderr)


def not_shown():
  """Operations of the schema that no test has performed."""
  kinds = {
      'process': [None], 'process_object': ['Process'],
      'connection': ['Connection'], 'queue': ['Queue', 'JoinableQueue'],
      'joinable_queue': ['JoinableQueue'], 'simple_queue': ['SimpleQueue'],
      'lock': ['Lock', 'RLock'],
      'semaphore': ['Semaphore', 'BoundedSemaphore'],
      'condition': ['Condition'], 'event': ['Event'], 'barrier': ['Barrier'],
      'pool': ['Pool'], 'async_result': ['AsyncResult'],
  }
  definitions = validators['request'].schema['definitions']
  left = []
  for choice in definitions['request']['anyOf']:
    name = choice['$ref'].rpartition('/')[2]
    for form in definitions[name]['oneOf']:
      fields = frozenset(form['required']) - {'id', 'op', 'on'}
      op = form['properties']['op']
      for operation in op.get('enum', [op.get('const')]):
        left += [f'{kind}: {operation} {sorted(fields)}' for kind in kinds[name]
                 if (kind, operation, fields) not in shown]
  return left


def is_installed():
  return subprocess.run(
      [args.python, '-I', '-c', f'import {args.module}'],
      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
      check=False).returncode == 0


def main():
  global args
  parser = argparse.ArgumentParser()
  parser.add_argument('testee', type=os.path.abspath)
  parser.add_argument('schema')
  parser.add_argument('--python', default='/usr/bin/python3')
  parser.add_argument('--module', default='multiprocessing')
  parser.add_argument('--method', default='fork')
  parser.add_argument('tests', nargs='*')
  args = parser.parse_intermixed_args()
  if not is_installed():
    print(f'SKIPPED: {args.python} cannot import {args.module}; '
          'tools/setup --oracle installs both')
    return 0
  with open(args.schema, encoding='utf-8') as file:
    schema = json.load(file)
  jsonschema.Draft7Validator.check_schema(schema)
  for name in ('hello', 'request', 'answer', 'end'):
    validators[name] = jsonschema.Draft7Validator(
        {'$ref': f'#/definitions/{name}', 'definitions': schema['definitions']})

  # What a testee leaves becomes a child of this process.
  if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    raise OSError('prctl')
  ended = unittest.main(argv=[sys.argv[0], '-v', *args.tests], exit=False)
  if not ended.result.wasSuccessful():
    return 1
  left = [] if args.tests or args.module in _DIFFERS else not_shown()
  for operation in left:
    print(f'no test shows {operation}')
  return 1 if left else 0


if __name__ == '__main__':
  sys.exit(main())
