// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/score.h"

#include <array>
#include <random>

#include "absl/strings/str_cat.h"
#include "conformance/runner/expectation.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

ClauseInfo MakeClause(const std::string& id, const std::string& level,
                      std::vector<std::string> requirements = {"queue"}) {
  ClauseInfo clause;
  clause.id = id;
  clause.area = "a";
  clause.level = level;
  clause.platform = "all";
  clause.requirements = std::move(requirements);
  return clause;
}

BackendInfo MakeBackend(const std::string& name) {
  BackendInfo backend;
  backend.name = name;
  backend.capabilities = {"queue"};
  backend.platform = "linux";
  return backend;
}

void AddCase(RunRecord& run, const std::string& name, const std::string& clause,
             std::optional<Verdict> verdict) {
  run.cases.push_back({name, clause, ""});
  if (!verdict.has_value()) return;
  Outcome o;
  o.number = static_cast<int>(run.outcomes.size());
  o.backend = "b";
  o.case_name = name;
  o.clause = clause;
  o.verdict = verdict;
  run.outcomes.push_back(o);
}

RunRecord EmptyRun() {
  RunRecord run;
  run.backends = {MakeBackend("b")};
  return run;
}

TEST(Score, AClauseHasTheWorstVerdictOfItsCases) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m1", "must"), MakeClause("m2", "must"),
                 MakeClause("s", "should")};
  AddCase(run, "m1", "m1", Verdict::kPass);
  AddCase(run, "m1/x", "m1", Verdict::kFail);
  AddCase(run, "m1/y", "m1", Verdict::kUnsupported);
  AddCase(run, "m2", "m2", Verdict::kPass);
  AddCase(run, "s", "s", Verdict::kCrash);
  const BackendScore score = Score(run)[0];
  EXPECT_EQ(score.verdicts.at("m1"), Verdict::kFail);
  EXPECT_EQ(score.clauses_total, 3);
  EXPECT_EQ(score.musts_applicable, 2);
  EXPECT_EQ(score.musts_passed, 1);
  EXPECT_EQ(score.judged, 3);
  EXPECT_EQ(score.conformance(), 0.5);
  EXPECT_EQ(score.coverage(), 1);
  EXPECT_EQ(score.musts_not_held, std::vector<std::string>{"m1"});
  EXPECT_EQ(Decide(run, {score}), ExitCode::kMustFailed);
}

TEST(Score, OnlyMustClausesFailARun) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must"), MakeClause("s", "should")};
  AddCase(run, "m", "m", Verdict::kPass);
  AddCase(run, "s", "s", Verdict::kTimeout);
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kOk);
}

TEST(Score, WhatIsNotDeclaredIsNotApplicable) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must"), MakeClause("p", "must", {"pool"})};
  AddCase(run, "m", "m", Verdict::kPass);
  AddCase(run, "p", "p", Verdict::kUnsupported);
  const BackendScore score = Score(run)[0];
  EXPECT_EQ(score.musts_applicable, 1);
  EXPECT_EQ(score.conformance(), 1);
  EXPECT_EQ(score.coverage(), 0.5);
  EXPECT_EQ(Decide(run, {score}), ExitCode::kOk);
}

TEST(Score, OtherPlatformsAndWithdrawnClausesDoNotCount) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must"), MakeClause("w", "must"),
                 MakeClause("gone", "must"), MakeClause("u", "must")};
  run.clauses[1].platform = "windows";
  run.clauses[2].withdrawn = "0.2: no";
  run.clauses[3].untestable = "it cannot be seen";
  AddCase(run, "m", "m", Verdict::kPass);
  const BackendScore score = Score(run)[0];
  EXPECT_EQ(score.clauses_total, 2);
  EXPECT_EQ(score.musts_applicable, 1);
  EXPECT_EQ(Decide(run, {score}), ExitCode::kOk);
}

TEST(Score, ACaseThatNeedsMoreThanItsClauseMayBeExcused) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must")};
  AddCase(run, "m", "m", Verdict::kPass);
  AddCase(run, "m/pool", "m", Verdict::kUnsupported);
  run.cases.back().requirements = {"pool"};
  const BackendScore score = Score(run)[0];
  EXPECT_EQ(score.verdicts.at("m"), Verdict::kPass);
  EXPECT_EQ(score.musts_passed, 1);
  EXPECT_EQ(Decide(run, {score}), ExitCode::kOk);
  // One that needs no more may not.
  run.cases.back().requirements.clear();
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kMustFailed);
}

TEST(Score, AMustClauseWithoutACaseDoesNotHold) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must"), MakeClause("n", "must")};
  AddCase(run, "m", "m", Verdict::kPass);
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kMustFailed);
  // Unless it is not in scope.
  run.only = {"m"};
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kOk);
  EXPECT_EQ(Score(run)[0].conformance(), 0.5);
}

TEST(Score, EveryWayOfJudgingNothingHasACode) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must")};
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kNothingJudged);
  AddCase(run, "m", "m", Verdict::kUnsupported);
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kAllUnsupported);
  run.outcomes[0].verdict = Verdict::kInfra;
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kNothingJudged);
  AddCase(run, "m/x", "m", Verdict::kPass);
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kInfra);
  run.interrupted = true;
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kInterrupted);
}

// Alone it is no green run; beside another it neither helps nor harms.
TEST(Score, ABackendThatIsNotAvailableDoesNotCount) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must")};
  AddCase(run, "m", "m", Verdict::kUnsupported);
  run.backends[0].unavailable = "no interpreter";
  const BackendScore score = Score(run)[0];
  EXPECT_EQ(score.musts_applicable, 0);
  EXPECT_EQ(score.clauses_total, 1);
  EXPECT_EQ(score.coverage(), 0);
  EXPECT_EQ(score.verdicts.at("m"), Verdict::kUnsupported);
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kNoBackendAvailable);

  run.backends.push_back(MakeBackend("c"));
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kNothingJudged);
  Outcome o = run.outcomes[0];
  o.backend = "c";
  run.outcomes.push_back(o);
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kAllUnsupported);
  const std::pair<Verdict, ExitCode> rows[] = {
      {Verdict::kPass, ExitCode::kOk},
      {Verdict::kFail, ExitCode::kMustFailed},
      {Verdict::kInfra, ExitCode::kNothingJudged}};
  for (const auto& [verdict, code] : rows) {
    run.outcomes[1].verdict = verdict;
    EXPECT_EQ(Decide(run, Score(run)), code) << VerdictName(verdict);
  }
}

TEST(Score, ACaseThatHadNotEndedIsInfra) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must")};
  AddCase(run, "m", "m", Verdict::kPass);
  AddCase(run, "m/x", "m", Verdict::kPass);
  run.outcomes[1].verdict.reset();
  EXPECT_EQ(Score(run)[0].verdicts.at("m"), Verdict::kInfra);
  run.outcomes.pop_back();
  EXPECT_EQ(Score(run)[0].verdicts.at("m"), Verdict::kInfra);
  EXPECT_EQ(Score(run)[0].musts_passed, 0);
}

// What an expectation file does to a case.
void ExpectAny(Outcome& outcome, Verdict verdict) {
  Expectation expectation;
  expectation.verdict = verdict;
  Expect(expectation, outcome);
}

TEST(Score, WhatIsExpectedHoldsButIsNoPass) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must"), MakeClause("n", "must")};
  AddCase(run, "m", "m", Verdict::kPass);
  AddCase(run, "n", "n", Verdict::kFail);
  EXPECT_EQ(Decide(run, Score(run)), ExitCode::kMustFailed);
  ExpectAny(run.outcomes[1], Verdict::kFail);
  const BackendScore score = Score(run)[0];
  EXPECT_EQ(score.verdicts.at("n"), Verdict::kXfail);
  EXPECT_EQ(score.conformance(), 0.5);
  EXPECT_EQ(score.coverage(), 1);
  EXPECT_EQ(Decide(run, {score}), ExitCode::kOk);
}

// At any level.
TEST(Score, WhatGoesOtherwiseThanExpectedFailsARun) {
  RunRecord run = EmptyRun();
  run.clauses = {MakeClause("m", "must"), MakeClause("s", "should")};
  AddCase(run, "m", "m", Verdict::kPass);
  AddCase(run, "s", "s", Verdict::kFail);
  const auto with = [&run](size_t at, Verdict expected, bool intermittent) {
    RunRecord copy = run;
    Expectation expectation;
    expectation.verdict = expected;
    expectation.intermittent = intermittent;
    Expect(expectation, copy.outcomes[at]);
    return Decide(copy, Score(copy));
  };
  EXPECT_EQ(with(0, Verdict::kFail, false), ExitCode::kUnexpected);
  EXPECT_EQ(with(0, Verdict::kFail, true), ExitCode::kOk);
  EXPECT_EQ(with(1, Verdict::kFail, false), ExitCode::kOk);
  EXPECT_EQ(with(1, Verdict::kCrash, false), ExitCode::kUnexpected);
  run.outcomes[1].verdict = Verdict::kUnsupported;
  EXPECT_EQ(with(1, Verdict::kFail, false), ExitCode::kUnexpected);
  // What was not judged went in no way.
  run.outcomes[1].verdict = Verdict::kInfra;
  EXPECT_EQ(with(1, Verdict::kFail, false), ExitCode::kInfra);
}

class Reports {
 public:
  size_t Draw(size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random_);
  }

  RunRecord Next() {
    RunRecord run = EmptyRun();
    const size_t clauses = 1 + Draw(6);
    for (size_t c = 0; c < clauses; ++c) {
      const std::string id = absl::StrCat("c", c);
      run.clauses.push_back(
          MakeClause(id, Draw(3) == 0 ? "should" : "must",
                     {Draw(4) == 0 ? std::string("pool") : "queue"}));
      for (size_t k = Draw(4); k > 0; --k) {
        std::optional<Verdict> verdict = AllVerdicts()[Draw(kVerdictCount)];
        if (Draw(2) == 0) verdict = Verdict::kPass;
        AddCase(run, absl::StrCat(id, "/", k), id, verdict);
        if (Draw(4) == 0) run.cases.back().requirements = {"pool"};
      }
    }
    return run;
  }

 private:
  std::mt19937 random_{20260101};
};

void RemoveOutcome(RunRecord& run, size_t at) {
  run.outcomes.erase(run.outcomes.begin() + static_cast<std::ptrdiff_t>(at));
}

// Whatever makes a report look better than the backend is: no way of it raises
// a number.
TEST(Score, CannotBeRaised) {
  enum Way {
    kSkip,
    kNotFinish,
    kCannotJudge,
    kDrop,
    kNotSelect,
    kInterrupt,
    kExpect,
    kExpectEverything,
    kWays
  };
  constexpr int kReports = 100000;
  Reports reports;
  std::array<int, kWays> lowered = {};
  for (int i = 0; i < kReports; ++i) {
    const RunRecord run = reports.Next();
    if (run.outcomes.empty()) continue;
    const size_t at = reports.Draw(run.outcomes.size());
    const auto way = static_cast<Way>(reports.Draw(kWays));
    RunRecord less = run;
    Outcome& outcome = less.outcomes[at];
    switch (way) {
      case kSkip:
        outcome.verdict = Verdict::kUnsupported;
        break;
      case kNotFinish:
        outcome.verdict.reset();
        break;
      case kCannotJudge:
        outcome.verdict = Verdict::kInfra;
        break;
      case kDrop:
        RemoveOutcome(less, at);
        break;
      case kNotSelect:
        for (CaseInfo& c : less.cases) {
          c.selected = c.name != outcome.case_name;
        }
        RemoveOutcome(less, at);
        break;
      case kInterrupt:
        outcome.verdict.reset();
        less.outcomes.resize(at + 1);
        less.interrupted = true;
        break;
      case kExpect:
        ExpectAny(outcome, AllVerdicts()[reports.Draw(kVerdictCount)]);
        break;
      case kExpectEverything:
        for (Outcome& o : less.outcomes) {
          if (o.verdict.has_value() && CanBeExpected(*o.verdict)) {
            ExpectAny(o, *o.verdict);
          }
        }
        break;
      case kWays:
        break;
    }
    const BackendScore before = Score(run)[0];
    const BackendScore after = Score(less)[0];
    ASSERT_LE(after.conformance(), before.conformance()) << i << " " << way;
    ASSERT_LE(after.coverage(), before.coverage()) << i << " " << way;
    // Nor do the denominators move.
    ASSERT_EQ(after.musts_applicable, before.musts_applicable);
    ASSERT_EQ(after.clauses_total, before.clauses_total);
    if (after.coverage() < before.coverage() ||
        after.conformance() < before.conformance()) {
      ++lowered[way];
    }
  }
  for (Way way :
       {kSkip, kNotFinish, kCannotJudge, kDrop, kNotSelect, kInterrupt}) {
    EXPECT_GT(lowered[way], 1000) << way;
  }
}

}  // namespace
}  // namespace procspec::runner
