// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_TESTING_RANDOM_RUN_H_
#define PROCSPEC_CONFORMANCE_RUNNER_TESTING_RANDOM_RUN_H_

#include <random>
#include <string>

#include "conformance/runner/run_record.h"

namespace procspec::runner {

// A small run in which anything may be: clauses of every kind, backends that
// declare anything, cases that were not selected, verdicts of all kinds, text
// that means something to Markdown or HTML, a log that ends too early. The same
// seed gives the same run on every system.
RunRecord RandomRun(std::mt19937& random);

// As the runner would have left it behind. Dies if it cannot be written below
// `directory`.
std::string LogOf(const RunRecord& run, const std::string& directory);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_TESTING_RANDOM_RUN_H_
