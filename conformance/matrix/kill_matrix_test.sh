#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# RUNNER TESTEE REPRO_CHECK: the kill matrix as a test; then the line that
# repeats it is run for every failure of a mutant.
set -u
runner="$PWD/$1"
testee="$PWD/$2"
check="$3"
out="${TEST_UNDECLARED_OUTPUTS_DIR:-.procspec}/kill_matrix"
unset XML_OUTPUT_FILE # or each run would write its own there

repro="'$runner' run --testee='$testee' --out=\"\$REPRO_OUT\" --quiet"
limit=()
[[ "${TEST_TIMEOUT:-0}" -eq 0 ]] || limit=(--time-limit="$((TEST_TIMEOUT - 15))")
"$runner" kill-matrix --testee="$testee" --out="$out" --repro="$repro" \
  "${limit[@]}" "${@:4}" ||
  exit
# A mutant's failure mostly waits.
exec "$check" "$out/failures.txt" "$((8 * $(nproc)))"
