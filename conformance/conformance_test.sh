#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# What a conformance_test runs (defs.bzl): RUNNER TESTEE ARGUMENTS...
set -u

runner="$1"
testee="$2"
shift 2

# Under `bazel run` results go to the caller's folder. Those of a test are in a
# sandbox that is gone afterwards, but for an archive.
if [[ -n "${BUILD_WORKING_DIRECTORY-}" ]]; then
  out="$BUILD_WORKING_DIRECTORY/.procspec/run"
else
  out="${TEST_UNDECLARED_OUTPUTS_DIR:-.procspec}/run"
fi

# What Bazel asks for by its environment.
asked=()
if [[ "${TEST_TIMEOUT:-0}" -gt 0 ]]; then
  # Bazel's limit would leave neither a report nor a word of what did not run.
  margin=$((TEST_TIMEOUT < 60 ? (TEST_TIMEOUT + 3) / 4 : 15))
  asked+=(--time-limit="$((TEST_TIMEOUT - margin))")
fi
if [[ "${TEST_TOTAL_SHARDS:-1}" -gt 1 ]]; then
  [[ -z "${TEST_SHARD_STATUS_FILE-}" ]] || touch "$TEST_SHARD_STATUS_FILE"
  asked+=(--shard="$((TEST_SHARD_INDEX + 1))/$TEST_TOTAL_SHARDS")
fi
[[ -z "${TESTBRIDGE_TEST_ONLY-}" ]] || asked+=(--only="$TESTBRIDGE_TEST_ONLY")

# Built for Windows, and run here under Wine (tools/wine). The testee goes by a
# short path: Windows starts no program by a long one.
run=("$runner")
if [[ "$runner" == *.exe && -n "${PROCSPEC_WINE-}" ]]; then
  short="$(mktemp -d /tmp/procspec.XXXXXX)"
  trap 'rm -rf "$short"' EXIT
  ln -s "$(realpath "$testee")" "$short/testee.exe"
  testee="Z:$short/testee.exe"
  run=("$PROCSPEC_WINE" "$runner")
  [[ "$out" != /* ]] || windows_out="Z:$out"
fi

status=0
"${run[@]}" run --testee="$testee" --out="${windows_out:-$out}" \
  --repro="bazel run ${TEST_TARGET:-TARGET} --" "${asked[@]}" "$@" || status=$?

# One test case a case, instead of one for all.
if [[ -n "${XML_OUTPUT_FILE-}" && -f "$out/junit.xml" ]]; then
  cp "$out/junit.xml" "$XML_OUTPUT_FILE"
fi
if [[ "$status" -ne 0 && -z "${BUILD_WORKING_DIRECTORY-}" ]]; then
  echo "to keep the log and the report, and to mend expectations by them:" \
    "bazel run ${TEST_TARGET:-TARGET}"
fi
exit "$status"
