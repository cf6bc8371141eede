// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_VIEWS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_VIEWS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/score.h"

// The files that are made from a run, at any time after it, or from several:
// those of one specification on several platforms, side by side. One file of
// views/ each; the page is in html/.

namespace procspec::runner {

// A list, one object for each backend: spec_version, backend, platform,
// clauses_total, counts (verdict -> clauses), conformance, coverage, wall_s;
// and unavailable, why, of one that is not available.
std::string SummaryJson(const std::vector<ScoredRun>& runs);

// JUnit XML, one test suite for each backend.
std::string JUnitXml(const std::vector<ScoredRun>& runs);

// For a pull request or a wiki: a table of the backends, and what did not pass,
// the first of it in full.
std::string Markdown(const std::vector<ScoredRun>& runs);

struct NamedFile {
  std::string name;
  std::string content;
};

// An SVG image for each backend, badge-NAME.svg, with its conformance: green if
// every must clause passed, amber if expectations name those that did not, red
// if not, grey if only a part was judged.
std::vector<NamedFile> Badges(const std::vector<ScoredRun>& runs);

// A page that needs nothing but itself: the matrix of clauses, backends and
// platforms, with filters, and everything about a case a click away.
std::string HtmlReport(const std::vector<ScoredRun>& runs);

// All of them in the directory: summary.json, junit.xml, report.md,
// badge-NAME.svg and report.html. JUnit also where XML_OUTPUT_FILE says, which
// is how Bazel asks for it.
absl::Status WriteViews(const std::vector<ScoredRun>& runs,
                        const std::string& directory);

// Removes from the directory what WriteViews has written: the views of an
// earlier run must not stand beside the log of another.
void RemoveViews(const std::string& directory);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_VIEWS_H_
