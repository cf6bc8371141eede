// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_CLAUSE_H_
#define PROCSPEC_SPEC_CLAUSE_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "spec/capability.h"
#include "spec/clause_ids.h"  // generated from spec/clauses

// The clauses of the specification, compiled in.
//
//   Covers(ClauseId("queue.put.timeout-full"));   // checked by the compiler
//   if (const Clause* c = FindClause(argv[1])) std::cout << Explain(*c);
//
// Everything here is constant data of static lifetime: any thread, any process
// and any static initialiser may use it.

namespace procspec {

// RFC 2119. Only a failed kMust fails a run. "must not" is kMust, "should not"
// is kShould.
enum class Level { kMust, kShould, kMay };

// "must", "should", "may".
std::string_view LevelName(Level level);

// Where a clause applies.
enum class ClausePlatform { kAll, kPosix, kWindows };

// "all", "posix", "windows".
std::string_view ClausePlatformName(ClausePlatform platform);

// One promise. The strings are as in the clause's file, except that runs of
// white space are one space; an absent key is an empty string.
struct Clause {
  std::string_view id;
  std::string_view area;  // the stem of its file: "queue" for queue.md
  Level level;
  std::string_view text;  // Markdown; the level word is bold
  ClausePlatform platform;
  std::span<const Capability> requirements;  // in declaration order
  std::string_view since;                    // version of the specification
  std::string_view source;
  std::string_view notes;
  std::string_view untestable;  // why no case can exist
  std::string_view withdrawn;   // version and reason
  std::string_view file;        // from the root of the repository
  int line;                     // of its heading
  // 16 hex digits over level, platform, requirements, text and withdrawn: what
  // is promised. It does not change with the clause's place, its notes or its
  // line breaks.
  std::string_view hash;

  bool IsWithdrawn() const { return !withdrawn.empty(); }
  bool IsTestable() const { return untestable.empty() && !IsWithdrawn(); }
};

// Every clause, withdrawn ones included, sorted by id.
std::span<const Clause> AllClauses();

// The clause of that id, withdrawn or not; nullptr if there is none.
const Clause* FindClause(std::string_view id);

// The version of the specification that this binary carries: the highest one
// that a clause names.
std::string_view SpecVersion();

namespace clause_internal {

inline constexpr size_t kNotFound = static_cast<size_t>(-1);

constexpr size_t IndexOf(std::string_view id) {
  size_t low = 0;
  size_t high = kClauseIds.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (kClauseIds[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < kClauseIds.size() && kClauseIds[low].id == id) return low;
  return kNotFound;
}

// Deliberately neither constexpr nor defined: a call in a constant expression
// is a compile error that shows the function's name.
void NoSuchClauseInSpecClauses();
void ClauseIsWithdrawn();

}  // namespace clause_internal

// The id of a clause that exists and is not withdrawn; anything else does not
// compile. A case names its clause by this type. The id must be a literal.
class ClauseId {
 public:
  // Implicit, so that a function that takes a ClauseId is called with a
  // literal.
  consteval ClauseId(const char* id)  // NOLINT(google-explicit-constructor)
      : index_(clause_internal::IndexOf(id)) {
    if (index_ == clause_internal::kNotFound) {
      clause_internal::NoSuchClauseInSpecClauses();
    } else if (clause_internal::kClauseIds[index_].withdrawn) {
      clause_internal::ClauseIsWithdrawn();
    }
  }

  constexpr std::string_view id() const {
    return clause_internal::kClauseIds[index_].id;
  }
  const Clause& clause() const { return AllClauses()[index_]; }

  friend constexpr bool operator==(ClauseId, ClauseId) = default;

 private:
  size_t index_;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_CLAUSE_H_
