// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Three backends that claim everything and do nothing. No case may pass on any
// of them: a case that does checks nothing.
//
//   null          every factory reports that it is not implemented
//   always-ok     every call succeeds at once, with zero, true or nothing
//   always-error  objects exist, and every call of them is a fault

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "conformance/harness/backend_registry.h"
#include "spec/backend.h"
#include "spec/capability.h"

namespace procspec::mutants {
namespace {

class NullBackend final : public Backend {
 public:
  std::string_view name() const override { return "null"; }
  CapabilitySet capabilities() const override { return CapabilitySet::All(); }
};

struct AlwaysOk {
  static constexpr std::string_view kName = "always-ok";
  static absl::Status Do() { return absl::OkStatus(); }
  template <typename T>
  static absl::StatusOr<T> Give(T value) {
    return value;
  }
};

struct AlwaysError {
  static constexpr std::string_view kName = "always-error";
  // Of no kind: not one that a clause could ask for.
  static absl::Status Do() { return absl::UnknownError("always an error"); }
  template <typename T>
  static absl::StatusOr<T> Give(T) {
    return Do();
  }
};

template <typename A>
class LiarProcess : public Process {
 public:
  absl::Status Start() override { return A::Do(); }
  absl::Status Run() override { return A::Do(); }
  absl::Status Join(absl::Duration) override { return A::Do(); }
  absl::StatusOr<bool> IsAlive() override { return A::Give(true); }
  absl::StatusOr<std::optional<int>> ExitCode() override {
    return A::Give(std::optional<int>(0));
  }
  absl::Status Terminate() override { return A::Do(); }
  absl::Status Kill() override { return A::Do(); }
  absl::Status Close() override { return A::Do(); }
  absl::StatusOr<std::optional<int64_t>> Pid() override {
    return A::Give(std::optional<int64_t>(1));
  }
  absl::Status SetName(std::string_view) override { return A::Do(); }
  absl::Status SetDaemon(bool) override { return A::Do(); }
  absl::Status SetAttribute(std::string_view, Value) override {
    return A::Do();
  }
  absl::StatusOr<Value> Attribute(std::string_view) override {
    return A::Give(Value());
  }
  std::string Name() override { return ""; }
  bool Daemon() override { return false; }
  const Arguments& arguments() override { return arguments_; }

 private:
  Arguments arguments_;
};

template <typename A>
class LiarConnection : public Connection {
 public:
  absl::Status Send(const Value&) override { return A::Do(); }
  absl::StatusOr<Value> Recv() override { return A::Give(Value()); }
  absl::Status SendBytes(std::string_view) override { return A::Do(); }
  absl::StatusOr<std::string> RecvBytes(std::optional<size_t>) override {
    return A::Give(std::string());
  }
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char>, size_t) override {
    return A::Give(size_t{0});
  }
  absl::StatusOr<bool> Poll(absl::Duration) override { return A::Give(true); }
  absl::Status Close() override { return A::Do(); }
  bool closed() const override { return false; }
  bool readable() const override { return true; }
  bool writable() const override { return true; }
};

template <typename A, typename Base>
class LiarAnyQueue : public Base {
 public:
  absl::Status Put(const Value&, absl::Duration) override { return A::Do(); }
  absl::StatusOr<Value> Get(absl::Duration) override {
    return A::Give(Value());
  }
  absl::Status PutBytes(std::string_view, absl::Duration) override {
    return A::Do();
  }
  absl::Status GetBytes(std::string&, absl::Duration) override {
    return A::Do();
  }
  absl::StatusOr<int64_t> Size() override { return A::Give(int64_t{0}); }
  absl::StatusOr<bool> Empty() override { return A::Give(true); }
  absl::StatusOr<bool> Full() override { return A::Give(true); }
  absl::Status Close() override { return A::Do(); }
  absl::Status JoinThread() override { return A::Do(); }
  absl::Status CancelJoinThread() override { return A::Do(); }
};

template <typename A>
class LiarJoinableQueue : public LiarAnyQueue<A, JoinableQueue> {
 public:
  absl::Status TaskDone() override { return A::Do(); }
  absl::Status Join() override { return A::Do(); }
};

template <typename A>
class LiarSimpleQueue : public SimpleQueue {
 public:
  absl::Status Put(const Value&) override { return A::Do(); }
  absl::StatusOr<Value> Get() override { return A::Give(Value()); }
  absl::StatusOr<bool> Empty() override { return A::Give(true); }
  absl::Status Close() override { return A::Do(); }
};

template <typename A, HandleKind kKind>
class LiarLock : public Lock {
 public:
  absl::StatusOr<bool> Acquire(absl::Duration) override {
    return A::Give(true);
  }
  absl::Status Release() override { return A::Do(); }
  HandleKind handle_kind() const override { return kKind; }
};

template <typename A, HandleKind kKind>
class LiarSemaphore : public Semaphore {
 public:
  absl::StatusOr<bool> Acquire(absl::Duration) override {
    return A::Give(true);
  }
  absl::Status Release() override { return A::Do(); }
  absl::StatusOr<int64_t> Count() override { return A::Give(int64_t{0}); }
  HandleKind handle_kind() const override { return kKind; }
};

template <typename A>
class LiarEvent : public Event {
 public:
  absl::StatusOr<bool> IsSet() override { return A::Give(true); }
  absl::Status Set() override { return A::Do(); }
  absl::Status Clear() override { return A::Do(); }
  absl::StatusOr<bool> Wait(absl::Duration) override { return A::Give(true); }
};

template <typename A>
class LiarCondition : public Condition {
 public:
  absl::StatusOr<bool> Acquire(absl::Duration) override {
    return A::Give(true);
  }
  absl::Status Release() override { return A::Do(); }
  absl::StatusOr<bool> Wait(absl::Duration) override { return A::Give(true); }
  absl::Status Notify(int) override { return A::Do(); }
  absl::Status NotifyAll() override { return A::Do(); }
};

template <typename A>
class LiarBarrier : public Barrier {
 public:
  absl::StatusOr<int> Wait() override { return A::Give(0); }
  absl::StatusOr<int> Wait(absl::Duration) override { return A::Give(0); }
  absl::Status Abort() override { return A::Do(); }
  absl::Status Reset() override { return A::Do(); }
  absl::StatusOr<int> Parties() override { return A::Give(0); }
  absl::StatusOr<int> Waiting() override { return A::Give(0); }
  absl::StatusOr<bool> Broken() override { return A::Give(true); }
};

template <typename A>
class LiarResult : public AsyncResult {
 public:
  absl::StatusOr<Value> Get(absl::Duration) override {
    return A::Give(Value());
  }
  absl::Status Wait(absl::Duration) override { return A::Do(); }
  absl::StatusOr<bool> Ready() override { return A::Give(true); }
  absl::StatusOr<bool> Successful() override { return A::Give(true); }
};

template <typename A>
class LiarPool : public Pool {
 public:
  absl::StatusOr<Value> Apply(std::string_view, Arguments) override {
    return A::Give(Value());
  }
  absl::StatusOr<std::shared_ptr<AsyncResult>> ApplyAsync(
      std::string_view, Arguments, PoolCallbacks) override {
    return std::make_shared<LiarResult<A>>();
  }
  absl::StatusOr<List> Map(std::string_view, List,
                           std::optional<int>) override {
    return A::Give(List());
  }
  absl::StatusOr<std::shared_ptr<AsyncResult>> MapAsync(
      std::string_view, List, std::optional<int>, PoolCallbacks) override {
    return std::make_shared<LiarResult<A>>();
  }
  absl::Status Close() override { return A::Do(); }
  absl::Status Terminate() override { return A::Do(); }
  absl::Status Join() override { return A::Do(); }
};

template <typename A>
class Liar final : public Backend {
 public:
  std::string_view name() const override { return A::kName; }
  CapabilitySet capabilities() const override { return CapabilitySet::All(); }

  absl::StatusOr<std::shared_ptr<Process>> NewProcess(ProcessOptions) override {
    return std::make_shared<LiarProcess<A>>();
  }
  absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t) override {
    return std::make_shared<LiarAnyQueue<A, Queue>>();
  }
  absl::StatusOr<std::shared_ptr<JoinableQueue>> NewJoinableQueue(
      int64_t) override {
    return std::make_shared<LiarJoinableQueue<A>>();
  }
  absl::StatusOr<std::shared_ptr<SimpleQueue>> NewSimpleQueue() override {
    return std::make_shared<LiarSimpleQueue<A>>();
  }
  absl::StatusOr<std::shared_ptr<Lock>> NewLock() override {
    return std::make_shared<LiarLock<A, HandleKind::kLock>>();
  }
  absl::StatusOr<std::shared_ptr<Lock>> NewRLock() override {
    return std::make_shared<LiarLock<A, HandleKind::kRLock>>();
  }
  absl::StatusOr<std::shared_ptr<Semaphore>> NewSemaphore(int64_t) override {
    return std::make_shared<LiarSemaphore<A, HandleKind::kSemaphore>>();
  }
  absl::StatusOr<std::shared_ptr<Semaphore>> NewBoundedSemaphore(
      int64_t) override {
    return std::make_shared<LiarSemaphore<A, HandleKind::kBoundedSemaphore>>();
  }
  absl::StatusOr<std::shared_ptr<Event>> NewEvent() override {
    return std::make_shared<LiarEvent<A>>();
  }
  absl::StatusOr<std::shared_ptr<Condition>> NewCondition(
      std::shared_ptr<Lock>) override {
    return std::make_shared<LiarCondition<A>>();
  }
  absl::StatusOr<std::shared_ptr<Barrier>> NewBarrier(BarrierOptions) override {
    return std::make_shared<LiarBarrier<A>>();
  }
  absl::StatusOr<std::shared_ptr<Pool>> NewPool(PoolOptions) override {
    return std::make_shared<LiarPool<A>>();
  }
  absl::StatusOr<std::shared_ptr<LocalObject>> NewLocalObject() override {
    return std::make_shared<LocalObject>();
  }
  absl::StatusOr<std::shared_ptr<Process>> CurrentProcess() override {
    return std::make_shared<LiarProcess<A>>();
  }
  absl::StatusOr<ConnectionPair> NewPipe(bool) override {
    return ConnectionPair{std::make_shared<LiarConnection<A>>(),
                          std::make_shared<LiarConnection<A>>()};
  }
  absl::StatusOr<std::vector<std::shared_ptr<Process>>> ActiveChildren()
      override {
    return A::Give(std::vector<std::shared_ptr<Process>>());
  }
  absl::StatusOr<int64_t> Pid() override { return A::Give(int64_t{1}); }
  absl::StatusOr<int64_t> ParentPid() override { return A::Give(int64_t{1}); }
  absl::StatusOr<int> CpuCount() override { return A::Give(1); }
  absl::Status Print(StandardStream, std::string_view) override {
    return A::Do();
  }
  absl::Status Crash(CrashKind, int) override { return A::Do(); }
  absl::Status AtExit(std::string_view, Arguments) override { return A::Do(); }
  absl::Status SetGlobal(std::string_view, Value) override { return A::Do(); }
  absl::StatusOr<Value> Global(std::string_view) override {
    return A::Give(Value());
  }
};

template <typename B>
bool RegisterLiar(std::string name) {
  return harness::RegisterBackend(
      {.name = std::move(name),
       .factory = [] { return std::make_shared<B>(); },
       .wrong = true});
}

[[maybe_unused]] const bool registered =
    RegisterLiar<NullBackend>("null") &&
    RegisterLiar<Liar<AlwaysOk>>("always-ok") &&
    RegisterLiar<Liar<AlwaysError>>("always-error");

}  // namespace
}  // namespace procspec::mutants
