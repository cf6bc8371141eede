#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# RUNNER TESTEE REPRO_CHECK ARGUMENTS...: the kill matrix as a test; then the line
# that repeats it is run for every failure of a mutant, but under Wine.
set -u
runner="$PWD/$1"
testee="$PWD/$2"
check="$3"
out="${TEST_UNDECLARED_OUTPUTS_DIR:-.procspec}/kill_matrix"
unset XML_OUTPUT_FILE # or each run would write its own there

limit=()
[[ "${TEST_TIMEOUT:-0}" -eq 0 ]] || limit=(--time-limit="$((TEST_TIMEOUT - 15))")

if [[ "$runner" == *.exe && -n "${PROCSPEC_WINE-}" ]]; then
  short="$(mktemp -d /tmp/procspec.XXXXXX)"
  trap 'rm -rf "$short"' EXIT
  ln -s "$(realpath "$testee")" "$short/testee.exe"
  # A process takes long to start there: what is watched for not to happen, as the
  # task of a worker too many, is watched three times as long, with the usual guard.
  PROCSPEC_TIME_SCALE=3 "$PROCSPEC_WINE" "$runner" kill-matrix --guard-ms=833 \
    --testee="Z:$short/testee.exe" --out="Z:$out" "${limit[@]}" "${@:4}"
  exit
fi

repro="'$runner' run --testee='$testee' --out=\"\$REPRO_OUT\" --quiet"
"$runner" kill-matrix --testee="$testee" --out="$out" --repro="$repro" \
  "${limit[@]}" "${@:4}" ||
  exit
# A mutant's failure mostly waits.
exec "$check" "$out/failures.txt" "$((8 * $(nproc)))"
