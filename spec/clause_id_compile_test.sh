#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# A clause id that is misspelt or withdrawn does not compile, and the compiler
# says which of the two it is. Compiles spec/clause.h against the ids of
# testdata/clause_id.md.
#
# Usage: clause_id_compile_test.sh COMPILER FIXTURE_IDS_HEADER
set -u -o pipefail

compiler=$1
fixture_root=${2%/spec/clause_ids.h}
source_file=$TEST_TMPDIR/use_id.cc
log=$TEST_TMPDIR/compiler.log
failures=0

# Compiles a use of the id expression $1.
compiles() {
  cat >"$source_file" <<SOURCE
#include <vector>
#include "spec/clause.h"
struct CaseName { procspec::ClauseId clause; int variant = 0; };
void Covers(procspec::ClauseId id);
void Covers(CaseName name);
void Covers(const std::vector<procspec::ClauseId>& ids);
void Case(const char* at_run_time);
void Case([[maybe_unused]] const char* at_run_time) { Covers($1); }
SOURCE
  # Fixture first: its ids stand in for the real ones.
  "$compiler" -x c++ -std=c++20 -fsyntax-only -I "$fixture_root" -I . \
    "$source_file" >"$log" 2>&1
}

fail() {
  echo "FAIL: $1; the compiler said:"
  cat "$log"
  failures=$((failures + 1))
}

expect_accepted() {
  compiles "$1" || fail "$1 should compile"
}

# $2: what the message must name.
expect_rejected() {
  if compiles "$1"; then
    fail "$1 should not compile"
  elif ! grep -q "$2" "$log"; then
    fail "$1 was rejected, but not for '$2'"
  fi
}

expect_accepted '"queue.put.timeout-full"'
expect_accepted 'procspec::ClauseId("queue.put.timeout-full")'
expect_rejected '"queue.put.timeout-ful"' NoSuchClauseInSpecClauses
expect_rejected '""' NoSuchClauseInSpecClauses
expect_rejected '"queue.put.gives-up"' ClauseIsWithdrawn
# As a case and as a mutant name clauses.
expect_accepted 'CaseName{"queue.put.timeout-full"}'
expect_rejected 'CaseName{"queue.put.timeout-ful"}' NoSuchClauseInSpecClauses
expect_accepted 'std::vector<procspec::ClauseId>{"queue.put.timeout-full"}'
expect_rejected 'std::vector<procspec::ClauseId>{"queue.put.gives-up"}' \
  ClauseIsWithdrawn
expect_rejected 'at_run_time' 'constant expression'

((failures == 0)) && echo "PASS"
exit "$((failures > 0))"
