// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/queue.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "reference/exit.h"
#include "reference/message.h"
#include "reference/os/at_fork.h"
#include "reference/os/shared_memory.h"
#include "reference/os/time.h"
#include "reference/os/wait_word.h"
#include "reference/ring.h"
#include "reference/share.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

using Outcome = Ring::Outcome;

// The memory of a queue: this, then its ring.
struct alignas(128) Shared {
  // Of a joinable queue: how many items were reported done, and a word that
  // moves when that was the last one.
  std::atomic<uint64_t> done;
  os::WaitWord all_done;

  Ring ring() { return Ring::Open(this + 1); }
};

using Memory = std::shared_ptr<os::SharedMemory>;

Shared& SharedIn(const Memory& memory) {
  return *static_cast<Shared*>(memory->data());
}

absl::StatusOr<Memory> NewMemory(int64_t maxsize) {
  const Ring::Options options{.max_messages = maxsize};
  PROCSPEC_ASSIGN_OR_RETURN(
      os::SharedMemory memory,
      os::SharedMemory::New(sizeof(Shared) + Ring::SizeInMemory(options)));
  auto* shared = new (memory.data()) Shared();
  Ring::Create(shared + 1, options);
  return std::make_shared<os::SharedMemory>(std::move(memory));
}

absl::StatusOr<Memory> MapMemory(std::vector<os::UniqueFile> handles) {
  if (handles.size() != 1) return SerialisationError("not a queue");
  PROCSPEC_ASSIGN_OR_RETURN(os::SharedMemory memory,
                            os::SharedMemory::Map(std::move(handles[0])));
  return std::make_shared<os::SharedMemory>(std::move(memory));
}

absl::StatusOr<Transfer> TransferOf(std::string_view kind,
                                    const Memory& memory) {
  Transfer transfer{.kind = std::string(kind)};
  PROCSPEC_ASSIGN_OR_RETURN(os::UniqueFile file,
                            os::Duplicate(memory->handle()));
  transfer.handles.push_back(std::move(file));
  return transfer;
}

class Buffer;
class QueueCore;

// Everything that a fork or the end of the process concerns. Locked around a
// fork. Lives for ever: threads may still be at work when main has returned.
struct Registry {
  std::mutex mutex;
  std::set<QueueCore*> queues;
  std::set<std::shared_ptr<Buffer>> feeding;  // those with a thread
  os::AtFork at_fork{{.before = [this] { mutex.lock(); },
                      .in_parent = [this](bool) { mutex.unlock(); },
                      .in_child =
                          [this] {
                            ForgetParent();
                            mutex.unlock();
                          }}};

  void ForgetParent();
};

Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

// Messages that this process has put and the ring had no space for, and the
// thread that passes them on. The thread starts with the first of them and ends
// after Close, when all are passed on.
class Buffer : public std::enable_shared_from_this<Buffer> {
 public:
  explicit Buffer(Memory memory)
      : memory_(std::move(memory)), ring_(SharedIn(memory_).ring()) {}

  // While it does, later messages must queue up here, behind the others.
  bool HoldsAny() const { return held_.load(std::memory_order_acquire) > 0; }

  // Full: no room under the bound in time.
  absl::Status Put(std::string_view message, Ring::Tag tag,
                   LazyDeadline& deadline) {
    PROCSPEC_RETURN_IF_ERROR(Start());
    Ring::Slot slot = Ring::kNoSlot;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return slot_ != Ring::kNoSlot || closed_; });
      if (closed_) return ClosedError("the queue is closed");
      slot = slot_;
      ++putting_;  // keeps the thread, and so the slot
    }
    Message item{std::string(message), tag};
    const Outcome outcome = ring_.Reserve(slot, deadline);
    bool idle = false;
    {
      std::lock_guard lock(mutex_);
      --putting_;
      if (outcome == Outcome::kDone) {
        messages_.push_back(std::move(item));
        held_.fetch_add(1, std::memory_order_release);
      }
      idle = idle_;
    }
    if (idle) changed_.notify_all();
    return outcome == Outcome::kDone ? absl::OkStatus() : FullError();
  }

  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

  void Cancel() {
    {
      std::lock_guard lock(mutex_);
      cancelled_ = true;
    }
    changed_.notify_all();
  }

  // Returns at once after Cancel.
  void WaitUntilPassedOn() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return cancelled_ || !HoldsAny(); });
  }

 private:
  struct Message {
    std::string bytes;
    Ring::Tag tag;
  };

  absl::Status Start() {
    {
      std::lock_guard lock(mutex_);
      if (started_) return absl::OkStatus();
      started_ = true;
    }
    Registry& registry = TheRegistry();
    {
      std::lock_guard lock(registry.mutex);
      registry.feeding.insert(shared_from_this());
    }
    try {
      std::thread([self = shared_from_this()] { self->Feed(); }).detach();
      return absl::OkStatus();
    } catch (const std::system_error& error) {
      {
        std::lock_guard lock(registry.mutex);
        registry.feeding.erase(shared_from_this());
      }
      std::lock_guard lock(mutex_);
      started_ = false;
      return OsError("starting a thread", error.code().value());
    }
  }

  void Feed() {
    Ring::Slot slot = Ring::kNoSlot;
    // More processes than there are slots have buffers now: one will be free.
    while ((slot = ring_.ClaimSlot()) == Ring::kNoSlot) {
      os::SleepUntil(os::Deadline(os::kRecheck));
    }
    std::unique_lock lock(mutex_);
    slot_ = slot;
    changed_.notify_all();
    while (true) {
      idle_ = true;
      changed_.wait(lock, [&] {
        return !messages_.empty() || (closed_ && putting_ == 0);
      });
      idle_ = false;
      if (messages_.empty()) break;
      const Message message = std::move(messages_.front());
      messages_.pop_front();
      lock.unlock();
      ring_.Write(message.bytes, message.tag, slot);
      lock.lock();
      if (held_.fetch_sub(1, std::memory_order_release) == 1) {
        changed_.notify_all();
      }
    }
    lock.unlock();
    ring_.ReleaseSlot(slot);
    Registry& registry = TheRegistry();
    std::lock_guard registry_lock(registry.mutex);
    registry.feeding.erase(shared_from_this());
  }

  const Memory memory_;
  Ring ring_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> messages_;
  // Those in messages_ and the one that is being written.
  std::atomic<size_t> held_ = 0;
  Ring::Slot slot_ = Ring::kNoSlot;
  int putting_ = 0;
  bool idle_ = false;  // the thread waits for messages
  bool started_ = false;
  bool closed_ = false;
  bool cancelled_ = false;
};

// What Queue and JoinableQueue are.
class QueueCore {
 public:
  explicit QueueCore(Memory memory)
      : memory_(std::move(memory)),
        ring_(SharedIn(memory_).ring()),
        buffer_(std::make_shared<Buffer>(memory_)) {
    Registry& registry = TheRegistry();
    std::lock_guard lock(registry.mutex);
    registry.queues.insert(this);
  }

  ~QueueCore() {
    {
      Registry& registry = TheRegistry();
      std::lock_guard lock(registry.mutex);
      registry.queues.erase(this);
    }
    // What was put is still passed on, as after Close.
    buffer_->Close();
  }

  absl::Status Put(std::string_view message, Ring::Tag tag,
                   absl::Duration timeout) {
    if (closed()) return ClosedError("the queue is closed");
    // Without a bound there is nothing to be late for.
    LazyDeadline deadline(ring_.bounded() ? timeout : absl::InfiniteDuration());
    while (!buffer_->HoldsAny()) {
      switch (ring_.WriteNow(message, tag, deadline)) {
        case Outcome::kDone:
          return absl::OkStatus();
        case Outcome::kNoSpace:
          // The buffer costs more than to let a busy consumer catch up.
          if (ring_.AwaitSpaceBriefly(message)) continue;
          break;
        default:
          return FullError();
      }
      break;
    }
    return buffer_->Put(message, tag, deadline);
  }

  absl::Status PutValue(const Value& value, absl::Duration timeout) {
    if (closed()) return ClosedError("the queue is closed");
    std::string& frame = ScratchMessage();
    PROCSPEC_RETURN_IF_ERROR(Encode(value, frame));
    return Put(frame, kValueTag, timeout);
  }

  absl::StatusOr<Ring::Tag> Get(std::string& message, absl::Duration timeout) {
    if (closed()) return ClosedError("the queue is closed");
    LazyDeadline deadline(timeout);
    StringSink sink(message);
    if (ring_.Read(sink, deadline) != Outcome::kDone) return EmptyError();
    return sink.tag();
  }

  absl::StatusOr<Value> GetValue(absl::Duration timeout) {
    std::string& frame = ScratchMessage();
    PROCSPEC_ASSIGN_OR_RETURN(const Ring::Tag tag, Get(frame, timeout));
    return ValueIn(frame, tag);
  }

  int64_t Size() {
    const Ring::Counts counts = ring_.Count();
    return static_cast<int64_t>(counts.put - counts.taken);
  }
  bool Empty() { return ring_.Empty(); }
  bool Full() { return ring_.bounded() && Size() >= ring_.max_messages(); }

  absl::Status Close() {
    closed_.store(true, std::memory_order_relaxed);
    buffer_->Close();
    return absl::OkStatus();
  }

  absl::Status JoinThread() {
    if (!closed()) return MisuseError("JoinThread before Close");
    buffer_->WaitUntilPassedOn();
    return absl::OkStatus();
  }

  absl::Status CancelJoinThread() {
    buffer_->Cancel();
    return absl::OkStatus();
  }

  // Unfinished are those ever put but the ones reported done. An item that died
  // in the buffer of a killed process was never put.
  absl::Status TaskDone() {
    Shared& shared = SharedIn(memory_);
    bool excess = false;
    bool last = false;
    ring_.CountAnd([&](const Ring::Counts& counts) {
      const uint64_t done = shared.done.load(std::memory_order_relaxed);
      excess = done >= counts.put;
      if (excess) return;
      shared.done.store(done + 1, std::memory_order_release);
      last = done + 1 == counts.put;
    });
    if (excess) return ValueError("TaskDone more often than items were put");
    if (last) {
      shared.all_done.fetch_add(1);
      os::WakeAll(shared.all_done);
    }
    return absl::OkStatus();
  }

  absl::Status Join() {
    Shared& shared = SharedIn(memory_);
    while (true) {
      const uint32_t seen = shared.all_done.load(std::memory_order_acquire);
      bool finished = false;
      ring_.CountAnd([&](const Ring::Counts& counts) {
        finished = shared.done.load(std::memory_order_acquire) >= counts.put;
      });
      if (finished) return absl::OkStatus();
      os::WaitSlice(shared.all_done, seen, os::Deadline::Never());
    }
  }

  absl::StatusOr<Transfer> Describe(std::string_view kind) const {
    if (closed()) return ClosedError("the queue is closed");
    return TransferOf(kind, memory_);
  }

  // In a forked child: the parent's buffer may be in the midst of a change by a
  // thread that does not exist here, so it is left alone for ever.
  void ForgetParent() {
    new std::shared_ptr<Buffer>(std::move(buffer_));
    buffer_ = std::make_shared<Buffer>(memory_);
    if (closed()) buffer_->Close();
  }

 private:
  bool closed() const { return closed_.load(std::memory_order_relaxed); }

  const Memory memory_;
  Ring ring_;
  std::shared_ptr<Buffer> buffer_;  // changes in ForgetParent only
  std::atomic<bool> closed_ = false;
};

void Registry::ForgetParent() {
  new std::set<std::shared_ptr<Buffer>>(std::move(feeding));
  feeding.clear();
  for (QueueCore* queue : queues) queue->ForgetParent();
}

void PassOnAtExit() {
  Registry& registry = TheRegistry();
  std::vector<std::shared_ptr<Buffer>> feeding;
  {
    std::lock_guard lock(registry.mutex);
    feeding.assign(registry.feeding.begin(), registry.feeding.end());
  }
  for (const std::shared_ptr<Buffer>& buffer : feeding) {
    buffer->WaitUntilPassedOn();
  }
}

const bool hook_registered =
    RegisterExitHook(ExitStage::kQueues, &PassOnAtExit);

// The interface over the core, the same for both kinds.
template <typename Interface>
class QueueOver : public Interface, public Transferable {
 public:
  explicit QueueOver(Memory memory) : core_(std::move(memory)) {}

  absl::Status Put(const Value& value, absl::Duration timeout) override {
    return core_.PutValue(value, timeout);
  }
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return core_.GetValue(timeout);
  }
  absl::Status PutBytes(std::string_view item,
                        absl::Duration timeout) override {
    return core_.Put(item, kBytesTag, timeout);
  }
  absl::Status GetBytes(std::string& item, absl::Duration timeout) override {
    return core_.Get(item, timeout).status();
  }
  absl::StatusOr<int64_t> Size() override { return core_.Size(); }
  absl::StatusOr<bool> Empty() override { return core_.Empty(); }
  absl::StatusOr<bool> Full() override { return core_.Full(); }
  absl::Status Close() override { return core_.Close(); }
  absl::Status JoinThread() override { return core_.JoinThread(); }
  absl::Status CancelJoinThread() override { return core_.CancelJoinThread(); }

 protected:
  QueueCore core_;
};

class RingQueue final : public QueueOver<Queue> {
 public:
  static constexpr std::string_view kKind = "queue";
  using QueueOver::QueueOver;
  absl::StatusOr<Transfer> Describe() const override {
    return core_.Describe(kKind);
  }
};

class RingJoinableQueue final : public QueueOver<JoinableQueue> {
 public:
  static constexpr std::string_view kKind = "joinable-queue";
  using QueueOver::QueueOver;
  absl::Status TaskDone() override { return core_.TaskDone(); }
  absl::Status Join() override { return core_.Join(); }
  absl::StatusOr<Transfer> Describe() const override {
    return core_.Describe(kKind);
  }
};

class RingSimpleQueue final : public SimpleQueue, public Transferable {
 public:
  static constexpr std::string_view kKind = "simple-queue";

  explicit RingSimpleQueue(Memory memory)
      : memory_(std::move(memory)), ring_(SharedIn(memory_).ring()) {}

  absl::Status Put(const Value& value) override {
    PROCSPEC_RETURN_IF_ERROR(Open());
    std::string& frame = ScratchMessage();
    PROCSPEC_RETURN_IF_ERROR(Encode(value, frame));
    ring_.Write(frame, kValueTag);
    return absl::OkStatus();
  }

  absl::StatusOr<Value> Get() override {
    PROCSPEC_RETURN_IF_ERROR(Open());
    std::string& frame = ScratchMessage();
    LazyDeadline forever(absl::InfiniteDuration());
    StringSink sink(frame);
    ring_.Read(sink, forever);
    return ValueIn(frame, sink.tag());
  }

  absl::StatusOr<bool> Empty() override {
    PROCSPEC_RETURN_IF_ERROR(Open());
    return ring_.Empty();
  }

  absl::Status Close() override {
    closed_.store(true, std::memory_order_relaxed);
    return absl::OkStatus();
  }

  absl::StatusOr<Transfer> Describe() const override {
    PROCSPEC_RETURN_IF_ERROR(Open());
    return TransferOf(kKind, memory_);
  }

 private:
  absl::Status Open() const {
    if (!closed_.load(std::memory_order_relaxed)) return absl::OkStatus();
    return ClosedError("the queue is closed");
  }

  const Memory memory_;
  Ring ring_;
  std::atomic<bool> closed_ = false;
};

template <typename T>
absl::StatusOr<Handle> Rebuilt(Backend&, const Value&,
                               std::vector<os::UniqueFile> handles) {
  PROCSPEC_ASSIGN_OR_RETURN(Memory memory, MapMemory(std::move(handles)));
  return Handle(std::make_shared<T>(std::move(memory)));
}

const bool registered[] = {
    RegisterTransferable(RingQueue::kKind, &Rebuilt<RingQueue>),
    RegisterTransferable(RingJoinableQueue::kKind, &Rebuilt<RingJoinableQueue>),
    RegisterTransferable(RingSimpleQueue::kKind, &Rebuilt<RingSimpleQueue>),
};

}  // namespace

absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize) {
  PROCSPEC_ASSIGN_OR_RETURN(Memory memory, NewMemory(maxsize));
  return std::make_shared<RingQueue>(std::move(memory));
}

absl::StatusOr<std::shared_ptr<JoinableQueue>> NewJoinableQueue(
    int64_t maxsize) {
  PROCSPEC_ASSIGN_OR_RETURN(Memory memory, NewMemory(maxsize));
  return std::make_shared<RingJoinableQueue>(std::move(memory));
}

absl::StatusOr<std::shared_ptr<SimpleQueue>> NewSimpleQueue() {
  PROCSPEC_ASSIGN_OR_RETURN(Memory memory, NewMemory(0));
  return std::make_shared<RingSimpleQueue>(std::move(memory));
}

}  // namespace procspec::reference
