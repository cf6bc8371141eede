#!/usr/bin/env python3
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Counts the test targets of some Bazel runs: "N passed, N failed".

Arguments: NAME.json files (--build_event_json_file), each with Bazel's exit
status beside it in NAME.rc. A target counts once for every run. One that was
not built or not run has failed; one skipped as incompatible does not count. A
Bazel that failed without a failed target counts as a failure, and so does a run
without any test: green must mean that something was tested.
"""

import json
import pathlib
import sys


def read(path):
  """Returns {label: status} of the tests in one run."""
  tests = {}
  for line in path.read_text().splitlines() if path.exists() else []:
    event = json.loads(line)
    kind, ident = next(iter(event["id"].items()))
    label = ident.get("label") if isinstance(ident, dict) else None
    if kind == "targetConfigured" and "testSize" in event.get("configured", {}):
      tests.setdefault(label, "NOT BUILT OR NOT RUN")
    elif kind == "targetCompleted" and label in tests:
      if event.get("aborted", {}).get("reason") == "SKIPPED":
        del tests[label]
    elif kind == "testSummary":
      tests[label] = event.get("testSummary", {}).get("overallStatus", "NO STATUS")
  return tests


def main(paths):
  passed = 0
  failures = []
  for path in map(pathlib.Path, paths):
    run = path.stem
    tests = read(path)
    bad = {l: s for l, s in tests.items() if s not in ("PASSED", "FLAKY")}
    passed += len(tests) - len(bad)
    failures += [f"{s}: {l} ({run})" for l, s in sorted(bad.items())]
    status = int(path.with_suffix(".rc").read_text())
    if not tests:
      failures.append(f"NO TESTS: the run {run} (bazel's exit status: {status})")
    elif status != 0 and not bad:
      failures.append(f"BAZEL'S EXIT STATUS {status}: the run {run}")
  for failure in failures:
    print(failure)
  print(f"{passed} passed, {len(failures)} failed")
  return 1 if failures else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
