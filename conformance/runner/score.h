// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_SCORE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_SCORE_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/exit_code.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/verdict.h"

// From the verdicts of cases to those of clauses, and to two numbers.
//
// The denominators depend on the specification and on what the backend
// declares, never on what was run, and a clause has passed only if each of its
// cases did: to skip a case, to leave it out or to have it answer UNSUPPORTED
// raises neither number.

namespace procspec::runner {

struct BackendScore {
  std::string backend;
  std::string platform;
  // Clauses of the specification for the backend's platform, without the
  // withdrawn ones.
  int clauses_total = 0;
  // Of these, must clauses that can be tested and whose requirements the
  // backend declares.
  int musts_applicable = 0;
  // Of the applicable: every case that concerns the backend passed.
  int musts_passed = 0;
  int judged = 0;  // clauses with a case whose verdict IsJudged()
  // Clauses by verdict; those that were not run are in none.
  std::array<int, kVerdictCount> counts = {};
  double wall_s = 0;

  // The verdict of each clause that was run: the worst of its selected cases,
  // but for those that need what the backend does not declare.
  std::map<std::string, Verdict> verdicts;
  // Ids of must clauses in the scope of the run that are applicable and do not
  // hold, in the order of the specification.
  std::vector<std::string> musts_not_held;

  // musts_passed / musts_applicable, 0 if there are none.
  double conformance() const;
  // judged / clauses_total, likewise.
  double coverage() const;
  int count(Verdict v) const { return counts[static_cast<size_t>(v)]; }
};

// One for each backend of the run. A case that had begun and not ended is
// INFRA: the run was killed.
std::vector<BackendScore> Score(const RunRecord& run);

// A run with its numbers: what the views are made of.
struct ScoredRun {
  RunRecord run;
  std::vector<BackendScore> scores;
};

ScoredRun Scored(RunRecord run);

// A clause holds if all its cases pass or fail as expected.
bool Holds(Verdict verdict);

// What the run ends with. The scope is all clauses, or those that have a
// selected case if there was a selection. Backends that are available decide; a
// run without one has judged nothing.
ExitCode Decide(const RunRecord& run, const std::vector<BackendScore>& scores);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_SCORE_H_
