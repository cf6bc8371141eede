// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_EXIT_CODE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_EXIT_CODE_H_

namespace procspec::runner {

// What `procspec` ends with. Scripts rely on these numbers: they never change.
// Running nothing is an error, and every way of it has its own number.
enum class ExitCode {
  // Every applicable must clause holds on every backend, or fails as expected.
  kOk = 0,
  kMustFailed = 1,   // some must clause does not
  kUsage = 2,        // the command line; also an unknown clause for `explain`
  kInfra = 3,        // no must failed, but some case could not be judged
  kCannotWrite = 4,  // the output directory or the log
  kTimeLimit = 5,    // the run reached its --time-limit: not all was run

  kTesteeMissing = 10,  // no such program
  kTesteeBroken = 11,   // it could not say what it has
  kNoBackendsLinked = 12,
  kNoCasesLinked = 13,
  kEmptyBackendList = 14,  // --backend=
  kUnknownBackend = 15,
  kEmptyOnlyList = 16,  // --only=
  kOnlyMatchesNothing = 17,
  kAllUnsupported = 18,
  kSpecMismatch = 19,   // clauses or cases are not those of this spec
  kNothingJudged = 20,  // every case was INFRA
  kNoMutants = 21,
  kMutantMatchesNothing = 22,
  kLogMissing = 23,
  kLogEmpty = 24,           // a log without the record that begins a run
  kOnlyWrongBackends = 25,  // all that are linked are wrong on purpose
  kEmptyMutantList = 26,    // --mutant=
  kEmptyShard = 27,
  kNothingEnded = 28,        // a log in which no case has ended
  kNoBackendAvailable = 29,  // none of those chosen can be used here

  // Known deviations (expectations.h).
  kExpectationsAtFault = 30,  // what a file says cannot be; nothing was run
  kUnexpected = 31,           // a case went otherwise than its file says

  kRegressed = 40,  // diff: something regressed or is missing
  kSlower = 41,     // bench diff: a row is slower

  kInterrupted = 130,
};

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_EXIT_CODE_H_
