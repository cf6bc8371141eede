// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_PRIVATE_IPC_H_
#define PROCSPEC_CONFORMANCE_RUNNER_PRIVATE_IPC_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "conformance/runner/leak.h"

// Shared memory and semaphores with names outlive their processes and belong to
// the whole machine, so that nothing tells who made them. A program that has
// them for itself alone leaves what is then there, starts with none, and the
// system frees all of it with the last process of the program. Windows frees
// each with the last process that has it.

namespace procspec::runner {

// How it is found out what a program leaves of them.
enum class IpcWatch {
  kNone,      // not at all
  kCompared,  // what is there after it and was not before: anybody's
  kPrivate,   // the program has its own
  kPrivateByUserNamespace,  // likewise, where the system permits it only so
  // It need not be: this system frees them with the last process that has them.
  kNothingOutlives,
};

// "none", "compared", "private", "private-by-user-namespace",
// "nothing-outlives".
std::string_view IpcWatchName(IpcWatch watch);
std::optional<IpcWatch> ParseIpcWatch(std::string_view name);

inline bool IsPrivate(IpcWatch watch) {
  return watch == IpcWatch::kPrivate ||
         watch == IpcWatch::kPrivateByUserNamespace;
}

// The private way that this system permits, tried in a child, or kNone; where
// nothing outlives its processes, kNothingOutlives. A program that has shared
// memory for itself cannot see these paths if they are where the system keeps
// shared memory, so that it cannot have it then.
IpcWatch PermittedPrivateIpc(const std::vector<std::string>& paths);

// Gives this process, which has one thread, and all that it starts from now on
// shared memory and semaphores of their own. After an error it must go on no
// further.
absl::Status EnterPrivateIpc(IpcWatch watch);

// What there is, sorted. POSIX message queues are not seen; System V ones count
// as shared memory.
std::vector<Leak> ListIpc();

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_PRIVATE_IPC_H_
