// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_PROCESS_H_
#define PROCSPEC_REFERENCE_OS_PROCESS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "reference/os/handle.h"
#include "reference/os/time.h"
#include "spec/backend.h"

namespace procspec::os {

int64_t CurrentPid();
int64_t ParentPid();
int CpuCount();  // at least 1

// Ends the calling process at once: no exit handlers, nothing flushed.
[[noreturn]] void ExitNow(int status);

// As Backend::Crash. No core file is written: the crash is on purpose.
[[noreturn]] void Crash(CrashKind kind, int code);

// --- Children ----------------------------------------------------------------

// The end of a child, to block on. It does not reap, so that several threads
// may wait while another one observes the child. Thread-safe.
class ChildEnd {
 public:
  explicit ChildEnd(int64_t pid);

  // True: the child has ended. False: the time was over first.
  bool Wait(Deadline deadline) const;

  // The system's handle for it, if there is one.
  NativeHandle handle() const { return handle_.get(); }

  // Whether the system has a handle for it that can be waited for; if not, a
  // timed wait looks now and then. Tests switch it off to run both. On Windows
  // there always is one.
  static void AllowHandleForTesting(bool allow);

 private:
  int64_t pid_;
  UniqueFile handle_;
};

// A child of this process until it is reaped. While it is not, its pid names no
// other process. Not thread-safe, except for what End returns.
class Child {
 public:
  enum class State {
    kRunning,
    kEnded,
    kLost,  // somebody else reaped it: its exit code is unknown
  };

  Child() = default;
  explicit Child(int64_t pid) : pid_(pid) {}

  int64_t pid() const { return pid_; }

  // Reaps the child if it has ended. Never blocks.
  State Observe();

  // Once Observe returned kEnded: the exit code, or -N for signal N. On Windows
  // -15 for one that Terminate or Kill ended; codes above the range of an int,
  // which the system gives to what crashed, are negative.
  int exit_code() const { return exit_code_; }

  // To wait with, made on demand. Only while kRunning.
  std::shared_ptr<const ChildEnd> End();

  // No effect unless kRunning. The same on Windows.
  void Terminate();
  void Kill();

 private:
  int64_t pid_ = 0;
  State state_ = State::kRunning;
  int exit_code_ = 0;
  std::shared_ptr<const ChildEnd> end_;
};

// How many children Child::Observe has found ended. Costs a load: whoever
// caches what it knows about other processes asks anew when this has moved.
uint64_t ChildrenSeenToEnd();

// False if no child of this process has ended unreaped: the cheap question
// before each of them is observed. True may be about a child that others
// started.
bool AnyChildEnded();

// Whether this system can start a process as a copy: Fork.
bool HasFork();

// Makes a copy of the calling process: the child, or nullopt in the copy. Runs
// the hooks of os::AtFork around it. Signals are blocked from before it until
// the hooks have run, and nothing is allocated between.
//
// The copy has the calling thread only. It must leave by ExitNow, never by
// returning into frames of its parent.
//
// Os: the system refused; there is no child. NotImplemented: it has no fork.
absl::StatusOr<std::optional<Child>> Fork();

// What starts a program here, in a word: "spawn", "createprocess".
std::string_view SpawnName();

// Starts the running program anew with a command line that tells it so. It gets
// the standard streams (standard input empty), these handles, in order, and no
// other, whatever else is open; environment and working directory are
// inherited. Returns once the new image runs. Os: the system refused; there is
// no child.
absl::StatusOr<Child> SpawnSelf(absl::Span<const NativeHandle> handles);

// Whether this process was started by SpawnSelf, from the arguments of main.
bool IsSpawned(int argc, char** argv);
// The same before main, or far from it: asks the system.
bool IsSpawned();

// The handles that SpawnSelf passed. Once, and only in a process started by it.
std::vector<UniqueFile> TakeInheritedHandles(int argc, char** argv);

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_PROCESS_H_
