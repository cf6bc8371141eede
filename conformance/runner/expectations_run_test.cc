// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Files of known deviations, as the program takes them.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "conformance/runner/exit_code.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/testing/shell.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

// All cases of the selection below that fail on the backend "good" of the fake
// testee.
constexpr char kTemplate[] = R"({
  "$schema": "expectations.schema.json",
  "backend": "good",
  "platform": "PLATFORM",
  "intermittent_limit": 1,
  "expect": [
    {
      "case": "queue.put.timeout-full/fail",
      "verdict": "FAIL",
      "message": "Put reports Full",
      "reason": "timeouts are ignored",
      "link": "https://example.org/issues/7",
      "expires": "2999-12-31"
    },
    {
      "case": "queue.put.*/exit-*",
      "matches": 2,
      "verdict": "CRASH",
      "reason": "it exits",
      "link": "https://example.org/issues/8"
    },
    {
      "case": "queue.put.timeout-full/fail-exit-0",
      "verdict": "FAIL",
      "intermittent": true,
      "reason": "fails on busy machines",
      "link": "https://example.org/issues/9"
    }
  ]
}
)";

const std::map<std::string_view, std::string> kElsewhere = {
    {"linux", "windows"}, {"windows", "linux"}};

std::string InOrder() {
  return absl::StrReplaceAll(kTemplate, {{"PLATFORM", PlatformName()}});
}

class ExpectationsRunTest : public testing::Test {
 protected:
  void SetUp() override {
    auto root = MakePrivateRoot();
    ASSERT_TRUE(root.ok()) << root.status();
    root_ = *root;
    procspec_ = BuiltProgram("conformance/runner/procspec");
    testee_ = BuiltProgram("conformance/runner/testing/fake_testee");
    file_ = root_ + "/mine.json";
    log_ = root_ + "/out/log.jsonl";
    SetVariable("XML_OUTPUT_FILE", std::nullopt);  // this test's own
    SetVariable("BUILD_WORKING_DIRECTORY", std::nullopt);
    SetVariable("FAKE_TESTEE_ALL", "1");
    Write(InOrder());
  }
  void TearDown() override { RemoveTree(root_); }

  void Write(const std::string& text) {
    ASSERT_TRUE(WriteFile(file_, text).ok());
  }

  // The exit code of procspec; what it printed is in output_.
  int Procspec(const std::string& arguments) {
    const std::string file = root_ + "/output";
    const int code = RunLine(absl::StrCat(procspec_, " ", arguments), file);
    output_ = ReadFile(file);
    return code;
  }

  int Run(const std::string& more = "") {
    RemoveTree(root_ + "/out");
    return Procspec(absl::StrCat("run --testee=", testee_, " --out=", root_,
                                 "/out --backend=good --jobs=4 --only="
                                 "'*/fail*,*/exit-*,*/pass' --expectations=",
                                 file_, " ", more));
  }

  int Update(const std::string& more = "") {
    return Procspec(
        absl::StrCat("expectations update ", file_, " ", log_, " ", more));
  }

  bool Printed(std::string_view text) const {
    return output_.find(text) != std::string::npos;
  }

  std::string root_;
  std::string procspec_;
  std::string testee_;
  std::string file_;
  std::string log_;
  std::string output_;
};

TEST_F(ExpectationsRunTest, WhatIsExpectedDoesNotFailARun) {
  EXPECT_EQ(Run(), 0) << output_;
  // A person sees that it is expected, why, and where more is said.
  EXPECT_TRUE(Printed("XFAIL queue.put.timeout-full/fail on good")) << output_;
  EXPECT_TRUE(Printed("timeouts are ignored (https://example.org/issues/7)"));
  EXPECT_TRUE(Printed("0.0 %")) << "the score rises by nothing" << output_;
  EXPECT_NE(
      ReadFile(root_ + "/out/junit.xml")
          .find("<skipped message=\"XFAIL: expected FAIL until 2999-12-31: "
                "timeouts are ignored (https://example.org/issues/7)\"/>"),
      std::string::npos);
  for (const char* view : {"report.html", "report.md"}) {
    const std::string text = ReadFile(root_ + "/out/" + view);
    EXPECT_NE(text.find("timeouts are ignored"), std::string::npos) << view;
    EXPECT_NE(text.find("https://example.org/issues/7"), std::string::npos)
        << view;
  }
  auto run = ReadLog(log_);
  ASSERT_TRUE(run.ok()) << run.status();
  int expected = 0;
  for (const Outcome& o : run->outcomes) {
    if (o.verdict != Verdict::kXfail) continue;
    ++expected;
    ASSERT_TRUE(o.expectation.has_value());
    EXPECT_EQ(o.observed, o.expectation->verdict);
    EXPECT_FALSE(o.expectation->reason.empty());
    EXPECT_FALSE(o.expectation->link.empty());
    EXPECT_EQ(o.expectation->file, file_);
  }
  EXPECT_EQ(expected, 4);
  EXPECT_EQ(Procspec(absl::StrCat("expectations check --testee=", testee_, " ",
                                  file_)),
            0)
      << output_;
  // Nothing to mend.
  EXPECT_EQ(Update(), 0) << output_;
  EXPECT_EQ(ReadFile(file_), InOrder());
}

TEST_F(ExpectationsRunTest, EachOfTenFaultsFailsARunAndSaysSo) {
  struct Row {
    const char* name;
    std::function<void(Json&)> seed;
    ExitCode code;
    std::string says;
  };
  const auto entry = [](Json& json, size_t i) -> Json& {
    return json["expect"][i];
  };
  const Row rows[] = {
      {"unexpected pass",
       [](Json& j) {
         Json more = j["expect"][1];
         more.erase("matches");
         more["case"] = "queue.put.timeout-full/pass";
         j["expect"].push_back(more);
       },
       ExitCode::kUnexpected, "XPASS queue.put.timeout-full/pass on good"},
      {"unknown case",
       [&](Json& j) { entry(j, 0)["case"] = "queue.put.timeout-full/fial"; },
       ExitCode::kExpectationsAtFault,
       "no case 'queue.put.timeout-full/fial'; the clause has "},
      {"unknown clause",
       [&](Json& j) { entry(j, 0)["case"] = "queue.put.timeout-ful"; },
       ExitCode::kExpectationsAtFault,
       "no clause 'queue.put.timeout-ful'; did you mean "
       "queue.put.timeout-full"},
      {"unmatched glob", [&](Json& j) { entry(j, 1)["case"] = "*/exist-*"; },
       ExitCode::kExpectationsAtFault, "matches no case"},
      {"unmatched platform",
       [](Json& j) { j["platform"] = kElsewhere.at(PlatformName()); },
       ExitCode::kExpectationsAtFault,
       absl::StrCat("for good on ", kElsewhere.at(PlatformName()),
                    ", but here that runs on ", PlatformName())},
      {"unmatched backend", [](Json& j) { j["backend"] = "godo"; },
       ExitCode::kExpectationsAtFault, "no backend 'godo'; did you mean good"},
      {"message drift",
       [&](Json& j) { entry(j, 0)["message"] = "another failure"; },
       ExitCode::kMustFailed,
       "expects, which is 'another failure'; FAIL until"},
      {"over-wide glob: more than it says",
       [&](Json& j) { entry(j, 1)["matches"] = 1; },
       ExitCode::kExpectationsAtFault,
       "matches 2 cases (queue.put.timeout-full/exit-early, "
       "queue.put.timeout-full/exit-odd), but \"matches\" is 1"},
      {"over-wide glob: more than is allowed",
       [&](Json& j) {
         entry(j, 1)["case"] = "queue.put.*";
         entry(j, 1)["matches"] = 26;
       },
       ExitCode::kExpectationsAtFault, " cases, and at most 20 are allowed"},
      {"duplicate",
       [](Json& j) { j["expect"].push_back(Json(j["expect"][0])); },
       ExitCode::kExpectationsAtFault,
       "a second expectation for queue.put.timeout-full/fail, beside entry 1"},
      {"no reason", [&](Json& j) { entry(j, 1)["reason"] = " "; },
       ExitCode::kExpectationsAtFault, "entry 2 (queue.put.*/exit-*): no \"re"},
      {"no link", [&](Json& j) { entry(j, 1).erase("link"); },
       ExitCode::kExpectationsAtFault, "entry 2 (queue.put.*/exit-*): no \"li"},
      {"expired date", [&](Json& j) { entry(j, 0)["expires"] = "2020-02-29"; },
       ExitCode::kExpectationsAtFault, "expired on 2020-02-29"},
      {"intermittent above the limit",
       [](Json& j) { j.erase("intermittent_limit"); },
       ExitCode::kExpectationsAtFault,
       "1 case is intermittent, but \"intermittent_limit\" is 0"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Json json = *ParseJson(InOrder());
    row.seed(json);
    Write(DumpJson(json));
    EXPECT_EQ(Run(), static_cast<int>(row.code)) << output_;
    EXPECT_TRUE(Printed(row.says)) << output_;
    EXPECT_TRUE(Printed(file_)) << output_;
    if (row.code == ExitCode::kExpectationsAtFault) {
      EXPECT_FALSE(std::filesystem::exists(log_)) << "it was run";
      EXPECT_EQ(Procspec(absl::StrCat("expectations check --testee=", testee_,
                                      " ", file_)),
                30);
      EXPECT_TRUE(Printed(row.says)) << output_;
    } else {
      EXPECT_TRUE(Printed(absl::StrCat("mend: procspec expectations update ",
                                       file_, " ", log_)))
          << output_;
    }
  }
}

TEST_F(ExpectationsRunTest, FilesThatCannotBeUsedAreNamed) {
  EXPECT_EQ(Run("--expectations="), 30);
  EXPECT_TRUE(Printed("names no file")) << output_;
  EXPECT_EQ(Run("--expectations=/no/such.json"), 30);
  EXPECT_TRUE(Printed("/no/such.json: cannot be read")) << output_;
  EXPECT_EQ(Run(absl::StrCat("--expectations=", file_, ",", file_)), 30);
  EXPECT_TRUE(Printed("a second file for good")) << output_;
  Write("{\"backend\":\n \"good\",}");
  EXPECT_EQ(Run(), 30);
  EXPECT_TRUE(Printed("not JSON")) << output_;
  EXPECT_TRUE(Printed("line 2")) << output_;

  Json json = *ParseJson(InOrder());
  json["backend"] = "other";
  Write(DumpJson(json));
  // A selection leaves files alone; else they have to be used.
  EXPECT_EQ(Run(), 1) << output_;
  EXPECT_EQ(Procspec(absl::StrCat("run --backend=good --testee=", testee_,
                                  " --expectations=", file_)),
            30);
  EXPECT_TRUE(Printed("for other, which is not run")) << output_;
}

TEST_F(ExpectationsRunTest, OneCommandMendsTheFile) {
  Json json = *ParseJson(InOrder());
  json["expect"][0]["verdict"] = "TIMEOUT";        // is FAIL
  json["expect"][1]["case"] = "queue.put.*xit-*";  // one of them is FAIL
  json["expect"][1]["matches"] = 4;
  json["expect"].erase(2);  // not expected any more
  Json passes = json["expect"][0];
  passes["case"] = "queue.put.timeout-full/pass";
  json["expect"].push_back(passes);
  Write(DumpJson(json));
  EXPECT_EQ(Run(), 1) << output_;
  EXPECT_EQ(Update("--reason=new"), 2) << output_;
  EXPECT_EQ(Update("--reason=new --link=soon"), 2) << output_;
  EXPECT_EQ(Update(), 30) << output_;
  EXPECT_TRUE(Printed("left to you")) << output_;
  EXPECT_TRUE(Printed("queue.put.timeout-full/fail: is FAIL, not TIMEOUT"));
  EXPECT_TRUE(Printed("dropped queue.put.timeout-full/pass: it is PASS"));
  EXPECT_TRUE(
      Printed("narrowed queue.put.*xit-* to "
              "queue.put.timeout-full/exit-early, "
              "queue.put.timeout-full/exit-odd, "
              "queue.put.timeout-full/pass-exit-1\n"))
      << output_;
  EXPECT_TRUE(
      Printed("queue.put.timeout-full/fail-exit-0: is FAIL, which is "
              "not expected"))
      << output_;
  EXPECT_EQ(Update("--reason=new --link=https://example.org/1"), 0) << output_;
  EXPECT_TRUE(Printed("added queue.put.timeout-full/fail-exit-0")) << output_;
  const std::string mended = ReadFile(file_);
  EXPECT_EQ(Update("--reason=new --link=https://example.org/1"), 0);
  EXPECT_TRUE(Printed("nothing changed")) << output_;
  EXPECT_EQ(ReadFile(file_), mended);
  EXPECT_EQ(Run(), 0) << output_;
  // Nothing is lost with a file or a log that cannot be used.
  EXPECT_EQ(Procspec(absl::StrCat("expectations update ", file_, " /no/log")),
            23);
  EXPECT_EQ(Procspec(absl::StrCat("expectations update /no/file ", log_)), 30);
  json["backend"] = "other";
  Write(DumpJson(json));
  EXPECT_EQ(Update(), 30);
  EXPECT_TRUE(Printed(absl::StrCat("is of good on ", PlatformName())))
      << output_;
  EXPECT_EQ(ReadFile(file_), DumpJson(json));
}

}  // namespace
}  // namespace procspec::runner
