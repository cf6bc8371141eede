// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "conformance/runner/json.h"
#include "conformance/runner/views.h"
#include "conformance/runner/views/column.h"

namespace procspec::runner {
namespace {

double Rounded(double value, double unit) {
  return std::round(value * unit) / unit;
}

}  // namespace

std::string SummaryJson(const std::vector<ScoredRun>& runs) {
  Json list = Json::array();
  for (const Column& column : Columns(runs)) {
    const BackendScore& s = *column.score;
    Json counts = Json::object();
    for (Verdict v : AllVerdicts()) {
      counts[std::string(VerdictName(v))] = s.count(v);
    }
    Json entry = {{"spec_version", column.run->spec_version},
                  {"backend", s.backend},
                  {"platform", column.platform},
                  {"clauses_total", s.clauses_total},
                  {"counts", std::move(counts)},
                  {"conformance", Rounded(s.conformance(), 1e6)},
                  {"coverage", Rounded(s.coverage(), 1e6)},
                  {"wall_s", Rounded(s.wall_s, 1e3)},
                  {"musts_applicable", s.musts_applicable},
                  {"musts_passed", s.musts_passed},
                  {"judged", s.judged},
                  {"musts_not_held", s.musts_not_held}};
    if (column.backend != nullptr && !column.backend->IsAvailable()) {
      entry["unavailable"] = column.backend->unavailable;
    }
    list.push_back(std::move(entry));
  }
  return DumpJsonPretty(list);
}

}  // namespace procspec::runner
