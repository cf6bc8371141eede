// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_TESTEE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_TESTEE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/supervisor.h"

// The program that links cases and backends, as the runner sees it:
//
//   testee list --json
//   testee run --backend=B --case=C --dir=D [--seed=N] [--proof]

namespace procspec::runner {

struct TesteeList {
  std::vector<BackendInfo> backends;
  std::vector<CaseInfo> cases;
};

// Where a testee is found that was not named: PROCSPEC_TESTEE, beside this
// program, in its runfiles. Empty if nowhere.
std::string DefaultTestee();

// What a testee has. NotFound if it is not there or cannot be run,
// FailedPrecondition if it does not answer as it should.
absl::StatusOr<TesteeList> ListTestee(const std::string& testee);

// From the text that `testee list --json` prints.
absl::StatusOr<TesteeList> ParseTesteeList(std::string_view text);

struct CaseReport {
  ResultState state = ResultState::kAbsent;
  std::vector<Failure> failures;
  std::string reason;
  std::vector<Leak> leaks;  // that only the case's own process can see
};

// What a case wrote to result.json; bounded, whatever the file is. `proof` is
// what the testee was given by standard input: a PASS or an INFRA without it
// was written by somebody else, or before the case had come to its end.
CaseReport ReadCaseReport(const std::string& path, std::string_view proof);
CaseReport ParseCaseReport(std::string_view text, std::string_view proof);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_TESTEE_H_
