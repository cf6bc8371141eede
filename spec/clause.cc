// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/clause.h"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace procspec {
namespace {

#include "spec/clause_table.inc"  // kClauses, kSpecVersion

// ClauseId indexes one table with positions found in the other.
constexpr bool TablesAgree() {
  if (kClauses.size() != clause_internal::kClauseIds.size()) return false;
  for (size_t i = 0; i < kClauses.size(); ++i) {
    if (kClauses[i].id != clause_internal::kClauseIds[i].id) return false;
    if (i > 0 && kClauses[i].id <= kClauses[i - 1].id) return false;
  }
  return true;
}
static_assert(TablesAgree());

}  // namespace

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kMust:
      return "must";
    case Level::kShould:
      return "should";
    case Level::kMay:
      return "may";
  }
  return "";
}

std::string_view ClausePlatformName(ClausePlatform platform) {
  switch (platform) {
    case ClausePlatform::kAll:
      return "all";
    case ClausePlatform::kPosix:
      return "posix";
    case ClausePlatform::kWindows:
      return "windows";
  }
  return "";
}

std::span<const Clause> AllClauses() { return kClauses; }

const Clause* FindClause(std::string_view id) {
  const size_t index = clause_internal::IndexOf(id);
  return index == clause_internal::kNotFound ? nullptr : &kClauses[index];
}

std::string_view SpecVersion() { return kSpecVersion; }

}  // namespace procspec
