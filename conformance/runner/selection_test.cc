// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/selection.h"

#include "conformance/runner/promised_cases.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

TEST(Glob, Matches) {
  EXPECT_TRUE(GlobMatches("", ""));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*", "queue.put/x"));
  EXPECT_TRUE(GlobMatches("queue.*", "queue.put.full"));
  EXPECT_TRUE(GlobMatches("*.full", "queue.put.full"));
  EXPECT_TRUE(GlobMatches("q*t*l", "queue.put.full"));
  EXPECT_TRUE(GlobMatches("queue.p?t", "queue.put"));
  EXPECT_FALSE(GlobMatches("queue.p?t", "queue.pt"));
  EXPECT_FALSE(GlobMatches("queue", "queue.put"));
  EXPECT_FALSE(GlobMatches("*.put", "queue.put.full"));
  EXPECT_FALSE(GlobMatches("", "x"));
}

std::vector<BackendInfo> Backends() {
  std::vector<BackendInfo> out;
  for (const char* name : {"reference-fork", "reference-spawn", "liar"}) {
    BackendInfo b;
    b.name = name;
    b.wrong = b.name == "liar";
    out.push_back(b);
  }
  return out;
}

std::vector<std::string> Names(const Chosen<std::vector<BackendInfo>>& chosen) {
  std::vector<std::string> out;
  for (const BackendInfo& b : std::get<0>(chosen)) out.push_back(b.name);
  return out;
}

using List = std::vector<std::string>;

TEST(ChooseBackends, ByNameGlobOrDefault) {
  EXPECT_EQ(Names(ChooseBackends(Backends(), std::nullopt)),
            (List{"reference-fork", "reference-spawn"}));
  EXPECT_EQ(Names(ChooseBackends(Backends(), "reference-spawn")),
            List{"reference-spawn"});
  // In the testee's order, each once.
  EXPECT_EQ(Names(ChooseBackends(Backends(),
                                 "reference-spawn,reference-fork,*spawn")),
            (List{"reference-fork", "reference-spawn"}));
  // What is wrong on purpose must be meant.
  EXPECT_EQ(Names(ChooseBackends(Backends(), "*")),
            (List{"reference-fork", "reference-spawn"}));
  EXPECT_EQ(Names(ChooseBackends(Backends(), "liar")), List{"liar"});
}

TEST(ChooseBackends, EveryWayOfChoosingNone) {
  EXPECT_EQ(std::get<Problem>(ChooseBackends({}, std::nullopt)).code,
            ExitCode::kNoBackendsLinked);
  EXPECT_EQ(std::get<Problem>(ChooseBackends(Backends(), "")).code,
            ExitCode::kEmptyBackendList);
  EXPECT_EQ(std::get<Problem>(ChooseBackends(Backends(), " , ")).code,
            ExitCode::kEmptyBackendList);
  const Problem unknown =
      std::get<Problem>(ChooseBackends(Backends(), "reference-frok"));
  EXPECT_EQ(unknown.code, ExitCode::kUnknownBackend);
  EXPECT_NE(unknown.message.find("did you mean reference-fork"),
            std::string::npos)
      << unknown.message;
}

std::vector<CaseInfo> Cases() {
  return {{"queue.put", "queue.put", ""},
          {"queue.put/many", "queue.put", "many"},
          {"queue.get/a", "queue.get", "a"},
          {"queue.get/b", "queue.get", "b"}};
}

List Selected(const Chosen<std::vector<CaseInfo>>& chosen) {
  List out;
  for (const CaseInfo& c : std::get<0>(chosen)) {
    if (c.selected) out.push_back(c.name);
  }
  return out;
}

TEST(ChooseCases, ByCaseOrClause) {
  EXPECT_EQ(Selected(ChooseCases(Cases(), std::nullopt)).size(), 4u);
  // The name of a case is that case, as a repro line means it.
  EXPECT_EQ(Selected(ChooseCases(Cases(), "queue.put")), List{"queue.put"});
  // The name of a clause is all its cases.
  EXPECT_EQ(Selected(ChooseCases(Cases(), "queue.get")),
            (List{"queue.get/a", "queue.get/b"}));
  EXPECT_EQ(Selected(ChooseCases(Cases(), "*/a,*put*")),
            (List{"queue.put", "queue.put/many", "queue.get/a"}));
  // Unselected ones stay known.
  EXPECT_EQ(std::get<0>(ChooseCases(Cases(), "queue.put")).size(), 4u);
}

TEST(ChooseCases, EveryWayOfChoosingNone) {
  EXPECT_EQ(std::get<Problem>(ChooseCases({}, std::nullopt)).code,
            ExitCode::kNoCasesLinked);
  EXPECT_EQ(std::get<Problem>(ChooseCases(Cases(), "")).code,
            ExitCode::kEmptyOnlyList);
  // One part that matches does not excuse another.
  const Problem none =
      std::get<Problem>(ChooseCases(Cases(), "queue.put,queue.putt"));
  EXPECT_EQ(none.code, ExitCode::kOnlyMatchesNothing);
  EXPECT_NE(none.message.find("queue.put"), std::string::npos);
}

TEST(CheckClauses, FindsWhatTheSpecificationLacks) {
  ClauseInfo put;
  put.id = "queue.put";
  ClauseInfo get;
  get.id = "queue.get";
  EXPECT_FALSE(CheckClauses(Cases(), {put, get}).has_value());
  EXPECT_EQ(CheckClauses(Cases(), {put})->code, ExitCode::kSpecMismatch);
  get.withdrawn = "0.2: gone";
  EXPECT_EQ(CheckClauses(Cases(), {put, get})->code, ExitCode::kSpecMismatch);
}

// Else a clause would pass by leaving out the case that fails.
TEST(CheckComplete, FindsWhatTheTesteeLacks) {
  const PromisedCases promised = {{"queue.put", {"queue.put", "queue.put/x"}},
                                  {"queue.get", {"queue.get"}}};
  std::vector<CaseInfo> cases = {{"queue.put", "queue.put", ""}};
  const auto problem = CheckComplete(cases, promised);
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->code, ExitCode::kSpecMismatch);
  EXPECT_NE(problem->message.find("lacks queue.put/x:"), std::string::npos);
  // One of which it has no case has no verdict, either.
  cases.push_back({"queue.put/x", "queue.put", "x"});
  EXPECT_FALSE(CheckComplete(cases, promised).has_value());
  // More is no harm.
  cases.push_back({"queue.put/y", "queue.put", "y"});
  EXPECT_FALSE(CheckComplete(cases, promised).has_value());

  EXPECT_GT(CompiledPromisedCases().size(), 200u);
  EXPECT_EQ(CompiledPromisedCases().at("queue.put.timeout-full"),
            std::vector<std::string>{"queue.put.timeout-full"});
}

}  // namespace
}  // namespace procspec::runner
