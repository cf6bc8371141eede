#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Python's multiprocessing, and its relatives, as a testee of the wire.

    testee.py --module=multiprocessing --method=spawn SOCKET

It makes objects of the module, calls their methods as the judge asks, and asks
the judge wherever a function of the judge's is to run: spec/wire.md. It
translates and does no more: what the module does otherwise than the
specification says must arrive at the judge as it is.

The standard library only; CPython from 3.8 on, PyPy from 3.9 on; POSIX.

Any thread may use what is here. All threads are threading's own: CPython up to
3.12 fails in a child that is forked from one that it did not make. A forked
child begins without the sockets and handle numbers of its parent (see _forked);
a fresh program image without any.
"""

import argparse
import atexit
import binascii
import ctypes
import functools
import gc
import importlib
import inspect
import itertools
import json
import os
import pickle
import re
import signal
import socket
import sys
import threading
import time
import traceback
import types
import weakref

_VERSION = 1
_MAX_MESSAGE = 64 << 20
_MAX_PATH = 107  # bytes, of a Unix socket's address

# Set by the judge for a program that starts children before it asks whether it
# is one itself, and for all that it starts.
_UNGUARDED = 'PROCSPEC_UNGUARDED_PROGRAM'


# --- The module that is judged ------------------------------------------------


@functools.lru_cache(maxsize=None)
def _settings():
  """The command line. multiprocessing gives a fresh image its creator's."""
  parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
  parser.add_argument(
      '--module', default='multiprocessing',
      choices=('multiprocessing', 'billiard', 'multiprocess'))
  parser.add_argument(
      '--method', required=True, choices=('fork', 'spawn', 'forkserver'))
  parser.add_argument('socket', help='of the judge')
  return parser.parse_args(sys.argv[1:])


@functools.lru_cache(maxsize=None)
def _module():
  return importlib.import_module(_settings().module)


# By the name of the class or of an ancestor, the nearest first: the modules
# have classes of their own by the same names.
_KINDS = {
    'BaseProcess': 'Process',
    '_ConnectionBase': 'Connection',
    'JoinableQueue': 'JoinableQueue',
    'Queue': 'Queue',
    'SimpleQueue': 'SimpleQueue',
    'Lock': 'Lock',
    'RLock': 'RLock',
    'BoundedSemaphore': 'BoundedSemaphore',
    'Semaphore': 'Semaphore',
    'Condition': 'Condition',
    'Event': 'Event',
    'Barrier': 'Barrier',
    'Pool': 'Pool',
    'ApplyResult': 'AsyncResult',
    'LocalObject': 'LocalObject',
}


def _kind_of(thing):
  for ancestor in type(thing).__mro__:
    if ancestor.__name__ in _KINDS:
      return _KINDS[ancestor.__name__]
  raise WireError(f'a {type(thing).__name__} is no value of the protocol')


class LocalObject:
  """What only a fork takes along."""

  def __reduce__(self):
    raise pickle.PicklingError('a LocalObject stays in its process')


class Item:
  """An item of put_bytes: told from a value that is bytes."""

  def __init__(self, data):
    self.data = data


# --- Errors -------------------------------------------------------------------


class WireError(Exception):
  """The judge's message, or this program, is wrong: no outcome to be judged."""


class TargetError(Exception):
  """What a function of the judge's raised; `error` is as on the wire.

  Its arguments are all it has, so that it is pickled whole wherever the module
  takes it.
  """

  def __init__(self, error):
    super().__init__(error)
    self.error = error

  def __str__(self):
    return f'{self.error["type"]}: {self.error["message"]}'


# One class with several meanings, told apart by what the message says. The
# first line that fits decides: class, pattern, kind.
_BY_MESSAGE = tuple(
    (name, re.compile(pattern), kind) for name, pattern, kind in (
        ('OSError', r'^handle is closed', 'Closed'),
        ('ValueError', r'^Queue .* is closed$', 'Closed'),
        ('OSError', r'^connection is (read|write)-only', 'WrongDirection'),
        ('OSError', r'^bad message length', 'MessageTooLong'),
        ('RuntimeError', r'through inheritance', 'Sharing'),
        ('RuntimeError', r'bootstrapping phase', 'Bootstrapping'),
        # How pickle refuses, where it does not by a PicklingError.
        ('TypeError', r"^(cannot|can't) pickle", 'Serialisation'),
        ('AttributeError', r"^Can't (pickle|get local)", 'Serialisation'),
        # Of pickle; that of a connection has no message.
        ('EOFError', r'.', 'Serialisation'),
    ))

# By the name of the class or of an ancestor, the nearest first.
_BY_CLASS = {
    'WireError': 'Protocol',
    'Full': 'Full',
    'Empty': 'Empty',
    'TimeoutError': 'Timeout',
    'EOFError': 'EndOfFile',
    'BrokenPipeError': 'BrokenPipe',
    'ConnectionResetError': 'BrokenPipe',
    'BufferTooShort': 'BufferTooShort',
    'BrokenBarrierError': 'BrokenBarrier',
    'WorkerLostError': 'BrokenPool',  # billiard's
    'PickleError': 'Serialisation',
    'MaybeEncodingError': 'Serialisation',  # a task's value
    'NotImplementedError': 'NotImplemented',
    'SystemExit': 'ExitRequest',
    'AssertionError': 'Misuse',
    'RuntimeError': 'Misuse',
    'ValueError': 'Value',
    'TypeError': 'Type',
    'OSError': 'Os',
}


def _classify(error):
  names = [ancestor.__name__ for ancestor in type(error).__mro__]
  message = str(error)
  for name, pattern, kind in _BY_MESSAGE:
    if name in names and pattern.search(message):
      return kind
  return next((_BY_CLASS[name] for name in names if name in _BY_CLASS), 'Other')


def _describe(error):
  """An exception as an error of the wire."""
  if isinstance(error, TargetError):
    described = dict(error.error)
  else:
    described = {'kind': _classify(error), 'type': type(error).__name__,
                 'message': str(error)}
    if described['kind'] == 'ExitRequest':
      described['code'] = _exit_code(error)
    elif described['kind'] == 'BufferTooShort':
      described['data'] = _to_base64(error.args[0])
    elif described['kind'] in ('Other', 'Protocol'):
      described['traceback'] = ''.join(traceback.format_exception(
          type(error), error, error.__traceback__))
  if type(error.__cause__).__name__ == 'RemoteTraceback':
    described['traceback'] = str(error.__cause__)
  return described


def _exit_code(error):
  if error.code is None:
    return 0
  return error.code if isinstance(error.code, int) else 1


def _let_go(error):
  """Frees what the frames held in which it was raised: an exception that its
  owner keeps, as an AsyncResult does, would keep connections open."""
  while error is not None:
    error.__traceback__ = None
    error = error.__cause__ or error.__context__


# --- Values -------------------------------------------------------------------


def _to_base64(data):
  return binascii.b2a_base64(data, newline=False).decode('ascii')


def _from_base64(text):
  return binascii.a2b_base64(text.encode('ascii'))


class _Handles:
  """The numbers of this process's objects, for the judge. Thread-safe."""

  def __init__(self):
    self._lock = threading.Lock()
    self._numbers = itertools.count(1)
    self._objects = {}  # number: object
    self._number_of = {}  # id of object: number
    self._sent = {}  # number: how often

  def send(self, thing):
    kind = _kind_of(thing)
    with self._lock:
      number = self._number_of.get(id(thing))
      if number is None:
        number = next(self._numbers)
        self._number_of[id(thing)] = number
        self._objects[number] = thing
        self._sent[number] = 0
      self._sent[number] += 1
    return {'h': number, 'kind': kind}

  def get(self, number):
    with self._lock:
      if number not in self._objects:
        raise WireError(f'no object has the number {number} here')
      return self._objects[number]

  def drop(self, number, times):
    with self._lock:
      sent = self._sent.get(number, 0)
      if not 1 <= times <= sent:
        raise WireError(f'{number} was sent {sent} times, and not {times}')
      if times < sent:
        self._sent[number] = sent - times
        return
      thing = self._objects.pop(number)
      del self._sent[number], self._number_of[id(thing)]
    left = weakref.ref(thing)
    del thing  # its end is outside of the lock: it may run anything
    # Either others have it, or it waits for the collector: always on PyPy, on
    # CPython in a cycle.
    if left() is not None:
      gc.collect()


def _encode(value, handles):
  """A value as it is on the wire; its handles then count as sent."""
  if value is None or isinstance(value, (bool, str)):
    return value
  if isinstance(value, int):
    return value if abs(value) <= 1 << 53 else {'i': str(value)}
  if isinstance(value, float):
    return {'d': repr(value)}
  if isinstance(value, (bytes, bytearray)):
    return {'b': _to_base64(value)}
  if isinstance(value, (list, tuple)):
    return [_encode(item, handles) for item in value]
  if isinstance(value, dict):
    return {'m': {key: _encode(item, handles) for key, item in value.items()}}
  return handles.send(value)


def _decode(wire, handles):
  if wire is None or isinstance(wire, (bool, str, int)):
    return wire
  if isinstance(wire, list):
    return [_decode(item, handles) for item in wire]
  if isinstance(wire, dict):
    form = sorted(wire)
    if form == ['h', 'kind']:
      return handles.get(wire['h'])
    if form == ['i']:
      return int(wire['i'])
    if form == ['d']:
      return float(wire['d'])
    if form == ['b']:
      return _from_base64(wire['b'])
    if form == ['m']:
      return _decode_dict(wire['m'], handles)
  raise WireError(f'not a value: {json.dumps(wire)[:200]}')


def _decode_dict(wire, handles):
  return {key: _decode(item, handles) for key, item in wire.items()}


# --- This process's part in the run -------------------------------------------


class _Process:
  """What this process has of the protocol; made when it first takes part."""

  def __init__(self):
    self.token = f'{os.getpid()}-{os.urandom(8).hex()}'
    self.handles = _Handles()
    self.lines = {}  # of the stage: number: socket
    self.numbers = itertools.count(1)
    self._lock = threading.Lock()
    self._is_told = False  # the judge knows of this process

  def connect(self, hello):
    """A connection that has said hello, after that of the process itself."""
    with self._lock:
      if not self._is_told:
        known = _Connection(self, {'hello': 'process', 'pid': os.getpid()})
        self._is_told = True
        threading.Thread(
            target=_answer_about_process, args=(self, known), daemon=True,
            name='procspec process').start()
    return _Connection(self, hello)


# Of this process. The parent's in a child that was forked and has not yet run
# the hook below.
_process = None
_process_lock = threading.Lock()

# Every socket, so that a forked child can close its parent's. Guarded by
# _fork_lock: no fork comes between the making of a socket and its entry.
_sockets = set()
_fork_lock = threading.Lock()

# What the judge holds of a parent by number. A child's copies stay as the
# parent's variables do in any forked child: they keep pipes open.
_parents_handles = []


def _here():
  global _process
  with _process_lock:
    if _process is None:
      _process = _Process()
    return _process


def _forking():
  _fork_lock.acquire()


def _has_forked():
  _fork_lock.release()


def _forked():
  """In the child: nothing is left of its parent's part in the run."""
  global _process, _process_lock, _fork_lock, _sockets
  for inherited in _sockets:
    inherited.close()
  _sockets = set()
  if _process is not None:
    _parents_handles.append(_process.handles)
  _process = None
  _process_lock = threading.Lock()  # another thread may have held it
  _fork_lock = threading.Lock()


def _connect(path):
  """A connected Unix socket that no child keeps."""
  with _fork_lock:
    connected = socket.socket(socket.AF_UNIX)
    _sockets.add(connected)
  try:
    if len(os.fsencode(path)) <= _MAX_PATH:
      connected.connect(path)
    else:
      directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
      try:
        connected.connect(
            f'/proc/self/fd/{directory}/{os.path.basename(path)}')
      finally:
        os.close(directory)
  except BaseException:
    _disconnect(connected)
    raise
  return connected


def _disconnect(connected):
  with _fork_lock:
    _sockets.discard(connected)
    connected.close()


def _vanish(reason=None):
  """The judge has gone, or cannot be understood: nobody needs this process."""
  if reason is not None:
    os.write(2, f'testee: {reason}\n'.encode('utf-8', 'replace'))
  os.kill(os.getpid(), signal.SIGKILL)
  signal.pause()


# Made once: a case can have tens of thousands of operations.
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(',', ':')).encode
_from_json = json.JSONDecoder().decode


class _Connection:
  """One connection to the judge. For one thread."""

  def __init__(self, process, hello):
    self.process = process
    try:
      self._socket = _connect(_settings().socket)
    except OSError as error:
      _vanish(f'no judge: {error}')
    self._buffer = bytearray()
    self.send({**hello, 'version': _VERSION, 'process': process.token})

  def close(self):
    _disconnect(self._socket)

  def send(self, message):
    line = _to_json(message) + '\n'
    try:
      # Texts of the system may hold what is not UTF-8.
      self._socket.sendall(line.encode('utf-8', 'replace'))
    except OSError:
      _vanish()

  def receive(self):
    """The next message; None when the judge has closed the connection."""
    end = self._buffer.find(b'\n')
    while end < 0:
      if len(self._buffer) > _MAX_MESSAGE:
        _vanish('a message of more than 64 MiB')
      try:
        more = self._socket.recv(1 << 16)
      except OSError:
        more = b''
      if not more:
        return None
      start = len(self._buffer)
      self._buffer += more
      end = self._buffer.find(b'\n', start)
    line = bytes(self._buffer[:end])
    del self._buffer[:end + 1]
    try:
      message = _from_json(line.decode('utf-8'))
      if not isinstance(message, dict):
        raise ValueError('no object')
    except ValueError as error:
      _vanish(f'not a message ({error}): {line[:200]!r}')
    return message

  def answer_requests(self):
    """Performs requests on this thread until something else comes, which is
    returned: a message without an operation, `finish`, or None for the end."""
    while True:
      message = self.receive()
      if message is None or 'op' not in message or message['op'] == 'finish':
        return message
      self.send(_answer(self.process, message))


def _answer_about_process(process, connection):
  while True:
    request = connection.receive()
    if request is None:
      _vanish()
    answer = {'id': request.get('id'), 'ok': None}
    try:
      if request == {'id': request.get('id'), 'op': 'ping'}:
        pass
      elif (sorted(request) == ['id', 'lane', 'op']
            and request['op'] == 'lane'):
        threading.Thread(
            target=_serve_lane, args=(process, request['lane']), daemon=True,
            name=f'procspec lane {request["lane"]}').start()
      else:
        raise WireError(f'not a question for a process: {request}')
    except Exception as error:
      answer = {'id': request.get('id'), 'error': _describe(error)}
    connection.send(answer)


def _serve_lane(process, lane):
  connection = process.connect({'hello': 'lane', 'lane': lane})
  if connection.answer_requests() is not None:
    _vanish('a lane ends by being closed')
  connection.close()  # its thread of the judge has ended


# --- Calls --------------------------------------------------------------------


def _call(kind, make_fields):
  """Has the judge run a function here, and ends as it does."""
  process = _here()
  connection = process.connect(
      {'hello': 'call', 'kind': kind, **make_fields(process.handles)})
  end = connection.answer_requests()
  if end is None:
    _vanish()
  try:
    how = end.get('end')
    if how == 'return':
      return _decode(end['value'], process.handles)
    if how == 'exit':
      raise SystemExit(end['code'])
    if how == 'raise':
      raise TargetError(end['error'])
    raise WireError(f'not an end of a call: {end}')
  finally:
    connection.close()


class Target:
  """A function of the judge's; picklable, as a function of a module is."""

  def __init__(self, name):
    self._name = name

  def __call__(self, /, *args, **kwargs):
    return _frame_named(self._name)(self._name, args, kwargs)


def _call_target(name, args, kwargs):
  return _call('target', lambda handles: {
      'name': name,
      'args': _encode(args, handles),
      'kwargs': _encode(kwargs, handles)['m'],
  })


@functools.lru_cache(maxsize=None)
def _frame_named(name):
  """_call_target, called otherwise: as a traceback names any function."""
  code = _call_target.__code__.replace(co_name=name)
  return types.FunctionType(code, globals(), name)


def _target(name):
  """None for the one that is not given."""
  return Target(name) if name else None


def _bound(name, args, kwargs):
  """For those that call a function without arguments."""
  return functools.partial(Target(name), *args, **kwargs) if name else None


def _call_back(token, value):
  _call('callback', lambda handles: {
      'token': token, 'ok': _encode(value, handles)})


def _call_back_error(token, error):
  # billiard wraps it.
  error = getattr(error, 'exception', error)
  _call('callback', lambda handles: {
      'token': token, 'error': _describe(error)})


def _callbacks(callback, error_callback):
  tokens = {'callback': (_call_back, callback),
            'error_callback': (_call_back_error, error_callback)}
  return {name: functools.partial(function, token)
          for name, (function, token) in tokens.items() if token is not None}


def _run_by_type(self):
  _call('type', lambda handles: {
      'name': type(self).__name__, 'self': handles.send(self)})


@functools.lru_cache(maxsize=None)
def _process_type(name):
  """The module's process class, or a subclass called so that overrides run."""
  base = _module().Process
  if not name:
    return base
  return type(name, (base,), {
      'run': _run_by_type,
      '__module__': __name__,
      # A class that no module has is found by its name in a fresh image.
      '__reduce__': lambda self: (_blank_process, (name,), self.__dict__),
  })


def _blank_process(name):
  made = _process_type(name)
  return made.__new__(made)


# --- Operations ---------------------------------------------------------------
# Each is a function whose parameters are the fields of the request: `value`,
# `args`, `kwargs`, `items` and `lock` arrive as values, `data` and `buffer` as
# bytes, and all others as they are.

_FIELDS = {
    'value': _decode,
    'args': _decode,
    'kwargs': _decode_dict,
    'items': _decode,
    'lock': _decode,
    'data': lambda wire, handles: _from_base64(wire),
    'buffer': lambda wire, handles: _from_base64(wire),
}

_NONE = object()  # a field that may be absent is

_operations = {}  # of the process itself, by their names on the wire


def _operation(name):
  def enter(function):
    _operations[name] = function
    return function
  return enter


@functools.lru_cache(maxsize=None)
def _parameters(function):
  """Names of the fields that must be there, and of those that may."""
  parameters = [p for p in inspect.signature(function).parameters.values()
                if p.name != 'self']
  return (frozenset(p.name for p in parameters if p.default is p.empty),
          frozenset(p.name for p in parameters))


def _method(thing, name):
  """A method of the judged object, if the module has it."""
  found = getattr(thing, name, None)
  if found is None:
    raise NotImplementedError(
        f'{_settings().module} has no {type(thing).__name__}.{name}')
  return found


def _answer(process, request):
  """Performs a request; never raises. What it used is free when it returns."""
  number = request.get('id')
  try:
    ok = _encode(_perform(process, request), process.handles)
    return {'id': number, 'ok': ok}
  except BaseException as error:
    described = _describe(error)
    _let_go(error)
    return {'id': number, 'error': described}


def _perform(process, request):
  fields = dict(request)
  del fields['id']
  operation = fields.pop('op')
  if 'on' not in fields or operation == 'drop':
    function, given = _operations.get(operation), ()
    if function is None:
      raise WireError(f'no operation of a process: {operation}')
  else:
    thing = process.handles.get(fields.pop('on'))
    kind = _kind_of(thing)
    function = getattr(_ADAPTERS[kind], operation, None)
    if function is None or operation.startswith('_'):
      raise WireError(f'no operation of a {kind}: {operation}')
    given = (thing,)
  needed, known = _parameters(function)
  if not needed <= fields.keys() <= known:
    raise WireError(f'{operation} has the fields {sorted(known)}, '
                    f'and not {sorted(fields)}')
  for key in fields.keys() & _FIELDS.keys():
    fields[key] = _FIELDS[key](fields[key], process.handles)
  return function(*given, **fields)


# Objects and the calling process.


@_operation('process.new')
def _new_process(type, target, args, kwargs, name, daemon):
  options = {} if daemon is None else {'daemon': daemon}
  return _process_type(type)(target=_target(target), name=name or None,
                             args=args, kwargs=kwargs, **options)


@_operation('pipe.new')
def _new_pipe(duplex):
  return _module().Pipe(duplex)


@_operation('queue.new')
def _new_queue(maxsize):
  return _module().Queue(maxsize)


@_operation('joinable_queue.new')
def _new_joinable_queue(maxsize):
  return _module().JoinableQueue(maxsize)


@_operation('simple_queue.new')
def _new_simple_queue():
  return _module().SimpleQueue()


@_operation('lock.new')
def _new_lock():
  return _module().Lock()


@_operation('rlock.new')
def _new_rlock():
  return _module().RLock()


@_operation('semaphore.new')
def _new_semaphore(value):
  return _module().Semaphore(value)


@_operation('bounded_semaphore.new')
def _new_bounded_semaphore(value):
  return _module().BoundedSemaphore(value)


@_operation('condition.new')
def _new_condition(lock):
  return _module().Condition(lock)


@_operation('event.new')
def _new_event():
  return _module().Event()


@_operation('barrier.new')
def _new_barrier(parties, action, args, kwargs, timeout):
  return _module().Barrier(parties, _bound(action, args, kwargs), timeout)


@_operation('pool.new')
def _new_pool(workers, initializer, args, kwargs, max_tasks_per_worker):
  initialize = _target(initializer)
  if initialize and kwargs:
    initialize = functools.partial(initialize, **kwargs)
  return _module().Pool(workers, initialize, args, max_tasks_per_worker)


@_operation('local_object.new')
def _new_local_object():
  return LocalObject()


@_operation('current_process')
def _current_process():
  return _module().current_process()


@_operation('active_children')
def _active_children():
  return _module().active_children()


@_operation('pid')
def _pid():
  return os.getpid()


@_operation('parent_pid')
def _parent_pid():
  return os.getppid()


@_operation('cpu_count')
def _cpu_count():
  return _module().cpu_count()


@_operation('print')
def _print(stream, text):
  file = {'out': sys.stdout, 'err': sys.stderr}[stream]
  file.write(text)
  file.flush()


@_operation('crash')
def _crash(crash, code):
  if crash == 'kill':
    os.kill(os.getpid(), signal.SIGKILL)
  elif crash == 'abort':
    os.abort()
  elif crash == 'segmentation':
    ctypes.memset(0, 1, 1)
  elif crash == 'exit':
    os._exit(code)
  raise WireError(f'no crash: {crash}')


@_operation('at_exit')
def _at_exit(target, args, kwargs):
  handler = _bound(target, args, kwargs)
  if _is_main():
    atexit.register(handler)
  else:
    # A child ends without what atexit has; before all that the module itself
    # does at a process's end.
    util = importlib.import_module(f'{_settings().module}.util')
    util.Finalize(None, handler, exitpriority=100)


def _is_main():
  return type(_module().current_process()).__name__ == '_MainProcess'


_globals = {}


@_operation('global.set')
def _set_global(name, value):
  _globals[name] = value


@_operation('global.get')
def _global(name):
  return _found(_globals, name)


def _found(mapping, name):
  if name not in mapping:
    raise ValueError(f'there is no {name!r}')
  return mapping[name]


@_operation('drop')
def _drop(on, times):
  _here().handles.drop(on, times)


# The stage.


@_operation('stage.connect')
def _stage_connect(address):
  process = _here()
  line = next(process.numbers)
  process.lines[line] = _connect(address)
  return line


def _line(line):
  lines = _here().lines
  if line not in lines:
    raise WireError(f'no line has the number {line} here')
  return lines[line]


@_operation('stage.write')
def _stage_write(line, data):
  try:
    _line(line).sendall(data)
  except (BrokenPipeError, ConnectionResetError):
    return False
  return True


@_operation('stage.read')
def _stage_read(line):
  try:
    return _line(line).recv(1 << 16) or None
  except ConnectionResetError:
    return None


@_operation('stage.close')
def _stage_close(line):
  connected = _line(line)
  del _here().lines[line]
  try:
    connected.shutdown(socket.SHUT_RDWR)  # ends a read on another lane
  except OSError:
    pass  # the other end has gone
  _disconnect(connected)


def _waiting(timeout):
  """Python's `block` and `timeout`: nought is the attempt that does not block;
  what a negative number means is for the module to know."""
  return timeout != 0, timeout


# Methods of objects: `self` is the judged object itself.


class _ProcessAdapter:

  def start(self):
    self.start()
    if sys.implementation.name == 'pypy':
      gc.collect()  # the started object has let go of its arguments

  def run(self):
    self.run()

  def join(self, timeout):
    self.join(timeout)

  def is_alive(self):
    return self.is_alive()

  def exit_code(self):
    return self.exitcode

  def terminate(self):
    self.terminate()

  def kill(self):
    _method(self, 'kill')()

  def close(self):
    _method(self, 'close')()

  def pid(self):
    return self.pid

  def name(self):
    return self.name

  def set_name(self, name):
    self.name = name

  def daemon(self):
    return self.daemon

  def set_daemon(self, daemon):
    self.daemon = daemon

  def arguments(self):
    # A started object has none any more.
    return [getattr(self, '_args', ()), getattr(self, '_kwargs', {})]

  def set_attribute(self, name, value):
    self.__dict__.setdefault('procspec_attributes', {})[name] = value

  def attribute(self, name):
    return _found(self.__dict__.get('procspec_attributes', {}), name)


class _ConnectionAdapter:

  def send(self, value):
    self.send(value)

  def recv(self):
    return self.recv()

  def send_bytes(self, data):
    self.send_bytes(data)

  def recv_bytes(self, max_length):
    return self.recv_bytes(max_length)

  def recv_bytes_into(self, buffer, offset):
    room = bytearray(buffer)
    return [self.recv_bytes_into(room, offset), room]

  def poll(self, timeout):
    return self.poll(timeout)

  def close(self):
    self.close()

  def closed(self):
    return self.closed

  def readable(self):
    return self.readable

  def writable(self):
    return self.writable


class _QueueAdapter:

  def put(self, value, timeout):
    self.put(value, *_waiting(timeout))

  def get(self, timeout):
    item = self.get(*_waiting(timeout))
    if isinstance(item, Item):
      raise pickle.UnpicklingError('the item was put by put_bytes')
    return item

  def put_bytes(self, data, timeout):
    self.put(Item(data), *_waiting(timeout))

  def get_bytes(self, timeout):
    item = self.get(*_waiting(timeout))
    if not isinstance(item, Item):
      raise pickle.UnpicklingError('the item was not put by put_bytes')
    return item.data

  def size(self):
    return self.qsize()

  def empty(self):
    return self.empty()

  def full(self):
    return self.full()

  def close(self):
    self.close()

  def join_thread(self):
    self.join_thread()

  def cancel_join_thread(self):
    self.cancel_join_thread()


class _JoinableQueueAdapter(_QueueAdapter):

  def task_done(self):
    self.task_done()

  def join(self):
    self.join()


class _SimpleQueueAdapter:

  def put(self, value):
    self.put(value)

  def get(self):
    return self.get()

  def empty(self):
    return self.empty()

  def close(self):
    _method(self, 'close')()


class _LockAdapter:

  def acquire(self, timeout):
    return self.acquire(*_waiting(timeout))

  def release(self):
    self.release()


class _SemaphoreAdapter(_LockAdapter):

  def count(self):
    return self.get_value()


class _ConditionAdapter(_LockAdapter):

  def wait(self, timeout):
    return self.wait(timeout)

  def notify(self, count):
    # Not every module knows of more than one.
    if count == 1:
      self.notify()
    else:
      self.notify(count)

  def notify_all(self):
    self.notify_all()


class _EventAdapter:

  def is_set(self):
    return self.is_set()

  def set(self):
    self.set()

  def clear(self):
    self.clear()

  def wait(self, timeout):
    return self.wait(timeout)


class _BarrierAdapter:

  def wait(self, timeout=_NONE):
    if timeout is _NONE:
      return self.wait()
    # None would mean the barrier's own.
    return self.wait(threading.TIMEOUT_MAX if timeout is None else timeout)

  def abort(self):
    self.abort()

  def reset(self):
    self.reset()

  def parties(self):
    return self.parties

  def waiting(self):
    return self.n_waiting

  def broken(self):
    return self.broken


def _result(result):
  if result is None:  # billiard's closed pool
    raise LookupError('the pool gave no result')
  return result


class _PoolAdapter:

  def apply(self, target, args, kwargs):
    return self.apply(Target(target), args, kwargs)

  def apply_async(self, target, args, kwargs, callback, error_callback):
    return _result(self.apply_async(Target(target), args, kwargs,
                                    **_callbacks(callback, error_callback)))

  def map(self, target, items, chunk_size):
    return _result(self.map(Target(target), items, chunk_size))

  def map_async(self, target, items, chunk_size, callback, error_callback):
    return _result(self.map_async(Target(target), items, chunk_size,
                                  **_callbacks(callback, error_callback)))

  def close(self):
    self.close()

  def terminate(self):
    self.terminate()

  def join(self):
    self.join()


class _AsyncResultAdapter:

  def get(self, timeout):
    return self.get(timeout)

  def wait(self, timeout):
    self.wait(timeout)

  def ready(self):
    return self.ready()

  def successful(self):
    return self.successful()


class _NoAdapter:
  """Of what has no operations."""


_ADAPTERS = {
    'Process': _ProcessAdapter,
    'Connection': _ConnectionAdapter,
    'Queue': _QueueAdapter,
    'JoinableQueue': _JoinableQueueAdapter,
    'SimpleQueue': _SimpleQueueAdapter,
    'Lock': _LockAdapter,
    'RLock': _LockAdapter,
    'Semaphore': _SemaphoreAdapter,
    'BoundedSemaphore': _SemaphoreAdapter,
    'Condition': _ConditionAdapter,
    'Event': _EventAdapter,
    'Barrier': _BarrierAdapter,
    'Pool': _PoolAdapter,
    'AsyncResult': _AsyncResultAdapter,
    'LocalObject': _NoAdapter,
}


# --- The program --------------------------------------------------------------


def _stop_servants():
  """Ends what the module has started to serve it, so that no process is left
  when this one has ended. The last of all exit handlers.

  Orphans of this program may go on, and use the servants: so nothing is waited
  for without a limit.
  """
  for name, servant, pid, pipe in (
      ('forkserver', '_forkserver', '_forkserver_pid', '_forkserver_alive_fd'),
      ('resource_tracker', '_resource_tracker', '_pid', '_fd')):
    module = sys.modules.get(f'{_settings().module}.{name}')
    servant = getattr(module, servant, None)
    if getattr(servant, pid, None) is None or getattr(servant, pipe) is None:
      continue
    os.close(getattr(servant, pipe))  # they end when nobody holds it
    setattr(servant, pipe, None)
    limit = time.monotonic() + 1
    try:
      while (os.waitpid(getattr(servant, pid), os.WNOHANG)[0] == 0
             and time.monotonic() < limit):
        time.sleep(0.002)
    except ChildProcessError:
      pass  # somebody has waited for it
    setattr(servant, pid, None)


def main():
  """The main process; returns the status to exit with."""
  settings = _settings()
  # Handlers run in reverse order. The module's own, which ends its children, is
  # registered by its part that is called util, and that only when it is first
  # needed: now, so that it does not depend on what the judge asks first whether
  # handlers run before or after it.
  atexit.register(_stop_servants)
  importlib.import_module(f'{settings.module}.util')
  _module().set_start_method(settings.method)
  connection = _here().connect({'hello': 'main'})
  end = connection.answer_requests()
  if end is None:
    _vanish()
  if sorted(end) != ['id', 'op', 'status']:
    _vanish(f'main ends by finish, and not by {end}')
  connection.send({'id': end['id'], 'ok': None})
  return end['status']


def program():
  """A fresh image of an unguarded main program, while its main is imported."""
  _call('program', lambda handles: {})


if __name__ == 'testee':
  os.register_at_fork(before=_forking, after_in_parent=_has_forked,
                      after_in_child=_forked)
elif __name__ == '__main__' or (__name__ == '__mp_main__'
                                and _UNGUARDED in os.environ):
  # What is pickled must be found by every process: by a module's name.
  sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
  import testee
  if __name__ == '__main__':
    sys.exit(testee.main())
  testee.program()
