#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Each FILE has at most MOST lines of code: not counted are those that are empty,
# a comment or an #include. Usage: line_count_test.sh FILE MOST ...
set -eu

[[ $# -gt 0 && $(($# % 2)) -eq 0 ]]
failures=0
while [[ $# -gt 0 ]]; do
  count=$(grep -cvE '^[[:space:]]*(//.*|#include .*)?$' "$1")
  echo "$1: $count lines of code, at most $2"
  [[ "$count" -le "$2" ]] || failures=1
  shift 2
done
exit "$failures"
