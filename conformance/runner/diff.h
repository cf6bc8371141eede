// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_DIFF_H_
#define PROCSPEC_CONFORMANCE_RUNNER_DIFF_H_

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/run_record.h"
#include "conformance/runner/verdict.h"

// What became of each case from one run to another.

namespace procspec::runner {

// Each (backend, case) that began in either run is in exactly one of these. A
// case passes if its verdict is PASS or XPASS: an expectation excuses a
// failure, but does not undo it.
enum class Change {
  kRegressed,  // passed, and does not any more
  kRemoved,    // is not in the second run
  kChanged,    // passes or not as before, with another verdict
  kFixed,      // did not pass, and does
  kNew,        // was not in the first run
  kSame,
};

inline constexpr size_t kChangeCount = static_cast<size_t>(Change::kSame) + 1;

// Those that a person looks for first come first.
std::span<const Change> AllChanges();

// "regressed".
std::string_view ChangeName(Change change);

// The one rule. An absent verdict: the case did not begin in that run. One of
// them has to be there.
Change Classify(std::optional<Verdict> before, std::optional<Verdict> after);

struct CaseDiff {
  std::string backend;
  std::string case_name;
  std::string clause;
  Change change = Change::kSame;
  // In the first run and in the second; null: it did not begin there. The last
  // one counts, as in scores.
  const Outcome* before = nullptr;
  const Outcome* after = nullptr;
};

struct Diff {
  const RunRecord* a = nullptr;
  const RunRecord* b = nullptr;
  std::vector<CaseDiff> cases;  // by backend and case
  std::array<int, kChangeCount> counts = {};

  int count(Change c) const { return counts[static_cast<size_t>(c)]; }
  // Nothing regressed, and nothing is missing.
  bool Ok() const {
    return count(Change::kRegressed) == 0 && count(Change::kRemoved) == 0;
  }
};

// The runs must outlive it.
Diff Compare(const RunRecord& a, const RunRecord& b);

// What has to be known to read it: other versions of the specification, other
// platforms, a run that was cut or of a selection. One sentence each.
std::vector<std::string> DiffNotes(const Diff& diff);

// For a person: first what regressed, with the clause, what was expected and
// seen, and the line that repeats it.
std::string DiffText(const Diff& diff, bool colour);

// {"schema": 1, "a": RUN, "b": RUN, "notes": [...], "counts": {"regressed": 0,
// ...}, "cases": [{"backend", "case", "clause", "change", "before", "after"}]},
// with every case; `before` and `after` are verdicts or null.
std::string DiffJson(const Diff& diff);

std::string DiffMarkdown(const Diff& diff);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_DIFF_H_
