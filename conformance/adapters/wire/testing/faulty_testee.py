#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""A testee that is wrong in one way: the faults of adapters that the judge has to
tell from those of backends.

    faulty_testee.py --fault=wrong-id TESTEE_ARGUMENTS... SOCKET

It is ../../python/testee.py, which must lie beside it, with one function
replaced.
"""

import ctypes
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import testee  # pylint: disable=wrong-import-position

_faults = {}


def _fault(name):
  def enter(function):
    _faults[name] = function
    return function
  return enter


def _change_answers(change):
  """Each answer to a request is what `change` makes of it."""
  answer = testee._answer
  testee._answer = lambda process, request: change(answer(process, request))


def _change_lines(change):
  """Of each answer `change` makes the bytes that are sent."""
  send = testee._Connection.send

  def send_changed(connection, message):
    if 'id' not in message:
      send(connection, message)
    else:
      line = json.dumps(message).encode() + b'\n'
      connection._socket.sendall(change(line))

  testee._Connection.send = send_changed


@_fault('wrong-version')
def _wrong_version():
  testee._VERSION = 2


@_fault('ends-at-once')
def _ends_at_once():
  sys.exit(7)


@_fault('says-no-hello')
def _says_no_hello():
  while True:
    time.sleep(1)


@_fault('no-json')
def _no_json():
  _change_lines(lambda line: b"{'id': 1, 'ok': None}\n")


@_fault('wrong-id')
def _wrong_id():
  _change_answers(lambda answer: {**answer, 'id': answer['id'] + 1000})


@_fault('answers-twice')
def _answers_twice():
  _change_lines(lambda line: line + line)


@_fault('unknown-error-kind')
def _unknown_error_kind():
  testee._classify = lambda error: type(error).__name__ + 'Exception'


@_fault('unknown-handle')
def _unknown_handle():
  send = testee._Handles.send

  def send_other(handles, thing):
    handle = send(handles, thing)
    return {**handle, 'h': handle['h'] + 1000}

  testee._Handles.send = send_other


@_fault('unknown-handle-kind')
def _unknown_handle_kind():
  testee._KINDS['BaseProcess'] = 'Thread'


@_fault('value-not-of-the-schema')
def _value_not_of_the_schema():
  encode = testee._encode
  testee._encode = lambda value, handles: (
      float(value) if type(value) is int else encode(value, handles))


@_fault('unheard-of-field')
def _unheard_of_field():
  _change_answers(lambda answer: {**answer, 'time': 0.25})


@_fault('too-long-line')
def _too_long_line():
  # Not a long text to be made JSON: that holds the interpreter's lock for so long
  # that on a busy machine a ping is not answered either.
  padding = b' ' * (65 << 20)
  _change_lines(lambda line: line[:-1] + padding + b'\n')


@_fault('answers-nothing')
def _answers_nothing():
  def hold(process, request):
    del process, request
    # Keeps the interpreter's lock, so that no other thread of it answers.
    ctypes.PyDLL(None).pause()

  testee._answer = hold


@_fault('lacks-an-operation')
def _lacks_an_operation():
  del testee._operations['process.new']


def main():
  option, equals, fault = sys.argv.pop(1).partition('=')
  if option != '--fault' or not equals or fault not in _faults:
    sys.exit(f'faulty_testee: --fault=NAME with one of {sorted(_faults)}')
  _faults[fault]()
  return testee.main()


if __name__ == '__main__':
  sys.exit(main())
