// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_PROGRAM_H_
#define PROCSPEC_REFERENCE_PROGRAM_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/backend.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::reference {

// What the calling process has besides its children: named variables and exit
// handlers. A forked child has copies of the variables and no handler; a fresh
// program begins without either. Thread-safe.

// As Backend::SetGlobal and Backend::Global.
absl::Status SetGlobal(std::string_view name, Value value);
absl::StatusOr<Value> Global(std::string_view name);

// As Backend::AtExit; the target is called with `backend`. An error of a
// handler is reported on standard error, and the next one runs. Value: unknown
// target.
absl::Status AddExitHandler(std::shared_ptr<Backend> backend,
                            std::string_view target, Arguments arguments);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_PROGRAM_H_
