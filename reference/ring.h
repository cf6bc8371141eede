// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_RING_H_
#define PROCSPEC_REFERENCE_RING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "reference/os/time.h"

namespace procspec::reference {

using os::LazyDeadline;

// The one carrier of messages: a ring of bytes in shared memory. Any number of
// writers and readers in any processes; whole messages of any size; one total
// order. A Ring is a view: it owns nothing and is cheap to copy; the memory
// must stay mapped while one of its operations runs.
//
// How it stays whole. One robust mutex for writers, one for readers. A message
// is written behind the tail and becomes part of the ring by one store of the
// tail, which moves position and count together; it leaves by one store of the
// head. So a process killed at any instant has done it or has not, and the next
// owner of its mutex has nothing to repair. Nobody sleeps holding a mutex,
// except the reader of a large message between its pieces.
//
// Large messages. Up to half the ring a message is written whole. Longer ones
// are streamed in pieces; meanwhile others cannot write, but they do not hang
// on a mutex: they find `streaming` set and act on that. The streamer holds a
// robust mutex of its own, so that whoever depends on it learns of its death,
// ends the torn message with an abort mark and goes on. A reader that dies
// midway leaves pieces that the next reader skips.
//
// Sleeping is on futex words whose predicate is re-checked (os/wait_word.h),
// with a re-check every os::kRecheck in case a waker was killed. A writer is
// woken only when a quarter of what it waits for is free, so that full rings do
// not cost a switch of processes for each message.
//
// The bound. With max_messages at most that many messages are in the ring or
// reserved. A reservation is a message that counts although it waits in some
// process's own memory. Reservations belong to a slot, whose owner is a living
// thread; those of a dead one are taken back.
//
// Timeouts: an immediate attempt, or one with little time, waits for a mutex as
// long as a copy of one message takes, which is no wait for a message or for
// room. Its owner may be off the processor, or stopped: they give up after a
// tenth of a second.
class Ring {
 public:
  struct Options {
    size_t capacity = size_t{1} << 20;  // bytes; a power of two, at least 1024
    int64_t max_messages = 0;           // none if zero or negative
  };

  static size_t SizeInMemory(const Options& options);
  // `memory`: zeroed, aligned to 128, SizeInMemory bytes. Before anybody sees
  // it.
  static Ring Create(void* memory, const Options& options);
  static Ring Open(void* memory) { return Ring(memory); }

  enum class Outcome {
    kDone,
    kTimedOut,  // no message, no room or no lock in time
    kNoSpace,   // the bound leaves room, the bytes do not fit now
    kPeerGone,  // Peer::Gone; of a read: and nothing is left
    kRefused,   // Sink::Begin returned false; the message is still there
  };

  // What writers say about a message besides its bytes.
  using Tag = uint8_t;

  struct MessageInfo {
    size_t size = 0;
    uint64_t index = 0;  // how many messages left the ring before it
    Tag tag = 0;
  };

  // Where a read message goes.
  class Sink {
   public:
    // A message follows. False leaves it in the ring. Called anew when a writer
    // died midway.
    virtual bool Begin(const MessageInfo& info) = 0;
    // Its bytes, in order. The message leaves the ring only afterwards: what a
    // reader notes here, it has noted before it has taken the message.
    virtual void Append(std::string_view bytes) = 0;

   protected:
    ~Sink() = default;
  };

  // What a pipe knows and a queue does not: whether there is another side, and
  // how to wake its reader so that the kernel's word of its end wakes it too.
  class Peer {
   public:
    // No copy of the other side is open. Asks the system.
    virtual bool Gone() = 0;
    // Ends Sleep on the other side.
    virtual void Wake() = 0;
    // Until Wake, the end of the other side, or the deadline; may be spurious.
    virtual void Sleep(os::Deadline deadline) = 0;

   protected:
    ~Peer() = default;
  };

  // A place for reservations, owned by the thread that claimed it until that
  // thread releases it or ends.
  using Slot = int;
  static constexpr Slot kNoSlot = -1;

  // Writes, waiting for room under the bound but never for bytes.
  // kNoSpace also for what would be streamed, and while somebody streams.
  Outcome WriteNow(std::string_view message, Tag tag, LazyDeadline& deadline);

  // After kNoSpace: waits a little for readers that are at work, and does not
  // wait for others. Whether the message would fit now. At most a millisecond,
  // and some microseconds when nobody reads.
  bool AwaitSpaceBriefly(std::string_view message);

  // Writes, waiting for bytes as long as it takes; the bound is not looked at.
  // With a slot, the message was reserved there and is no longer afterwards.
  // `peer` may be null.
  Outcome Write(std::string_view message, Tag tag, Slot slot = kNoSlot,
                Peer* peer = nullptr);

  // Counts one message against the bound, waiting for room.
  Outcome Reserve(Slot slot, LazyDeadline& deadline);
  // kNoSlot: every slot has a living owner.
  Slot ClaimSlot();
  void ReleaseSlot(Slot slot);

  // Reads one message into `sink`.
  Outcome Read(Sink& sink, LazyDeadline& deadline, Peer* peer = nullptr);

  // Waits until a read would find (at least the first piece of) a message.
  Outcome WaitReadable(LazyDeadline& deadline, Peer* peer = nullptr);

  // The same without ever sleeping: some microseconds. False: no message came.
  bool AwaitMessageBriefly() const;

  // Nothing to read now; exact but for messages that others write or read at
  // this moment.
  bool Empty();

  // Messages written or reserved, ever, and those of them taken out.
  struct Counts {
    uint64_t put = 0;
    uint64_t taken = 0;
  };
  // Exact, but when a stopped process holds the writers' mutex.
  Counts Count();
  // body(counts), during which nobody writes or reserves.
  template <typename Body>
  void CountAnd(Body body) {
    const bool locked = LockForCount();
    body(CountNow(locked));
    if (locked) Unlock();
  }

  bool bounded() const;
  int64_t max_messages() const;

  // Has every sleeper look again: something outside the ring has changed.
  void WakeEverybody();

 private:
  struct State;
  struct Frame;

  explicit Ring(void* memory);

  bool LockForCount();
  void Unlock();
  Counts CountNow(bool locked);

  bool LockWriters(LazyDeadline& deadline);
  bool LockReaders(LazyDeadline& deadline);

  void CopyIn(uint64_t position, std::string_view bytes);
  void AppendTo(Sink& sink, uint64_t position, size_t size);
  Frame& FrameAt(uint64_t position);

  bool HasRoomLocked();
  bool HasRoom() const;
  bool HasSpaceLocked(size_t size);
  bool HasSpace(size_t size) const;
  bool StreamingLocked();
  void AbortIfStreamerDied();
  void ReclaimLocked();
  void PlaceLocked(std::string_view message, Tag tag);
  Outcome Stream(std::string_view message, Tag tag, Slot slot, Peer* peer);
  void DropReservationLocked(Slot slot);
  void AfterWrite(Peer* peer);
  void AfterPiece(Peer* peer);
  void AfterRead();

  enum class Taken { kDone, kEmpty, kRefused, kTimedOut };
  Taken TryTake(Sink& sink, LazyDeadline& deadline, Peer* peer);
  bool SkipToMessageLocked(uint64_t& head);
  bool TakeStreamLocked(Sink& sink, uint64_t head, Peer* peer);
  bool LooksEmpty() const;

  State* state_;
  char* data_;
  uint64_t mask_;
};

// Reads into a string, reusing its storage.
class StringSink final : public Ring::Sink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  bool Begin(const Ring::MessageInfo& info) override {
    out_.clear();
    out_.reserve(info.size);
    tag_ = info.tag;
    return true;
  }
  void Append(std::string_view bytes) override { out_.append(bytes); }
  Ring::Tag tag() const { return tag_; }

 private:
  std::string& out_;
  Ring::Tag tag_ = 0;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_RING_H_
