// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_HANG_GUARD_H_
#define PROCSPEC_CONFORMANCE_HARNESS_HANG_GUARD_H_

#include <string>

#include "absl/time/time.h"

// The last guard of a case: a call of the object under test that never returns
// still gives an outcome, and it is written by the process that hung. A timer
// and not a thread, because cases fork; forked children do not inherit it. On
// Windows, where nothing forks, a thread of its own from arming to disarming.
//
// The runner has a deadline too, a longer one, for what this cannot end.

namespace procspec::harness {

// What is written if the guard strikes, and what the process then ends with.
// Set it before arming, again as often as it changes; any thread.
void SetHangOutcome(std::string content, int exit_code);

// After `patience`, writes the outcome to `path` (by a rename, so never half)
// and ends the process at once with its exit code. Once in a process.
void ArmHangGuard(absl::Duration patience, const std::string& path);
void DisarmHangGuard();

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_HANG_GUARD_H_
