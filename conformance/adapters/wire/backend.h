// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_BACKEND_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_BACKEND_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/adapters/wire/session.h"
#include "spec/backend.h"

namespace procspec::wire {

// A backend as one process of the testee has it: each call is an operation that
// is performed there.
class RemoteBackend : public Backend {
 public:
  RemoteBackend(std::string name, CapabilitySet capabilities);

  std::string_view name() const override { return name_; }
  CapabilitySet capabilities() const override { return capabilities_; }

  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override;
  absl::StatusOr<ConnectionPair> NewPipe(bool duplex) override;
  absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize) override;
  absl::StatusOr<std::shared_ptr<JoinableQueue>> NewJoinableQueue(
      int64_t maxsize) override;
  absl::StatusOr<std::shared_ptr<SimpleQueue>> NewSimpleQueue() override;
  absl::StatusOr<std::shared_ptr<Lock>> NewLock() override;
  absl::StatusOr<std::shared_ptr<Lock>> NewRLock() override;
  absl::StatusOr<std::shared_ptr<Semaphore>> NewSemaphore(
      int64_t value) override;
  absl::StatusOr<std::shared_ptr<Semaphore>> NewBoundedSemaphore(
      int64_t value) override;
  absl::StatusOr<std::shared_ptr<Event>> NewEvent() override;
  absl::StatusOr<std::shared_ptr<Condition>> NewCondition(
      std::shared_ptr<Lock> lock) override;
  absl::StatusOr<std::shared_ptr<Barrier>> NewBarrier(
      BarrierOptions options) override;
  absl::StatusOr<std::shared_ptr<Pool>> NewPool(PoolOptions options) override;
  absl::StatusOr<std::shared_ptr<LocalObject>> NewLocalObject() override;

  absl::StatusOr<std::shared_ptr<Process>> CurrentProcess() override;
  absl::StatusOr<std::vector<std::shared_ptr<Process>>> ActiveChildren()
      override;
  absl::StatusOr<int64_t> Pid() override;
  absl::StatusOr<int64_t> ParentPid() override;
  absl::StatusOr<int> CpuCount() override;
  absl::Status Print(StandardStream stream, std::string_view text) override;
  absl::Status Crash(CrashKind kind, int code) override;
  absl::Status AtExit(std::string_view target, Arguments arguments) override;
  absl::Status SetGlobal(std::string_view name, Value value) override;
  absl::StatusOr<Value> Global(std::string_view name) override;

 protected:
  // The process. An error without a kind: there is none.
  virtual absl::StatusOr<std::shared_ptr<Session>> session() = 0;

 private:
  template <typename T>
  absl::StatusOr<std::shared_ptr<T>> New(Json request, std::string_view kind);
  template <typename Decode>
  auto Ask(Json request, Decode decode);

  const std::string name_;
  const CapabilitySet capabilities_;
};

// The one that a target gets which runs in that process.
class SessionBackend final : public RemoteBackend {
 public:
  SessionBackend(std::string name, CapabilitySet capabilities,
                 std::shared_ptr<Session> session);

 protected:
  absl::StatusOr<std::shared_ptr<Session>> session() override;

 private:
  const std::shared_ptr<Session> session_;
};

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_BACKEND_H_
