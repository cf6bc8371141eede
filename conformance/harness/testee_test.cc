// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Runs testees as the runner does, and reads what they write.
//
// Usage: testee_test SAMPLE_TESTEE STRAY_TESTEE

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/harness/system.h"
#include "conformance/harness/testing/child.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace procspec::harness {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string* sample_testee = nullptr;  // set by main
std::string* stray_testee = nullptr;

using Variables = std::vector<std::pair<std::string, std::string>>;

struct Ended {
  int code = -1;    // -1: by a signal
  std::string out;  // standard output and error
};

Ended RunTestee(const std::string& testee,
                const std::vector<std::string>& arguments,
                const Variables& environment = {},
                const std::optional<std::string>& input = {}) {
  const std::unique_ptr<Child> child = Child::Start({.program = testee,
                                                     .arguments = arguments,
                                                     .environment = environment,
                                                     .input = input,
                                                     .capture_output = true});
  const int code = child->Wait();
  return {code, child->output()};
}

class TesteeTest : public testing::Test {
 protected:
  void SetUp() override { directory_ = NewDirectory(); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::vector<std::string> RunArguments(
      const std::string& name, const std::string& backend = "sample") const {
    return {"run", "--backend=" + backend, "--case=" + name,
            "--dir=" + directory_, "--seed=5"};
  }

  Ended RunCase(const std::string& name, const Variables& environment = {},
                const std::string& backend = "sample",
                const std::string& testee = *sample_testee) {
    return RunTestee(testee, RunArguments(name, backend), environment);
  }

  // With standard input as the proof.
  Ended RunWithProof(const std::string& name, const std::string& input,
                     const Variables& environment = {}) {
    std::vector<std::string> arguments = RunArguments(name);
    arguments.push_back("--proof");
    return RunTestee(*sample_testee, arguments, environment, input);
  }

  bool HasResult() const {
    return std::filesystem::exists(directory_ + "/result.json");
  }

  json Result() const {
    absl::StatusOr<std::string> text =
        ReadFile(directory_ + "/result.json", 1 << 30);
    EXPECT_TRUE(text.ok()) << text.status();
    if (!text.ok()) return json::object();
    return json::parse(*text, nullptr, /*allow_exceptions=*/false);
  }

  std::string directory_;
};

TEST_F(TesteeTest, APassIsWrittenAndExitsZero) {
  const Ended ended = RunCase("queue.put.timeout-full");
  EXPECT_EQ(ended.code, 0) << ended.out;
  const json result = Result();
  EXPECT_EQ(result["verdict"], "PASS");
  EXPECT_EQ(result["backend"], "sample");
  EXPECT_EQ(result["case"], "queue.put.timeout-full");
  EXPECT_EQ(result["clause"], "queue.put.timeout-full");
  EXPECT_EQ(result["seed"], 5);
  EXPECT_THAT(result["failures"], IsEmpty());
  EXPECT_GE(result["duration_ms"].get<double>(), 0);
}

TEST_F(TesteeTest, AFixtureOfOnesOwnWorks) {
  EXPECT_EQ(RunCase("queue.put.timeout-full/own-fixture").code, 0);
}

TEST_F(TesteeTest, FailuresAreWrittenWithTheirPlaceAndExitOne) {
  const Ended ended = RunCase("queue.put.timeout-full/fails");
  EXPECT_EQ(ended.code, 1) << ended.out;
  const json result = Result();
  EXPECT_EQ(result["verdict"], "FAIL");
  EXPECT_EQ(result["case"], "queue.put.timeout-full/fails");
  EXPECT_EQ(result["clause"], "queue.put.timeout-full");
  ASSERT_THAT(result["failures"], SizeIs(2));
  const json& first = result["failures"][0];
  EXPECT_EQ(first["file"], "conformance/harness/testing/sample_cases.cc");
  EXPECT_GT(first["line"].get<int>(), 0);
  EXPECT_THAT(first["message"].get<std::string>(), HasSubstr("not UTF-8"));
}

TEST_F(TesteeTest, EndlessFailuresAreCut) {
  EXPECT_EQ(RunCase("queue.put.timeout-full/fails-endlessly").code, 1);
  const json result = Result();
  EXPECT_EQ(result["failures"].size(), 50u);
  EXPECT_LT(result.dump().size(), 2u << 20);
}

TEST_F(TesteeTest, AnExceptionIsAFailure) {
  EXPECT_EQ(RunCase("queue.put.timeout-full/throws").code, 1);
  const json result = Result();
  ASSERT_THAT(result["failures"], SizeIs(1));
  EXPECT_THAT(result["failures"][0]["message"].get<std::string>(),
              HasSubstr("thrown by the case"));
}

TEST_F(TesteeTest, ASkipIsAFailure) {
  EXPECT_EQ(RunCase("queue.put.timeout-full/skips").code, 1);
  const json result = Result();
  EXPECT_EQ(result["verdict"], "FAIL");
  ASSERT_THAT(result["failures"], SizeIs(1));
  EXPECT_THAT(result["failures"][0]["message"].get<std::string>(),
              AllOf(HasSubstr("must not skip"), HasSubstr("no mood")));
}

TEST_F(TesteeTest, AHangIsAFailureAndKeepsWhatFailedBefore) {
  const Ended ended =
      RunCase("queue.put.timeout-full/hangs", {{"PROCSPEC_GUARD_MS", "100"}});
  EXPECT_EQ(ended.code, 1) << ended.out;
  const json result = Result();
  EXPECT_EQ(result["verdict"], "FAIL");
  EXPECT_EQ(result["case"], "queue.put.timeout-full/hangs");
  ASSERT_THAT(result["failures"], SizeIs(2));
  EXPECT_THAT(result["failures"][0]["message"].get<std::string>(),
              HasSubstr("before it hung"));
  EXPECT_THAT(result["failures"][1]["message"].get<std::string>(),
              HasSubstr("hung: the case was not over after 200ms"));
}

TEST_F(TesteeTest, ACrashWritesNothing) {
  // As if left by an earlier run in the same directory.
  ASSERT_TRUE(WriteFile(directory_ + "/result.json", "{}").ok());
  EXPECT_NE(RunCase("queue.put.timeout-full/crashes").code, 0);
  EXPECT_FALSE(HasResult());
  EXPECT_EQ(RunCase("queue.put.timeout-full/exits").code, 0);
  EXPECT_FALSE(HasResult());
}

// With their exit codes. One of them forks.
std::map<std::string, int> CasesWithoutProof() {
  std::map<std::string, int> cases = {{"fails", 1}, {"needs-more", 3}};
  if (ThisPlatform() == ClausePlatform::kPosix) {
    cases["goes-on-in-a-child"] = 0;
  }
  return cases;
}

TEST_F(TesteeTest, OnlyAPassBringsTheProofBack) {
  EXPECT_EQ(RunWithProof("queue.put.timeout-full", "sesame\n").code, 0);
  EXPECT_EQ(Result()["proof"], "sesame");
  for (const auto& [name, code] : CasesWithoutProof()) {
    EXPECT_EQ(RunWithProof("queue.put.timeout-full/" + name, "sesame\n").code,
              code);
    EXPECT_TRUE(HasResult()) << name;
    EXPECT_FALSE(Result().contains("proof")) << name;
  }
  EXPECT_EQ(RunWithProof("queue.put.timeout-ful", "sesame\n").code, 2);
  EXPECT_EQ(Result()["verdict"], "REFUSED");
  EXPECT_EQ(Result()["proof"], "sesame");
}

// What an adapter reports is the verdict, whatever else happens, and the hint
// its reason; it brings the proof, for it could be forged else.
TEST_F(TesteeTest, WhatAnAdapterReportsIsInfra) {
  struct Row {
    std::string name;
    std::string reason;
    size_t failures;
    std::string guard_ms = {};
  };
  const Row rows[] = {
      {"queue.put.timeout-full/infra-passes", "the first hint", 0},
      {"queue.put.timeout-full/infra-fails", "bytes that are not UTF-8", 2},
      // With the hang.
      {"queue.put.timeout-full/infra-hangs", "it hangs", 3, "100"},
      {"process.exitcode.normal/program-infra", "told by a program", 0},
      // Time enough for a program to start.
      {"process.exitcode.normal/program-infra-hangs", "told by a program", 1,
       "3000"},
  };
  for (const Row& row : rows) {
    const Ended ended = RunWithProof(
        row.name, "sesame\n",
        row.guard_ms.empty() ? Variables()
                             : Variables{{"PROCSPEC_GUARD_MS", row.guard_ms}});
    EXPECT_EQ(ended.code, 5) << row.name << "\n" << ended.out;
    const json result = Result();
    EXPECT_EQ(result["verdict"], "INFRA") << row.name;
    EXPECT_THAT(result["reason"].get<std::string>(), HasSubstr(row.reason));
    EXPECT_THAT(result["failures"], SizeIs(row.failures)) << row.name;
    EXPECT_EQ(result["proof"], "sesame") << row.name;
  }
  EXPECT_EQ(RunCase("queue.put.timeout-full", {}, "unmakeable-by-adapter").code,
            5);
  EXPECT_EQ(Result()["reason"], "out of order");

  EXPECT_NE(RunCase("queue.put.timeout-full/infra-then-crashes").code, 5);
  EXPECT_FALSE(HasResult());
}

TEST_F(TesteeTest, AdaptersHaveADirectory) {
  for (const std::string name :
       {"queue.put.timeout-full/adapter-directory",
        "process.exitcode.normal/program-adapter-directory"}) {
    const Ended ended = RunCase(name);
    EXPECT_EQ(ended.code, 0) << name << "\n" << ended.out;
  }
}

TEST_F(TesteeTest, ABackendThatIsNotAvailableIsUnsupported) {
  const Ended ended = RunCase("queue.put.timeout-full/fails", {}, "absent");
  EXPECT_EQ(ended.code, 3) << ended.out;
  EXPECT_EQ(Result()["verdict"], "UNSUPPORTED");
  EXPECT_EQ(Result()["reason"],
            "not available here: no interpreter; install it");
  EXPECT_EQ(RunCase("queue.put.timeout-full", {}, "present").code, 0);
}

TEST_F(TesteeTest, AProofIsALine) {
  for (const std::string line : {"", "sesame"}) {
    const Ended ended = RunWithProof("queue.put.timeout-full", line);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.out, HasSubstr("standard input begins with no line"));
    EXPECT_FALSE(HasResult());
  }
}

TEST_F(TesteeTest, TheStandardStreamsAreTheJudges) {
  EXPECT_EQ(RunCase("queue.put.timeout-full/closes-output").code, 1);
  ASSERT_THAT(Result()["failures"], SizeIs(1));
  EXPECT_THAT(Result()["failures"][0]["message"].get<std::string>(),
              HasSubstr("closed or replaced"));
}

TEST_F(TesteeTest, AResultThatIsThereIsNotReplaced) {
  const Ended ended = RunCase("queue.put.timeout-full/writes-its-result");
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.out, HasSubstr("is there already"));
  EXPECT_EQ(std::filesystem::file_size(directory_ + "/result.json"), 0u);
}

TEST_F(TesteeTest, WhatTheBackendLacksIsUnsupportedAndNotRun) {
  Ended ended = RunCase("queue.put.timeout-full/fails", {}, "bare");
  EXPECT_EQ(ended.code, 3) << ended.out;
  EXPECT_EQ(Result()["verdict"], "UNSUPPORTED");
  EXPECT_THAT(Result()["reason"].get<std::string>(), HasSubstr("queue"));

  ended = RunCase("queue.put.timeout-full/needs-more");
  EXPECT_EQ(ended.code, 3) << ended.out;
  EXPECT_THAT(Result()["reason"].get<std::string>(), HasSubstr("pool"));
}

TEST_F(TesteeTest, ABackendThatCannotBeMadeIsAFailure) {
  EXPECT_EQ(RunCase("queue.put.timeout-full", {}, "unmakeable").code, 1);
  EXPECT_EQ(Result()["verdict"], "FAIL");
}

TEST_F(TesteeTest, AnotherTestLinkedInIsAFailureOfEveryCase) {
  const Ended ended =
      RunCase("queue.put.timeout-full", {}, "sample", *stray_testee);
  EXPECT_EQ(ended.code, 1) << ended.out;
  const json result = Result();
  EXPECT_EQ(result["verdict"], "FAIL");
  ASSERT_THAT(result["failures"], SizeIs(1));
  EXPECT_THAT(result["failures"][0]["message"].get<std::string>(),
              HasSubstr("exactly one test had to run, 2 did"));
}

TEST_F(TesteeTest, FiltersAndShardsOfTheEnvironmentDoNotMatter) {
  const std::string report = directory_ + "/report.xml";
  const Ended ended =
      RunCase("queue.put.timeout-full", {{"GTEST_FILTER", "Nothing"},
                                         {"GTEST_TOTAL_SHARDS", "3"},
                                         {"GTEST_SHARD_INDEX", "2"},
                                         {"TEST_TOTAL_SHARDS", "3"},
                                         {"GTEST_OUTPUT", "xml:" + report},
                                         {"XML_OUTPUT_FILE", report}});
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_EQ(Result()["verdict"], "PASS");
  EXPECT_FALSE(std::filesystem::exists(report));
}

TEST_F(TesteeTest, UnknownNamesAreUsageErrorsThatNameWhatIsNear) {
  Ended ended = RunCase("queue.put.timeout-ful");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.out, HasSubstr("near it: queue.put.timeout-full"));
  EXPECT_FALSE(HasResult());

  ended = RunCase("queue.put.timeout-full", {}, "sampel");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.out, HasSubstr("near it: sample"));

  EXPECT_EQ(RunTestee(*sample_testee, {"run"}).code, 2);
  EXPECT_EQ(RunTestee(*sample_testee, {"nonsense"}).code, 2);
  EXPECT_EQ(RunTestee(*sample_testee, {}).code, 2);
  EXPECT_EQ(RunTestee(*sample_testee, {"--help"}).code, 0);
}

TEST_F(TesteeTest, ListTellsBackendsAndCases) {
  // The backend that cannot be made spoils the list, and says so.
  const Ended spoilt = RunTestee(*sample_testee, {"list", "--json"});
  EXPECT_EQ(spoilt.code, 1);
  EXPECT_THAT(spoilt.out, HasSubstr("unmakeable"));

  const Ended ended = RunTestee(*sample_testee, {"list", "--json"},
                                {{"SAMPLE_WITHOUT_UNMAKEABLE", "1"}});
  ASSERT_EQ(ended.code, 0) << ended.out;
  const json list = json::parse(ended.out, nullptr, false);
  ASSERT_TRUE(list.is_object()) << ended.out;
  std::vector<std::string> names;
  for (const json& backend : list["backends"]) names.push_back(backend["name"]);
  EXPECT_THAT(names, ElementsAre("absent", "bare", "present", "sample",
                                 "sample-mutant"));
  EXPECT_EQ(list["backends"][0],
            json({{"name", "absent"},
                  {"capabilities", {"process", "programs", "queue"}},
                  {"wrong", false},
                  {"unavailable", "no interpreter; install it"}}));
  EXPECT_FALSE(list["backends"][2].contains("unavailable"));
  EXPECT_EQ(list["backends"][3],
            json({{"name", "sample"},
                  {"capabilities", {"process", "programs", "queue"}},
                  {"wrong", false}}));
  EXPECT_EQ(list["backends"][4],
            json({{"name", "sample-mutant"},
                  {"capabilities", {"process", "programs", "queue"}},
                  {"wrong", true},
                  {"base", "sample"},
                  {"breaks", {"queue.put.timeout-full"}},
                  {"collateral", {"queue.get.blocks"}},
                  {"touches", {"queue"}}}));
  const json needs_more = {{"name", "queue.put.timeout-full/needs-more"},
                           {"clause", "queue.put.timeout-full"},
                           {"variant", "needs-more"},
                           {"requires", {"queue", "pool"}}};
  EXPECT_THAT(list["cases"], testing::Contains(needs_more));
}

TEST_F(TesteeTest, ChildEntriesComeFirst) {
  EXPECT_EQ(RunTestee(*sample_testee, {"sample-child"}).code, 42);
}

TEST_F(TesteeTest, ProgramsRunAsCasesExpect) {
  for (const std::string name :
       {"program", "program-speaks", "program-hangs", "program-unguarded"}) {
    const Ended ended = RunCase("process.exitcode.normal/" + name);
    EXPECT_EQ(ended.code, 0) << name << "\n" << ended.out;
  }
}

}  // namespace
}  // namespace procspec::harness

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s SAMPLE_TESTEE STRAY_TESTEE\n", argv[0]);
    return 2;
  }
  std::string sample = std::filesystem::absolute(argv[1]).string();
  std::string stray = std::filesystem::absolute(argv[2]).string();
  procspec::harness::sample_testee = &sample;
  procspec::harness::stray_testee = &stray;
  return RUN_ALL_TESTS();
}
