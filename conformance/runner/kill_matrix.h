// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_KILL_MATRIX_H_
#define PROCSPEC_CONFORMANCE_RUNNER_KILL_MATRIX_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conformance/runner/execute.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/verdict.h"

// Cases prove something only if they can fail. Each mutant is a backend with
// one fault and says which clauses that breaks; the kill matrix holds it to
// that, in both directions.

namespace procspec::runner {

// What of a mutant did not turn out as declared.
struct MutantResult {
  const BackendInfo* mutant = nullptr;
  int cases = 0;
  std::vector<std::string> killed;      // clauses of `breaks` with a red case
  std::vector<std::string> survived;    // those without
  std::vector<std::string> not_here;    // those that nothing here promises
  std::vector<std::string> undeclared;  // "case: VERDICT: why"
  std::vector<std::string> stale_collateral;  // clauses without a red case
  std::vector<std::string> not_judged;        // "case: reason"
  // Of the killed clauses, cases that did not notice: no error.
  std::vector<std::string> unaware;
  std::vector<std::string> unknown_clauses;

  bool Ok() const {
    return !killed.empty() && survived.empty() && undeclared.empty() &&
           stale_collateral.empty() && not_judged.empty() &&
           unknown_clauses.empty();
  }
};

struct LiarResult {
  const BackendInfo* liar = nullptr;
  int cases = 0;
  std::vector<std::string> passed;  // cases

  bool Ok() const { return cases > 0 && passed.empty(); }
};

struct KillMatrix {
  std::vector<MutantResult> mutants;
  std::vector<LiarResult> liars;
  // Those that break only what nothing here promises: not run.
  std::vector<std::string> mutants_not_here;
  // Must clauses that can be tested here.
  int musts = 0;
  std::vector<std::string> musts_not_killed;
  bool complete = true;  // all mutants were run: musts_not_killed counts

  bool Ok() const;
};

struct CaseVerdict {
  Verdict verdict = Verdict::kInfra;
  std::string why;  // one line
};

// By backend and case.
using VerdictMap = std::map<std::pair<std::string, std::string>, CaseVerdict>;

// The clauses that one of these right backends promises on the run's platform:
// elsewhere a mutant can break no others.
using ClausesHere = std::set<std::string>;
ClausesHere FindClausesHere(const RunRecord& run,
                            const std::vector<BackendInfo>& right);

// Which cases are run on a mutant.
enum class MatrixExtent {
  kDeclared,  // those whose clause it declares: whether it is killed
  kTouched,   // and those whose clause requires something it touches; all if it
              // does not say what it touches
  kFull,      // all
};

// The cases to run on the wrong backends of a run; on a liar all. In an order
// that keeps the processors busy: what is expected to be red mostly waits.
std::vector<Task> MatrixTasks(const RunRecord& run, const ClausesHere& here,
                              MatrixExtent extent);

KillMatrix Evaluate(const RunRecord& run, const ClausesHere& here,
                    const VerdictMap& verdicts, bool complete);

std::string KillMatrixJson(const RunRecord& run, const KillMatrix& matrix);
std::string KillMatrixMarkdown(const RunRecord& run, const KillMatrix& matrix);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_KILL_MATRIX_H_
