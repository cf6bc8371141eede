// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"

namespace procspec::bench {
namespace {

RowSummary SummaryOf(const Row& row, RowName name) {
  RowSummary summary{.name = std::move(name), .row = &row};
  std::vector<double> ns;
  std::map<std::string, std::vector<double>> counters;
  // What is withheld is in no output, whoever wrote the file.
  if (row.withheld.empty()) {
    for (const Sample& sample : row.samples) {
      ns.push_back(sample.ns);
      for (const auto& [counter, value] : sample.counters) {
        counters[counter].push_back(value);
      }
    }
  }
  summary.ns = MedianOf(std::move(ns), kShownConfidence);
  for (auto& [counter, values] : counters) {
    summary.counters[counter] = Median(std::move(values));
  }
  return summary;
}

size_t PlaceInCatalogue(const GroupSummary& group) {
  const std::span<const Workload> all = AllWorkloads();
  return group.workload == nullptr
             ? all.size()
             : static_cast<size_t>(group.workload - all.data());
}

}  // namespace

bool IsCpython(std::string_view subject) {
  return absl::StartsWith(subject, "cpython-");
}

bool IsOurs(std::string_view subject) {
  return KindOfSubject(subject) == SubjectKind::kBackend && !IsCpython(subject);
}

std::map<int, double> ByRound(const Row& row) {
  std::map<int, double> out;
  for (const Sample& sample : row.samples) out[sample.round] = sample.ns;
  return out;
}

Estimate RatioByRound(const Row& a, const Row& b, double confidence) {
  const std::map<int, double> of_b = ByRound(b);
  std::vector<double> logs;
  for (const auto& [round, ns] : ByRound(a)) {
    const auto other = of_b.find(round);
    if (other != of_b.end()) logs.push_back(std::log(ns / other->second));
  }
  Estimate estimate = MedianOf(std::move(logs), confidence);
  estimate.value = std::exp(estimate.value);
  estimate.low = std::exp(estimate.low);
  estimate.high = std::exp(estimate.high);
  return estimate;
}

std::string GroupSummary::Title() const {
  return workload == nullptr ? name : std::string(workload->title);
}

Shown GroupSummary::shown() const {
  return workload == nullptr ? Shown::kTime : workload->shown;
}

const RowSummary* GroupSummary::Fastest(
    bool (*wanted)(std::string_view subject)) const {
  // They are sorted.
  const auto found = std::ranges::find_if(rows, [wanted](const RowSummary& r) {
    return r.HasFigures() && wanted(r.name.subject);
  });
  return found == rows.end() ? nullptr : &*found;
}

const RowSummary* GroupSummary::BestPeer() const {
  return Fastest([](std::string_view subject) {
    return KindOfSubject(subject) == SubjectKind::kPeer;
  });
}

const RowSummary* GroupSummary::Limit() const {
  return Fastest([](std::string_view subject) {
    return KindOfSubject(subject) == SubjectKind::kLimit;
  });
}

const RowSummary* GroupSummary::Cpython() const { return Fastest(IsCpython); }

std::vector<GroupSummary> Summarize(const Results& results) {
  std::vector<GroupSummary> groups;
  for (const Row& row : results.rows) {
    RowName name;
    if (!ParseRowName(row.name, name) || absl::StrContains(name.subject, '@')) {
      continue;
    }
    auto group = std::ranges::find(groups, name.group(), &GroupSummary::name);
    if (group == groups.end()) {
      groups.push_back({.workload = FindWorkload(name.workload),
                        .name = name.group(),
                        .parameters = name.parameters});
      group = std::prev(groups.end());
    }
    group->rows.push_back(SummaryOf(row, std::move(name)));
  }
  for (GroupSummary& group : groups) {
    std::ranges::stable_sort(group.rows, {}, [](const RowSummary& row) {
      return row.HasFigures() ? row.ns.value
                              : std::numeric_limits<double>::infinity();
    });
  }
  std::ranges::stable_sort(groups, {}, PlaceInCatalogue);
  return groups;
}

Estimate SpeedRatio(const RowSummary& row, const RowSummary& other) {
  return RatioByRound(*other.row, *row.row, kShownConfidence);
}

}  // namespace procspec::bench
