# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""A testee for tests of the judge: right in all but what it is told to be wrong in.

    fake_testee.py BEHAVIOUR SOCKET

It has one object, a queue of number 1, which is always empty.
"""

import json
import os
import signal
import socket
import sys
import threading

BEHAVIOUR, SOCKET = sys.argv[1:]
PROCESS = 'process 1'
QUEUE = {'h': 1, 'kind': 'Queue'}

pings = threading.Semaphore(0)
dropped = 0


class Connection:

  def __init__(self, hello):
    self._socket = socket.socket(socket.AF_UNIX)
    self._socket.connect(os.path.basename(SOCKET))
    self._lines = self._socket.makefile('rb')
    self._is_lane = hello is not None and hello['hello'] == 'lane'
    if hello is not None:
      self.send({'version': 1, 'process': PROCESS, **hello})

  def send(self, message):
    self.send_line(json.dumps(message).encode())

  def send_line(self, line):
    self._socket.sendall(line + b'\n')

  def receive(self):
    line = self._lines.readline()
    if not line:
      if self._is_lane:
        sys.exit()  # its thread
      os.kill(os.getpid(), signal.SIGKILL)
    return json.loads(line)

  def close(self):
    self._lines.close()
    self._socket.close()


def wait_for_ever():
  while True:
    signal.pause()


def serve_process(connection):
  while True:
    request = connection.receive()
    if BEHAVIOUR == 'frozen':
      continue
    if BEHAVIOUR == 'wrong-ping':
      connection.send({'id': request['id'] + 1, 'ok': None})
      continue
    connection.send({'id': request['id'], 'ok': None})
    if request['op'] == 'ping':
      pings.release()
    elif BEHAVIOUR != 'no-lane':
      threading.Thread(
          target=lambda lane: serve(Connection({'hello': 'lane', 'lane': lane})),
          args=(request['lane'],), daemon=True).start()


def call(fields):
  """What the judge's function returns."""
  connection = Connection({'hello': 'call', **fields})
  while True:
    message = connection.receive()
    if 'end' in message:
      connection.close()
      return message
    connection.send({'id': message['id'], 'ok': perform(message)})


def perform(request):
  global dropped
  op = request['op']
  if op == 'pid':
    return 'seven' if BEHAVIOUR == 'wrong-type' else os.getpid()
  if op == 'queue.new':
    return ({'h': 1, 'kind': 'Gadget'} if BEHAVIOUR == 'unknown-kind' else
            {'h': 1, 'kind': 'Lock'} if BEHAVIOUR == 'wrong-kind' else QUEUE)
  if op == 'drop':
    dropped += request['times']
    return None
  if op == 'cpu_count':
    return dropped
  if op == 'get':
    for _ in range(3):  # late, but alive
      pings.acquire()
    return 'late'
  if op == 'crash':
    os._exit(request['code'])  # pylint: disable=protected-access
  if op == 'print':  # the text is a call to be made
    return None if call(json.loads(request['text'])) else None
  if op == 'global.get':
    return json.dumps(call(json.loads(request['name'])), sort_keys=True)
  raise ValueError(op)


def serve(connection):
  while True:
    request = connection.receive()
    answer = {'id': request['id']}
    if request['op'] == 'finish':
      connection.send({**answer, 'ok': None})
      return request['status']
    if BEHAVIOUR == 'frozen':
      wait_for_ever()
    if BEHAVIOUR == 'closes':
      connection.close()
      wait_for_ever()
    if BEHAVIOUR == 'dies':
      os.kill(os.getpid(), signal.SIGKILL)
    if BEHAVIOUR == 'unknown-error':
      connection.send({**answer, 'error': {
          'kind': 'Bad', 'type': 'Bad', 'message': ''}})
      continue
    if BEHAVIOUR == 'no-json':
      connection.send_line(b'{"id": 1, "ok": \xff}')
      continue
    answer['ok'] = perform(request)
    if BEHAVIOUR == 'wrong-id':
      answer['id'] += 1
    if BEHAVIOUR == 'more-fields':
      answer['note'] = 'hello'
    connection.send(answer)
    if BEHAVIOUR == 'two-answers':
      connection.send(answer)


def main():
  os.chdir(os.path.dirname(SOCKET))  # whose path may be too long
  if BEHAVIOUR == 'silent':
    wait_for_ever()
  if BEHAVIOUR == 'exits-early':
    return 3
  if BEHAVIOUR == 'no-process':
    main_only = Connection({'hello': 'main'})
    return serve(main_only)
  if BEHAVIOUR == 'mute':
    mute = Connection(None)
    wait_for_ever()
    mute.close()
  version = 2 if BEHAVIOUR == 'version-2' else 1
  process = Connection(
      {'hello': 'process', 'version': version, 'pid': os.getpid()})
  threading.Thread(target=serve_process, args=(process,), daemon=True).start()
  connection = Connection({'hello': 'main'})
  if BEHAVIOUR == 'second-main':
    connection = Connection({'hello': 'main'})
  if BEHAVIOUR == 'second-process':
    connection = Connection({'hello': 'process', 'pid': os.getpid()})
  if BEHAVIOUR == 'unasked-lane':
    connection = Connection({'hello': 'lane', 'lane': 5})
  if BEHAVIOUR == 'unknown-token':
    call({'kind': 'callback', 'token': 5, 'ok': None})
  if BEHAVIOUR == 'unknown-handle':
    call({'kind': 'target', 'name': 'WireAdd', 'kwargs': {},
          'args': [{'h': 1, 'kind': 'Gadget'}]})
  return serve(connection)


if __name__ == '__main__':
  sys.exit(main())
