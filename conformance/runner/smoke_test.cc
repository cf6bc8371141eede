// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The smoke test of adapters: its cases, and what is concluded of each way in
// which a run of them can go. With real adapters and backends that are at
// fault:
// //conformance/matrix:smoke_fault_test.

#include "conformance/runner/smoke.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "conformance/runner/log.h"
#include "conformance/runner/promised_cases.h"
#include "conformance/runner/testing/procspec_fixture.h"
#include "gtest/gtest.h"
#include "spec/capability.h"

namespace procspec::runner {
namespace {

TEST(SmokeCases, AreCasesOfMustClausesForAllPlatforms) {
  std::set<std::string_view> seen;
  for (const SmokeArea& area : SmokeAreas()) {
    EXPECT_GE(area.cases.size(), 2u) << area.name;
    for (std::string_view name : area.cases) {
      EXPECT_TRUE(seen.insert(name).second) << name;
      const std::string clause(name.substr(0, name.find('/')));
      const auto promised = CompiledPromisedCases().find(clause);
      ASSERT_NE(promised, CompiledPromisedCases().end()) << name;
      EXPECT_EQ(
          std::count(promised->second.begin(), promised->second.end(), name), 1)
          << name;
      for (const ClauseInfo& info : CompiledClauses()) {
        if (info.id != clause) continue;
        EXPECT_TRUE(info.IsMust()) << name;
        EXPECT_EQ(info.platform, "all") << name;
        EXPECT_EQ(info.withdrawn, "") << name;
      }
    }
  }
}

// Whatever kind of object a backend has, smoke cases ask for it.
TEST(SmokeCases, RequireEachKindOfObject) {
  std::set<std::string> required;
  for (const ClauseInfo& info : CompiledClauses()) {
    for (const SmokeArea& area : SmokeAreas()) {
      for (std::string_view name : area.cases) {
        if (name.substr(0, name.find('/')) != info.id) continue;
        required.insert(info.requirements.begin(), info.requirements.end());
      }
    }
  }
  // Of the process rather than an object, and slow to show.
  const std::set<Capability> others = {
      Capability::kTerminate, Capability::kLocalObjects, Capability::kStdio,
      Capability::kPrograms};
  for (Capability capability : AllCapabilities()) {
    EXPECT_EQ(required.count(std::string(CapabilityName(capability))),
              others.count(capability) > 0 ? 0u : 1u)
        << CapabilityName(capability);
  }
}

class SmokeTest : public ProcspecTest {
 protected:
  // Of the fake testee with all smoke cases, which pass but for these.
  int Smoke(const std::map<std::string, std::string>& behaviours,
            std::string_view arguments = "",
            std::string_view environment = "") {
    std::string cases;
    for (const SmokeArea& area : SmokeAreas()) {
      for (std::string_view name : area.cases) {
        const auto it = behaviours.find(std::string(name));
        absl::StrAppend(&cases, cases.empty() ? "" : ",", name, ":",
                        it == behaviours.end() ? "pass" : it->second);
      }
    }
    return Shell(absl::StrCat("FAKE_TESTEE_CASES=", cases, " ", environment,
                              " ", procspec_, " smoke --testee=", testee_,
                              " --out=", root_, "/out --backend=good ",
                              arguments));
  }
};

TEST_F(SmokeTest, AllPasses) {
  EXPECT_EQ(Smoke({}), 0) << output_;
  EXPECT_TRUE(Printed("  process         ok\n")) << output_;
  EXPECT_TRUE(Printed("  queue           ok\n")) << output_;
  EXPECT_TRUE(Printed("  pool            -  not declared\n")) << output_;
  EXPECT_TRUE(
      Printed(absl::StrCat("5 cases of 2 areas pass: run `procspec run "
                           "--testee=",
                           testee_, " --backend=good` next\n")))
      << output_;
  const auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->command, "smoke");
  EXPECT_TRUE(run->IsComplete());
  EXPECT_TRUE(run->IsSelection());
  EXPECT_EQ(run->outcomes.size(), 5u);
}

TEST_F(SmokeTest, QuietIsTheConclusionAlone) {
  EXPECT_EQ(Smoke({}, "--quiet"), 0) << output_;
  EXPECT_FALSE(Printed("not declared")) << output_;
  EXPECT_TRUE(Printed("5 cases of 2 areas pass")) << output_;
}

TEST_F(SmokeTest, ABackendThatFails) {
  EXPECT_EQ(Smoke({{"queue.value-kinds", "fail"},
                   {"process.exitcode.none-while-running", "exit-odd"}}),
            1)
      << output_;
  EXPECT_TRUE(
      Printed("  process         CRASH  process.exitcode.none-while-running: "))
      << output_;
  EXPECT_TRUE(
      Printed("  queue           FAIL  queue.value-kinds: Expected: "
              "Put reports Full Actual: OK <after> 3 ms\n"))
      << output_;
  // What the others stand on comes first.
  EXPECT_TRUE(
      Printed("the backend fails 2 of 5: start with "
              "process.exitcode.none-while-running [exit 1]\n"))
      << output_;
  EXPECT_TRUE(Printed("--only=process.exitcode.none-while-running\n"))
      << output_;
}

TEST_F(SmokeTest, WhatIsDeclaredIsImplemented) {
  EXPECT_EQ(Smoke({{"queue.value-kinds", "not-implemented"}}), 1) << output_;
  EXPECT_TRUE(
      Printed("start with queue.value-kinds; the backend declares "
              "process, queue, so NotImplemented is no answer"))
      << output_;
  EXPECT_EQ(Smoke({{"queue.value-kinds", "unsupported"}}), 1) << output_;
  EXPECT_TRUE(Printed("unsupported, although the backend declares it"))
      << output_;
}

TEST_F(SmokeTest, AnAdapterAtFault) {
  EXPECT_EQ(Smoke({{"queue.value-kinds", "infra"},
                   {"process.exitcode.none-while-running", "fail"}}),
            3)
      << output_;
  EXPECT_TRUE(
      Printed("  queue           INFRA  queue.value-kinds: sent <a>, got <b>"))
      << output_;
  EXPECT_TRUE(
      Printed("the adapter is at fault: sent <a>, got <b>; then look "
              "again at the 1 of 5 that fail [exit 3]\n"))
      << output_;
}

TEST_F(SmokeTest, ThreeInfraAreEnough) {
  EXPECT_EQ(Smoke({{"process.target.runs-in-child", "infra"},
                   {"process.target.args-kwargs.positional", "infra"},
                   {"queue.get.nonblocking-empty", "infra"},
                   {"queue.value-kinds", "hang"}},
                  "--jobs=1 --time-limit=500"),
            3)
      << output_;
  const auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->outcomes.size(), 3u);
  EXPECT_TRUE(Printed("the adapter is at fault: sent <a>, got <b> [exit 3]\n"))
      << output_;
}

TEST_F(SmokeTest, TheMachineryIsNotTheAdapter) {
  EXPECT_EQ(Smoke({{"queue.value-kinds", "usage"}}), 3) << output_;
  EXPECT_TRUE(
      Printed("the machinery is at fault: the testee did not accept "
              "its arguments"))
      << output_;
}

TEST_F(SmokeTest, EndsInTime) {
  EXPECT_EQ(Smoke({{"process.exitcode.none-while-running", "hang"}},
                  "--deadline=100 --time-limit=2"),
            5)
      << output_;
  EXPECT_TRUE(Printed(
      "  process         ?  not over: process.exitcode.none-while-running"))
      << output_;
  EXPECT_TRUE(Printed("of 5 cases were over in time, and pass")) << output_;
  EXPECT_EQ(Smoke({{"process.target.runs-in-child", "hang"}},
                  "--deadline=100 --time-limit=2 --jobs=1"),
            5)
      << output_;
  EXPECT_TRUE(Printed("  not over: process, queue\n")) << output_;
  // A case that hangs is ended before the run is.
  EXPECT_EQ(Smoke({{"process.exitcode.none-while-running", "hang"}},
                  "--deadline=0.5 --time-limit=500"),
            1)
      << output_;
  EXPECT_TRUE(Printed(
      "  process         TIMEOUT  process.exitcode.none-while-running: "))
      << output_;
}

TEST_F(SmokeTest, NoBackendToRun) {
  EXPECT_EQ(Smoke({}, "--backend=goof"), 15) << output_;
  EXPECT_TRUE(Printed("did you mean good")) << output_;
  EXPECT_EQ(Smoke({}, "--backend=good,other"), 2) << output_;
  EXPECT_TRUE(Printed("means 2 backends; smoke takes one")) << output_;
  EXPECT_EQ(Smoke({}, "--backend=other"), 18) << output_;
  EXPECT_TRUE(Printed("other declares none of what")) << output_;
  EXPECT_EQ(Smoke({}, "", "FAKE_TESTEE_UNAVAILABLE=good"), 29) << output_;
  EXPECT_TRUE(Printed("good is not available here: no <interpreter>"))
      << output_;
}

// As when a factory gives nothing.
TEST_F(SmokeTest, ATesteeThatCannotSayWhatItHas) {
  EXPECT_EQ(Smoke({}, "", "FAKE_TESTEE_LIST=crash"), 3) << output_;
  EXPECT_TRUE(Printed("the adapter is at fault: `")) << output_;
}

}  // namespace
}  // namespace procspec::runner
