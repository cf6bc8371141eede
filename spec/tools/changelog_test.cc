// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The repository's own promises: clauses, baselines and changelog agree. What
// needs the list of cases as well is in //conformance:traceability_test.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "spec/clause.h"
#include "spec/tools/promises.h"

namespace procspec {
namespace {

class ManifestTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::vector<Baseline>> baselines =
        ReadBaselines("spec/baseline");
    ASSERT_TRUE(baselines.ok()) << baselines.status();
    baselines_ = *std::move(baselines);
    const absl::StatusOr<std::string> changelog =
        ReadTextFile("spec/CHANGELOG.md");
    ASSERT_TRUE(changelog.ok()) << changelog.status();
    changelog_ = ParseChangelog(*changelog);
  }

  static void ExpectNone(const std::vector<std::string>& problems) {
    EXPECT_TRUE(problems.empty()) << absl::StrJoin(problems, "\n");
  }

  std::vector<Baseline> baselines_;
  Changelog changelog_;
};

TEST_F(ManifestTest, EditedClauseHasAChangelogLine) {
  ExpectNone(FindUnexplainedChanges(AllClauses(), baselines_, changelog_));
}

TEST_F(ManifestTest, NoClauseIsRemoved) {
  ExpectNone(FindRemovedClauses(AllClauses(), baselines_));
}

TEST_F(ManifestTest, BaselineIsTheOneInTheChangelog) {
  ExpectNone(FindUnexplainedBaselines(baselines_, changelog_));
}

TEST_F(ManifestTest, ChangelogEntriesAreWellFormed) {
  ExpectNone(FindMalformedEntries(AllClauses(), baselines_, changelog_));
}

}  // namespace
}  // namespace procspec
