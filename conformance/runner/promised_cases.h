// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_PROMISED_CASES_H_
#define PROCSPEC_CONFORMANCE_RUNNER_PROMISED_CASES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/run_record.h"
#include "conformance/runner/selection.h"

namespace procspec::runner {

// Clause -> the names of its cases, by spec/manifest.json.
using PromisedCases = std::map<std::string, std::vector<std::string>>;

const PromisedCases& CompiledPromisedCases();

// A testee with some cases of a clause must have all of them: without the one
// that fails, the clause would pass.
std::optional<Problem> CheckComplete(const std::vector<CaseInfo>& cases,
                                     const PromisedCases& promised);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_PROMISED_CASES_H_
