// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_EXPECTATION_H_
#define PROCSPEC_CONFORMANCE_RUNNER_EXPECTATION_H_

#include <optional>
#include <string>
#include <string_view>

#include "conformance/runner/run_record.h"

// What is expected of one case, and what that makes of its verdict. Where it
// comes from is expectations.h.

namespace procspec::runner {

// A deviation that can be expected: a case that went wrong by the backend's
// fault.
bool CanBeExpected(Verdict verdict);

// The case went wrong as expected: with this verdict, and saying this.
bool GoesAs(const Expectation& expectation, Verdict observed,
            std::string_view failure_text);

// All that a failed case says; an expected message is part of it.
std::string FailureText(const Outcome& outcome);

// Notes the expectation in an outcome that has its verdict. What went wrong as
// expected becomes XFAIL, PASS becomes XPASS unless it is expected as well, and
// any other verdict stays.
void Expect(const Expectation& expectation, Outcome& outcome);

// The verdict before that. nullopt: the case had not ended.
std::optional<Verdict> ObservedVerdict(const Outcome& outcome);

// An expectation speaks of the case, and it went otherwise. What could not be
// judged went in no way.
bool IsUnexpected(const Outcome& outcome);

// For a person: what is expected, why, and how it went if otherwise. Empty if
// nothing is expected of the case.
std::string ExpectationNote(const Outcome& outcome);

// What a run's expectations have come to, with the command that mends the files
// in which something is wrong. Empty without expectations.
std::string ExpectationSummary(const RunRecord& run,
                               const std::string& log_path);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_EXPECTATION_H_
