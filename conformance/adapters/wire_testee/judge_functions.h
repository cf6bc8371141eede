// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_JUDGE_FUNCTIONS_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_JUDGE_FUNCTIONS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::wire_testee {

// The functions that the judge has: it runs them there, and what they ask of
// their backend is done here. Needs Participant::Begin.
class JudgeFunctions : public ForeignFunctions {
 public:
  absl::StatusOr<Value> CallTarget(Backend& backend, std::string_view name,
                                   const Arguments& arguments) override;
  absl::StatusOr<Value> CallProcessType(Backend& backend, std::string_view name,
                                        Process& self) override;
};

// The call of an unguarded program (spec/wire.md): the judge knows which.
absl::StatusOr<Value> CallProgram(Backend& backend);

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_JUDGE_FUNCTIONS_H_
