// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/verdict.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/runner/os.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

constexpr Verdict kPass = Verdict::kPass;
constexpr Verdict kUnsup = Verdict::kUnsupported;
constexpr Verdict kInfra = Verdict::kInfra;
constexpr Verdict kLeak = Verdict::kLeak;
constexpr Verdict kFail = Verdict::kFail;
constexpr Verdict kTime = Verdict::kTimeout;
constexpr Verdict kCrash = Verdict::kCrash;

// What tells one situation from another: how the process ended, with which exit
// code, which result it left, and whether it left anything else. Together the
// two tables have every situation there is, each of them once.

constexpr End kOtherEnds[] = {End::kSignalled, End::kDeadline, End::kNotStarted,
                              End::kSupervisorLost, End::kCancelled};

// Of processes that did not exit by themselves neither code nor result counts,
// nor what they left.
struct OtherEnd {
  End end;
  Verdict verdict;
};
constexpr OtherEnd kOtherEndTable[] = {
    {End::kSignalled, kCrash},  {End::kDeadline, kTime},
    {End::kNotStarted, kInfra}, {End::kSupervisorLost, kCrash},
    {End::kCancelled, kInfra},
};

// The last one stands for all other codes.
constexpr int kCodes[] = {0, 1, 2, 3, 5, 66};

struct ExitedRow {
  ResultState result;
  bool leaked;
  Verdict verdicts[std::size(kCodes)];
};
constexpr ResultState kUnsupportedThoughDeclared =
    ResultState::kUnsupportedThoughDeclared;

// clang-format off
constexpr ExitedRow kExitedTable[] = {
    //                           leaked    0       1       2       3       5     other
    {ResultState::kPass,         false, {kPass,  kCrash, kCrash, kCrash, kCrash, kCrash}},
    {ResultState::kPass,         true,  {kLeak,  kCrash, kCrash, kCrash, kCrash, kCrash}},
    {ResultState::kFail,         false, {kFail,  kFail,  kFail,  kFail,  kFail,  kFail}},
    {ResultState::kFail,         true,  {kFail,  kFail,  kFail,  kFail,  kFail,  kFail}},
    {ResultState::kUnsupported,  false, {kCrash, kCrash, kCrash, kUnsup, kCrash, kCrash}},
    {ResultState::kUnsupported,  true,  {kCrash, kCrash, kCrash, kUnsup, kCrash, kCrash}},
    {kUnsupportedThoughDeclared, false, {kCrash, kCrash, kCrash, kFail,  kCrash, kCrash}},
    {kUnsupportedThoughDeclared, true,  {kCrash, kCrash, kCrash, kFail,  kCrash, kCrash}},
    // The testee did not even try. Anybody can exit 2.
    {ResultState::kRefused,      false, {kCrash, kCrash, kInfra, kCrash, kCrash, kCrash}},
    {ResultState::kRefused,      true,  {kCrash, kCrash, kInfra, kCrash, kCrash, kCrash}},
    // The adapter says it is its own fault. Anybody can exit 5.
    {ResultState::kInfra,        false, {kCrash, kCrash, kCrash, kCrash, kInfra, kCrash}},
    {ResultState::kInfra,        true,  {kCrash, kCrash, kCrash, kCrash, kInfra, kCrash}},
    // Written by somebody else than the judge.
    {ResultState::kUnproven,     false, {kCrash, kCrash, kCrash, kCrash, kCrash, kCrash}},
    {ResultState::kUnproven,     true,  {kCrash, kCrash, kCrash, kCrash, kCrash, kCrash}},
    {ResultState::kAbsent,       false, {kCrash, kCrash, kCrash, kCrash, kCrash, kCrash}},
    {ResultState::kAbsent,       true,  {kCrash, kCrash, kCrash, kCrash, kCrash, kCrash}},
    {ResultState::kMalformed,    false, {kCrash, kCrash, kCrash, kCrash, kCrash, kCrash}},
    {ResultState::kMalformed,    true,  {kCrash, kCrash, kCrash, kCrash, kCrash, kCrash}},
};
// clang-format on

constexpr ResultState kAllResults[] = {
    ResultState::kAbsent,      ResultState::kMalformed,
    ResultState::kPass,        ResultState::kFail,
    ResultState::kUnproven,    ResultState::kRefused,
    ResultState::kUnsupported, ResultState::kUnsupportedThoughDeclared,
    ResultState::kInfra};

std::string Describe(const Situation& s) {
  return absl::StrCat(DescribeEnd(s.end, s.code), ", result ",
                      static_cast<int>(s.result),
                      s.leaked ? ", leaked" : ", clean");
}

// The verdicts that the tables above give a situation.
std::vector<Verdict> Declared(const Situation& s) {
  std::vector<Verdict> found;
  for (const OtherEnd& row : kOtherEndTable) {
    if (row.end == s.end) found.push_back(row.verdict);
  }
  if (s.end != End::kExited) return found;
  for (const ExitedRow& row : kExitedTable) {
    if (row.result != s.result || row.leaked != s.leaked) continue;
    const auto* code = std::find(std::begin(kCodes), std::end(kCodes), s.code);
    const size_t column = code == std::end(kCodes)
                              ? std::size(kCodes) - 1
                              : static_cast<size_t>(code - kCodes);
    found.push_back(row.verdicts[column]);
  }
  return found;
}

std::vector<Situation> AllSituations() {
  std::vector<End> ends(std::begin(kOtherEnds), std::end(kOtherEnds));
  ends.push_back(End::kExited);
  std::vector<Situation> all;
  for (End end : ends) {
    for (int code = 0; code < 256; ++code) {
      for (ResultState result : kAllResults) {
        for (bool leaked : {false, true}) {
          all.push_back({end, code, result, leaked});
        }
      }
    }
  }
  return all;
}

TEST(Judge, EverySituationHasItsOneVerdict) {
  for (const Situation& s : AllSituations()) {
    const std::vector<Verdict> declared = Declared(s);
    ASSERT_EQ(declared.size(), 1u) << Describe(s);
    EXPECT_EQ(VerdictName(Judge(s).verdict), VerdictName(declared[0]))
        << Describe(s);
  }
}

// Only one situation is a PASS, and what the result itself does not explain
// has a reason.
TEST(Judge, PassIsRareAndTheRestHasAReason) {
  int passes = 0;
  for (const Situation& s : AllSituations()) {
    const Judgement j = Judge(s);
    EXPECT_EQ(j.reason.find("does not know"), std::string::npos);
    if (j.verdict == kPass) ++passes;
    if (j.verdict == kCrash || j.verdict == kTime || j.verdict == kInfra ||
        j.verdict == kLeak) {
      EXPECT_NE(j.reason, "") << Describe(s);
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
  EXPECT_EQ(DescribeEnd(End::kSignalled, 6), PlatformName() == "windows"
                                                 ? "exception 0x00000006"
                                                 : "signal 6 (SIGABRT)");
}

}  // namespace
}  // namespace procspec::runner
