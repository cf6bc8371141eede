#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# test_summary.py turns red whenever something failed or nothing ran.
set -euo pipefail

summary="$PWD/tools/test_summary.py"
cd "$TEST_TMPDIR"

configured() { echo '{"id":{"targetConfigured":{"label":"'"$1"'"}},"configured":{"testSize":"SMALL"}}'; }
summarized() { echo '{"id":{"testSummary":{"label":"'"$1"'"}},"testSummary":{"overallStatus":"'"$2"'"}}'; }
skipped() { echo '{"id":{"targetCompleted":{"label":"'"$1"'"}},"aborted":{"reason":"SKIPPED"}}'; }

expect() { # expect STATUS LAST_LINE RC: of the run whose events are on stdin
  local rc=0 got
  cat >run.json
  echo "$3" >run.rc
  got="$(/usr/bin/python3 "$summary" run.json)" || rc=$?
  if [ "$rc" != "$1" ] || [ "${got##*$'\n'}" != "$2" ]; then
    printf 'expected status %s and %s, got status %s and:\n%s\n' "$1" "$2" "$rc" "$got" >&2
    exit 1
  fi
}

{ configured //a; summarized //a PASSED; } | expect 0 "1 passed, 0 failed" 0
{ configured //a; configured //b; summarized //a PASSED; summarized //b FAILED; } | expect 1 "1 passed, 1 failed" 3
{ configured //a; summarized //a TIMEOUT; } | expect 1 "0 passed, 1 failed" 3
# Not built: Bazel writes no summary for it.
{ configured //a; configured //b; summarized //a PASSED; } | expect 1 "1 passed, 1 failed" 1
{ configured //a; configured //b; summarized //a PASSED; skipped //b; } | expect 0 "1 passed, 0 failed" 0
# All is well, says each test; Bazel does not.
{ configured //a; summarized //a PASSED; } | expect 1 "1 passed, 1 failed" 8
# Nothing ran.
expect 1 "0 passed, 1 failed" 4 </dev/null
