// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_PROCESS_H_
#define PROCSPEC_SPEC_PROCESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec {

// How a process is described before it is constructed.
struct ProcessOptions {
  // A registered process type, whose run function replaces the default one.
  // Empty: the plain type, called "Process", whose run calls `target`.
  std::string type = {};
  // A registered target. Empty: run does nothing and the process exits 0.
  std::string target = {};
  // Captured when the process starts, not when it is constructed.
  Arguments arguments = {};
  // Empty: "<type>-<n>", n counting the processes constructed by this process.
  std::string name = {};
  // Absent: the flag of the constructing process.
  std::optional<bool> daemon = {};
};

// A child process, seen by the process that constructed it; or, from
// Backend::CurrentProcess, the calling process itself.
//
// Ownership: dropping the last reference neither ends nor waits for the child.
// The creator's normal end does: it terminates and reaps its live daemonic
// children first, then joins the others (process.daemon.terminated-at-exit,
// process.exit.joins-non-daemon).
//
// Reaping: on POSIX a finished child stays a zombie until the creator observes
// it through Join, IsAlive, ExitCode, Backend::ActiveChildren or the start of
// another process (process.zombie.until-observed).
//
// Thread-safety: any thread of the creator may call anything. Other processes,
// which see the object only because fork copied it, get Misuse from Start,
// Join, IsAlive and ExitCode.
class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  virtual ~Process() = default;

  // Starts the child and returns without waiting for its target.
  //   Misuse         started before; or the caller is daemonic; or not the
  //                  creator
  //   Value          unknown target or type; closed
  //   Sharing, Serialisation  an argument cannot travel by this start method
  //   Bootstrapping  the caller is itself a child that has not reached its own
  //                  target yet
  //   Os             the system refused
  // After an error the object is as unstarted as before.
  virtual absl::Status Start() = 0;

  // Runs what Start would run, but in the calling process, and returns its
  // error if it has one. The object stays unstarted (process.run.default).
  // Misuse: started.
  virtual absl::Status Run() = 0;

  // Waits until the child has ended or `timeout` has passed, whichever is
  // first; OK in both cases: ExitCode tells which. Zero or negative: does not
  // wait.
  //   Misuse  not started; or not the creator (a process cannot join itself)
  //   Value   closed
  virtual absl::Status Join(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;

  // True from the return of Start to the child's end; false before. On the
  // caller's own object: true. Value: closed. Misuse: not the creator.
  virtual absl::StatusOr<bool> IsAlive() = 0;

  // nullopt before the start and while running; then the exit code, or -N when
  // signal N ended it. A terminated child has -15 on every platform.
  // Value: closed. Misuse: not the creator.
  virtual absl::StatusOr<std::optional<int>> ExitCode() = 0;

  // Asks the child to end (SIGTERM, TerminateProcess) and returns at once.
  // Its exit handlers do not run and its own children live on. No effect once
  // the end was observed. Misuse: not started. Value: closed.
  virtual absl::Status Terminate() = 0;

  // As Terminate, but cannot be ignored: exit code -9 (Windows: -15).
  virtual absl::Status Kill() = 0;

  // Releases what the object holds. Later calls but Name, Daemon and Close
  // report Value. Value: still running (and the object stays usable).
  virtual absl::Status Close() = 0;

  // The system's process id: nullopt before the start, kept after the end.
  // Value: closed.
  virtual absl::StatusOr<std::optional<int64_t>> Pid() = 0;

  virtual std::string Name() = 0;

  // Names need not be unique; the child sees the name as it was at its start.
  // Value: empty.
  virtual absl::Status SetName(std::string_view name) = 0;

  virtual bool Daemon() = 0;

  // Misuse: already started (the flag is unchanged).
  virtual absl::Status SetDaemon(bool daemon) = 0;

  // The arguments that the options gave, or that the child received. Once it has
  // started an object need not have them any more: they are the child's.
  virtual const Arguments& arguments() = 0;

  // Free-form attributes of the object. They travel to the child at the start
  // and never come back. Attribute: Value when there is none of that name.
  virtual absl::Status SetAttribute(std::string_view name, Value value) = 0;
  virtual absl::StatusOr<Value> Attribute(std::string_view name) = 0;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_PROCESS_H_
