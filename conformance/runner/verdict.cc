// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/verdict.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "conformance/runner/os.h"

namespace procspec::runner {
namespace {

constexpr std::array<Verdict, kVerdictCount> kAll = {
    Verdict::kPass,  Verdict::kXfail,   Verdict::kUnsupported,
    Verdict::kInfra, Verdict::kXpass,   Verdict::kLeak,
    Verdict::kFail,  Verdict::kTimeout, Verdict::kCrash};

// The testee's exit codes.
constexpr int kExitPass = 0;
constexpr int kExitFail = 1;
constexpr int kExitUsage = 2;
constexpr int kExitUnsupported = 3;
constexpr int kExitInfra = 5;

// The first row that matches decides; an absent value matches everything.
struct Row {
  End end;
  std::optional<int> code;
  std::optional<ResultState> result;
  std::optional<bool> leaked;
  Verdict verdict;
  std::string_view reason;
  bool tell_end = false;  // the reason ends with how the process ended
};

constexpr Row kTable[] = {
    {End::kNotStarted,
     {},
     {},
     {},
     Verdict::kInfra,
     "the case could not be started"},
    {End::kCancelled, {}, {}, {}, Verdict::kInfra, "the run was interrupted"},
    // Nothing else in a run kills a supervisor.
    {End::kSupervisorLost,
     {},
     {},
     {},
     Verdict::kCrash,
     "the case interfered with its supervision"},
    // Also when a result was written: the case includes its end.
    {End::kDeadline,
     {},
     {},
     {},
     Verdict::kTimeout,
     "the case had not ended by its deadline"},
    {End::kSignalled,
     {},
     {},
     {},
     Verdict::kCrash,
     "the case was ended by",
     true},

    {End::kExited, kExitPass, ResultState::kPass, false, Verdict::kPass, ""},
    // Only what passes can be brought down by what it left: a case that went
    // wrong had no chance to clean up.
    {End::kExited, kExitPass, ResultState::kPass, true, Verdict::kLeak,
     "the case passed, but did not clean up"},
    {End::kExited,
     kExitUnsupported,
     ResultState::kUnsupported,
     {},
     Verdict::kUnsupported,
     ""},
    {End::kExited,
     kExitUnsupported,
     ResultState::kUnsupportedThoughDeclared,
     {},
     Verdict::kFail,
     "unsupported, although the backend declares it"},
    {End::kExited, kExitFail, ResultState::kFail, {}, Verdict::kFail, ""},
    // What an assertion said is worth more than how the process ended then.
    {End::kExited,
     {},
     ResultState::kFail,
     {},
     Verdict::kFail,
     "the case failed, then ended with",
     true},
    {End::kExited,
     kExitUsage,
     ResultState::kRefused,
     {},
     Verdict::kInfra,
     "the testee did not accept its arguments"},
    {End::kExited,
     {},
     ResultState::kRefused,
     {},
     Verdict::kCrash,
     "the testee refused its arguments, then ended with",
     true},
    {End::kExited,
     kExitInfra,
     ResultState::kInfra,
     {},
     Verdict::kInfra,
     kAdapterAtFault},
    {End::kExited,
     {},
     ResultState::kInfra,
     {},
     Verdict::kCrash,
     "the case reported INFRA, then ended with",
     true},
    {End::kExited,
     {},
     ResultState::kUnproven,
     {},
     Verdict::kCrash,
     "the case left a result that lacks the proof of its end, and ended with",
     true},
    {End::kExited,
     {},
     ResultState::kAbsent,
     {},
     Verdict::kCrash,
     "the case left no result and ended with",
     true},
    {End::kExited,
     {},
     ResultState::kMalformed,
     {},
     Verdict::kCrash,
     "the case left half a result and ended with",
     true},
    {End::kExited,
     {},
     ResultState::kPass,
     {},
     Verdict::kCrash,
     "the case reported PASS, then ended with",
     true},
    {End::kExited,
     {},
     ResultState::kUnsupported,
     {},
     Verdict::kCrash,
     "the case reported UNSUPPORTED, then ended with",
     true},
    {End::kExited,
     {},
     ResultState::kUnsupportedThoughDeclared,
     {},
     Verdict::kCrash,
     "the case reported UNSUPPORTED, then ended with",
     true},
};

}  // namespace

std::span<const Verdict> AllVerdicts() { return kAll; }

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "PASS";
    case Verdict::kXfail:
      return "XFAIL";
    case Verdict::kUnsupported:
      return "UNSUPPORTED";
    case Verdict::kInfra:
      return "INFRA";
    case Verdict::kXpass:
      return "XPASS";
    case Verdict::kLeak:
      return "LEAK";
    case Verdict::kFail:
      return "FAIL";
    case Verdict::kTimeout:
      return "TIMEOUT";
    case Verdict::kCrash:
      return "CRASH";
  }
  return "INFRA";
}

std::optional<Verdict> ParseVerdict(std::string_view name) {
  for (Verdict v : kAll) {
    if (VerdictName(v) == name) return v;
  }
  return std::nullopt;
}

std::string_view VerdictMeaning(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "does what the clause says";
    case Verdict::kXfail:
      return "fails, as its expectation says";
    case Verdict::kUnsupported:
      return "needs a capability that the backend does not declare";
    case Verdict::kInfra:
      return "could not be judged; not the backend's fault";
    case Verdict::kXpass:
      return "passes, although its expectation says it fails";
    case Verdict::kLeak:
      return "left something behind";
    case Verdict::kFail:
      return "does not do what the clause says";
    case Verdict::kTimeout:
      return "had not ended by its deadline";
    case Verdict::kCrash:
      return "ended without a result";
  }
  return "";
}

bool IsJudged(Verdict verdict) {
  return verdict != Verdict::kUnsupported && verdict != Verdict::kInfra;
}

bool IsRed(Verdict verdict) {
  switch (verdict) {
    case Verdict::kLeak:
    case Verdict::kFail:
    case Verdict::kTimeout:
    case Verdict::kCrash:
      return true;
    case Verdict::kPass:
    case Verdict::kXfail:
    case Verdict::kUnsupported:
    case Verdict::kInfra:
    case Verdict::kXpass:
      return false;
  }
  return false;
}

Judgement Judge(const Situation& situation) {
  for (const Row& row : kTable) {
    if (row.end != situation.end) continue;
    if (row.code.has_value() && *row.code != situation.code) continue;
    if (row.result.has_value() && *row.result != situation.result) continue;
    if (row.leaked.has_value() && *row.leaked != situation.leaked) continue;
    std::string reason(row.reason);
    if (row.tell_end) {
      absl::StrAppend(&reason, " ", DescribeEnd(situation.end, situation.code));
    }
    return {row.verdict, std::move(reason)};
  }
  return {Verdict::kInfra, "a situation that the runner's table does not know"};
}

std::string DescribeEnd(End end, int code) {
  switch (end) {
    case End::kExited:
      return absl::StrCat("exit code ", code);
    case End::kSignalled:
      return DescribeSignal(code);
    case End::kDeadline:
      return "deadline";
    case End::kNotStarted:
      return "not started";
    case End::kSupervisorLost:
      return "supervisor lost";
    case End::kCancelled:
      return "cancelled";
  }
  return "";
}

}  // namespace procspec::runner
