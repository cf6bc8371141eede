// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_TOOLS_PROMISES_H_
#define PROCSPEC_SPEC_TOOLS_PROMISES_H_

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "spec/clause.h"

// What makes a change of a promise loud.
//
//   spec/manifest.json       every clause with its hash and its cases, now
//   spec/baseline/0.1.json   the hash of every clause when 0.1 was frozen
//   spec/CHANGELOG.md        says, for each hash that changed since, how
//
// The manifest shows a change in review, but a tool regenerates it. The
// changelog is the part that a person must write: between one baseline and the
// next, and between the last one and now, each clause that is new or whose hash
// differs needs a line `- CLAUSE-ID (HASH8): what changed`, where HASH8 begins
// its new hash. A baseline needs `- baseline VERSION (HASH8): ...` itself, so
// that a change cannot be hidden by freezing again either.
//
// The checks return one message an offence, which names the remedy; none means
// that all is well. They take their inputs as arguments, so that their tests
// can seed faults.

namespace procspec {

// A conformance case as the testee lists it.
struct Case {
  std::string name;    // the clause's id, or "id/variant"
  std::string clause;  // the clause's id
};

// Reads what `testee list --json` prints:
//   {"cases": [{"name": "...", "clause": "..."}, ...]}
// Further members are ignored. No case at all is an error.
absl::StatusOr<std::vector<Case>> ParseCases(std::string_view json);

// Runs `testee list --json` and reads its cases.
absl::StatusOr<std::vector<Case>> ListCases(const std::string& testee);

// The content of spec/manifest.json. Depends neither on the order of `cases`
// nor on where the clauses stand.
std::string MakeManifest(std::span<const Clause> clauses,
                         std::span<const Case> cases);

// The hashes of all clauses at the time a version was frozen.
struct Baseline {
  std::string version;
  std::map<std::string, std::string> hashes;  // clause id -> hash
};

Baseline MakeBaseline(std::string_view version,
                      std::span<const Clause> clauses);
std::string FormatBaseline(const Baseline& baseline);
absl::StatusOr<Baseline> ParseBaseline(std::string_view json);

// Reads every *.json in the folder, by version.
absl::StatusOr<std::vector<Baseline>> ReadBaselines(const std::string& folder);

// The line that the changelog needs for a baseline, but for what changed.
std::string BaselineLine(const Baseline& baseline);

struct Changelog {
  // (clause id or "baseline 0.1", first 8 digits of the hash)
  std::set<std::pair<std::string, std::string>> entries;
  // Lines that begin with "- " and are no entry.
  std::vector<std::string> malformed;
};

Changelog ParseChangelog(std::string_view markdown);

absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Checks of cases against clauses.
std::vector<std::string> FindClausesWithoutCase(std::span<const Clause> clauses,
                                                std::span<const Case> cases);
std::vector<std::string> FindCasesWithoutClause(std::span<const Clause> clauses,
                                                std::span<const Case> cases);
std::vector<std::string> FindMisnamedCases(std::span<const Case> cases);

// Names the clauses that differ; `update` is the command that mends it.
std::vector<std::string> FindManifestDifferences(std::string_view checked_in,
                                                 std::string_view actual,
                                                 std::string_view update);

// Checks of clauses against baselines (in the order of their versions) and
// changelog.
std::vector<std::string> FindUnexplainedChanges(
    std::span<const Clause> clauses, std::span<const Baseline> baselines,
    const Changelog& changelog);
std::vector<std::string> FindRemovedClauses(
    std::span<const Clause> clauses, std::span<const Baseline> baselines);
std::vector<std::string> FindUnexplainedBaselines(
    std::span<const Baseline> baselines, const Changelog& changelog);
std::vector<std::string> FindMalformedEntries(
    std::span<const Clause> clauses, std::span<const Baseline> baselines,
    const Changelog& changelog);

}  // namespace procspec

#endif  // PROCSPEC_SPEC_TOOLS_PROMISES_H_
