// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/kill_matrix.h"

#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

using List = std::vector<std::string>;

class KillMatrixTest : public testing::Test {
 protected:
  KillMatrixTest() {
    run_.platform = "linux";
    right_.capabilities = {"queue", "pool"};
    for (const char* id : {"a", "b", "c"}) {
      ClauseInfo clause;
      clause.id = id;
      clause.level = clause.id == "c" ? "should" : "must";
      clause.platform = "all";
      clause.requirements = {clause.id == "c" ? "pool" : "queue"};
      run_.clauses.push_back(clause);
      run_.cases.push_back({id, id, ""});
    }
    run_.cases.push_back({"a/x", "a", "x"});
    Add("m", {"a"}, {});
  }

  void Add(const std::string& name, List breaks, List collateral) {
    BackendInfo b;
    b.name = name;
    b.platform = "linux";
    b.wrong = true;
    if (!breaks.empty()) b.base = "reference";
    b.breaks = std::move(breaks);
    b.collateral = std::move(collateral);
    b.touches = {"queue"};
    run_.backends.push_back(b);
    for (const CaseInfo& c : run_.cases) Set(name, c.name, Verdict::kPass);
  }

  void Set(const std::string& backend, const std::string& name, Verdict v) {
    verdicts_[{backend, name}] = {v, "why"};
  }

  MutantResult First() {
    return Evaluate(run_, Here(), verdicts_, /*complete=*/true).mutants.at(0);
  }

  // What a right backend with these capabilities promises.
  ClausesHere Here() { return FindClausesHere(run_, {right_}); }

  RunRecord run_;
  BackendInfo right_;
  VerdictMap verdicts_;
};

TEST_F(KillMatrixTest, OneRedCaseKills) {
  for (Verdict red : {Verdict::kFail, Verdict::kCrash, Verdict::kTimeout}) {
    Set("m", "a", red);
    const MutantResult r = First();
    EXPECT_TRUE(r.Ok());
    EXPECT_EQ(r.killed, List{"a"});
    EXPECT_EQ(r.unaware, List{"a/x"});
  }
}

TEST_F(KillMatrixTest, AnUnsupportedCaseIsNotRed) {
  Set("m", "a", Verdict::kUnsupported);
  const MutantResult r = First();
  EXPECT_FALSE(r.Ok());
  EXPECT_EQ(r.survived, List{"a"});
}

TEST_F(KillMatrixTest, AnUndeclaredRedIsAnErrorOnEveryLevel) {
  Set("m", "a", Verdict::kFail);
  Set("m", "c", Verdict::kTimeout);
  const MutantResult r = First();
  EXPECT_FALSE(r.Ok());
  EXPECT_EQ(r.undeclared, List{"c: TIMEOUT: why"});
}

TEST_F(KillMatrixTest, CollateralMustBeRed) {
  run_.backends[0].collateral = {"b"};
  Set("m", "a", Verdict::kFail);
  EXPECT_EQ(First().stale_collateral, List{"b"});
  EXPECT_FALSE(First().Ok());
  Set("m", "b", Verdict::kFail);
  EXPECT_TRUE(First().Ok());
}

TEST_F(KillMatrixTest, WhatWasNotJudgedIsAnError) {
  Set("m", "a", Verdict::kFail);
  Set("m", "b", Verdict::kInfra);
  EXPECT_FALSE(First().Ok());
}

TEST_F(KillMatrixTest, ADeclaredClauseMustExist) {
  run_.backends[0].breaks.push_back("no.such");
  Set("m", "a", Verdict::kFail);
  EXPECT_EQ(First().unknown_clauses, List{"no.such"});
  EXPECT_FALSE(First().Ok());
}

TEST_F(KillMatrixTest, EveryMustClauseNeedsAKill) {
  Set("m", "a", Verdict::kFail);
  KillMatrix matrix = Evaluate(run_, Here(), verdicts_, true);
  EXPECT_EQ(matrix.musts, 2);
  EXPECT_EQ(matrix.musts_not_killed, List{"b"});
  EXPECT_FALSE(matrix.Ok());
  // A part of the mutants does not show that.
  EXPECT_TRUE(Evaluate(run_, Here(), verdicts_, false).Ok());
  // Collateral is no kill.
  run_.backends[0].collateral = {"b"};
  Set("m", "b", Verdict::kFail);
  EXPECT_EQ(Evaluate(run_, Here(), verdicts_, true).musts_not_killed,
            List{"b"});
  run_.backends[0].collateral.clear();
  run_.backends[0].breaks.push_back("b");
  EXPECT_TRUE(Evaluate(run_, Here(), verdicts_, true).Ok());
}

TEST_F(KillMatrixTest, ALiarMustNotPassAnything) {
  Set("m", "a", Verdict::kFail);
  run_.clauses[1].level = "should";
  Add("liar", {}, {});
  EXPECT_FALSE(Evaluate(run_, Here(), verdicts_, true).Ok());
  for (const CaseInfo& c : run_.cases) Set("liar", c.name, Verdict::kFail);
  EXPECT_TRUE(Evaluate(run_, Here(), verdicts_, true).Ok());
  Set("liar", "a/x", Verdict::kPass);
  EXPECT_EQ(Evaluate(run_, Here(), verdicts_, true).liars.at(0).passed,
            List{"a/x"});
}

TEST_F(KillMatrixTest, TasksAreWhatAMutantTouches) {
  Add("liar", {}, {});
  auto count = [](const std::vector<Task>& tasks, const std::string& backend) {
    size_t n = 0;
    for (const Task& t : tasks) n += t.backend->name == backend ? 1 : 0;
    return n;
  };
  std::vector<Task> tasks = MatrixTasks(run_, Here(), MatrixExtent::kTouched);
  EXPECT_EQ(count(tasks, "m"), 3u);  // not c, which requires a pool
  EXPECT_EQ(count(tasks, "liar"), 4u);
  EXPECT_EQ(count(MatrixTasks(run_, Here(), MatrixExtent::kFull), "m"), 4u);
  EXPECT_EQ(count(MatrixTasks(run_, Here(), MatrixExtent::kDeclared), "m"), 2u);
  // What it declares is run whatever it touches.
  run_.backends[0].collateral = {"c"};
  EXPECT_EQ(count(MatrixTasks(run_, Here(), MatrixExtent::kTouched), "m"), 4u);
  run_.backends[0].collateral.clear();
  run_.backends[0].touches.clear();
  EXPECT_EQ(count(MatrixTasks(run_, Here(), MatrixExtent::kTouched), "m"), 4u);
}

TEST_F(KillMatrixTest, WhatNothingHerePromisesCannotBeBroken) {
  run_.backends[0].breaks = {"a", "c"};
  Set("m", "a", Verdict::kFail);
  EXPECT_EQ(First().survived, List{"c"});
  // No right backend here has a pool.
  right_.capabilities = {"queue"};
  EXPECT_TRUE(First().Ok());
  EXPECT_EQ(First().not_here, List{"c"});
  // Nor does it count for another platform.
  run_.clauses[0].platform = "windows";
  run_.clauses[1].platform = "windows";
  const KillMatrix matrix = Evaluate(run_, Here(), verdicts_, true);
  EXPECT_EQ(matrix.musts, 0);
  EXPECT_TRUE(matrix.mutants.empty());
  EXPECT_EQ(matrix.mutants_not_here, List{"m"});
  EXPECT_TRUE(MatrixTasks(run_, Here(), MatrixExtent::kFull).empty());
}

TEST_F(KillMatrixTest, IsWrittenDown) {
  Set("m", "a", Verdict::kFail);
  const KillMatrix matrix = Evaluate(run_, Here(), verdicts_, true);
  EXPECT_NE(KillMatrixJson(run_, matrix).find("\"not_killed\""),
            std::string::npos);
  const std::string markdown = KillMatrixMarkdown(run_, matrix);
  EXPECT_NE(markdown.find("1 of 2 must clauses killed"), std::string::npos)
      << markdown;
}

}  // namespace
}  // namespace procspec::runner
