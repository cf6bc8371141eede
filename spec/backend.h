// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_BACKEND_H_
#define PROCSPEC_SPEC_BACKEND_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/capability.h"
#include "spec/connection.h"
#include "spec/pool.h"
#include "spec/process.h"
#include "spec/queue.h"
#include "spec/sync.h"
#include "spec/target.h"

namespace procspec {

enum class StandardStream { kOut, kErr };

// Ways for a process to end without any of its exit rules.
enum class CrashKind {
  kKill,           // SIGKILL to itself; exit code -9
  kAbort,          // abort(); exit code -6
  kSegmentation,   // an invalid memory access; exit code -11
  kImmediateExit,  // _exit(code)
};

// An implementation of process-based parallelism, seen from one process: the
// factory of its objects, and the calling process itself. The same interface is
// what a target sees in its child.
//
// To write a backend: subclass this and the interfaces of the areas you have,
// declare those areas in capabilities(), and leave the rest as it is here: what
// is not overridden reports NotImplemented. A backend is judged on what it
// declares.
//
// Thread-safety: any thread may call anything.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual std::string_view name() const = 0;
  virtual CapabilitySet capabilities() const = 0;

  // --- Objects -------------------------------------------------------------
  // Errors of every factory: Value for options out of range, Os when the system
  // refuses, NotImplemented for what the backend lacks.

  // Constructing starts nothing: no pid, not alive, not among ActiveChildren.
  virtual absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options);

  virtual absl::StatusOr<ConnectionPair> NewPipe(bool duplex = true);

  // No bound when `maxsize` is zero or negative.
  virtual absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize = 0);
  virtual absl::StatusOr<std::shared_ptr<JoinableQueue>> NewJoinableQueue(
      int64_t maxsize = 0);
  virtual absl::StatusOr<std::shared_ptr<SimpleQueue>> NewSimpleQueue();

  virtual absl::StatusOr<std::shared_ptr<Lock>> NewLock();
  virtual absl::StatusOr<std::shared_ptr<Lock>> NewRLock();
  // Value: negative.
  virtual absl::StatusOr<std::shared_ptr<Semaphore>> NewSemaphore(
      int64_t value = 1);
  virtual absl::StatusOr<std::shared_ptr<Semaphore>> NewBoundedSemaphore(
      int64_t value = 1);
  virtual absl::StatusOr<std::shared_ptr<Event>> NewEvent();
  // With no lock given, a recursive lock of its own.
  virtual absl::StatusOr<std::shared_ptr<Condition>> NewCondition(
      std::shared_ptr<Lock> lock = nullptr);
  // Value: fewer than one party.
  virtual absl::StatusOr<std::shared_ptr<Barrier>> NewBarrier(
      BarrierOptions options);

  virtual absl::StatusOr<std::shared_ptr<Pool>> NewPool(
      PoolOptions options = {});

  virtual absl::StatusOr<std::shared_ptr<LocalObject>> NewLocalObject();

  // --- The calling process -------------------------------------------------

  // The calling process as an object: in a program's main process its name is
  // "MainProcess", it has no exit code and is not daemonic; in a child it
  // carries what the parent gave it. The same object each time.
  virtual absl::StatusOr<std::shared_ptr<Process>> CurrentProcess();

  // The caller's own started and unfinished children; reaps the finished ones.
  virtual absl::StatusOr<std::vector<std::shared_ptr<Process>>>
  ActiveChildren();

  virtual absl::StatusOr<int64_t> Pid();
  virtual absl::StatusOr<int64_t> ParentPid();

  // How many CPUs there are; what a pool's default is.
  virtual absl::StatusOr<int> CpuCount();

  // Writes the text at once and as one piece, without adding to it.
  virtual absl::Status Print(StandardStream stream, std::string_view text);

  // Ends the calling process. Does not return where the process is the
  // caller's own; a foreign backend returns once its process is gone, and the
  // target then returns at once. `code` is for kImmediateExit.
  virtual absl::Status Crash(CrashKind kind, int code = 0);

  // Registers a target to run when this process ends normally, the last
  // registered first, before its children are joined.
  virtual absl::Status AtExit(std::string_view target,
                              Arguments arguments = {});

  // Named variables of the process. Fork copies them, a fresh program image
  // starts without any; otherwise no process sees another's. Handles are
  // allowed: a forked child finds its own copy. Global: Value when unset.
  virtual absl::Status SetGlobal(std::string_view name, Value value);
  virtual absl::StatusOr<Value> Global(std::string_view name);

  // Ends the main program as its normal end does and returns the status it
  // exits with: exit handlers, then daemonic children are terminated and
  // reaped, then the others are joined, queues pass on what was put. A backend
  // in this process also does so when main returns or exit() is called; calling
  // it twice has no effect.
  virtual int FinishProgram(int status);
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_BACKEND_H_
