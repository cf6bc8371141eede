#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Each record of a log is as log.schema.json says.

    log_schema_test.py PROCSPEC FAKE_TESTEE SCHEMA

The logs are of real runs: of every way in which a case can misbehave, of mutants,
of a selection, with known deviations, at the time limit, of a backend that is not
available, interrupted, and of a runner that was killed. Together they show every field that the schema has, so
that none is only on paper, and whatever the schema does not know is refused.
"""

import collections
import copy
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import jsonschema

# Fields that the logs need not show, with the reason.
_NOT_SHOWN = {
    ('clause', 'untestable'): 'the specification may have no such clause',
    ('clause', 'withdrawn'): 'the specification may have no such clause',
}

_EXPECTATIONS = {
    'backend': 'good', 'platform': 'linux', 'intermittent_limit': 1,
    'expect': [
        {'case': 'queue.put.timeout-full/fail', 'verdict': 'FAIL',
         'message': 'Put reports Full', 'reason': 'it is fake',
         'link': 'https://example.org/issues/1', 'expires': '2999-12-31'},
        {'case': 'queue.put.timeout-full/crash', 'verdict': 'CRASH',
         'reason': 'it is fake', 'link': 'https://example.org/issues/2',
         'intermittent': True}]}


class Runs:
  """Makes logs."""

  def __init__(self, procspec, testee, root):
    self._procspec = procspec
    self._testee = testee
    self._root = root

  def _command(self, name, arguments, command):
    return [self._procspec, command, f'--testee={self._testee}',
            f'--out={self._root}/{name}', *arguments]

  def _environment(self, variables):
    environment = dict(os.environ, **variables)
    environment.pop('XML_OUTPUT_FILE', None)
    return environment

  def whole(self, name, arguments, command='run', **variables):
    subprocess.run(self._command(name, arguments, command),
                   env=self._environment(variables), check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return self._log(name)

  def signalled(self, name, number):
    """Gets the signal while one case hangs and after another has ended."""
    runner = subprocess.Popen(
        self._command(name, ['--backend=good', '--only=*/pass,*/hang',
                             '--jobs=1'], 'run'),
        env=self._environment({'FAKE_TESTEE_ALL': '1'}),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(self._log(name)) < 4 and runner.poll() is None:
      time.sleep(0.01)
    runner.send_signal(number)
    runner.wait()
    return self._log(name)

  def _log(self, name):
    try:
      with open(f'{self._root}/{name}/log.jsonl', encoding='utf-8') as log:
        return [json.loads(line) for line in log]
    except FileNotFoundError:
      return []


def fields_of(schema, value, definition, shown):
  """Notes which fields of which definitions a valid value shows."""
  if '$ref' in definition:
    name = definition['$ref'].rpartition('/')[2]
    fields_of(schema, value, dict(schema['$defs'][name], name=name), shown)
  elif 'items' in definition:
    for item in value:
      fields_of(schema, item,
                {'name': definition.get('name', '') + '[]',
                 **definition['items']}, shown)
  elif 'properties' in definition:
    for key, inner in definition['properties'].items():
      if key in value:
        shown.add((definition.get('name', ''), key))
        fields_of(schema, value[key], {'name': key, **inner}, shown)


def all_fields(schema, definition, name, out):
  if 'items' in definition:
    all_fields(schema, definition['items'], name + '[]', out)
  for key, inner in definition.get('properties', {}).items():
    out.add((name, key))
    if '$ref' not in inner:
      all_fields(schema, inner, key, out)


def main():
  procspec, testee, schema_path = map(os.path.abspath, sys.argv[1:4])
  with open(schema_path, encoding='utf-8') as file:
    schema = json.load(file)
  jsonschema.Draft202012Validator.check_schema(schema)
  # Of the one definition that a record's type names: an error then says more
  # than that none of all fits.
  validators = {
      kind: jsonschema.Draft202012Validator(
          {'$ref': f'#/$defs/{kind}', '$defs': schema['$defs']})
      for kind in (choice['$ref'].rpartition('/')[2]
                   for choice in schema['oneOf'])}
  whole = jsonschema.Draft202012Validator(schema)

  problems = []
  shown = set()
  counts = collections.Counter()
  samples = {}
  with tempfile.TemporaryDirectory() as root:
    with open(f'{root}/expectations.json', 'w', encoding='utf-8') as file:
      json.dump(_EXPECTATIONS, file)
    runs = Runs(procspec, testee, root)
    logs = {
        'behaviours': runs.whole(
            'behaviours', ['--jobs=6', '--deadline=1', '--seed=7'],
            FAKE_TESTEE_ALL='1', PROCSPEC_TIME_SCALE='1'),
        'kill matrix': runs.whole('matrix', [], command='kill-matrix'),
        'selection': runs.whole(
            'selection', ['--only=queue.*', '--shard=1/2', '--backend=good']),
        'known deviations': runs.whole(
            'expected', ['--backend=good', '--only=*/fail,*/crash',
                         f'--expectations={root}/expectations.json'],
            FAKE_TESTEE_ALL='1'),
        'time limit': runs.whole(
            'limit', ['--backend=good', '--only=*/hang', '--time-limit=0.3'],
            FAKE_TESTEE_ALL='1'),
        'not available': runs.whole(
            'unavailable', ['--backend=good,other', '--only=queue.get.*'],
            FAKE_TESTEE_UNAVAILABLE='other'),
        'interrupted': runs.signalled('interrupted', signal.SIGINT),
        'killed': runs.signalled('killed', signal.SIGKILL),
    }
  for name, records in logs.items():
    kinds = [record['type'] for record in records]
    if kinds[:2] != ['run', 'begin']:
      problems.append(f'{name}: begins with {kinds[:2]}')
    if ('run_end' in kinds) == (name == 'killed'):
      problems.append(f'{name}: ends with {kinds[-1:]}')
    seeds = {r['number']: r['seed'] for r in records if r['type'] == 'begin'}
    for record in records:
      kind = record['type']
      if kind not in validators:
        problems.append(f'{name}: a record of type {kind}')
        continue
      errors = list(validators[kind].iter_errors(record))
      for error in errors[:5]:
        problems.append(f'{name}: {kind}: {error.json_path}: {error.message}')
      counts[kind] += 1
      samples.setdefault(kind, record)
      if kind == 'end' and seeds.get(record['number']) != record['seed']:
        problems.append(f'{name}: the seed of case {record["number"]}')
      if not errors:
        fields_of(schema, record, {'$ref': f'#/$defs/{kind}'}, shown)

  expected = set()
  for name, definition in schema['$defs'].items():
    all_fields(schema, definition, name, expected)
  for field in sorted(expected - shown - set(_NOT_SHOWN)):
    problems.append(f'no log shows {field[0]}.{field[1]}')

  # The schema is no sieve: it refuses whatever differs.
  refused = 0
  for kind, record in samples.items():
    spoilt = [dict(record, unheard_of=1), dict(record, type='unheard-of')]
    for key in schema['$defs'][kind]['required']:
      spoilt.append({k: v for k, v in record.items() if k != key})
    for key in record:
      spoilt.append(dict(record, **{key: None}))
    for key in ('backends', 'cases', 'clauses', 'failures'):
      if record.get(key):
        deeper = copy.deepcopy(record)
        deeper[key][0]['unheard_of'] = 1
        spoilt.append(deeper)
    if not whole.is_valid(record):
      problems.append(f'a {kind} is not valid as a record')
    for record in spoilt:
      refused += 1
      if whole.is_valid(record):
        problems.append(f'accepted: {json.dumps(record)[:300]}')

  for problem in problems:
    print(problem)
  print(f'{len(logs)} logs: '
        + ', '.join(f'{n} {kind}' for kind, n in counts.items())
        + f'; {len(expected)} fields; {refused} spoilt records refused')
  return 1 if problems or set(counts) != set(validators) else 0


if __name__ == '__main__':
  sys.exit(main())
