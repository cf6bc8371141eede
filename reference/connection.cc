// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/connection.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "reference/message.h"
#include "reference/os/at_fork.h"
#include "reference/os/doorbell.h"
#include "reference/os/process.h"
#include "reference/os/shared_memory.h"
#include "reference/os/time.h"
#include "reference/ring.h"
#include "reference/share.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

using Outcome = Ring::Outcome;

constexpr Ring::Options kRing{.capacity = size_t{1} << 18, .max_messages = 0};

// The memory of a pipe: this, the ring from end 1 to end 0, and, if it is
// duplex, the ring from end 0 to end 1.
struct alignas(128) Shared {
  // How often a copy of the end was closed by its holder.
  std::atomic<uint32_t> closes[2];

  // What `end` receives from.
  void* ring_to(int end) {
    return reinterpret_cast<char*>(this + 1) + end * RingSize();
  }
  static size_t RingSize() { return Ring::SizeInMemory(kRing); }
  static size_t Size(bool duplex) {
    return sizeof(Shared) + (duplex ? 2 : 1) * RingSize();
  }
};
static_assert(sizeof(Shared) == 128);

using Memory = std::shared_ptr<os::SharedMemory>;

class RingConnection;

// The connections of this process, because a fork concerns them. Locked around
// a fork. Lives for ever.
struct Registry {
  std::mutex mutex;
  std::set<RingConnection*> connections;
  os::AtFork at_fork{{.before = [this] { mutex.lock(); },
                      .in_parent = [this](bool) { mutex.unlock(); },
                      .in_child =
                          [this] {
                            ForgetUsers();
                            mutex.unlock();
                          }}};

  void ForgetUsers();
};

Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

class RingConnection final : public Connection,
                             public Transferable,
                             private Ring::Peer {
 public:
  static constexpr std::string_view kKind = "connection";

  RingConnection(Memory memory, int end, bool receives, bool sends,
                 os::Doorbell doorbell)
      : memory_(std::move(memory)),
        shared_(static_cast<Shared*>(memory_->data())),
        end_(end),
        receives_(receives),
        sends_(sends),
        readable_(receives),
        doorbell_(std::move(doorbell)) {
    if (receives_) in_ = Ring::Open(shared_->ring_to(end_));
    if (sends_) out_ = Ring::Open(shared_->ring_to(1 - end_));
    Registry& registry = TheRegistry();
    std::lock_guard lock(registry.mutex);
    registry.connections.insert(this);
  }

  ~RingConnection() override {
    {
      Registry& registry = TheRegistry();
      std::lock_guard lock(registry.mutex);
      registry.connections.erase(this);
    }
    (void)Close();
  }

  absl::Status Send(const Value& value) override {
    PROCSPEC_RETURN_IF_ERROR(MaySend());
    std::string& frame = ScratchMessage();
    PROCSPEC_RETURN_IF_ERROR(Encode(value, frame));
    return Write(frame, kValueTag);
  }

  absl::StatusOr<Value> Recv() override {
    PROCSPEC_RETURN_IF_ERROR(MayReceive());
    std::string& frame = ScratchMessage();
    StringSink sink(frame);
    PROCSPEC_RETURN_IF_ERROR(Read(sink));
    return ValueIn(frame, sink.tag());
  }

  absl::Status SendBytes(std::string_view message) override {
    PROCSPEC_RETURN_IF_ERROR(MaySend());
    return Write(message, kBytesTag);
  }

  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override;
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset) override;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override;

  absl::Status Close() override {
    uint32_t state = state_.fetch_or(kClosed);
    if (state == 0) GiveUp();  // otherwise the last user does
    return absl::OkStatus();
  }

  bool closed() const override {
    return (state_.load(std::memory_order_relaxed) & kClosed) != 0;
  }
  bool readable() const override {
    return readable_.load(std::memory_order_relaxed);
  }
  bool writable() const override { return sends_; }

  absl::StatusOr<Transfer> Describe() const override {
    if (closed()) return IsClosed();
    Transfer transfer{.kind = std::string(kKind),
                      .state = Value(List{Value(end_), Value(receives_),
                                          Value(readable()), Value(sends_)}),
                      .handles = {}};
    for (const os::NativeHandle handle :
         {memory_->handle(), doorbell_.handle()}) {
      PROCSPEC_ASSIGN_OR_RETURN(os::UniqueFile file, os::Duplicate(handle));
      transfer.handles.push_back(std::move(file));
    }
    return transfer;
  }

  static absl::StatusOr<Handle> FromTransfer(
      const Value& state, std::vector<os::UniqueFile> handles);

  // In a forked child none of the parent's operations is under way.
  void ForgetUsers() {
    const uint32_t state = state_.exchange(closed() ? kClosed : 0);
    // Closed by a thread of the parent whose last user was still at work: the
    // child's copy is nobody's.
    if (state > kClosed) GiveUp();
  }

 private:
  static absl::Status IsClosed() {
    return ClosedError("the connection is closed");
  }

  absl::Status MaySend() const {
    if (closed()) return IsClosed();
    if (!sends_) return WrongDirectionError("this end only receives");
    return absl::OkStatus();
  }
  absl::Status MayReceive() const {
    if (closed()) return IsClosed();
    if (!readable()) return WrongDirectionError("this end does not receive");
    return absl::OkStatus();
  }

  absl::Status Write(std::string_view message, Ring::Tag tag) {
    if (OtherEndSeenGone()) return BrokenPipeError();
    const Outcome outcome = out_->Write(message, tag, Ring::kNoSlot, this);
    if (outcome == Outcome::kDone &&
        !other_end_gone_.load(std::memory_order_relaxed)) {
      return absl::OkStatus();
    }
    if (closed()) return IsClosed();
    return BrokenPipeError();
  }

  // Refused is not an error here: the sink knows why.
  absl::Status Read(Ring::Sink& sink) {
    LazyDeadline forever(absl::InfiniteDuration());
    if (in_->Read(sink, forever, this) == Outcome::kPeerGone) {
      if (closed()) return IsClosed();
      return EndOfFileError();
    }
    return absl::OkStatus();
  }

  // --- The other end ---------------------------------------------------------

  // Whether it is gone, as far as this process can know; see the header.
  bool OtherEndSeenGone() {
    if (other_end_gone_.load(std::memory_order_relaxed)) return true;
    const uint32_t closes =
        shared_->closes[1 - end_].load(std::memory_order_acquire);
    const uint64_t children = os::ChildrenSeenToEnd();
    const uint64_t moment = os::Moment();
    if (closes == asked_closes_.load(std::memory_order_relaxed) &&
        children == asked_children_.load(std::memory_order_relaxed) &&
        moment == asked_moment_.load(std::memory_order_relaxed)) {
      return false;
    }
    // Before it asks: what happens meanwhile is asked about the next time.
    asked_closes_.store(closes, std::memory_order_relaxed);
    asked_children_.store(children, std::memory_order_relaxed);
    asked_moment_.store(moment, std::memory_order_relaxed);
    return Gone();
  }

  // A wait also ends when this end is closed by another thread.
  bool Gone() override {
    if (other_end_gone_.load(std::memory_order_relaxed)) return true;
    const Use use(*this);
    if (!use.ok()) return true;
    if (!doorbell_.OtherEndGone()) return false;
    other_end_gone_.store(true, std::memory_order_relaxed);
    return true;
  }

  void Wake() override {
    const Use use(*this);
    if (use.ok() && !doorbell_.Ring()) {
      other_end_gone_.store(true, std::memory_order_relaxed);
    }
  }

  void Sleep(os::Deadline deadline) override {
    const Use use(*this);
    if (use.ok()) doorbell_.Wait(deadline);
  }

  // --- Closing while others are at work --------------------------------------

  // The doorbell's descriptor must not be closed under a thread that uses it:
  // its number may be given to another file at once. So its users are counted,
  // beside the flag, and the last one gives it up.
  static constexpr uint32_t kClosed = 1;
  static constexpr uint32_t kUser = 2;

  class Use {
   public:
    explicit Use(RingConnection& connection) : connection_(connection) {
      uint32_t state = connection_.state_.load();
      do {
        if ((state & kClosed) != 0) return;
      } while (!connection_.state_.compare_exchange_weak(state, state + kUser));
      ok_ = true;
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      if (ok_ && connection_.state_.fetch_sub(kUser) == (kUser | kClosed)) {
        connection_.GiveUp();
      }
    }
    bool ok() const { return ok_; }

   private:
    RingConnection& connection_;
    bool ok_ = false;
  };

  void GiveUp() {
    doorbell_.Close();
    shared_->closes[end_].fetch_add(1, std::memory_order_release);
    // A sender that waits for space sleeps on the ring; a receiver on its
    // doorbell, and knows by now.
    if (in_) in_->WakeEverybody();
  }

  const Memory memory_;
  Shared* const shared_;
  const int end_;
  const bool receives_;
  const bool sends_;
  std::optional<Ring> in_;
  std::optional<Ring> out_;

  std::atomic<bool> readable_;
  std::atomic<uint32_t> state_ = 0;
  os::Doorbell doorbell_;

  // For ever, once it is true.
  std::atomic<bool> other_end_gone_ = false;
  // What was so when the system was last asked.
  std::atomic<uint32_t> asked_closes_ = 0;
  std::atomic<uint64_t> asked_children_ = 0;
  std::atomic<uint64_t> asked_moment_ = 0;
};

void Registry::ForgetUsers() {
  for (RingConnection* connection : connections) connection->ForgetUsers();
}

absl::StatusOr<std::string> RingConnection::RecvBytes(
    std::optional<size_t> max_length) {
  PROCSPEC_RETURN_IF_ERROR(MayReceive());

  class LimitedSink final : public Ring::Sink {
   public:
    LimitedSink(std::string& out, std::optional<size_t> limit)
        : out_(out), limit_(limit) {}
    bool Begin(const Ring::MessageInfo& info) override {
      refused_ = limit_.has_value() && info.size > *limit_;
      if (refused_) return false;
      out_.clear();
      out_.reserve(info.size);
      return true;
    }
    void Append(std::string_view bytes) override { out_.append(bytes); }
    bool refused() const { return refused_; }

   private:
    std::string& out_;
    const std::optional<size_t> limit_;
    bool refused_ = false;
  };

  std::string message;
  LimitedSink sink(message, max_length);
  PROCSPEC_RETURN_IF_ERROR(Read(sink));
  if (!sink.refused()) return message;
  if (sends_) {
    readable_.store(false, std::memory_order_relaxed);
  } else {
    (void)Close();
  }
  return MessageTooLongError("the message is longer than the limit");
}

absl::StatusOr<size_t> RingConnection::RecvBytesInto(absl::Span<char> buffer,
                                                     size_t offset) {
  PROCSPEC_RETURN_IF_ERROR(MayReceive());
  if (offset > buffer.size()) return ValueError("offset beyond the buffer");

  class SpanSink final : public Ring::Sink {
   public:
    explicit SpanSink(absl::Span<char> room) : room_(room) {}
    bool Begin(const Ring::MessageInfo& info) override {
      size_ = 0;
      fits_ = info.size <= room_.size();
      too_long_.clear();
      if (!fits_) too_long_.reserve(info.size);
      return true;
    }
    void Append(std::string_view bytes) override {
      if (fits_) {
        std::memcpy(room_.data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
      } else {
        too_long_.append(bytes);
      }
    }
    bool fits() const { return fits_; }
    size_t size() const { return size_; }
    const std::string& too_long() const { return too_long_; }

   private:
    const absl::Span<char> room_;
    size_t size_ = 0;
    bool fits_ = true;
    std::string too_long_;
  };

  SpanSink sink(buffer.subspan(offset));
  PROCSPEC_RETURN_IF_ERROR(Read(sink));
  if (!sink.fits()) return BufferTooShortError(sink.too_long());
  return sink.size();
}

absl::StatusOr<bool> RingConnection::Poll(absl::Duration timeout) {
  PROCSPEC_RETURN_IF_ERROR(MayReceive());
  LazyDeadline deadline(timeout);
  const Outcome outcome = in_->WaitReadable(deadline, this);
  if (closed()) return IsClosed();
  // The end of the file is something to receive.
  return outcome != Outcome::kTimedOut;
}

absl::StatusOr<Handle> RingConnection::FromTransfer(
    const Value& state, std::vector<os::UniqueFile> handles) {
  const List* list = state.get_if<List>();
  if (list == nullptr || list->size() != 4 || handles.size() != 2) {
    return SerialisationError("not a connection");
  }
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t end, (*list)[0].As<int64_t>());
  PROCSPEC_ASSIGN_OR_RETURN(const bool receives, (*list)[1].As<bool>());
  PROCSPEC_ASSIGN_OR_RETURN(const bool readable, (*list)[2].As<bool>());
  PROCSPEC_ASSIGN_OR_RETURN(const bool sends, (*list)[3].As<bool>());
  PROCSPEC_ASSIGN_OR_RETURN(os::SharedMemory memory,
                            os::SharedMemory::Map(std::move(handles[0])));
  auto connection = std::make_shared<RingConnection>(
      std::make_shared<os::SharedMemory>(std::move(memory)),
      static_cast<int>(end), receives, sends,
      os::Doorbell(std::move(handles[1])));
  connection->readable_.store(readable, std::memory_order_relaxed);
  return Handle(std::move(connection));
}

const bool registered = RegisterTransferable(
    RingConnection::kKind,
    [](Backend&, const Value& state, std::vector<os::UniqueFile> handles) {
      return RingConnection::FromTransfer(state, std::move(handles));
    });

}  // namespace

absl::StatusOr<ConnectionPair> NewPipe(bool duplex) {
  PROCSPEC_ASSIGN_OR_RETURN(os::SharedMemory memory,
                            os::SharedMemory::New(Shared::Size(duplex)));
  PROCSPEC_ASSIGN_OR_RETURN(auto doorbells, os::Doorbell::NewPair());
  auto* shared = new (memory.data()) Shared();
  Ring::Create(shared->ring_to(0), kRing);
  if (duplex) Ring::Create(shared->ring_to(1), kRing);
  const Memory both = std::make_shared<os::SharedMemory>(std::move(memory));
  ConnectionPair pair;
  pair.first = std::make_shared<RingConnection>(both, 0, true, duplex,
                                                std::move(doorbells.first));
  pair.second = std::make_shared<RingConnection>(both, 1, duplex, true,
                                                 std::move(doorbells.second));
  return pair;
}

}  // namespace procspec::reference
