// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_VIEWS_COLUMN_H_
#define PROCSPEC_CONFORMANCE_RUNNER_VIEWS_COLUMN_H_

#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/run_record.h"
#include "conformance/runner/score.h"
#include "conformance/runner/verdict.h"

// What the views have in common.

namespace procspec::runner {

// One backend in one run: a column of the matrix, a row of a table.
struct Column {
  const RunRecord* run = nullptr;
  const BackendScore* score = nullptr;
  const BackendInfo* backend = nullptr;
  std::string platform;
  // Unlike that of any other: the backend's, with the platform if need be, and
  // a number if that is not enough.
  std::string name;
};

// In the order of the runs, and in each in that of its backends. The runs must
// outlive the columns.
std::vector<Column> Columns(const std::vector<ScoredRun>& runs);

// How a backend stands, for a colour.
enum class Standing {
  kHolds,     // every must clause passed
  kDeviates,  // expectations name those that did not
  kFails,
  kUnknown,  // only a part was judged, and nothing in it is wrong
};

Standing StandingOf(const Column& column);

// Clauses for the platform that have no verdict.
int ClausesNotRun(const BackendScore& score);

// Of the verdicts, those that some column has, and PASS and FAIL, best first.
std::vector<Verdict> VerdictsShown(const std::vector<Column>& columns);

// What a person has to be told before the numbers: a run that was cut, a
// selection, a backend that is not available, several versions of the
// specification. A sentence or two each.
std::vector<std::string> Notes(const std::vector<ScoredRun>& runs);

// INFRA if it had not ended when the log did.
Verdict VerdictOf(const Outcome& outcome);

// What was expected, if anything was, and why, if more than the failures says
// it; also for one that had not ended.
std::string ReasonOf(const Outcome& outcome);

// What failed, or the reason, or what it left behind: on one line, shortened.
std::string OneLine(const Outcome& outcome);

// A case that a person should look at: neither passed nor excused.
bool NeedsALook(Verdict verdict);

// The outcomes of a column that need a look: must clauses first, and the worst
// first among them.
std::vector<const Outcome*> Troubles(const Column& column);

// Those that went wrong as expected.
std::vector<const Outcome*> KnownDeviations(const Column& column);

// Whether a specification's version is older: by its numbers.
bool OlderVersion(std::string_view a, std::string_view b);

// For XML: escaped, without what XML 1.0 cannot carry.
std::string Xml(std::string_view text);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_VIEWS_COLUMN_H_
