#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# RUNNER TESTEE: the kill matrix as a test.
set -u
exec "$1" kill-matrix --testee="$2" \
  --out="${TEST_UNDECLARED_OUTPUTS_DIR:-.procspec}/kill_matrix" "${@:3}"
