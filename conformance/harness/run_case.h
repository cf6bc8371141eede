// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_RUN_CASE_H_
#define PROCSPEC_CONFORMANCE_HARNESS_RUN_CASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/harness/backend_registry.h"
#include "conformance/harness/belongings.h"
#include "conformance/harness/case.h"
#include "spec/backend.h"

// Runs one case in this process and writes what came of it.

namespace procspec::harness {

enum class CaseVerdict { kPass, kFail, kUnsupported, kInfra };

// "PASS", "FAIL", "UNSUPPORTED", "INFRA".
std::string_view CaseVerdictName(CaseVerdict verdict);

// What the testee ends with: 0, 1, 3, 5.
int CaseExitCode(CaseVerdict verdict);

struct Failure {
  std::string file = {};  // from the root of the repository; empty: nowhere
  int line = 0;
  std::string message;
};

struct Outcome {
  CaseVerdict verdict = CaseVerdict::kFail;
  std::string reason;  // why UNSUPPORTED or INFRA
  std::vector<Failure> failures;
  // What this process had when the case and its backend were gone, and had not
  // once the backend was made. Only of a case that passed: one that fails does
  // not get to cleaning up.
  std::vector<Belonging> leaks;
  double duration_ms = 0;
  std::string proof = {};  // with a PASS or an INFRA (proof.h)
};

struct CaseRun {
  const CaseInfo* info = nullptr;
  const BackendEntry* backend = nullptr;
  std::string directory;
  uint64_t seed = 0;
};

// The run that this process is for. Only while a case runs.
const CaseRun& CurrentRun();

// Gives its backend away, to the case. Once.
std::shared_ptr<Backend> TakeCurrentBackend();

// Runs the case as the one GoogleTest test of this program. Once in a process.
// That not exactly one test ran is a failure: tests of another kind were linked
// in, or a filter left none.
//
// Nothing is run, and the verdict is kUnsupported, when the backend is not
// available here, when it does not declare what the clause requires, or when
// the clause is for another platform.
//
// What an adapter reports as its own fault (adapter_support.h), in this process
// or in a program of the case, makes the verdict kInfra, whatever it was.
//
// A case that takes longer than HangGuard does not return from here: its
// outcome, kFail or kInfra, is written to `result_path` and the process ends
// with its exit code.
Outcome RunCase(const CaseRun& run, const std::string& result_path);

// One line of JSON; see README.md for its keys.
std::string ToJson(const CaseRun& run, const Outcome& outcome);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_RUN_CASE_H_
