#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Python's own multiprocessing, timed in Python.

    cpython.py [--benchmark_list_tests] [--benchmark_filter=REGEX]
        [--benchmark_format=console|json]

A worker of the benchmarks (docs/design/benchmarks.md): it takes one sample of
each row that the filter finds, and reports as Google Benchmark does. A sample
takes PROCSPEC_BENCH_SAMPLE_MS (150) and its set-up. Exit status: 0, also where
a row reports an error instead of figures; 1, the filter finds no row; 2, the
command line or the environment is not understood.

The rows are written as a user would who wants them fast: methods looked up
before the loop, the clock read once for 64 operations where these are shorter
than a microsecond or two, children that have run before the clock starts. The
garbage collector is on, as users have it.

Nothing is waited for without an end: see _LIMIT and _LIFE.

The standard library only; CPython from 3.8 on; POSIX. A child that is spawned
runs the imports here before its target, so there are none that only main()
needs.
"""

import contextlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import struct
import sys
import time

# Seconds that a row may take from its set-up to its end, or to a call of
# _more_time; then it is an error. What cleans up after it has a few more.
_LIMIT = 50
_CLEANING = 4

# Seconds that a child lives, even if nobody ends it. More than any row takes:
# the one with 512 children of a fork server took 55 at a load of 25.
_LIFE = 300

# Operations between two looks at the clock.
_BLOCK = 64

# Round trips before those that are timed.
_WARM = 20

_WORD = struct.Struct('<Q')  # what a message begins with
_FILL = b'\xa5'  # and goes on with

_BYTES = {'8B': 8, '64B': 64, '1KiB': 1 << 10, '64KiB': 64 << 10,
          '1MiB': 1 << 20}

_clock = time.monotonic_ns  # the same in all processes


class CheckError(Exception):
  """The operations were timed, but did not do what they should."""


class LateError(Exception):
  """The row, or cleaning up after it, took too long."""


def _check(holds, message):
  if not holds:
    raise CheckError(message)


# --- Time and children --------------------------------------------------------


def _too_late(unused_number, unused_frame):
  raise LateError(f'no end within {_LIMIT} s')


def _more_time():
  # Again and again: what is interrupted may swallow an exception.
  signal.setitimer(signal.ITIMER_REAL, _LIMIT, _CLEANING)


def _begin_life():
  """In each child that waits for others. SIGALRM ends it."""
  signal.signal(signal.SIGALRM, signal.SIG_DFL)
  signal.alarm(_LIFE)


def _kill(processes):
  for process in processes:
    process.kill()
  for process in processes:
    process.join(_CLEANING)


def _processor_ns(pid):
  # The clock that clock_getcpuclockid(3) finds on Linux.
  return time.clock_gettime_ns(~pid << 3 | 2)


class _ProcessorTime:
  """Of this process and of others that live until it is asked for."""

  def __init__(self, pids):
    self._pids = pids
    self._start = self._now()

  def _now(self):
    if not sys.platform.startswith('linux'):
      return None
    return time.process_time_ns() + sum(map(_processor_ns, self._pids))

  def share(self, operations):
    """The counter for them."""
    if self._start is None:
      return {}
    return {'cpu_ns': (self._now() - self._start) / operations}


def _member(connection, part, args):

  def begin():
    connection.send((None, None))
    return connection.recv()

  _begin_life()
  try:
    report = part(begin, *args), None
  except Exception as error:  # its message is all that the parent needs
    report = None, f'{type(error).__name__}: {error}'
  connection.send(report)
  connection.recv()  # its processor time is to be read; then it is killed


class _Team:
  """Child processes that are timed together, killed at the end of a `with`.

  Each runs part(begin, *args). It calls begin() when it is warm, which returns
  when all are, with the time at which the sample ends. What the part returns
  is its report; an exception of it is raised where the report is asked for.
  """

  def __init__(self, context):
    self._context = context
    self._processes = []
    self._connections = []
    self._reports = {}  # by the index of the child
    self._processor_time = None

  def __enter__(self):
    return self

  def __exit__(self, *unused_exception):
    _kill(self._processes)
    for connection in self._connections:
      connection.close()

  def add(self, part, *args):
    ours, theirs = self._context.Pipe()
    process = self._context.Process(
        target=_member, args=(theirs, part, args), daemon=True)
    process.start()
    # So that the end of the child is seen.
    theirs.close()
    self._processes.append(process)
    self._connections.append(ours)

  def begin(self, sample_ns):
    """Returns the time at which the sample ends."""
    for index in range(len(self._connections)):
      _check(self._receive(index) is None, 'a child has not begun')
    self._processor_time = _ProcessorTime(
        [process.pid for process in self._processes])
    end = _clock() + sample_ns
    for connection in self._connections:
      connection.send(end)
    return end

  def reports(self, indices):
    """In the order in which they were added."""
    # Of all: one that fails may be what the others wait for.
    while not self._reports.keys() >= set(indices):
      waiting = [
          connection for index, connection in enumerate(self._connections)
          if index not in self._reports]
      for connection in multiprocessing.connection.wait(waiting):
        index = self._connections.index(connection)
        self._reports[index] = self._receive(index)
    return [self._reports[index] for index in indices]

  def processor_time(self, operations):
    return self._processor_time.share(operations)

  def _receive(self, index):
    try:
      report, error = self._connections[index].recv()
    except (EOFError, ConnectionError):
      process = self._processes[index]
      process.join(_CLEANING)
      raise CheckError(
          f'a child has ended: exit code {process.exitcode}') from None
    _check(error is None, f'a child has failed: {error}')
    return report


@contextlib.contextmanager
def _placed(one_cpu):
  """This process and the children that it starts, on one CPU or on any."""
  if not one_cpu:
    yield
    return
  allowed = os.sched_getaffinity(0)
  os.sched_setaffinity(0, {max(allowed)})
  try:
    yield
  finally:
    os.sched_setaffinity(0, allowed)


# --- Figures ------------------------------------------------------------------


def _single(times):
  """The counters of operations that are timed one by one."""
  times = sorted(times)
  count = len(times)

  def quantile(percent):
    return times[max(0, -(-count * percent // 100) - 1)]

  middle = (times[(count - 1) // 2] + times[count // 2]) / 2
  return {'iterations': count, 'ns': middle, 'p50_ns': middle,
          'p99_ns': quantile(99), 'max_ns': times[-1]}


def _fairness(*shares):
  """Of each list of loads of like participants; {} if none has several."""
  ratios = [min(loads) / max(loads) for loads in shares if len(loads) > 1]
  return {'fairness': min(ratios)} if ratios else {}


def _one_by_one(operation, sample_ns):
  """What `operation` returns, the time of its own timed part; at least once."""
  operation()  # warms up
  times = []
  end = _clock() + sample_ns
  while not times or _clock() < end:
    times.append(operation())
  return times


# --- Messages, one way --------------------------------------------------------


def _produce(begin, put, flush, number, size):
  pack = _WORD.pack
  rest = _FILL * (size - _WORD.size)
  block = _BLOCK if size <= 1 << 10 else 1
  put(b'')  # a queue starts its thread
  end = begin()
  start = _clock()
  first = word = number << 48
  while _clock() < end or word == first:
    for word in range(word, word + block):
      put(pack(word) + rest)
    word += 1
  flush()
  return start, word - first


def _consume(begin, get, producers, size):
  unpack = _WORD.unpack_from
  last = [(number << 48) - 1 for number in range(producers)]
  total = count = 0
  begin()
  for count, message in enumerate(iter(get, b''), 1):
    word, = unpack(message)
    producer = word >> 48
    if word <= last[producer] or len(message) != size:
      raise CheckError(f'{len(message)} bytes, number {word:#x}, came after '
                       f'{last[producer]:#x}')
    last[producer] = word
    total += word
  return _clock(), count, total


def _one_way(context, sample_ns, size, put, get, flush, producers=1,
             consumers=1):
  with _Team(context) as team:
    for _ in range(consumers):
      team.add(_consume, get, producers, size)
    for number in range(producers):
      team.add(_produce, put, flush, number, size)
    put(b'')
    for _ in range(producers + 1):
      _check(get() == b'', 'a message of which nobody knows')
    team.begin(sample_ns)
    produced = team.reports(range(consumers, consumers + producers))
    for _ in range(consumers):
      put(b'')
    consumed = team.reports(range(consumers))
    messages = sum(count for _, count, _ in consumed)
    processor_time = team.processor_time(max(messages, 1))
  _check(messages == sum(count for _, count in produced),
         'messages got and put differ in number')
  _check(
      sum(total for _, _, total in consumed) == sum(
          count * (number << 48) + count * (count - 1) // 2
          for number, (_, count) in enumerate(produced)),
      'messages got and put differ')
  start = min(start for start, _ in produced)
  stop = max(stop for stop, _, _ in consumed)
  return {
      'iterations': messages,
      'ns': (stop - start) / messages,
      'bytes': size,
      **processor_time,
      **_fairness([count for _, count in produced],
                  [count for _, count, _ in consumed])}


def _queue_throughput(context, sample_ns, size, producers, consumers, bound):
  queue = context.Queue(bound)

  def flush():
    queue.close()
    queue.join_thread()

  figures = _one_way(context, sample_ns, size, queue.put, queue.get, flush,
                     producers, consumers)
  flush()
  return figures


def _pipe_throughput(context, sample_ns, size):
  reader, writer = context.Pipe(duplex=False)
  with reader, writer:
    return _one_way(context, sample_ns, size, writer.send_bytes,
                    reader.recv_bytes, flush=lambda: None)


# --- Messages, there and back -------------------------------------------------


def _echo(begin, get, put):
  begin()
  while True:
    put(get())


def _there_and_back(team, sample_ns, size, put, get, pause):
  pack = _WORD.pack
  rest = _FILL * (size - _WORD.size)
  team.begin(sample_ns)
  for _ in range(_WARM):
    put(rest)
    _check(get() == rest, 'what came back is another message')
  times = []
  end = _clock() + sample_ns
  for word in itertools.count():
    message = pack(word) + rest
    if pause:
      time.sleep(pause)
    start = _clock()
    put(message)
    answer = get()
    stop = _clock()
    times.append(stop - start)
    _check(answer == message, 'what came back is another message')
    if stop >= end:
      break
  return {**_single(times), 'bytes': size,
          **team.processor_time(len(times) + _WARM)}


def _queue_roundtrip(context, sample_ns, size, one_cpu=False, pause=0):
  there, back = context.Queue(), context.Queue()
  with _placed(one_cpu):
    with _Team(context) as team:
      team.add(_echo, there.get, back.put)
      figures = _there_and_back(team, sample_ns, size, there.put, back.get,
                                pause)
    there.close()
    there.join_thread()
  return figures


def _pipe_roundtrip(context, sample_ns, size, one_cpu=False, pause=0):
  ours, theirs = context.Pipe()
  with ours, theirs, _placed(one_cpu), _Team(context) as team:
    team.add(_echo, theirs.recv_bytes, theirs.send_bytes)
    return _there_and_back(team, sample_ns, size, ours.send_bytes,
                           ours.recv_bytes, pause)


def _queue_put(context, sample_ns):
  """Into a bounded queue that is never full; what it holds is got untimed."""
  batch = 512
  size = _BYTES['64B']
  queue = context.Queue(2 * batch)
  put = queue.put
  pack = _WORD.pack
  rest = _FILL * (size - _WORD.size)
  put(b'')
  queue.get()
  elapsed = count = 0
  end = _clock() + sample_ns
  stop = 0
  while stop < end:
    messages = range(count, count + batch)
    start = _clock()
    for word in messages:
      put(pack(word) + rest)
    stop = _clock()
    elapsed += stop - start
    count += batch
    for word in messages:
      _check(queue.get() == pack(word) + rest, 'another message was got')
  queue.close()
  queue.join_thread()
  return {'iterations': count, 'ns': elapsed / count, 'bytes': size}


# --- Locks --------------------------------------------------------------------


def _pairs(begin, acquire, release, held):
  end = begin()
  start = now = _clock()
  pairs = 0
  while now < end or not pairs:
    for _ in itertools.repeat(None, _BLOCK - 1):
      acquire()
      release()
    acquire()
    held.value += 1  # lost now and then if it excludes nobody
    release()
    pairs += _BLOCK
    now = _clock()
  return start, now, pairs


def _lock_pairs(context, sample_ns, make, processes):
  lock = make(context)
  held = context.RawValue('Q', 0)
  with _Team(context) as team:
    for _ in range(processes):
      team.add(_pairs, lock.acquire, lock.release, held)
    team.begin(sample_ns)
    reports = team.reports(range(processes))
    pairs = [count for _, _, count in reports]
    processor_time = team.processor_time(max(sum(pairs), 1))
  _check(held.value * _BLOCK == sum(pairs),
         'two have held the lock at the same time')
  elapsed = (max(stop for _, stop, _ in reports)
             - min(start for start, _, _ in reports))
  return {'iterations': sum(pairs), 'ns': elapsed / sum(pairs),
          **processor_time, **_fairness(pairs)}


# --- Waking each other --------------------------------------------------------


def _answer(begin, take, give):
  begin()
  while True:
    take()
    give()


def _in_turn(context, sample_ns, one_cpu, give, take, child_take, child_give,
             is_settled):
  """`is_settled`: whether all that was given was taken."""
  with _placed(one_cpu), _Team(context) as team:
    team.add(_answer, child_take, child_give)
    team.begin(sample_ns)
    for _ in range(_WARM):
      give()
      take()
    times = []
    end = _clock() + sample_ns
    stop = 0
    while stop < end:
      start = _clock()
      give()
      take()
      stop = _clock()
      times.append(stop - start)
    # While the child lives: killed, it may leave a lock behind.
    _check(is_settled(len(times) + _WARM), 'one was not woken by the other')
    return {**_single(times), **team.processor_time(len(times) + _WARM)}


def _semaphore_handoff(context, sample_ns, one_cpu=False):
  there, back = context.Semaphore(0), context.Semaphore(0)
  return _in_turn(
      context, sample_ns, one_cpu, there.release, back.acquire, there.acquire,
      back.release,
      lambda unused_trips: there.get_value() == back.get_value() == 0)


def _event_handoff(context, sample_ns, one_cpu=False):
  there, back = context.Event(), context.Event()

  def take(event):
    wait, clear = event.wait, event.clear

    def wait_and_clear():
      wait()
      clear()

    return wait_and_clear

  return _in_turn(
      context, sample_ns, one_cpu, there.set, take(back), take(there), back.set,
      lambda unused_trips: not there.is_set() and not back.is_set())


def _condition_handoff(context, sample_ns, one_cpu=False):
  condition = context.Condition()
  turns = context.RawValue('Q', 0)  # of this process if even

  def give():
    with condition:
      turns.value += 1
      condition.notify()

  def take(side):
    wait = condition.wait

    def wait_for_turn():
      with condition:
        while turns.value % 2 != side:
          wait()

    return wait_for_turn

  return _in_turn(context, sample_ns, one_cpu, give, take(0), take(1), give,
                  lambda trips: turns.value == 2 * trips)


def _notified(begin, condition, answered, answers, index):
  wait = condition.wait
  release = answered.release
  begin()
  with condition:
    release()
    while True:
      wait()
      answers[index] += 1
      release()


def _notify_all(context, sample_ns, waiters):
  condition = context.Condition()
  answered = context.Semaphore(0)
  answers = context.RawArray('Q', waiters)
  acquire = answered.acquire

  def round_trip():
    # They answer while they hold the lock, and release it as they wait: with
    # the last answer, all of them wait again as soon as the lock is free.
    start = _clock()
    with condition:
      condition.notify_all()
    for _ in itertools.repeat(None, waiters):
      acquire()
    return _clock() - start

  with _Team(context) as team:
    for index in range(waiters):
      team.add(_notified, condition, answered, answers, index)
    team.begin(sample_ns)
    for _ in range(waiters):
      acquire()
    times = _one_by_one(round_trip, sample_ns)
    processor_time = team.processor_time(len(times) + 1)
  _check(set(answers) == {len(times) + 1} and answered.get_value() == 0,
         f'answers {sorted(answers)} to {len(times) + 1} notifications')
  return {**_single(times), 'ns': sum(times) / len(times), **processor_time}


def _meet(begin, barrier, last, leads):
  wait = barrier.wait
  end = begin()
  wait()
  start = _clock()
  total = 0
  for number in itertools.count(1):
    # Before it arrives: until then, nobody can have done more than this round.
    if leads and _clock() >= end:
      last.value = number
    total += wait()
    if number == last.value:
      break
  return _clock() - start, number, total


def _barrier_round(context, sample_ns, parties):
  barrier = context.Barrier(parties)
  last = context.RawValue('Q', 0)
  with _Team(context) as team:
    for index in range(parties):
      team.add(_meet, barrier, last, index == 0)
    team.begin(sample_ns)
    reports = team.reports(range(parties))
    elapsed, rounds, _ = reports[0]
    processor_time = team.processor_time(rounds + 1)
  _check(all(number == rounds for _, number, _ in reports),
         'some have passed the barrier more often than others')
  _check(
      sum(total for _, _, total in reports) == rounds * sum(range(parties)),
      'two have had the same place in a round')
  return {'iterations': rounds, 'ns': elapsed / rounds, **processor_time}


# --- Nobody waits -------------------------------------------------------------


def _calls(call, sample_ns):
  call()
  processor_time = _ProcessorTime([])
  calls = 0
  start = now = _clock()
  end = start + sample_ns
  while now < end:
    for _ in itertools.repeat(None, _BLOCK):
      call()
    calls += _BLOCK
    now = _clock()
  return {'iterations': calls, 'ns': (now - start) / calls,
          **processor_time.share(calls)}


def _event_isset(context, sample_ns):
  event = context.Event()
  figures = _calls(event.is_set, sample_ns)
  _check(not event.is_set(), 'nobody has set the event')
  event.set()
  _check(event.is_set(), 'the event is not set')
  return figures


def _event_set(context, sample_ns):
  event = context.Event()
  figures = _calls(event.set, sample_ns)
  _check(event.is_set(), 'the event is not set')
  return figures


def _condition_notify(context, sample_ns):
  """The call alone: the lock is held around them all."""
  condition = context.Condition()
  with condition:
    figures = _calls(condition.notify, sample_ns)
    _check(not condition.wait(0), 'a notification was kept for later')
  return figures


# --- Processes ----------------------------------------------------------------


def _nothing():
  pass


def _say(connection):
  connection.send_bytes(b'\1')


def _idle(connection):
  _begin_life()
  connection.send_bytes(b'\1')
  signal.pause()


@contextlib.contextmanager
def _idle_children(context, count):
  if context.get_start_method() == 'spawn':
    # Once they live, those of fork are the same to their parent, and hundreds
    # are there in a moment.
    context = multiprocessing.get_context('fork')
  processes = []
  reader, writer = context.Pipe(duplex=False)
  with reader, writer:
    try:
      for _ in range(count):
        process = context.Process(target=_idle, args=(writer,), daemon=True)
        process.start()
        processes.append(process)
        if len(processes) % _BLOCK == 0:
          _more_time()  # it goes on
      for number in range(count):
        reader.recv_bytes()
        if number % _BLOCK == 0:
          _more_time()
      _more_time()
      yield
    finally:
      _kill(processes)


class _ProcessorTimeOfEnded:
  """Of this process and its children that were waited for.

  A fork server's children are not this process's.
  """

  def __init__(self, context):
    self._known = context.get_start_method() != 'forkserver'
    self._start = self._now()

  def _now(self):
    usages = [resource.getrusage(who)
              for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)

  def share(self, operations):
    if not self._known:
      return {}
    return {'cpu_ns': (self._now() - self._start) * 1e9 / operations}


def _start_join(context, sample_ns, touched=0, children=0):

  def start_join():
    process = context.Process(target=_nothing, daemon=True)
    start = _clock()
    process.start()
    process.join()
    elapsed = _clock() - start
    _check(process.exitcode == 0, f'exit code {process.exitcode}')
    process.close()
    return elapsed

  memory = b'\1' * touched  # every page is written
  with _idle_children(context, children):
    start_join()  # starts a fork server, too
    processor_time = _ProcessorTimeOfEnded(context)
    times = _one_by_one(start_join, sample_ns)
    processor_time = processor_time.share(len(times) + 1)
  del memory
  return {**_single(times), **processor_time}


def _first_instruction(context, sample_ns):
  reader, writer = context.Pipe(duplex=False)

  def first_instruction():
    process = context.Process(target=_say, args=(writer,), daemon=True)
    start = _clock()
    process.start()
    said = reader.recv_bytes()
    elapsed = _clock() - start
    process.join()
    _check(said == b'\1' and process.exitcode == 0,
           f'it said {said}, exit code {process.exitcode}')
    process.close()
    return elapsed

  with reader, writer:
    return _single(_one_by_one(first_instruction, sample_ns))


# --- Pools --------------------------------------------------------------------


def _same(value):
  return value


def _begin_worker(ready):
  _begin_life()
  ready.release()


@contextlib.contextmanager
def _pool(context, workers):
  """Once each worker runs."""
  ready = context.Semaphore(0)
  pool = context.Pool(workers, _begin_worker, (ready,))
  try:
    for _ in range(workers):
      ready.acquire()
    yield pool
    pool.close()
    pool.join()
  finally:
    pool.terminate()


def _worker_pids():
  return [process.pid for process in multiprocessing.active_children()]


def _pool_batches(context, sample_ns, workers, batch, run):
  """`run` returns the values of a batch's numbers."""
  numbers = list(range(batch))
  with _pool(context, workers) as pool:
    run(pool, numbers)
    tasks = elapsed = stop = 0
    processor_time = _ProcessorTime(_worker_pids())
    end = _clock() + sample_ns
    while stop < end:
      start = _clock()
      values = run(pool, numbers)
      stop = _clock()
      elapsed += stop - start
      tasks += batch
      _check(values == numbers, 'the values are others than the tasks returned')
    processor_time = processor_time.share(tasks)
  return {'iterations': tasks, 'ns': elapsed / tasks, **processor_time}


def _apply_async(context, sample_ns, workers):

  def run(pool, numbers):
    submit = pool.apply_async
    results = [submit(_same, (number,)) for number in numbers]
    return [result.get() for result in results]

  return _pool_batches(context, sample_ns, workers, 1000, run)


def _map(context, sample_ns, items, chunksize):
  return _pool_batches(
      context, sample_ns, 2, items,
      lambda pool, numbers: pool.map(_same, numbers, chunksize))


def _apply(context, sample_ns, one_cpu=False):
  with _placed(one_cpu), _pool(context, 2) as pool:
    numbers = itertools.count()

    def apply():
      number = next(numbers)
      start = _clock()
      value = pool.apply(_same, (number,))
      elapsed = _clock() - start
      _check(value == number, 'the value is another than the task returned')
      return elapsed

    for _ in range(_WARM):
      apply()
    processor_time = _ProcessorTime(_worker_pids())
    times = _one_by_one(apply, sample_ns)
    return {**_single(times), **processor_time.share(len(times) + 1)}


def _start_map_join(context, sample_ns):

  def start_map_join():
    start = _clock()
    with context.Pool(2, _begin_life) as pool:
      values = pool.map(_same, [1, 2])
      pool.close()
      pool.join()
      elapsed = _clock() - start
    _check(values == [1, 2], 'the values are others than the tasks returned')
    return elapsed

  return _single(_one_by_one(start_map_join, sample_ns))


# --- Rows ---------------------------------------------------------------------


def _rows():
  """All, by name: functions of the sample's nanoseconds."""
  rows = {}

  def add(workload, parameters, function, *args, method='fork', **more):
    name = '/'.join(filter(None, [workload, parameters, f'cpython-{method}']))

    def row(sample_ns):
      # Only now: what a context is asked for may start its helpers.
      context = multiprocessing.get_context(method)
      return function(context, sample_ns, *args, **more)

    rows[name] = row

  for size, count in _BYTES.items():
    for side in (1, 4):
      add('queue.throughput', f'{size}/{side}x{side}', _queue_throughput,
          count, side, side, 1024)
  for producers, consumers in ((2, 2), (8, 8), (1, 8), (8, 1)):
    add('queue.throughput', f'64B/{producers}x{consumers}', _queue_throughput,
        64, producers, consumers, 1024)
  for bound in (2, 64, 16384):
    add('queue.throughput', f'64B/1x1/bound{bound}', _queue_throughput,
        64, 1, 1, bound)
  add('queue.throughput', '64B/1x1/unbounded', _queue_throughput, 64, 1, 1, 0)
  for workload, function in (('queue.roundtrip', _queue_roundtrip),
                             ('pipe.roundtrip', _pipe_roundtrip)):
    for size in ('64B', '64KiB', '1MiB'):
      add(workload, size, function, _BYTES[size])
    add(workload, '64B/one-cpu', function, 64, one_cpu=True)
    add(workload, '64B/idle', function, 64, pause=0.001)
  add('queue.put', '64B', _queue_put)
  for size, count in _BYTES.items():
    add('pipe.throughput', size, _pipe_throughput, count)

  for processes in (1, 2, 4):
    add('lock.pair', f'{processes}p', _lock_pairs,
        lambda context: context.Lock(), processes)
  add('rlock.pair', '1p', _lock_pairs, lambda context: context.RLock(), 1)
  add('semaphore.pair', '1p', _lock_pairs,
      lambda context: context.Semaphore(1), 1)
  for workload, function in (('semaphore.handoff', _semaphore_handoff),
                             ('event.handoff', _event_handoff),
                             ('condition.handoff', _condition_handoff)):
    add(workload, '', function)
    add(workload, 'one-cpu', function, one_cpu=True)
  add('event.isset', '', _event_isset)
  add('event.set', '', _event_set)
  add('condition.notify', '', _condition_notify)
  for waiters in (1, 8, 32):
    add('condition.notify-all', f'{waiters}p', _notify_all, waiters)
  for parties in (2, 8, 32):
    add('barrier.round', f'{parties}p', _barrier_round, parties)

  for method in ('fork', 'spawn', 'forkserver'):
    add('process.start-join', 'small', _start_join, method=method)
    add('process.start-join', '1GiB', _start_join, method=method,
        touched=1 << 30)
    for children in (64, 512):
      add('process.start-join', f'{children}-children', _start_join,
          method=method, children=children)
    add('process.first-instruction', 'small', _first_instruction, method=method)

  for workers in (1, 2, 4):
    add('pool.apply-async', f'{workers}w', _apply_async, workers)
  add('pool.map', 'chunk1', _map, 1000, 1)
  add('pool.map', 'default', _map, 10000, None)
  add('pool.apply', '', _apply)
  add('pool.apply', 'one-cpu', _apply, one_cpu=True)
  add('pool.start-map-join', '', _start_map_join)
  return rows


def _run(name, row, sample_ns):
  """The row's object in the report."""
  report = {'name': name, 'run_name': name, 'run_type': 'iteration'}
  _more_time()
  try:
    report.update(row(sample_ns))
  except Exception as error:  # whatever it is, the other rows are to be run
    report.update(error_occurred=True,
                  error_message=f'{type(error).__name__}: {error}')
  finally:
    signal.setitimer(signal.ITIMER_REAL, 0)
    _kill(multiprocessing.active_children())
  return report


def _context(sample_ms):
  import datetime
  import platform
  return {
      'date': datetime.datetime.now().astimezone().isoformat('T', 'seconds'),
      'executable': sys.executable,
      'python_implementation': platform.python_implementation(),
      'python_version': platform.python_version(),
      'python_compiler': platform.python_compiler(),
      'num_cpus': os.cpu_count(),
      'sample_ms': sample_ms,
  }


def _print_table(reports):
  width = max(len(report['name']) for report in reports)
  print(f'{"Row":{width}} {"ns":>14} {"iterations":>11}  other counters')
  for report in reports:
    line = f'{report["name"]:{width}} '
    if 'error_occurred' in report:
      print(f'{line}ERROR: {report["error_message"]}')
      continue
    others = ' '.join(
        f'{key}={value:.4g}' for key, value in report.items()
        if key not in ('name', 'run_name', 'run_type', 'iterations', 'ns'))
    print(f'{line}{report["ns"]:14.1f} {report["iterations"]:11}  {others}')


def main():
  import argparse
  import json
  import re

  def regex(text):
    try:
      return re.compile(text)
    except re.error as error:
      raise argparse.ArgumentTypeError(f'{text!r}: {error}') from error

  parser = argparse.ArgumentParser(
      description=__doc__.partition('\n')[0], allow_abbrev=False)
  parser.add_argument('--benchmark_list_tests', nargs='?', default='false',
                      const='true', choices=('true', 'false'),
                      help='the names of the rows, one a line')
  parser.add_argument('--benchmark_filter', type=regex, default='',
                      metavar='REGEX', help='which rows; all, unless given')
  parser.add_argument('--benchmark_format', default='console',
                      choices=('console', 'json'))
  args = parser.parse_args()
  sample_text = os.environ.get('PROCSPEC_BENCH_SAMPLE_MS', '150')
  try:
    sample_ms = int(sample_text)
  except ValueError:
    sample_ms = 0
  if not 1 <= sample_ms <= 10000:
    parser.error('PROCSPEC_BENCH_SAMPLE_MS is to be a number from 1 to 10000, '
                 f'not {sample_text!r}')

  rows = {name: row for name, row in _rows().items()
          if args.benchmark_filter.search(name)}
  if not rows:
    print(f'no row matches {args.benchmark_filter.pattern!r}; '
          '--benchmark_list_tests names all', file=sys.stderr)
    return 1
  if args.benchmark_list_tests == 'true':
    print('\n'.join(rows))
    return 0

  signal.signal(signal.SIGALRM, _too_late)
  reports = [_run(name, row, sample_ms * 1000000)
             for name, row in rows.items()]
  if args.benchmark_format == 'json':
    print(json.dumps({'context': _context(sample_ms), 'benchmarks': reports},
                     indent=2))
  else:
    _print_table(reports)
  if any('error_occurred' in report for report in reports):
    # What a row left behind when it failed may be waited for at the exit.
    sys.stdout.flush()
    os._exit(0)
  return 0


if __name__ == '__main__':
  sys.exit(main())
