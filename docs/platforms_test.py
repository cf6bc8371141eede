#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""platforms.md lists every call to Windows, and none that nobody makes.

    platforms_test.py PLATFORMS.md FILE...

Each FILE that is named *_windows.cc or win32.h is searched for calls; all of them
tell what is ours. Below "## Every call to Windows" in the document each heading
names a folder, and the first column of its table what is called there. What is
called by tests alone, the zoo among them, stands under the heading "tests".

What counts as a call to Windows is a capitalised name with a small letter in it
(so most macros are out), or a name of the C runtime with an underscore in front,
before a bracket; that is no member, in no namespace, and not declared in a FILE.
A function that the program asks for by its name (GetProcAddress) counts too.
"""

import collections
import re
import sys

_SECTION = 'Every call to Windows'
_TESTS = 'tests'

# Names of ours that Windows has as well: they count as its own.
_OURS_TOO = {'ReadFile', 'Sleep', 'WriteFile'}

_COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
_CALL = re.compile(
    r'(?<![\w.:>])(?:::)?([A-Z]\w*[a-z]\w*|_[a-z]\w*)\(')
_ASKED_FOR = re.compile(r'(?:L"\w+\.dll"\)?|GetProcAddress\(\w+),\s*"(\w+)"')
# A function with the type that it returns, a class, a macro, another name.
_OURS = re.compile(
    r'^[ \t]*(?:\[\[\w+\]\] )?(?:(?!return|else|case)\w[\w:<>,*&\[\]]* )+'
    r'([A-Z]\w*)\('
    r'|\b(?:class|struct) (\w+)|#define (\w+)|\busing (?:\w+::)*(\w+)',
    re.MULTILINE)


def without_comments(text):
  return _COMMENT_OR_TEXT.sub(
      lambda m: ' ' if m[0].startswith('/') else m[0], text)


def without_texts(text):
  return _COMMENT_OR_TEXT.sub('""', text)


def declared(texts):
  """Names that are declared in any of them."""
  return {name for text in texts for names in _OURS.findall(without_texts(text))
          for name in names if name}


def calls(text):
  """Calls to Windows, and of what is ours, in a text without comments."""
  return set(_CALL.findall(without_texts(text))) | set(_ASKED_FOR.findall(text))


def place(path, folders):
  """Under which heading the calls of a file belong."""
  *directories, name = path.split('/')
  if ('testing' in directories or 'zoo' in directories
      or name.startswith('test_') or '_test_' in name):
    return _TESTS
  inside = [f for f in folders if path.startswith(f + '/')]
  return max(inside, key=len, default='/'.join(directories))


def listed(document):
  """Heading -> the names in the first column of its table."""
  found = collections.defaultdict(list)
  section = heading = None
  for line in document.splitlines():
    if line.startswith('## '):
      section, heading = line[3:].strip(), None
    elif section == _SECTION and line.startswith('### '):
      heading = line[4:].strip().strip('`')
      found[heading] = []
    elif heading and line.startswith('|'):
      found[heading] += re.findall(r'`(\w+)`', line.split('|')[1])
  return found


def main():
  document, *paths = sys.argv[1:]
  with open(document, encoding='utf-8') as file:
    tables = listed(file.read())
  texts = {}
  for path in paths:
    with open(path, encoding='utf-8') as file:
      texts[path] = without_comments(file.read())
  searched = [p for p in paths if p.endswith(('_windows.cc', '/win32.h'))]
  if not searched or not tables:
    sys.exit(f'nothing to look at: {len(searched)} files, {len(tables)} tables')

  ours = declared(texts.values()) - _OURS_TOO
  used = collections.defaultdict(lambda: collections.defaultdict(set))
  folders = [heading for heading in tables if heading != _TESTS]
  for path in searched:
    for name in calls(texts[path]) - ours:
      used[place(path, folders)][name].add(path)
  # What is listed for a folder its tests may use.
  of_folders = {name for folder in folders for name in tables[folder]}
  for name in of_folders & set(used[_TESTS]):
    del used[_TESTS][name]

  faults = []
  for heading in sorted(set(tables) | set(used)):
    there = set(tables.get(heading, ()))
    for name in sorted(set(used[heading]) - there):
      files = ', '.join(sorted(used[heading][name]))
      faults.append(f'{heading}: {name} is called, but not listed: {files}')
    for name in sorted(there - set(used[heading])):
      faults.append(f'{heading}: {name} is listed, but not called')
    for name, count in collections.Counter(tables.get(heading, ())).items():
      if count > 1:
        faults.append(f'{heading}: {name} is listed {count} times')
  if faults:
    sys.exit('\n'.join([f'{document}, "{_SECTION}":'] + faults))
  print(f'{sum(map(len, tables.values()))} calls in {len(searched)} files')


if __name__ == '__main__':
  main()
