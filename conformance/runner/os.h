// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_OS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_OS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The runner's few needs of the operating system, but for processes
// (supervisor.h). It leans neither on what it judges nor on what that uses.

namespace procspec::runner {

// A file that only grows. A record appended is either there as a whole or was
// cut by the end of the process or of the disk; no two records interleave.
class AppendFile {
 public:
  virtual ~AppendFile() = default;

  // Hands the record to the operating system in one call, so that it survives
  // the end of this process at any later instant.
  virtual absl::Status Append(std::string_view record) = 0;
};

// An empty file, replacing what was there.
absl::StatusOr<std::unique_ptr<AppendFile>> CreateAppendFile(
    const std::string& path);

// A new directory that nobody else can enter, with a short path: sockets live
// in it, whose paths may have 108 bytes. It is known to be in use for as long
// as this process lives.
absl::StatusOr<std::string> MakePrivateRoot();

// Removes the private roots that killed processes of this user have left.
void RemoveAbandonedRoots();

absl::Status MakePrivateDirectory(const std::string& path);

// Removes a directory tree in whatever state it is, if it is this user's: too
// deep for a path or for a descriptor a level, closed to everybody. Symbolic
// links are not followed. Nobody else may be at work in it.
void RemoveStubbornTree(const std::string& path);

// 128 random bits that nobody can guess, as hexadecimal digits.
absl::StatusOr<std::string> RandomToken();

// The running program's own file.
std::string SelfPath();

// Whether this file can be run.
bool IsExecutable(const std::string& path);

std::string GetEnv(std::string_view name);  // empty if unset

bool StdoutIsTerminal();
int TerminalWidth();  // 80 if it cannot be told

// "linux", "windows".
std::string_view PlatformName();

// What a reader of old figures wants to know: system, machine, processors,
// memory, load.
std::vector<std::pair<std::string, std::string>> MachineContext();

int64_t ProcessId();

// Processors that this process may use; at least 1.
int ProcessorCount();

// "SIGABRT" for 6; empty if unknown.
std::string SignalName(int signal);

// From here on a request to end (Ctrl-C, SIGTERM) is only noted, and wakes
// Supervisor::Wait.
void CatchInterrupts();
bool Interrupted();

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_OS_H_
