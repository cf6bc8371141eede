#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# What a conformance_test runs (defs.bzl): RUNNER TESTEE ARGUMENTS...
set -u

runner="$1"
testee="$2"
shift 2

# Under `bazel run` there is no place for outputs, and results go to the caller's.
out="${TEST_UNDECLARED_OUTPUTS_DIR:-${BUILD_WORKING_DIRECTORY:-.}/.procspec}/run"

status=0
"$runner" run --testee="$testee" --out="$out" \
  --repro="bazel run ${TEST_TARGET:-TARGET} --" "$@" || status=$?

# One test case a case, instead of one for all.
if [[ -n "${XML_OUTPUT_FILE-}" && -f "$out/junit.xml" ]]; then
  cp "$out/junit.xml" "$XML_OUTPUT_FILE"
fi
exit "$status"
