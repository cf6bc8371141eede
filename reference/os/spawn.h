// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_SPAWN_H_
#define PROCSPEC_REFERENCE_OS_SPAWN_H_

// For the _posix.cc files of this folder only.

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "reference/os/handle.h"
#include "reference/os/process.h"

namespace procspec::os {

// What a process that is started by this one is given of its handles: from
// here on, in order. After the standard streams.
inline constexpr int kFirstInherited = 3;

// As SpawnSelf; `role` is what the command line says beside that this is a
// spawned process, and `environment` ends with a null.
absl::StatusOr<Child> SpawnSelfAs(std::string_view role,
                                  absl::Span<const NativeHandle> handles,
                                  char* const* environment);

// The role of this process, from the arguments of main. Empty: it was not
// spawned.
std::string_view RoleOf(int argc, char** argv);

// Names this process after the program. The kernel named it after the link that
// was run.
void NameAfterProgram(char** argv);

// In a copy that a fork server made: the handles of its request.
std::vector<UniqueFile> TakeServedHandles();

// In a copy of a process: has CurrentPid ask again. Of what fork() makes it is
// called by itself.
void ForgetOwnPid();

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_SPAWN_H_
