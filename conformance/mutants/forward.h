// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_MUTANTS_FORWARD_H_
#define PROCSPEC_CONFORMANCE_MUTANTS_FORWARD_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/backend.h"

namespace procspec::mutants {

// Backends and objects that pass every call on to another. A mutant overrides
// the one call it gets wrong:
//
//   class GetIgnoresTimeout : public ForwardQueue {
//    public:
//     using ForwardQueue::ForwardQueue;
//     absl::StatusOr<Value> Get(absl::Duration) override {
//       return inner().Get();
//     }
//   };
//
//   class Mutant : public ForwardBackend {
//    public:
//     using ForwardBackend::ForwardBackend;
//     std::shared_ptr<Queue> Wrap(std::shared_ptr<Queue> queue) override {
//       return std::make_shared<GetIgnoresTimeout>(std::move(queue));
//     }
//   };
//
// (For a single overridden object class, `Wrapping` below writes the second
// class.) An object whose Wrap is not overridden is handed out as it is.

// An object that stands for another one. Values that leave for the inner
// backend carry the inner object, values that arrive carry the wrapper again.
class Wrapper {
 public:
  virtual ~Wrapper() = default;
  virtual Handle inner_handle() const = 0;
};

class ForwardConnection : public Connection, public Wrapper {
 public:
  explicit ForwardConnection(std::shared_ptr<Connection> inner)
      : inner_(std::move(inner)) {}
  Handle inner_handle() const override { return inner_; }
  absl::Status Send(const Value& value) override;
  absl::StatusOr<Value> Recv() override { return inner_->Recv(); }
  absl::Status SendBytes(std::string_view message) override {
    return inner_->SendBytes(message);
  }
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    return inner_->RecvBytes(max_length);
  }
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset) override {
    return inner_->RecvBytesInto(buffer, offset);
  }
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    return inner_->Poll(timeout);
  }
  absl::Status Close() override { return inner_->Close(); }
  bool closed() const override { return inner_->closed(); }
  bool readable() const override { return inner_->readable(); }
  bool writable() const override { return inner_->writable(); }

 protected:
  Connection& inner() const { return *inner_; }

 private:
  std::shared_ptr<Connection> inner_;
};

// Base is Queue or JoinableQueue.
template <typename Base>
class ForwardAnyQueue : public Base, public Wrapper {
 public:
  explicit ForwardAnyQueue(std::shared_ptr<Base> inner)
      : inner_(std::move(inner)) {}
  Handle inner_handle() const override { return inner_; }
  absl::Status Put(const Value& value, absl::Duration timeout) override;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return inner_->Get(timeout);
  }
  absl::Status PutBytes(std::string_view item,
                        absl::Duration timeout) override {
    return inner_->PutBytes(item, timeout);
  }
  absl::Status GetBytes(std::string& item, absl::Duration timeout) override {
    return inner_->GetBytes(item, timeout);
  }
  absl::StatusOr<int64_t> Size() override { return inner_->Size(); }
  absl::StatusOr<bool> Empty() override { return inner_->Empty(); }
  absl::StatusOr<bool> Full() override { return inner_->Full(); }
  absl::Status Close() override { return inner_->Close(); }
  absl::Status JoinThread() override { return inner_->JoinThread(); }
  absl::Status CancelJoinThread() override {
    return inner_->CancelJoinThread();
  }

 protected:
  Base& inner() const { return *inner_; }

 private:
  std::shared_ptr<Base> inner_;
};

using ForwardQueue = ForwardAnyQueue<Queue>;

class ForwardJoinableQueue : public ForwardAnyQueue<JoinableQueue> {
 public:
  using ForwardAnyQueue::ForwardAnyQueue;
  absl::Status TaskDone() override { return inner().TaskDone(); }
  absl::Status Join() override { return inner().Join(); }
};

class ForwardSimpleQueue : public SimpleQueue, public Wrapper {
 public:
  explicit ForwardSimpleQueue(std::shared_ptr<SimpleQueue> inner)
      : inner_(std::move(inner)) {}
  Handle inner_handle() const override { return inner_; }
  absl::Status Put(const Value& value) override;
  absl::StatusOr<Value> Get() override { return inner_->Get(); }
  absl::StatusOr<bool> Empty() override { return inner_->Empty(); }
  absl::Status Close() override { return inner_->Close(); }

 protected:
  SimpleQueue& inner() const { return *inner_; }

 private:
  std::shared_ptr<SimpleQueue> inner_;
};

// For Lock and RLock: the kind is the inner one's.
class ForwardLock : public Lock, public Wrapper {
 public:
  explicit ForwardLock(std::shared_ptr<Lock> inner)
      : inner_(std::move(inner)) {}
  HandleKind handle_kind() const override { return inner_->handle_kind(); }
  Handle inner_handle() const override { return inner_; }
  absl::StatusOr<bool> Acquire(absl::Duration timeout) override {
    return inner_->Acquire(timeout);
  }
  absl::Status Release() override { return inner_->Release(); }

 protected:
  Lock& inner() const { return *inner_; }

 private:
  std::shared_ptr<Lock> inner_;
};

// For Semaphore and BoundedSemaphore.
class ForwardSemaphore : public Semaphore, public Wrapper {
 public:
  explicit ForwardSemaphore(std::shared_ptr<Semaphore> inner)
      : inner_(std::move(inner)) {}
  HandleKind handle_kind() const override { return inner_->handle_kind(); }
  Handle inner_handle() const override { return inner_; }
  absl::StatusOr<bool> Acquire(absl::Duration timeout) override {
    return inner_->Acquire(timeout);
  }
  absl::Status Release() override { return inner_->Release(); }
  absl::StatusOr<int64_t> Count() override { return inner_->Count(); }

 protected:
  Semaphore& inner() const { return *inner_; }

 private:
  std::shared_ptr<Semaphore> inner_;
};

class ForwardEvent : public Event, public Wrapper {
 public:
  explicit ForwardEvent(std::shared_ptr<Event> inner)
      : inner_(std::move(inner)) {}
  Handle inner_handle() const override { return inner_; }
  absl::StatusOr<bool> IsSet() override { return inner_->IsSet(); }
  absl::Status Set() override { return inner_->Set(); }
  absl::Status Clear() override { return inner_->Clear(); }
  absl::StatusOr<bool> Wait(absl::Duration timeout) override {
    return inner_->Wait(timeout);
  }

 protected:
  Event& inner() const { return *inner_; }

 private:
  std::shared_ptr<Event> inner_;
};

class ForwardCondition : public Condition, public Wrapper {
 public:
  explicit ForwardCondition(std::shared_ptr<Condition> inner)
      : inner_(std::move(inner)) {}
  Handle inner_handle() const override { return inner_; }
  absl::StatusOr<bool> Acquire(absl::Duration timeout) override {
    return inner_->Acquire(timeout);
  }
  absl::Status Release() override { return inner_->Release(); }
  absl::StatusOr<bool> Wait(absl::Duration timeout) override {
    return inner_->Wait(timeout);
  }
  absl::Status Notify(int count) override { return inner_->Notify(count); }
  absl::Status NotifyAll() override { return inner_->NotifyAll(); }

 protected:
  Condition& inner() const { return *inner_; }

 private:
  std::shared_ptr<Condition> inner_;
};

class ForwardBarrier : public Barrier, public Wrapper {
 public:
  explicit ForwardBarrier(std::shared_ptr<Barrier> inner)
      : inner_(std::move(inner)) {}
  Handle inner_handle() const override { return inner_; }
  absl::StatusOr<int> Wait() override { return inner_->Wait(); }
  absl::StatusOr<int> Wait(absl::Duration timeout) override {
    return inner_->Wait(timeout);
  }
  absl::Status Abort() override { return inner_->Abort(); }
  absl::Status Reset() override { return inner_->Reset(); }
  absl::StatusOr<int> Parties() override { return inner_->Parties(); }
  absl::StatusOr<int> Waiting() override { return inner_->Waiting(); }
  absl::StatusOr<bool> Broken() override { return inner_->Broken(); }

 protected:
  Barrier& inner() const { return *inner_; }

 private:
  std::shared_ptr<Barrier> inner_;
};

class ForwardAsyncResult : public AsyncResult {
 public:
  explicit ForwardAsyncResult(std::shared_ptr<AsyncResult> inner)
      : inner_(std::move(inner)) {}
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return inner_->Get(timeout);
  }
  absl::Status Wait(absl::Duration timeout) override {
    return inner_->Wait(timeout);
  }
  absl::StatusOr<bool> Ready() override { return inner_->Ready(); }
  absl::StatusOr<bool> Successful() override { return inner_->Successful(); }

 protected:
  AsyncResult& inner() const { return *inner_; }

 private:
  std::shared_ptr<AsyncResult> inner_;
};

class ForwardBackend;

class ForwardPool : public Pool {
 public:
  ForwardPool(ForwardBackend& backend, std::shared_ptr<Pool> inner)
      : backend_(backend), inner_(std::move(inner)) {}
  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override;
  absl::StatusOr<std::shared_ptr<AsyncResult>> ApplyAsync(
      std::string_view target, Arguments arguments,
      PoolCallbacks callbacks) override;
  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override;
  absl::StatusOr<std::shared_ptr<AsyncResult>> MapAsync(
      std::string_view target, List items, std::optional<int> chunk_size,
      PoolCallbacks callbacks) override;
  absl::Status Close() override { return inner_->Close(); }
  absl::Status Terminate() override { return inner_->Terminate(); }
  absl::Status Join() override { return inner_->Join(); }

 protected:
  ForwardBackend& backend() const { return backend_; }
  Pool& inner() const { return *inner_; }

 private:
  ForwardBackend& backend_;
  std::shared_ptr<Pool> inner_;
};

class ForwardProcess : public Process {
 public:
  ForwardProcess(ForwardBackend& backend, std::shared_ptr<Process> inner)
      : backend_(backend), inner_(std::move(inner)) {}
  absl::Status Start() override { return inner_->Start(); }
  absl::Status Run() override { return inner_->Run(); }
  absl::Status Join(absl::Duration timeout) override {
    return inner_->Join(timeout);
  }
  absl::StatusOr<bool> IsAlive() override { return inner_->IsAlive(); }
  absl::StatusOr<std::optional<int>> ExitCode() override {
    return inner_->ExitCode();
  }
  absl::Status Terminate() override { return inner_->Terminate(); }
  absl::Status Kill() override { return inner_->Kill(); }
  absl::Status Close() override { return inner_->Close(); }
  absl::StatusOr<std::optional<int64_t>> Pid() override {
    return inner_->Pid();
  }
  std::string Name() override { return inner_->Name(); }
  absl::Status SetName(std::string_view name) override {
    return inner_->SetName(name);
  }
  bool Daemon() override { return inner_->Daemon(); }
  absl::Status SetDaemon(bool daemon) override {
    return inner_->SetDaemon(daemon);
  }
  const Arguments& arguments() override;
  absl::Status SetAttribute(std::string_view name, Value value) override;
  absl::StatusOr<Value> Attribute(std::string_view name) override;

 protected:
  ForwardBackend& backend() const { return backend_; }
  Process& inner() const { return *inner_; }

 private:
  ForwardBackend& backend_;
  std::shared_ptr<Process> inner_;
  std::optional<Arguments> arguments_;  // wrapped, once asked for
};

class ForwardBackend : public Backend {
 public:
  // `name` outlives the backend.
  ForwardBackend(std::string_view name, std::shared_ptr<Backend> inner)
      : name_(name), inner_(std::move(inner)) {}

  std::string_view name() const override { return name_; }
  CapabilitySet capabilities() const override { return inner_->capabilities(); }

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
  absl::StatusOr<std::shared_ptr<LocalObject>> NewLocalObject() override {
    return inner_->NewLocalObject();
  }

  absl::StatusOr<std::shared_ptr<Process>> CurrentProcess() override;
  absl::StatusOr<std::vector<std::shared_ptr<Process>>> ActiveChildren()
      override;
  absl::StatusOr<int64_t> Pid() override { return inner_->Pid(); }
  absl::StatusOr<int64_t> ParentPid() override { return inner_->ParentPid(); }
  absl::StatusOr<int> CpuCount() override { return inner_->CpuCount(); }
  absl::Status Print(StandardStream stream, std::string_view text) override {
    return inner_->Print(stream, text);
  }
  absl::Status Crash(CrashKind kind, int code) override {
    return inner_->Crash(kind, code);
  }
  absl::Status AtExit(std::string_view target, Arguments arguments) override;
  absl::Status SetGlobal(std::string_view name, Value value) override;
  absl::StatusOr<Value> Global(std::string_view name) override;
  int FinishProgram(int status) override {
    return inner_->FinishProgram(status);
  }

  // --- What a mutant overrides, besides the above --------------------------

  virtual std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) {
    return std::make_shared<ForwardProcess>(*this, std::move(process));
  }
  virtual std::shared_ptr<Pool> Wrap(std::shared_ptr<Pool> pool) {
    return std::make_shared<ForwardPool>(*this, std::move(pool));
  }
  virtual std::shared_ptr<AsyncResult> Wrap(
      std::shared_ptr<AsyncResult> result) {
    return result;
  }
  virtual std::shared_ptr<Connection> Wrap(std::shared_ptr<Connection> c) {
    return c;
  }
  virtual std::shared_ptr<Queue> Wrap(std::shared_ptr<Queue> q) { return q; }
  virtual std::shared_ptr<JoinableQueue> Wrap(
      std::shared_ptr<JoinableQueue> q) {
    return q;
  }
  virtual std::shared_ptr<SimpleQueue> Wrap(std::shared_ptr<SimpleQueue> q) {
    return q;
  }
  virtual std::shared_ptr<Lock> Wrap(std::shared_ptr<Lock> l) { return l; }
  virtual std::shared_ptr<Semaphore> Wrap(std::shared_ptr<Semaphore> s) {
    return s;
  }
  virtual std::shared_ptr<Event> Wrap(std::shared_ptr<Event> e) { return e; }
  virtual std::shared_ptr<Condition> Wrap(std::shared_ptr<Condition> c) {
    return c;
  }
  virtual std::shared_ptr<Barrier> Wrap(std::shared_ptr<Barrier> b) {
    return b;
  }

  // Every target and run function that runs in this process, with arguments
  // already wrapped: where a mutant gets arguments or outcomes wrong.
  virtual absl::StatusOr<Value> Invoke(FoundTarget target,
                                       const Arguments& arguments) {
    return target(*this, arguments);
  }
  virtual absl::StatusOr<Value> Invoke(FoundRunFunction run, Process& self) {
    return run(*this, self);
  }

  // -------------------------------------------------------------------------

  Backend& inner() const { return *inner_; }

  // Values on their way in and out, handles replaced all the way down.
  Value WrapValue(const Value& value);
  Arguments WrapArguments(const Arguments& arguments);
  std::shared_ptr<Process> WrapOnce(std::shared_ptr<Process> inner);

 private:
  // One wrapper an object as long as it lives, so that what a wrapper remembers
  // is not forgotten between two sightings of the object.
  Handle WrapHandle(const Handle& handle);
  template <typename Interface>
  Handle WrapAs(const Handle& handle);
  template <typename T>
  std::shared_ptr<T> WrapKnown(std::shared_ptr<T> object);

  const std::string_view name_;
  const std::shared_ptr<Backend> inner_;
  std::mutex mutex_;
  std::map<const void*, std::weak_ptr<void>> wrappers_;
};

// The inner backend's view of a value.
Value UnwrapValue(const Value& value);
Arguments UnwrapArguments(const Arguments& arguments);

// A backend whose objects of one interface are all of the class T:
//   Wrapping<GetIgnoresTimeout, Queue>
template <typename T, typename Interface>
class Wrapping : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Wrap;
  std::shared_ptr<Interface> Wrap(std::shared_ptr<Interface> object) override {
    if constexpr (std::is_constructible_v<T, ForwardBackend&,
                                          std::shared_ptr<Interface>>) {
      return std::make_shared<T>(*this, std::move(object));
    } else {
      return std::make_shared<T>(std::move(object));
    }
  }
};

// --- Definitions -----------------------------------------------------------

inline absl::Status ForwardConnection::Send(const Value& value) {
  return inner_->Send(UnwrapValue(value));
}

template <typename Base>
absl::Status ForwardAnyQueue<Base>::Put(const Value& value,
                                        absl::Duration timeout) {
  return inner_->Put(UnwrapValue(value), timeout);
}

inline absl::Status ForwardSimpleQueue::Put(const Value& value) {
  return inner_->Put(UnwrapValue(value));
}

}  // namespace procspec::mutants

#endif  // PROCSPEC_CONFORMANCE_MUTANTS_FORWARD_H_
