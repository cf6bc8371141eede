// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_RUN_H_
#define PROCSPEC_REFERENCE_RUN_H_

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/value.h"

namespace procspec::reference {

// Calls a target where nothing above it may see an exception: what is thrown
// becomes the Raised error. The returned value is dropped.
absl::Status CallGuarded(absl::FunctionRef<absl::StatusOr<Value>()> call);

// The same and keeps the value.
absl::StatusOr<Value> CallGuardedForValue(
    absl::FunctionRef<absl::StatusOr<Value>()> call);

// Tells people, on standard error and as one piece: "WHO:\nTYPE: MESSAGE\n".
void ReportError(std::string_view who, const absl::Status& status);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_RUN_H_
