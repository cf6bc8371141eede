// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/backend.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "reference/barrier.h"
#include "reference/condition.h"
#include "reference/connection.h"
#include "reference/event.h"
#include "reference/exit.h"
#include "reference/fork_server.h"
#include "reference/lock.h"
#include "reference/os/doorbell.h"
#include "reference/os/fork_server.h"
#include "reference/os/process.h"
#include "reference/os/stream.h"
#include "reference/pool.h"
#include "reference/process.h"
#include "reference/program.h"
#include "reference/queue.h"
#include "reference/semaphore.h"
#include "reference/shared_cell.h"

namespace procspec::reference {
namespace {

// What each method does lives with its concept; here is only where to find it.
class ReferenceBackend final
    : public Backend,
      public std::enable_shared_from_this<ReferenceBackend> {
 public:
  explicit ReferenceBackend(StartMethod method) : method_(method) {
    if (method == StartMethod::kForkServer) fork_server_keeper_.emplace();
  }

  std::string_view name() const override { return BackendName(method_); }

  CapabilitySet capabilities() const override {
    CapabilitySet set = {
        Capability::kProcess,
        Capability::kTerminate,
        Capability::kGlobals,
        Capability::kLocalObjects,
        Capability::kStdio,
        Capability::kPrograms,
        Capability::kPool,
        Capability::kPipe,
        Capability::kQueue,
        Capability::kSimpleQueue,
        Capability::kJoinableQueue,
        Capability::kLock,
        Capability::kRLock,
        Capability::kSemaphore,
        Capability::kBoundedSemaphore,
        Capability::kCondition,
        Capability::kEvent,
        Capability::kBarrier,
    };
    set.Add(BeginsAfresh(method_) ? Capability::kStartSpawn
                                  : Capability::kStartFork);
    return set;
  }

  // --- Objects -------------------------------------------------------------

  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    return reference::NewProcess(method_, shared_from_this(),
                                 std::move(options));
  }

  absl::StatusOr<std::shared_ptr<Pool>> NewPool(PoolOptions options) override {
    return reference::NewPool(method_, shared_from_this(), std::move(options));
  }

  absl::StatusOr<ConnectionPair> NewPipe(bool duplex) override {
    return reference::NewPipe(duplex);
  }

  absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize) override {
    return reference::NewQueue(maxsize);
  }

  absl::StatusOr<std::shared_ptr<JoinableQueue>> NewJoinableQueue(
      int64_t maxsize) override {
    return reference::NewJoinableQueue(maxsize);
  }

  absl::StatusOr<std::shared_ptr<SimpleQueue>> NewSimpleQueue() override {
    return reference::NewSimpleQueue();
  }

  absl::StatusOr<std::shared_ptr<Lock>> NewLock() override {
    return PlainLock::Create();
  }

  absl::StatusOr<std::shared_ptr<Lock>> NewRLock() override {
    return RecursiveLock::Create();
  }

  absl::StatusOr<std::shared_ptr<Semaphore>> NewSemaphore(
      int64_t value) override {
    return CountingSemaphore::Create(value, /*bounded=*/false);
  }

  absl::StatusOr<std::shared_ptr<Semaphore>> NewBoundedSemaphore(
      int64_t value) override {
    return CountingSemaphore::Create(value, /*bounded=*/true);
  }

  absl::StatusOr<std::shared_ptr<Event>> NewEvent() override {
    return SharedEvent::Create();
  }

  absl::StatusOr<std::shared_ptr<Condition>> NewCondition(
      std::shared_ptr<Lock> lock) override {
    return SharedCondition::Create(std::move(lock));
  }

  absl::StatusOr<std::shared_ptr<Barrier>> NewBarrier(
      BarrierOptions options) override {
    return SharedBarrier::Create(shared_from_this(), std::move(options));
  }

  absl::StatusOr<std::shared_ptr<LocalObject>> NewLocalObject() override {
    return std::make_shared<LocalObject>();
  }

  // --- The calling process -------------------------------------------------

  absl::StatusOr<std::shared_ptr<Process>> CurrentProcess() override {
    return reference::CurrentProcess();
  }

  absl::StatusOr<std::vector<std::shared_ptr<Process>>> ActiveChildren()
      override {
    return reference::ActiveChildren();
  }

  absl::StatusOr<int64_t> Pid() override { return os::CurrentPid(); }
  absl::StatusOr<int64_t> ParentPid() override { return os::ParentPid(); }
  absl::StatusOr<int> CpuCount() override { return os::CpuCount(); }

  absl::Status Print(StandardStream stream, std::string_view text) override {
    return os::Write(stream, text);
  }

  absl::Status Crash(CrashKind kind, int code) override {
    os::Crash(kind, code);
  }

  absl::Status AtExit(std::string_view target, Arguments arguments) override {
    return AddExitHandler(shared_from_this(), target, std::move(arguments));
  }

  absl::Status SetGlobal(std::string_view name, Value value) override {
    return reference::SetGlobal(name, std::move(value));
  }

  absl::StatusOr<Value> Global(std::string_view name) override {
    return reference::Global(name);
  }

  int FinishProgram(int status) override { return RunExitRules(status); }

 private:
  const StartMethod method_;
  const SegmentKeeper keeper_;
  std::optional<ForkServerKeeper> fork_server_keeper_;
};

}  // namespace

std::vector<StartMethod> StartMethods() {
  if (!os::HasFork()) return {StartMethod::kSpawn};
  return {StartMethod::kFork, StartMethod::kSpawn, StartMethod::kForkServer};
}

absl::Status CheckAvailable(StartMethod method) {
  return method == StartMethod::kForkServer ? os::CheckForkServer()
                                            : absl::OkStatus();
}

std::string_view BackendName(StartMethod method) {
  if (method == StartMethod::kFork) return "reference-fork";
  if (method == StartMethod::kForkServer) return "reference-forkserver";
  static const std::string* const spawn =
      new std::string(absl::StrCat("reference-", os::SpawnName()));
  return *spawn;
}

std::shared_ptr<Backend> NewBackend(StartMethod method) {
  RunExitRulesAtExit();
  // What the process keeps to its end, it gets now.
  if (method == StartMethod::kFork) os::PrepareEmptyStandardInput();
  os::Doorbell::PrepareThread();
  return std::make_shared<ReferenceBackend>(method);
}

}  // namespace procspec::reference
