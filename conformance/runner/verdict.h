// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_VERDICT_H_
#define PROCSPEC_CONFORMANCE_RUNNER_VERDICT_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace procspec::runner {

// What the runner says of a case, from best to worst: a clause with several
// cases has the worst of their verdicts.
enum class Verdict {
  kPass,
  kXfail,        // fails, and an expectation says so
  kUnsupported,  // needs a capability that the backend does not declare
  kInfra,        // could not be judged; never the backend's fault
  kXpass,        // an expectation says it fails, and it does not
  kLeak,         // left something behind
  kFail,
  kTimeout,
  kCrash,
};

inline constexpr size_t kVerdictCount =
    static_cast<size_t>(Verdict::kCrash) + 1;

std::span<const Verdict> AllVerdicts();

// "PASS".
std::string_view VerdictName(Verdict verdict);
std::optional<Verdict> ParseVerdict(std::string_view name);

// One line for a legend.
std::string_view VerdictMeaning(Verdict verdict);

// The backend was judged: it did or did not what the clause says.
bool IsJudged(Verdict verdict);

// A case went wrong in a way that is the backend's.
bool IsRed(Verdict verdict);

// How the process of a case ended.
enum class End {
  kExited,          // code is its exit code
  kSignalled,       // code is the signal, or the exception nobody handled
  kDeadline,        // it was ended because its time was over
  kNotStarted,      // it never ran
  kSupervisorLost,  // the process that watches over it was killed
  kCancelled,       // the run was interrupted
};

// What the case left as its result.
enum class ResultState {
  kAbsent,
  kMalformed,
  kPass,
  // A PASS without the proof that the case came to its end, or an INFRA without
  // the proof that the judge says it.
  kUnproven,
  kRefused,  // the testee did not take its arguments, and proves that
  kFail,
  kUnsupported,
  // Unsupported, although the backend declares all that the clause requires.
  kUnsupportedThoughDeclared,
  kInfra,  // the adapter reported a fault of its own, and the testee proves
           // that
};

// How the reason of an INFRA begins that the adapter reported.
inline constexpr std::string_view kAdapterAtFault =
    "the adapter or the machinery is at fault";

struct Situation {
  End end = End::kExited;
  int code = 0;
  ResultState result = ResultState::kAbsent;
  bool leaked = false;  // it left something behind
};

struct Judgement {
  Verdict verdict;
  std::string reason;  // empty when the verdict says it all
};

// The one place where a situation becomes a verdict.
Judgement Judge(const Situation& situation);

// "exit code 1", "signal 6 (SIGABRT)", "exception 0xC0000005 (...)".
std::string DescribeEnd(End end, int code);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_VERDICT_H_
