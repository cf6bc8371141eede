// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_SUMMARY_H_
#define PROCSPEC_BENCH_SUMMARY_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/catalogue.h"
#include "bench/results.h"
#include "bench/statistics.h"

// A run by its groups, with what is shown of each row.

namespace procspec::bench {

// Of figures that are shown; judgements ask for more (diff.h).
inline constexpr double kShownConfidence = 0.95;

// A backend that is ours, and not an interpreter's.
bool IsOurs(std::string_view subject);
bool IsCpython(std::string_view subject);

// The times by their rounds.
std::map<int, double> ByRound(const Row& row);

// How many times as long the operation takes in `a` as in `b`: the median of
// the ratios within rounds that both have.
Estimate RatioByRound(const Row& a, const Row& b, double confidence);

struct RowSummary {
  RowName name;
  const Row* row = nullptr;
  Estimate ns;                             // of its median
  std::map<std::string, double> counters;  // their medians
  bool HasFigures() const { return ns.count > 0; }
};

struct GroupSummary {
  const Workload* workload = nullptr;  // null: not in the catalogue
  std::string name;                    // "queue.throughput/64B/1x1"
  std::string parameters;
  std::vector<RowSummary> rows;  // the fastest first, those without at the end

  std::string Title() const;
  Shown shown() const;
  // The fastest of its kind; null if none has figures.
  const RowSummary* Fastest(bool (*wanted)(std::string_view subject)) const;
  const RowSummary* BestPeer() const;
  const RowSummary* Limit() const;
  const RowSummary* Cpython() const;
};

// In the order of the catalogue, then by parameters as the run has them. The
// run must outlive it. Rows of a second worker ("@B") are not in it, nor such
// as are not named as rows are.
std::vector<GroupSummary> Summarize(const Results& results);

// How many times as fast `row` is as `other`: above one, it is faster.
Estimate SpeedRatio(const RowSummary& row, const RowSummary& other);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_SUMMARY_H_
