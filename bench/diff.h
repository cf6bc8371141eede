// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_DIFF_H_
#define PROCSPEC_BENCH_DIFF_H_

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/results.h"
#include "bench/statistics.h"

// What became of each row from one binary to another.
//
// Within one run, in which two workers took turns (rows SUBJECT and SUBJECT@B),
// rounds are compared with themselves: what the machine did to one it did to
// the other. That is sharp: it finds a slowdown of 5 % (diff_test.cc says under
// which noise).
//
// Between two runs lies what happened to the machine meanwhile. That is told by
// the rows that others wrote, peers and limits: their shift is taken off, and
// by how much they disagree about it the intervals are widened. That is blunt.

namespace procspec::bench {

// Each row of either side is in exactly one of these.
enum class Change {
  kSlower,
  kFaster,
  kUnclear,       // its interval is too wide to tell, or it has no figures
  kWithheld,      // a clause does not hold on one of the sides
  kIncomparable,  // the machines are not alike: shown without a judgement
  kNew,
  kRemoved,
  kSame,  // no further apart than kMatters
};

inline constexpr size_t kChangeCount = static_cast<size_t>(Change::kSame) + 1;

// Those that a person looks for first come first.
std::span<const Change> AllChanges();

// "slower".
std::string_view ChangeName(Change change);

// The interval that a judgement goes by has this confidence: of a thousand rows
// that have not changed, one is called slower and one faster, at most.
inline constexpr double kJudgedConfidence = 0.998;

// A smaller difference is no judgement, however sure: where the linker puts a
// loop makes as much.
inline constexpr double kLeast = 1.02;

// A row is the same if it cannot be further apart than this.
inline constexpr double kMatters = 1.05;

// The one rule, of a ratio of times, B to A.
Change Judge(const Estimate& ratio);

struct RowDiff {
  std::string name;
  Change change = Change::kUnclear;
  Estimate ratio;   // of times, B to A; count 0: there is none
  double ns_a = 0;  // medians; 0: none
  double ns_b = 0;
  // Beside which row of its group, the best peer or CPython, how many times as
  // fast it was; empty: there is none, or the row has a judgement.
  std::string beside;
  double beside_a = 0;
  double beside_b = 0;
  std::string why;  // of those without a ratio, and of kUnclear
};

struct Diff {
  bool paired = false;
  std::string a;  // what the sides are, as "2026-01-02T03:04:05Z, linux, near"
  std::string b;
  // What has to be known to read it. One sentence each.
  std::vector<std::string> notes;
  std::vector<RowDiff> rows;  // by change, then the largest effect first
  std::array<int, kChangeCount> counts = {};

  int count(Change c) const { return counts[static_cast<size_t>(c)]; }
  bool Ok() const { return count(Change::kSlower) == 0; }
};

// SUBJECT and SUBJECT@B of one run. Subjects of which the second worker has no
// row are not in it. InvalidArgument: there is none of the second worker.
absl::StatusOr<Diff> CompareWithin(const Results& run);

// Rows of a second worker are not in it.
Diff CompareRuns(const Results& a, const Results& b);

std::string DiffText(const Diff& diff);
// {"schema": 1, "paired": true, "a", "b", "notes": [...], "counts": {"slower":
// 0, ...}, "rows": [{"name", "change", "ratio": {"value", "low", "high",
// "count", "left_out"} or null, "ns_a", "ns_b", "beside", "beside_a",
// "beside_b", "why"}]}. An end that is open, or a figure that is not there, is
// null.
std::string DiffJson(const Diff& diff);
std::string DiffMarkdown(const Diff& diff);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_DIFF_H_
