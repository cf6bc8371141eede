// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_COMMAND_H_
#define PROCSPEC_CONFORMANCE_STRESS_COMMAND_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "spec/backend.h"
#include "spec/capability.h"

// What the programs of this folder have in common.

namespace procspec::stress {

// Their exit codes.
inline constexpr int kExitHolds = 0;
inline constexpr int kExitFindings = 1;
inline constexpr int kExitUsage = 2;

// The backend of that name. An error, for people: there is none, it cannot be
// used here, or it lacks something of `required`.
absl::StatusOr<std::shared_ptr<Backend>> MakeBackend(
    const std::string& name, const std::vector<Capability>& required);

// A line on standard error that the next one replaces; nothing if that is no
// terminal.
void ShowProgress(std::string_view line);
void ClearProgress();

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_COMMAND_H_
