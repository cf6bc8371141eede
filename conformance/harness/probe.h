// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_PROBE_H_
#define PROCSPEC_CONFORMANCE_HARNESS_PROBE_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "conformance/harness/timing.h"

// What the judge sees and does to processes with its own eyes and hands, and
// not through the object under test. Process ids are the system's. Errors have
// no ErrorKind: they are the judge's.
//
// Nothing here reaps a child.

namespace procspec::harness {

enum class ProcessState {
  kRunning,  // or sleeping, or stopped
  kZombie,   // ended, and its parent has not taken note; not on Windows
  kGone,     // ended, whoever may still hold a handle of it
};

std::string_view ProcessStateName(ProcessState state);
void PrintTo(ProcessState state, std::ostream* os);

ProcessState StateOf(int64_t pid);

int64_t OwnPid();

// NotFound: there is no such process.
absl::StatusOr<int64_t> ParentOf(int64_t pid);
absl::StatusOr<int64_t> ThreadCountOf(int64_t pid);

// Waits until the process is a zombie or gone.
absl::Status WaitUntilDead(int64_t pid, absl::Duration patience = Guard());

// Waits until it is gone: reaped by its parent.
absl::Status WaitUntilGone(int64_t pid, absl::Duration patience = Guard());

// Ends the process with no chance to clean up, stops it where it is, lets it
// go on. KillHard returns at once; follow it by WaitUntilDead. Stop returns
// when the process has stopped.
//
// Windows gives the killed process kKilledExitCode.
inline constexpr int kKilledExitCode = 9;
absl::Status KillHard(int64_t pid);
absl::Status Stop(int64_t pid);
absl::Status Continue(int64_t pid);

// Sets a variable for this process and the programs it starts from now on.
// While there is one thread.
void SetEnvironment(const std::string& name, const std::string& value);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_PROBE_H_
