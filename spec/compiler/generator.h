// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_COMPILER_GENERATOR_H_
#define PROCSPEC_SPEC_COMPILER_GENERATOR_H_

#include <span>
#include <string>

#include "spec/compiler/parser.h"

// Writes parsed clauses as C++. Both functions take clauses that ParseClauses
// accepted without a problem, and give the same bytes for the same clauses.

namespace procspec::compiler {

// spec/clause_ids.h: the ids alone. Every case includes it, so it stays small
// and does not change when a text is edited.
std::string GenerateIds(std::span<const ParsedClause> clauses);

// spec/clause_table.inc: the rest, which only spec/clause.cc includes.
std::string GenerateTable(std::span<const ParsedClause> clauses);

}  // namespace procspec::compiler

#endif  // PROCSPEC_SPEC_COMPILER_GENERATOR_H_
