// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_VIEWS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_VIEWS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/score.h"

// The files that are made from a run, at any time after it.

namespace procspec::runner {

// A list, one object for each backend: spec_version, backend, platform,
// clauses_total, counts (verdict -> clauses), conformance, coverage, wall_s.
std::string SummaryJson(const RunRecord& run,
                        const std::vector<BackendScore>& scores);

// JUnit XML, one test suite for each backend.
std::string JUnitXml(const RunRecord& run,
                     const std::vector<BackendScore>& scores);

// A page that needs nothing but itself: the matrix of clauses and backends,
// with filters, and everything about a case a click away.
std::string HtmlReport(const RunRecord& run,
                       const std::vector<BackendScore>& scores);

// summary.json, junit.xml and report.html in the directory; JUnit also where
// XML_OUTPUT_FILE says, which is how Bazel asks for it.
absl::Status WriteViews(const RunRecord& run,
                        const std::vector<BackendScore>& scores,
                        const std::string& directory);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_VIEWS_H_
