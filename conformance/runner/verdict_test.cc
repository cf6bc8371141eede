// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/verdict.h"

#include <string>

#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

constexpr ResultState kAllStates[] = {
    ResultState::kAbsent,      ResultState::kMalformed,
    ResultState::kPass,        ResultState::kFail,
    ResultState::kUnproven,    ResultState::kRefused,
    ResultState::kUnsupported, ResultState::kUnsupportedThoughDeclared};

struct Row {
  Situation situation;
  Verdict verdict;
};

TEST(Judge, ExitedCases) {
  using S = ResultState;
  const Row rows[] = {
      {{End::kExited, 0, S::kPass}, Verdict::kPass},
      {{End::kExited, 1, S::kFail}, Verdict::kFail},
      {{End::kExited, 3, S::kUnsupported}, Verdict::kUnsupported},
      {{End::kExited, 3, S::kUnsupportedThoughDeclared}, Verdict::kFail},
      // The testee did not even try. Anybody can exit 2.
      {{End::kExited, 2, S::kRefused}, Verdict::kInfra},
      {{End::kExited, 0, S::kRefused}, Verdict::kCrash},
      {{End::kExited, 2, S::kAbsent}, Verdict::kCrash},
      // Written by somebody else than the judge.
      {{End::kExited, 0, S::kUnproven}, Verdict::kCrash},
      {{End::kExited, 1, S::kUnproven}, Verdict::kCrash},
      {{End::kExited, 2, S::kUnproven}, Verdict::kCrash},
      // Code and result disagree.
      {{End::kExited, 1, S::kPass}, Verdict::kCrash},
      {{End::kExited, 2, S::kPass}, Verdict::kCrash},
      {{End::kExited, 3, S::kPass}, Verdict::kCrash},
      {{End::kExited, 66, S::kPass}, Verdict::kCrash},
      {{End::kExited, 0, S::kFail}, Verdict::kFail},
      {{End::kExited, 3, S::kFail}, Verdict::kFail},
      {{End::kExited, 66, S::kFail}, Verdict::kFail},
      {{End::kExited, 0, S::kUnsupported}, Verdict::kCrash},
      {{End::kExited, 1, S::kUnsupported}, Verdict::kCrash},
      {{End::kExited, 0, S::kUnsupportedThoughDeclared}, Verdict::kCrash},
      // No result.
      {{End::kExited, 0, S::kAbsent}, Verdict::kCrash},
      {{End::kExited, 1, S::kAbsent}, Verdict::kCrash},
      {{End::kExited, 3, S::kAbsent}, Verdict::kCrash},
      {{End::kExited, 66, S::kAbsent}, Verdict::kCrash},
      {{End::kExited, 0, S::kMalformed}, Verdict::kCrash},
      {{End::kExited, 1, S::kMalformed}, Verdict::kCrash},
      {{End::kExited, 2, S::kMalformed}, Verdict::kCrash},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Judge(row.situation).verdict, row.verdict)
        << "code " << row.situation.code << ", result "
        << static_cast<int>(row.situation.result);
  }
}

TEST(Judge, OtherEndsDecideWhateverTheResultSays) {
  const std::pair<End, Verdict> rows[] = {
      {End::kSignalled, Verdict::kCrash},
      {End::kDeadline, Verdict::kTimeout},
      {End::kNotStarted, Verdict::kInfra},
      {End::kSupervisorLost, Verdict::kCrash},
      {End::kCancelled, Verdict::kInfra},
  };
  for (const auto& [end, verdict] : rows) {
    for (ResultState state : kAllStates) {
      EXPECT_EQ(Judge({end, 6, state}).verdict, verdict)
          << static_cast<int>(end) << " " << static_cast<int>(state);
    }
  }
}

// Only one situation is a PASS, and what is not PASS says why.
TEST(Judge, EverySituationIsInTheTable) {
  int passes = 0;
  for (End end : {End::kExited, End::kSignalled, End::kDeadline,
                  End::kNotStarted, End::kSupervisorLost, End::kCancelled}) {
    for (int code = 0; code < 256; ++code) {
      for (ResultState state : kAllStates) {
        const Judgement j = Judge({end, code, state});
        EXPECT_EQ(j.reason.find("does not know"), std::string::npos);
        if (j.verdict == Verdict::kPass) ++passes;
        if (j.verdict == Verdict::kCrash || j.verdict == Verdict::kTimeout ||
            j.verdict == Verdict::kInfra) {
          EXPECT_NE(j.reason, "");
        }
      }
    }
  }
  EXPECT_EQ(passes, 1);
}

TEST(Verdict, NamesGoBothWays) {
  EXPECT_EQ(AllVerdicts().size(), kVerdictCount);
  for (Verdict v : AllVerdicts()) {
    EXPECT_EQ(ParseVerdict(VerdictName(v)), v);
    EXPECT_NE(VerdictMeaning(v), "");
  }
  EXPECT_EQ(ParseVerdict("pass"), std::nullopt);
}

TEST(Verdict, DescribesEnds) {
  EXPECT_EQ(DescribeEnd(End::kExited, 3), "exit code 3");
  EXPECT_EQ(DescribeEnd(End::kSignalled, 6), "signal 6 (SIGABRT)");
}

}  // namespace
}  // namespace procspec::runner
