// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/score.h"

#include <algorithm>
#include <set>
#include <utility>

#include "conformance/runner/expectation.h"

namespace procspec::runner {

double BackendScore::conformance() const {
  return musts_applicable == 0
             ? 0
             : static_cast<double>(musts_passed) / musts_applicable;
}

double BackendScore::coverage() const {
  return clauses_total == 0 ? 0 : static_cast<double>(judged) / clauses_total;
}

bool Holds(Verdict verdict) {
  return verdict == Verdict::kPass || verdict == Verdict::kXfail;
}

std::vector<BackendScore> Score(const RunRecord& run) {
  std::set<std::string> selected;
  // (backend, case) -> verdict, (clause) -> its selected cases.
  std::map<std::string, std::vector<const CaseInfo*>> cases_of;
  for (const CaseInfo& c : run.cases) {
    if (c.selected) selected.insert(c.clause);
    cases_of[c.clause].push_back(&c);
  }
  std::map<std::pair<std::string, std::string>, Verdict> verdicts;
  std::map<std::string, std::pair<double, double>> span;
  for (const Outcome& o : run.outcomes) {
    verdicts[{o.backend, o.case_name}] = o.verdict.value_or(Verdict::kInfra);
    const double ended = o.verdict.has_value() ? o.ended_s : o.began_s;
    auto [it, fresh] = span.emplace(o.backend, std::pair(o.began_s, ended));
    if (!fresh) {
      it->second.first = std::min(it->second.first, o.began_s);
      it->second.second = std::max(it->second.second, ended);
    }
  }

  std::vector<BackendScore> scores;
  for (const BackendInfo& backend : run.backends) {
    BackendScore score;
    score.backend = backend.name;
    score.platform = backend.platform;
    if (const auto it = span.find(backend.name); it != span.end()) {
      score.wall_s = it->second.second - it->second.first;
    }
    for (const ClauseInfo& clause : run.clauses) {
      if (!clause.withdrawn.empty() || !AppliesTo(clause, backend.platform)) {
        continue;
      }
      ++score.clauses_total;
      const bool applicable = IsPromised(clause, backend);
      if (applicable) ++score.musts_applicable;

      std::optional<Verdict> verdict;
      bool excused = false;  // by a case that needs more than the clause
      bool cut = false;      // a selected case did not get its turn
      bool judged = false;
      int concerned = 0;
      int passed = 0;
      for (const CaseInfo* c : cases_of[clause.id]) {
        const bool concerns = Concerns(*c, clause, backend);
        if (concerns) ++concerned;
        const auto it = verdicts.find({backend.name, c->name});
        if (it == verdicts.end()) {
          cut = cut || c->selected;
        } else if (it->second == Verdict::kUnsupported && !concerns) {
          excused = true;
        } else {
          verdict = std::max(verdict.value_or(it->second), it->second);
          judged = judged || IsJudged(it->second);
          if (concerns && it->second == Verdict::kPass) ++passed;
        }
      }
      if (!verdict.has_value() && excused) verdict = Verdict::kUnsupported;
      if (verdict.has_value()) {
        if (cut) verdict = std::max(*verdict, Verdict::kInfra);
        score.verdicts[clause.id] = *verdict;
        ++score.counts[static_cast<size_t>(*verdict)];
      }
      if (judged) ++score.judged;
      if (applicable && concerned > 0 && passed == concerned) {
        ++score.musts_passed;
      }
      const bool in_scope = !run.IsSelection() || selected.count(clause.id) > 0;
      if (applicable && in_scope && !(verdict.has_value() && Holds(*verdict))) {
        score.musts_not_held.push_back(clause.id);
      }
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

ScoredRun Scored(RunRecord run) {
  ScoredRun scored{std::move(run), {}};
  scored.scores = Score(scored.run);
  return scored;
}

ExitCode Decide(const RunRecord& run, const std::vector<BackendScore>& scores) {
  if (run.interrupted) return ExitCode::kInterrupted;
  if (run.time_limit_reached) return ExitCode::kTimeLimit;
  // Of a backend that is not available nothing can be said, good or bad.
  if (!run.backends.empty() &&
      std::none_of(run.backends.begin(), run.backends.end(),
                   [](const BackendInfo& b) { return b.IsAvailable(); })) {
    return ExitCode::kNoBackendAvailable;
  }
  bool nothing_ran = true;
  bool all_unsupported = true;
  bool all_infra = true;
  bool some_infra = false;
  bool unexpected = false;
  for (const Outcome& o : run.outcomes) {
    const BackendInfo* backend = run.FindBackend(o.backend);
    if (backend != nullptr && !backend->IsAvailable()) continue;
    nothing_ran = false;
    const Verdict verdict = o.verdict.value_or(Verdict::kInfra);
    if (verdict != Verdict::kUnsupported) all_unsupported = false;
    if (verdict != Verdict::kInfra) all_infra = false;
    if (verdict == Verdict::kInfra) some_infra = true;
    if (IsUnexpected(o)) unexpected = true;
  }
  if (nothing_ran || all_infra) return ExitCode::kNothingJudged;
  if (all_unsupported) return ExitCode::kAllUnsupported;
  bool must_infra = false;
  for (const BackendScore& score : scores) {
    for (const std::string& id : score.musts_not_held) {
      const auto it = score.verdicts.find(id);
      if (it != score.verdicts.end() && it->second == Verdict::kInfra) {
        must_infra = true;
      } else if (it == score.verdicts.end() || it->second != Verdict::kXpass) {
        return ExitCode::kMustFailed;
      }
    }
  }
  if (unexpected) return ExitCode::kUnexpected;
  return some_infra || must_infra ? ExitCode::kInfra : ExitCode::kOk;
}

}  // namespace procspec::runner
