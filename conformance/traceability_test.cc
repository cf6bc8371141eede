// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Clauses and cases agree, both ways, and spec/manifest.json shows it. Asks the
// testee which cases it has, so that a case that was written and not linked in
// does not count.
//
// Usage: traceability_test TESTEE

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "spec/clause.h"
#include "spec/tools/promises.h"

namespace procspec {
namespace {

std::string* testee = nullptr;  // its path; set by main

void ExpectNone(const std::vector<std::string>& problems) {
  EXPECT_TRUE(problems.empty()) << absl::StrJoin(problems, "\n");
}

class TraceabilityTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::vector<Case>> cases = ListCases(*testee);
    ASSERT_TRUE(cases.ok()) << cases.status();
    cases_ = *std::move(cases);
  }

  std::vector<Case> cases_;
};

TEST_F(TraceabilityTest, EveryClauseHasACaseOrAReason) {
  ExpectNone(FindClausesWithoutCase(AllClauses(), cases_));
}

TEST_F(TraceabilityTest, EveryCaseHasAClauseThatStands) {
  ExpectNone(FindCasesWithoutClause(AllClauses(), cases_));
}

TEST_F(TraceabilityTest, EveryCaseIsNamedByItsClause) {
  ExpectNone(FindMisnamedCases(cases_));
}

TEST_F(TraceabilityTest, ManifestIsUpToDate) {
  const absl::StatusOr<std::string> manifest =
      ReadTextFile("spec/manifest.json");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  ExpectNone(
      FindManifestDifferences(*manifest, MakeManifest(AllClauses(), cases_),
                              "bazel run //conformance:update_manifest"));
}

}  // namespace
}  // namespace procspec

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s TESTEE\n", argv[0]);
    return 2;
  }
  std::string path = argv[1];
  procspec::testee = &path;
  return RUN_ALL_TESTS();
}
