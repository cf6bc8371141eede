// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_BACKEND_BASE_H_
#define PROCSPEC_SPEC_BACKEND_BASE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/backend.h"
#include "spec/process.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec {

// All that has to reach a child for it to be what its creator described.
struct ChildPlan {
  std::string type = {};
  std::string target = {};
  Arguments arguments = {};
  std::string name = {};
  bool daemon = false;
  Dict attributes = {};
};

enum class EndBy {
  kTerminate,  // SIGTERM, TerminateProcess
  kKill,       // what cannot be ignored
};

// What most backends with processes of their own have in common: process
// objects and their states, names, attributes, the list of children, the exit
// work, exit handlers, named variables. What is left to an author is to start a
// child, to ask whether it has ended, and to end it:
//
//   class MyBackend : public BackendBase {
//     absl::StatusOr<int64_t> Pid() override { return getpid(); }
//     absl::StatusOr<int64_t> StartChild(const ChildPlan& plan) override {
//       const pid_t pid = fork();
//       if (pid == 0) _exit(RunChild(plan));
//       ...
//     }
//   };
//
// examples/own_backend is a whole one. Everything here can be overridden.
//
// The backend must outlive the calls on its process objects, but not the
// objects. One is for one process: two of them in a process would count, list
// and join each its own children only.
//
// Thread-safety: as Backend. A child may be forked while other threads are
// inside any call here. A process that is forked by other means than StartChild
// must not use the backend.
class BackendBase : public Backend {
 public:
  BackendBase();
  ~BackendBase() override;

  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override;
  absl::StatusOr<std::shared_ptr<Process>> CurrentProcess() override;
  absl::StatusOr<std::vector<std::shared_ptr<Process>>> ActiveChildren()
      override;
  absl::StatusOr<std::shared_ptr<LocalObject>> NewLocalObject() override;
  absl::StatusOr<int> CpuCount() override;

  // Through stdio, which the text does not stay in.
  absl::Status Print(StandardStream stream, std::string_view text) override;

  // kKill by EndChild on the calling process.
  absl::Status Crash(CrashKind kind, int code = 0) override;

  absl::Status AtExit(std::string_view target,
                      Arguments arguments = {}) override;
  absl::Status SetGlobal(std::string_view name, Value value) override;
  absl::StatusOr<Value> Global(std::string_view name) override;

  // Whoever wants it when main returns calls it there, or by std::atexit.
  int FinishProgram(int status) override;

 protected:
  // --- What a backend gives -------------------------------------------------
  // Beside these: name, capabilities, Pid and, if it can, ParentPid. They are
  // called with the bookkeeping locked, so they do not wait and call nothing of
  // this class but RunChild, in the child.

  // Starts a child that calls RunChild with this plan and ends at once with
  // what it returns: by _exit, not by exit, so that nothing of the parent's is
  // done a second time. Returns its pid. After an error there is no child, and
  // the error is that of Process::Start: Os, Sharing, Serialisation,
  // Bootstrapping.
  virtual absl::StatusOr<int64_t> StartChild(const ChildPlan& plan) = 0;

  // nullopt: the child runs. Otherwise it has ended, and is reaped hereby: its
  // exit code, -N for signal N. A child that somebody else has reaped has
  // ended, too. Of each child only the creator asks, and no more once it has
  // ended.
  virtual std::optional<int> ObserveChild(int64_t pid) = 0;

  // Asks a process to end, and does not wait for it.
  virtual absl::Status EndChild(int64_t pid, EndBy how) = 0;

  // Returns when the child may have ended, or after `timeout`; reaps nothing.
  // Called without the lock, by several threads at once. What is here looks
  // again after a millisecond at most.
  virtual void AwaitChild(int64_t pid, absl::Duration timeout);

  // --- For StartChild
  // ---------------------------------------------------------

  // In the child: is from now on the process of this plan. Runs its target or
  // the run function of its type, reports an error of it on standard error, and
  // does the exit work: exit handlers, then daemonic children are ended, then
  // the others joined. Returns the status to exit with.
  int RunChild(const ChildPlan& plan);

 private:
  struct State;
  class Object;

  absl::StatusOr<Value> Call(const ChildPlan& plan, Process& self);
  void ReportError(std::string_view who, const absl::Status& error);
  void RunExitHandlers();
  void EndChildren();

  // Of the calling process. A child begins with one of its own, and keeps that
  // of its parent as it is: what is in it is not the child's to release.
  std::unique_ptr<State> state_;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_BACKEND_BASE_H_
