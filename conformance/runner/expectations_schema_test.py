#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""What expectations.schema.json accepts is what procspec accepts.

    expectations_schema_test.py PROCSPEC FAKE_TESTEE SCHEMA

From a file that is in order, every field of it is left out and is given values of
all types, and fields are added that do not exist. Schema and `procspec
expectations check` have to agree on each, but for what a schema cannot say.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

_IN_ORDER = {
    '$schema': 'expectations.schema.json',
    'backend': 'good', 'platform': 'linux', 'intermittent_limit': 1,
    'expect': [
        {'case': 'queue.put.timeout-full/fail', 'verdict': 'FAIL',
         'message': 'Full', 'reason': 'it is fake',
         'link': 'https://example.org/issues/1', 'expires': '2999-12-31',
         'intermittent': True},
        {'case': 'queue.put.*/exit-*', 'matches': 2, 'verdict': 'CRASH',
         'reason': 'it is fake', 'link': 'http://example.org/issues/2'}]}

_VALUES = [None, True, 0, -1, '', ' ', 'FAIL', '2027-13-01', 'https:// x', [], {}]

# What only the program knows.
_BEYOND_A_SCHEMA = [
    'no backend', 'but here that runs on', 'no clause', 'matches no case',
    'but "matches" is', 'is no date', 'intermittent_limit" is',
]


def variants():
  yield 'in order', _IN_ORDER
  places = [[key] for key in _IN_ORDER] + [
      ['expect', i, key]
      for i, entry in enumerate(_IN_ORDER['expect']) for key in entry]
  for place in places:
    for value in ['(absent)', *_VALUES]:
      changed = copy.deepcopy(_IN_ORDER)
      holder = changed
      for step in place[:-1]:
        holder = holder[step]
      if value == '(absent)':
        del holder[place[-1]]
      else:
        holder[place[-1]] = value
      yield f'{place} is {json.dumps(value)}', changed
  for place in [[], ['expect', 0]]:
    changed = copy.deepcopy(_IN_ORDER)
    holder = changed
    for step in place:
      holder = holder[step]
    holder['unheard_of'] = 1
    yield f'{place} has one more', changed
  for verdict in ['XFAIL', 'UNSUPPORTED', 'INFRA', 'XPASS', 'LEAK', 'TIMEOUT',
                  'CRASH']:
    changed = copy.deepcopy(_IN_ORDER)
    changed['expect'][0]['verdict'] = verdict
    yield verdict, changed
  single = copy.deepcopy(_IN_ORDER)
  single['expect'][0]['matches'] = 1
  yield 'matches of a name', single
  for value in [None, 'x', []]:
    yield json.dumps(value), value


def main():
  procspec, testee, schema_path = map(os.path.abspath, sys.argv[1:4])
  with open(schema_path, encoding='utf-8') as file:
    schema = json.load(file)
  jsonschema.Draft202012Validator.check_schema(schema)
  validator = jsonschema.Draft202012Validator(schema)
  environment = dict(os.environ, FAKE_TESTEE_ALL='1')
  environment.pop('BUILD_WORKING_DIRECTORY', None)

  problems = []
  accepted = refused = 0
  with tempfile.TemporaryDirectory() as root:
    path = f'{root}/mine.json'
    for name, value in variants():
      with open(path, 'w', encoding='utf-8') as file:
        json.dump(value, file)
      check = subprocess.run(
          [procspec, 'expectations', 'check', path, f'--testee={testee}'],
          env=environment, check=False, capture_output=True, text=True)
      valid = validator.is_valid(value)
      if check.returncode == 0:
        accepted += 1
        if not valid:
          problems.append(f'{name}: only the schema refuses it')
      elif check.returncode == 30:
        refused += 1
        faults = check.stderr.replace(path, 'FILE')
        if valid and not any(text in faults for text in _BEYOND_A_SCHEMA):
          problems.append(f'{name}: only procspec refuses it: {faults}')
      else:
        problems.append(f'{name}: exit {check.returncode}: {check.stderr}')
  for problem in problems:
    print(problem)
  print(f'{accepted} files accepted, {refused} refused')
  return 1 if problems or accepted < 10 or refused < 100 else 0


if __name__ == '__main__':
  sys.exit(main())
