// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/tools/promises.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "spec/clause.h"

namespace procspec {
namespace {

using Problems = std::vector<std::string>;

constexpr std::string_view kHashA = "aaaaaaaa11111111";
constexpr std::string_view kHashB = "bbbbbbbb22222222";
constexpr std::string_view kHashC = "cccccccc33333333";

Clause MakeClause(std::string_view id, std::string_view hash) {
  return {.id = id,
          .area = "queue",
          .level = Level::kMust,
          .text = "It **must**.",
          .platform = ClausePlatform::kAll,
          .requirements = {},
          .since = "0.1",
          .source = "here",
          .notes = "",
          .untestable = "",
          .withdrawn = "",
          .file = "spec/clauses/queue.md",
          .line = 7,
          .hash = hash};
}

// One problem, which has each of the parts.
void ExpectProblem(const Problems& problems,
                   const std::vector<std::string>& parts) {
  ASSERT_EQ(problems.size(), 1u) << absl::StrJoin(problems, "\n");
  for (const std::string& part : parts) {
    EXPECT_TRUE(absl::StrContains(problems[0], part)) << problems[0];
  }
}

void ExpectNone(const Problems& problems) {
  EXPECT_TRUE(problems.empty()) << absl::StrJoin(problems, "\n");
}

// Two clauses, each with its case; each test seeds one fault.
class PromisesTest : public testing::Test {
 protected:
  std::vector<Clause> clauses_ = {MakeClause("queue.get", kHashA),
                                  MakeClause("queue.put", kHashB)};
  std::vector<Case> cases_ = {{"queue.get", "queue.get"},
                              {"queue.put/thread", "queue.put"},
                              {"queue.put/process", "queue.put"}};
  std::vector<Baseline> baselines_ = {MakeBaseline("0.1", clauses_)};
  Changelog changelog_ = ParseChangelog("");
};

TEST_F(PromisesTest, FaultlessInputsGiveNoProblem) {
  ExpectNone(FindClausesWithoutCase(clauses_, cases_));
  ExpectNone(FindCasesWithoutClause(clauses_, cases_));
  ExpectNone(FindMisnamedCases(cases_));
  ExpectNone(FindUnexplainedChanges(clauses_, baselines_, changelog_));
  ExpectNone(FindRemovedClauses(clauses_, baselines_));
  ExpectNone(FindMalformedEntries(clauses_, baselines_, changelog_));
  const std::string manifest = MakeManifest(clauses_, cases_);
  ExpectNone(FindManifestDifferences(manifest, manifest, "update"));
}

TEST_F(PromisesTest, ClauseWithoutCaseIsFound) {
  cases_.erase(cases_.begin());
  ExpectProblem(
      FindClausesWithoutCase(clauses_, cases_),
      {"spec/clauses/queue.md:7: queue.get has no case", "untestable: reason"});
}

TEST_F(PromisesTest, UntestableOrWithdrawnClauseNeedsNoCase) {
  cases_.clear();
  clauses_[0].untestable = "nobody can wait for ever";
  clauses_[1].withdrawn = "0.2 wrong";
  ExpectNone(FindClausesWithoutCase(clauses_, cases_));
}

TEST_F(PromisesTest, UntestableClauseWithACaseIsFound) {
  clauses_[0].untestable = "nobody can wait for ever";
  ExpectProblem(FindClausesWithoutCase(clauses_, cases_),
                {"queue.get is called untestable and has a case"});
}

TEST_F(PromisesTest, CaseOfUnknownClauseIsFound) {
  cases_.push_back({"queue.putt", "queue.putt"});
  ExpectProblem(FindCasesWithoutClause(clauses_, cases_),
                {"case queue.putt", "does not exist"});
}

TEST_F(PromisesTest, CaseOfWithdrawnClauseIsFound) {
  clauses_[0].withdrawn = "0.2 replaced by queue.take";
  ExpectProblem(FindCasesWithoutClause(clauses_, cases_),
                {"case queue.get", "withdrawn in 0.2 replaced by queue.take",
                 "remove the case"});
}

TEST_F(PromisesTest, CaseNotNamedByItsClauseIsFound) {
  for (const char* name :
       {"queue.put", "queue.get-", "queue.get/", "get", ""}) {
    SCOPED_TRACE(name);
    const std::vector<Case> cases = {{name, "queue.get"}};
    ExpectProblem(FindMisnamedCases(cases), {"queue.get/variant"});
  }
}

TEST_F(PromisesTest, TwoCasesOfOneNameAreFound) {
  cases_.push_back(cases_[0]);
  ExpectProblem(FindMisnamedCases(cases_), {"two cases are named queue.get"});
}

TEST_F(PromisesTest, EditedClauseWithoutChangelogLineIsFound) {
  clauses_[0].hash = kHashC;
  ExpectProblem(FindUnexplainedChanges(clauses_, baselines_, changelog_),
                {"queue.get is not what it promised since 0.1",
                 "- queue.get (cccccccc): "});
}

TEST_F(PromisesTest, ChangelogLineExplainsAnEditedClause) {
  clauses_[0].hash = kHashC;
  changelog_ = ParseChangelog("## 0.2\n\n- queue.get (cccccccc): clearer\n");
  ExpectNone(FindUnexplainedChanges(clauses_, baselines_, changelog_));
}

TEST_F(PromisesTest, ChangelogLineOfAnEarlierEditExplainsNothing) {
  clauses_[0].hash = kHashC;
  changelog_ = ParseChangelog("- queue.get (bbbbbbbb): clearer\n");
  ExpectProblem(FindUnexplainedChanges(clauses_, baselines_, changelog_),
                {"queue.get"});
}

TEST_F(PromisesTest, NewClauseWithoutChangelogLineIsFound) {
  clauses_.push_back(MakeClause("queue.size", kHashC));
  ExpectProblem(FindUnexplainedChanges(clauses_, baselines_, changelog_),
                {"queue.size is new", "- queue.size (cccccccc): "});
}

TEST_F(PromisesTest, FreezingAgainDoesNotHideAChange) {
  clauses_[0].hash = kHashC;
  baselines_.push_back(MakeBaseline("0.2", clauses_));
  ExpectProblem(FindUnexplainedChanges(clauses_, baselines_, changelog_),
                {"queue.get", "cccccccc"});
}

TEST_F(PromisesTest, NoBaselineIsAProblem) {
  ExpectProblem(FindUnexplainedChanges(clauses_, {}, changelog_),
                {"no baseline", "new_baseline"});
}

TEST_F(PromisesTest, RemovedClauseIsFoundOnce) {
  baselines_.push_back(MakeBaseline("0.2", clauses_));
  clauses_.pop_back();
  ExpectProblem(FindRemovedClauses(clauses_, baselines_),
                {"queue.put was in 0.2", "withdrawn: VERSION reason"});
}

TEST_F(PromisesTest, BaselineIsKnownByItsChangelogLine) {
  ExpectProblem(FindUnexplainedBaselines(baselines_, changelog_),
                {"spec/baseline/0.1.json", BaselineLine(baselines_[0])});
  changelog_ = ParseChangelog(BaselineLine(baselines_[0]) + "first version");
  ExpectNone(FindUnexplainedBaselines(baselines_, changelog_));
  ExpectNone(FindMalformedEntries(clauses_, baselines_, changelog_));

  baselines_[0].hashes["queue.get"] = kHashC;
  ExpectProblem(FindUnexplainedBaselines(baselines_, changelog_),
                {"a frozen baseline is not edited"});
}

TEST_F(PromisesTest, MalformedChangelogEntryIsFound) {
  for (const char* line :
       {"- queue.get: no hash", "- queue.get (aaaaaaaa)",
        "- queue.get (aaaaaaaa): ", "- queue.get (aaaa): short",
        "- queue.get (aaaaaaaag): long", "- queue.get (xaaaaaaa): odd"}) {
    SCOPED_TRACE(line);
    ExpectProblem(
        FindMalformedEntries(clauses_, baselines_, ParseChangelog(line)),
        {line, "is no entry"});
  }
}

TEST_F(PromisesTest, ChangelogEntryOfUnknownClauseIsFound) {
  changelog_ = ParseChangelog("- queue.gett (aaaaaaaa): clearer\n");
  ExpectProblem(FindMalformedEntries(clauses_, baselines_, changelog_),
                {"no clause queue.gett"});
}

TEST_F(PromisesTest, ChangelogProseIsNoEntry) {
  const Changelog changelog =
      ParseChangelog("# Changes\r\n\r\nProse - so.\r\n    - an example\r\n");
  EXPECT_TRUE(changelog.entries.empty());
  EXPECT_TRUE(changelog.malformed.empty());
}

TEST_F(PromisesTest, ManifestDoesNotDependOnTheOrderOfCases) {
  std::vector<Case> reversed = cases_;
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(MakeManifest(clauses_, cases_), MakeManifest(clauses_, reversed));
}

TEST_F(PromisesTest, ManifestSaysWhatAClausePromises) {
  constexpr Capability kRequirements[] = {Capability::kQueue,
                                          Capability::kRLock};
  clauses_ = {MakeClause("queue.put", kHashA)};
  clauses_[0].requirements = kRequirements;
  clauses_[0].withdrawn = "0.2 wrong";
  EXPECT_EQ(MakeManifest(clauses_, cases_), R"([
  {
    "id": "queue.put",
    "level": "must",
    "area": "queue",
    "hash": "aaaaaaaa11111111",
    "since": "0.1",
    "platform": "all",
    "requires": [
      "queue",
      "rlock"
    ],
    "withdrawn": "0.2 wrong",
    "cases": [
      "queue.put/process",
      "queue.put/thread"
    ]
  }
]
)");
}

TEST_F(PromisesTest, ManifestDifferencesNameClauseAndMember) {
  const std::string old_manifest = MakeManifest(clauses_, cases_);
  clauses_[0].level = Level::kShould;
  clauses_[1] = MakeClause("queue.size", kHashB);
  const Problems problems = FindManifestDifferences(
      old_manifest, MakeManifest(clauses_, cases_), "update it");
  ASSERT_EQ(problems.size(), 4u) << absl::StrJoin(problems, "\n");
  EXPECT_EQ(problems[0], "queue.put is only in spec/manifest.json");
  EXPECT_EQ(problems[1],
            "queue.get: level is \"should\", and in spec/manifest.json "
            "\"must\"");
  EXPECT_EQ(problems[2], "queue.size is not in spec/manifest.json");
  EXPECT_TRUE(absl::StrContains(problems[3], "'update it'")) << problems[3];
}

TEST_F(PromisesTest, BrokenManifestIsADifference) {
  EXPECT_FALSE(FindManifestDifferences("<<<<", MakeManifest(clauses_, cases_),
                                       "update it")
                   .empty());
}

TEST_F(PromisesTest, BaselineSurvivesFormatting) {
  const absl::StatusOr<Baseline> read =
      ParseBaseline(FormatBaseline(baselines_[0]));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->version, "0.1");
  EXPECT_EQ(read->hashes, baselines_[0].hashes);
}

TEST(ParseBaselineTest, BrokenBaselineIsAnError) {
  for (const char* text :
       {"", "[]", "{}", R"({"version": "0.1"})",
        R"({"version": 1, "hashes": {}})",
        R"({"version": "0.1", "hashes": {"queue.get": 7}})"}) {
    EXPECT_EQ(ParseBaseline(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

class ReadBaselinesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& version) {
    std::ofstream(absl::StrCat(folder_, "/", name))
        << FormatBaseline({.version = version, .hashes = {}});
  }

  const std::string folder_ = testing::TempDir() + "/baselines";
};

TEST_F(ReadBaselinesTest, BaselinesComeInTheOrderOfVersions) {
  Write("0.10.json", "0.10");
  Write("0.9.json", "0.9");
  Write("README.md", "0.8");
  const absl::StatusOr<std::vector<Baseline>> baselines =
      ReadBaselines(folder_);
  ASSERT_TRUE(baselines.ok()) << baselines.status();
  ASSERT_EQ(baselines->size(), 2u);
  EXPECT_EQ((*baselines)[0].version, "0.9");
  EXPECT_EQ((*baselines)[1].version, "0.10");
}

TEST_F(ReadBaselinesTest, WrongNameOrMissingFolderIsAnError) {
  Write("0.1.json", "0.2");
  EXPECT_FALSE(ReadBaselines(folder_).ok());
  EXPECT_FALSE(ReadBaselines(folder_ + "/none").ok());
}

TEST(ParseCasesTest, CasesAreReadAndFurtherMembersIgnored) {
  const absl::StatusOr<std::vector<Case>> cases = ParseCases(
      R"({"backends": [], "cases": [
           {"name": "queue.put/a", "clause": "queue.put", "size": 1}]})");
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_EQ(cases->size(), 1u);
  EXPECT_EQ((*cases)[0].name, "queue.put/a");
  EXPECT_EQ((*cases)[0].clause, "queue.put");
}

TEST(ParseCasesTest, AnythingElseIsAnError) {
  for (const char* text :
       {"", "[]", "{}", R"({"cases": {}})", R"({"cases": []})",
        R"({"cases": [7]})", R"({"cases": [{"name": "queue.put"}]})",
        R"({"cases": [{"name": "queue.put", "clause": 1}]})"}) {
    EXPECT_FALSE(ParseCases(text).ok()) << text;
  }
}

TEST(ListCasesTest, TesteeThatFailsIsAnError) {
  EXPECT_FALSE(ListCases("/nowhere/testee").ok());
}

}  // namespace
}  // namespace procspec
