// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/ring.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>
#include <new>

#include "reference/os/robust_mutex.h"
#include "reference/os/wait_word.h"

namespace procspec::reference {
namespace {

using os::RobustMutex;

// Two lines, because processors fetch them in pairs.
constexpr size_t kLine = 128;
constexpr int kSlots = 256;
// A mutex is held for microseconds, but its owner may lose the processor to
// others meanwhile, for some turns on a crowded machine.
constexpr absl::Duration kLockGrace = absl::Milliseconds(100);
// For counts, which are better late than wrong.
constexpr absl::Duration kCountGrace = absl::Seconds(1);

constexpr uint64_t Padded(uint64_t size) { return (size + 7) & ~uint64_t{7}; }

// A position in the endless stream of bytes, and the number of messages before
// it. Both move by one store: positions are multiples of eight, and the lowest
// bit tells which of two counts goes with it.
class Cursor {
 public:
  uint64_t position() const {
    return word_.load(std::memory_order_acquire) & ~uint64_t{1};
  }
  // For the holder of the mutex that guards the cursor.
  uint64_t own_position() const {
    return word_.load(std::memory_order_relaxed) & ~uint64_t{1};
  }
  uint64_t own_count() const {
    return counts_[word_.load(std::memory_order_relaxed) & 1].load(
        std::memory_order_relaxed);
  }
  uint64_t count() const {
    while (true) {
      const uint64_t word = word_.load(std::memory_order_acquire);
      const uint64_t count = counts_[word & 1].load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (word_.load(std::memory_order_relaxed) == word) return count;
    }
  }
  void MoveTo(uint64_t position, uint64_t more_messages) {
    const uint64_t which = ~word_.load(std::memory_order_relaxed) & 1;
    counts_[which].store(
        counts_[which ^ 1].load(std::memory_order_relaxed) + more_messages,
        std::memory_order_relaxed);
    word_.store(position | which, std::memory_order_release);
  }

 private:
  std::atomic<uint64_t> word_;
  std::atomic<uint64_t> counts_[2];
};

// Processes asleep for one reason. A waker changes what they wait for, takes
// os::LightFence and asks any(); a sleeper announces itself, which includes the
// other half of the fence, and looks once more before it sleeps.
class Sleepers {
 public:
  bool any() const { return flag_.load(std::memory_order_relaxed) != 0; }

  // Lowered first and raised again if somebody slept: who announces itself in
  // between is not forgotten. A killed sleeper costs one vain wake-up.
  void WakeOne() {
    flag_.store(0);
    word_.fetch_add(1);
    if (os::WakeOne(word_) > 0) flag_.store(1);
  }
  void WakeAll() {
    flag_.store(0);
    word_.fetch_add(1);
    os::WakeAll(word_);
  }
  // For sleepers that are woken by other means.
  void Forget() { flag_.store(0); }

  uint32_t Announce() {
    const uint32_t seen = word_.load(std::memory_order_acquire);
    flag_.store(1, std::memory_order_relaxed);
    os::HeavyFence();
    return seen;
  }
  os::WaitResult Sleep(uint32_t seen, os::Deadline deadline) {
    return os::WaitSlice(word_, seen, deadline);
  }

 private:
  os::WaitWord word_;
  std::atomic<uint32_t> flag_;
};

// Waits for the mutex until the deadline, but for `grace` at least: what is to
// be in time is the message or the room, and a mutex that is held says nothing
// about either.
template <typename Repair>
bool LockWithin(RobustMutex& mutex, LazyDeadline& deadline,
                absl::Duration grace, Repair repair) {
  RobustMutex::LockResult result = mutex.TryLock();
  if (result == RobustMutex::LockResult::kTimedOut) {
    os::Deadline until(grace);
    if (!deadline.immediate() &&
        deadline.Get().nanoseconds() > until.nanoseconds()) {
      until = deadline.Get();
    }
    result = mutex.Lock(until);
  }
  if (result == RobustMutex::LockResult::kOwnerDied) {
    repair();
    mutex.MarkRepaired();
  }
  return result != RobustMutex::LockResult::kTimedOut;
}

enum class Waited { kReady, kAgain, kTimedOut };

// One round of waiting: the rest of the ladder, then at most one sleep.
template <typename Ready>
Waited WaitOnce(Sleepers& sleepers, os::WaitLadder& ladder,
                LazyDeadline& deadline, Ready ready,
                Ring::Peer* peer = nullptr) {
  if (ready()) return Waited::kReady;
  if (deadline.immediate()) return Waited::kTimedOut;
  while (ladder.Next()) {
    if (ready()) return Waited::kReady;
  }
  const os::Deadline until = deadline.Get();
  const uint32_t seen = sleepers.Announce();
  if (ready()) return Waited::kReady;
  bool timed_out = false;
  if (peer != nullptr) {
    const os::Deadline slice(os::kRecheck);
    peer->Sleep(until.nanoseconds() < slice.nanoseconds() ? until : slice);
    timed_out = until.HasPassed();
  } else {
    timed_out = sleepers.Sleep(seen, until) == os::WaitResult::kTimedOut;
  }
  if (ready()) return Waited::kReady;
  return timed_out ? Waited::kTimedOut : Waited::kAgain;
}

}  // namespace

// What precedes the bytes of a message or of a piece of one.
struct Ring::Frame {
  static constexpr uint32_t kFirst = 1;
  static constexpr uint32_t kLast = 2;
  // No bytes: the pieces before it are no message.
  static constexpr uint32_t kAbort = 4;

  uint32_t size;
  uint32_t flags;

  // The tag of the message, in the frame that is first.
  static constexpr int kTagShift = 8;
  Tag tag() const { return static_cast<Tag>(flags >> kTagShift); }

  uint64_t extent() const { return sizeof(Frame) + Padded(size); }
  bool first() const { return (flags & kFirst) != 0; }
  bool last() const { return (flags & kLast) != 0; }
};

// An abort mark must always fit, so nobody else uses the last eight bytes.
static constexpr uint64_t kSlack = 8;

struct Ring::State {
  uint64_t capacity;
  int64_t max_messages;

  // Guarded by write_mutex; the atomics may be read by all.
  alignas(kLine) Cursor tail;
  uint64_t head_seen;  // the head and its count when last looked at
  uint64_t taken_seen;
  std::atomic<int64_t> reserved;  // the sum over the slots
  std::atomic<uint32_t> streaming;
  int32_t slots_made;

  // Guarded by read_mutex.
  alignas(kLine) Cursor head;
  uint64_t tail_seen;

  // What writers look at after each message ...
  alignas(kLine) Sleepers readers;  // for a message
  Sleepers piece_reader;            // for the next piece of a large one

  // ... and readers.
  alignas(kLine) Sleepers space;  // for bytes, or for the end of a stream
  Sleepers room;                  // under the bound

  alignas(kLine) RobustMutex write_mutex;
  // Held by a streamer from piece to piece. Taken with TryLock only, and with
  // write_mutex held; so when that is held and `streaming` is not set, no
  // living thread holds this.
  RobustMutex stream_mutex;

  alignas(kLine) RobustMutex read_mutex;

  // `count` is guarded by write_mutex; `owner` is held by the owner for as long
  // as it owns the slot, which is how its death is seen.
  struct ReservationSlot {
    alignas(kLine) RobustMutex owner;
    int64_t count;
  };
  ReservationSlot slots[kSlots];

  // The bytes follow.
  char* data() { return reinterpret_cast<char*>(this + 1); }
};

size_t Ring::SizeInMemory(const Options& options) {
  return sizeof(State) + options.capacity;
}

Ring Ring::Create(void* memory, const Options& options) {
  assert(options.capacity >= 1024 &&
         (options.capacity & (options.capacity - 1)) == 0);
  // Zeroed memory is what all members start from; to construct the slots would
  // only touch their pages.
  auto* state = static_cast<State*>(memory);
  state->capacity = options.capacity;
  state->max_messages = std::max<int64_t>(0, options.max_messages);
  state->write_mutex.Init();
  state->stream_mutex.Init();
  state->read_mutex.Init();
  return Ring(memory);
}

Ring::Ring(void* memory)
    : state_(static_cast<State*>(memory)),
      data_(state_->data()),
      mask_(state_->capacity - 1) {}

bool Ring::bounded() const { return state_->max_messages > 0; }
int64_t Ring::max_messages() const { return state_->max_messages; }

// --- Bytes -------------------------------------------------------------------

void Ring::CopyIn(uint64_t position, std::string_view bytes) {
  const uint64_t at = position & mask_;
  const size_t first = std::min<uint64_t>(bytes.size(), mask_ + 1 - at);
  std::memcpy(data_ + at, bytes.data(), first);
  if (first < bytes.size()) {
    std::memcpy(data_, bytes.data() + first, bytes.size() - first);
  }
}

void Ring::AppendTo(Sink& sink, uint64_t position, size_t size) {
  const uint64_t at = position & mask_;
  const size_t first = std::min<uint64_t>(size, mask_ + 1 - at);
  sink.Append({data_ + at, first});
  if (first < size) sink.Append({data_, size - first});
}

// Never wraps: frames start at multiples of eight.
Ring::Frame& Ring::FrameAt(uint64_t position) {
  return *reinterpret_cast<Frame*>(data_ + (position & mask_));
}

// --- Writers -----------------------------------------------------------------

bool Ring::LockWriters(LazyDeadline& deadline) {
  return LockWithin(state_->write_mutex, deadline, kLockGrace, [this] {
    // The ring itself is whole. The sum may have been changed without its part.
    int64_t sum = 0;
    for (int i = 0; i < state_->slots_made; ++i) sum += state_->slots[i].count;
    state_->reserved.store(sum, std::memory_order_relaxed);
  });
}

void Ring::Unlock() { state_->write_mutex.Unlock(); }

bool Ring::HasRoomLocked() {
  State& s = *state_;
  if (s.max_messages == 0) return true;
  const int64_t put =
      s.tail.own_count() + s.reserved.load(std::memory_order_relaxed);
  if (put - static_cast<int64_t>(s.taken_seen) < s.max_messages) return true;
  s.taken_seen = s.head.count();
  if (put - static_cast<int64_t>(s.taken_seen) < s.max_messages) return true;
  if (s.reserved.load(std::memory_order_relaxed) == 0) return false;
  ReclaimLocked();
  return HasRoom();
}

bool Ring::HasRoom() const {
  const State& s = *state_;
  // Taken before put: the difference errs towards fuller, and a sleeper that
  // errs looks again.
  const int64_t taken = s.head.count();
  const int64_t put =
      s.tail.count() + s.reserved.load(std::memory_order_relaxed);
  return put - taken < s.max_messages;
}

bool Ring::HasSpaceLocked(size_t size) {
  State& s = *state_;
  const uint64_t most = s.capacity - kSlack - size;
  if (s.tail.own_position() - s.head_seen <= most) return true;
  s.head_seen = s.head.position();
  return s.tail.own_position() - s.head_seen <= most;
}

bool Ring::HasSpace(size_t size) const {
  const State& s = *state_;
  const uint64_t head = s.head.position();
  return s.tail.position() - head <= s.capacity - kSlack - size;
}

// Whether a living process is in the middle of a large message.
bool Ring::StreamingLocked() {
  State& s = *state_;
  if (s.streaming.load(std::memory_order_relaxed) == 0) return false;
  const RobustMutex::LockResult result = s.stream_mutex.TryLock();
  if (result == RobustMutex::LockResult::kTimedOut) return true;
  if (result == RobustMutex::LockResult::kOwnerDied) {
    s.stream_mutex.MarkRepaired();
  }
  // Only now: as long as it lived, the streamer moved the tail.
  const uint64_t tail = s.tail.own_position();
  // Room for the mark: whoever died right after making one has left none until
  // a reader is past it.
  const bool room = tail - s.head.position() <= s.capacity - sizeof(Frame);
  if (room) {
    Frame& frame = FrameAt(tail);
    frame.size = 0;
    frame.flags = Frame::kAbort | Frame::kLast;
    s.tail.MoveTo(tail + sizeof(Frame), 0);
    s.streaming.store(0, std::memory_order_relaxed);
  }
  s.stream_mutex.Unlock();
  if (!room) return true;
  s.readers.WakeAll();
  s.piece_reader.WakeAll();
  s.space.WakeAll();
  return false;
}

void Ring::AbortIfStreamerDied() {
  if (state_->streaming.load(std::memory_order_relaxed) == 0) return;
  LazyDeadline grace(absl::ZeroDuration());
  if (!LockWriters(grace)) return;
  StreamingLocked();
  Unlock();
}

void Ring::ReclaimLocked() {
  State& s = *state_;
  for (int i = 0; i < s.slots_made; ++i) {
    State::ReservationSlot& slot = s.slots[i];
    if (slot.count == 0) continue;
    const RobustMutex::LockResult result = slot.owner.TryLock();
    if (result == RobustMutex::LockResult::kTimedOut) continue;
    s.reserved.fetch_sub(slot.count, std::memory_order_relaxed);
    slot.count = 0;
    if (result == RobustMutex::LockResult::kOwnerDied) {
      slot.owner.MarkRepaired();
    }
    slot.owner.Unlock();
  }
}

void Ring::PlaceLocked(std::string_view message, Tag tag) {
  State& s = *state_;
  const uint64_t tail = s.tail.own_position();
  Frame& frame = FrameAt(tail);
  frame.size = static_cast<uint32_t>(message.size());
  frame.flags = Frame::kFirst | Frame::kLast | tag << Frame::kTagShift;
  CopyIn(tail + sizeof(Frame), message);
  s.tail.MoveTo(tail + frame.extent(), 1);
}

void Ring::AfterWrite(Peer* peer) {
  os::LightFence();
  if (!state_->readers.any()) return;
  if (peer == nullptr) {
    state_->readers.WakeOne();
  } else {
    state_->readers.Forget();
    peer->Wake();
  }
}

// A piece that is not the first is for the reader that has the others; if that
// one died, for any.
void Ring::AfterPiece(Peer* peer) {
  os::LightFence();
  if (!state_->piece_reader.any()) return AfterWrite(peer);
  if (peer == nullptr) {
    state_->piece_reader.WakeOne();
  } else {
    state_->piece_reader.Forget();
    peer->Wake();
  }
}

Ring::Outcome Ring::WriteNow(std::string_view message, Tag tag,
                             LazyDeadline& deadline) {
  State& s = *state_;
  const uint64_t extent = sizeof(Frame) + Padded(message.size());
  os::WaitLadder ladder;
  while (true) {
    if (!LockWriters(deadline)) return Outcome::kTimedOut;
    if (HasRoomLocked()) {
      if (extent > s.capacity / 2 || StreamingLocked() ||
          !HasSpaceLocked(extent)) {
        Unlock();
        return Outcome::kNoSpace;
      }
      PlaceLocked(message, tag);
      Unlock();
      AfterWrite(nullptr);
      // One get may have made room for several: pass the wake-up on.
      if (s.max_messages > 0 && s.room.any() && HasRoom()) s.room.WakeOne();
      return Outcome::kDone;
    }
    Unlock();
    if (WaitOnce(s.room, ladder, deadline, [this] { return HasRoom(); }) ==
        Waited::kTimedOut) {
      return Outcome::kTimedOut;
    }
  }
}

bool Ring::AwaitSpaceBriefly(std::string_view message) {
  State& s = *state_;
  const uint64_t extent = sizeof(Frame) + Padded(message.size());
  // A quarter, as for sleepers: who writes into every gap meets the reader at
  // every message.
  const uint64_t enough = std::max(extent, s.capacity / 4);
  if (extent > s.capacity / 2) return false;
  const os::Deadline latest(absl::Milliseconds(1));
  uint64_t head = 0;
  do {
    if (s.streaming.load(std::memory_order_relaxed) != 0) return false;
    head = s.head.position();
    os::WaitLadder ladder;
    do {
      if (HasSpace(enough)) return true;
    } while (ladder.Next());
  } while (s.head.position() != head && !latest.HasPassed());
  return HasSpace(extent);
}

Ring::Outcome Ring::Reserve(Slot slot, LazyDeadline& deadline) {
  State& s = *state_;
  os::WaitLadder ladder;
  while (true) {
    if (!LockWriters(deadline)) return Outcome::kTimedOut;
    if (HasRoomLocked()) {
      s.slots[slot].count += 1;
      s.reserved.fetch_add(1, std::memory_order_relaxed);
      Unlock();
      if (s.max_messages > 0 && s.room.any() && HasRoom()) s.room.WakeOne();
      return Outcome::kDone;
    }
    Unlock();
    if (WaitOnce(s.room, ladder, deadline, [this] { return HasRoom(); }) ==
        Waited::kTimedOut) {
      return Outcome::kTimedOut;
    }
  }
}

void Ring::DropReservationLocked(Slot slot) {
  if (slot == kNoSlot) return;
  state_->slots[slot].count -= 1;
  state_->reserved.fetch_sub(1, std::memory_order_relaxed);
}

Ring::Slot Ring::ClaimSlot() {
  State& s = *state_;
  LazyDeadline forever(absl::InfiniteDuration());
  LockWriters(forever);
  Slot claimed = kNoSlot;
  for (int i = 0; i < kSlots; ++i) {
    if (i == s.slots_made) {
      s.slots[i].owner.Init();
      s.slots_made = i + 1;
    }
    State::ReservationSlot& slot = s.slots[i];
    const RobustMutex::LockResult result = slot.owner.TryLock();
    if (result == RobustMutex::LockResult::kTimedOut) continue;
    s.reserved.fetch_sub(slot.count, std::memory_order_relaxed);
    slot.count = 0;
    if (result == RobustMutex::LockResult::kOwnerDied) {
      slot.owner.MarkRepaired();
    }
    claimed = i;
    break;
  }
  Unlock();
  return claimed;
}

void Ring::ReleaseSlot(Slot slot) { state_->slots[slot].owner.Unlock(); }

Ring::Outcome Ring::Write(std::string_view message, Tag tag, Slot slot,
                          Peer* peer) {
  State& s = *state_;
  const uint64_t extent = sizeof(Frame) + Padded(message.size());
  const bool large = extent > s.capacity / 2;
  // A stream needs no space to begin.
  const uint64_t needed = large ? 0 : extent;
  LazyDeadline forever(absl::InfiniteDuration());
  os::WaitLadder ladder;
  while (true) {
    LockWriters(forever);
    if (!StreamingLocked()) {
      if (large) return Stream(message, tag, slot, peer);
      if (HasSpaceLocked(extent)) {
        PlaceLocked(message, tag);
        DropReservationLocked(slot);
        Unlock();
        AfterWrite(peer);
        return Outcome::kDone;
      }
    }
    Unlock();
    const Waited waited = WaitOnce(s.space, ladder, forever, [&] {
      return s.streaming.load(std::memory_order_acquire) == 0 &&
             HasSpace(needed);
    });
    if (waited == Waited::kAgain && peer != nullptr && peer->Gone()) {
      return Outcome::kPeerGone;
    }
  }
}

// Called with the writers' mutex held and nobody streaming; returns without it.
Ring::Outcome Ring::Stream(std::string_view message, Tag tag, Slot slot,
                           Peer* peer) {
  State& s = *state_;
  if (s.stream_mutex.TryLock() == RobustMutex::LockResult::kOwnerDied) {
    s.stream_mutex.MarkRepaired();
  }
  s.streaming.store(1, std::memory_order_relaxed);
  Unlock();

  // Nobody else moves the tail until `streaming` is lowered.
  LazyDeadline forever(absl::InfiniteDuration());
  const size_t piece_size = s.capacity / 8;
  const uint64_t total = message.size();
  bool first = true;
  while (true) {
    const size_t prefix = first ? sizeof(total) : 0;
    const std::string_view piece = message.substr(0, piece_size);
    const bool last = piece.size() == message.size();
    const uint64_t extent = sizeof(Frame) + Padded(prefix + piece.size());
    os::WaitLadder ladder;
    Waited waited = Waited::kAgain;
    while (waited != Waited::kReady) {
      waited =
          WaitOnce(s.space, ladder, forever, [&] { return HasSpace(extent); });
      if (waited == Waited::kAgain && peer != nullptr && peer->Gone()) {
        LockWriters(forever);
        s.stream_mutex.Unlock();
        StreamingLocked();  // finds no streamer and makes the mark
        Unlock();
        return Outcome::kPeerGone;
      }
    }
    const uint64_t tail = s.tail.own_position();
    Frame& frame = FrameAt(tail);
    frame.size = static_cast<uint32_t>(prefix + piece.size());
    frame.flags = (first ? Frame::kFirst | tag << Frame::kTagShift : 0) |
                  (last ? Frame::kLast : 0);
    if (first) {
      CopyIn(tail + sizeof(Frame),
             {reinterpret_cast<const char*>(&total), sizeof(total)});
    }
    CopyIn(tail + sizeof(Frame) + prefix, piece);
    if (last) break;
    s.tail.MoveTo(tail + frame.extent(), 0);
    if (first) {
      AfterWrite(peer);
    } else {
      AfterPiece(peer);
    }
    first = false;
    message.remove_prefix(piece.size());
  }

  LockWriters(forever);
  const uint64_t tail = s.tail.own_position();
  s.tail.MoveTo(tail + FrameAt(tail).extent(), 1);
  DropReservationLocked(slot);
  s.streaming.store(0, std::memory_order_release);
  s.stream_mutex.Unlock();
  Unlock();
  AfterPiece(peer);
  if (s.space.any()) s.space.WakeAll();
  return Outcome::kDone;
}

// --- Readers -----------------------------------------------------------------

bool Ring::LockReaders(LazyDeadline& deadline) {
  return LockWithin(state_->read_mutex, deadline, kLockGrace, [] {});
}

bool Ring::LooksEmpty() const {
  const uint64_t head = state_->head.position();
  return state_->tail.position() == head;
}

void Ring::AfterRead() {
  State& s = *state_;
  os::LightFence();
  if (s.space.any()) [[unlikely]] {
    const uint64_t head = s.head.position();
    if (s.tail.position() - head <= s.capacity - s.capacity / 4) {
      s.space.WakeAll();
    }
  }
  if (s.room.any()) [[unlikely]] {
    const int64_t taken = s.head.count();
    const int64_t put =
        s.tail.count() + s.reserved.load(std::memory_order_relaxed);
    const int64_t enough = std::max<int64_t>(1, s.max_messages / 4);
    if (s.max_messages - (put - taken) >= enough) s.room.WakeOne();
  }
}

// Moves the head past what a dead reader or writer left of a large message.
// False: nothing is left.
bool Ring::SkipToMessageLocked(uint64_t& head) {
  State& s = *state_;
  while (true) {
    if (s.tail_seen == head) {
      s.tail_seen = s.tail.position();
      if (s.tail_seen == head) return false;
    }
    const Frame& frame = FrameAt(head);
    if (frame.first()) return true;
    const bool whole = frame.last() && (frame.flags & Frame::kAbort) == 0;
    head += frame.extent();
    s.head.MoveTo(head, whole ? 1 : 0);
    AfterRead();
  }
}

Ring::Taken Ring::TryTake(Sink& sink, LazyDeadline& deadline, Peer* peer) {
  State& s = *state_;
  if (deadline.immediate() && LooksEmpty()) return Taken::kEmpty;
  if (!LockReaders(deadline)) {
    return LooksEmpty() ? Taken::kEmpty : Taken::kTimedOut;
  }
  uint64_t head = s.head.own_position();
  while (true) {
    if (!SkipToMessageLocked(head)) {
      s.read_mutex.Unlock();
      return Taken::kEmpty;
    }
    const Frame frame = FrameAt(head);
    if (!frame.last()) {
      uint64_t total = 0;
      std::memcpy(&total, &FrameAt(head + sizeof(Frame)), sizeof(total));
      if (!sink.Begin({.size = total,
                       .index = s.head.own_count(),
                       .tag = frame.tag()})) {
        s.read_mutex.Unlock();
        return Taken::kRefused;
      }
      if (TakeStreamLocked(sink, head, peer)) break;
      head = s.head.own_position();
      continue;
    }
    if (!sink.Begin({.size = frame.size,
                     .index = s.head.own_count(),
                     .tag = frame.tag()})) {
      s.read_mutex.Unlock();
      return Taken::kRefused;
    }
    AppendTo(sink, head + sizeof(Frame), frame.size);
    s.head.MoveTo(head + frame.extent(), 1);
    break;
  }
  const bool more = s.tail_seen != s.head.own_position();
  s.read_mutex.Unlock();
  AfterRead();
  // A writer wakes one reader a message; when two wake-ups fell together, this
  // passes the other one on.
  if (more && peer == nullptr && s.readers.any()) s.readers.WakeOne();
  return Taken::kDone;
}

// Takes the large message whose first piece is at `head`. False: it was aborted
// and skipped.
bool Ring::TakeStreamLocked(Sink& sink, uint64_t head, Peer* peer) {
  State& s = *state_;
  LazyDeadline forever(absl::InfiniteDuration());
  Frame frame = FrameAt(head);
  AppendTo(sink, head + sizeof(Frame) + sizeof(uint64_t),
           frame.size - sizeof(uint64_t));
  head += frame.extent();
  s.head.MoveTo(head, 0);
  while (true) {
    AfterRead();
    os::WaitLadder ladder;
    while (s.tail_seen == head) {
      if (WaitOnce(
              s.piece_reader, ladder, forever,
              [&] { return s.tail.position() != head; },
              peer) == Waited::kAgain) {
        AbortIfStreamerDied();
      }
      s.tail_seen = s.tail.position();
    }
    frame = FrameAt(head);
    if (frame.first()) return false;
    if ((frame.flags & Frame::kAbort) != 0) {
      s.head.MoveTo(head + frame.extent(), 0);
      return false;
    }
    AppendTo(sink, head + sizeof(Frame), frame.size);
    head += frame.extent();
    s.head.MoveTo(head, frame.last() ? 1 : 0);
    if (frame.last()) return true;
  }
}

Ring::Outcome Ring::Read(Sink& sink, LazyDeadline& deadline, Peer* peer) {
  os::WaitLadder ladder;
  bool peer_gone = false;
  while (true) {
    switch (TryTake(sink, deadline, peer)) {
      case Taken::kDone:
        return Outcome::kDone;
      case Taken::kRefused:
        return Outcome::kRefused;
      case Taken::kTimedOut:
        return Outcome::kTimedOut;
      case Taken::kEmpty:
        break;
    }
    // What was sent before the other side went is delivered first: only when
    // the ring was empty after that is it the end.
    if (peer_gone) return Outcome::kPeerGone;
    switch (WaitOnce(
        state_->readers, ladder, deadline, [this] { return !LooksEmpty(); },
        peer)) {
      case Waited::kReady:
        break;
      case Waited::kTimedOut:
        return Outcome::kTimedOut;
      case Waited::kAgain:
        peer_gone = peer != nullptr && peer->Gone();
        break;
    }
  }
}

Ring::Outcome Ring::WaitReadable(LazyDeadline& deadline, Peer* peer) {
  os::WaitLadder ladder;
  while (true) {
    if (!Empty()) return Outcome::kDone;
    if (peer != nullptr && peer->Gone()) {
      return Empty() ? Outcome::kPeerGone : Outcome::kDone;
    }
    if (WaitOnce(
            state_->readers, ladder, deadline, [this] { return !LooksEmpty(); },
            peer) == Waited::kTimedOut) {
      return Outcome::kTimedOut;
    }
  }
}

bool Ring::AwaitMessageBriefly() const {
  os::WaitLadder ladder;
  do {
    if (!LooksEmpty()) return true;
  } while (ladder.Next());
  return false;
}

bool Ring::Empty() {
  if (LooksEmpty()) return true;
  // Not empty, unless all that is left are remains; a reader at work skips
  // those itself.
  const RobustMutex::LockResult result = state_->read_mutex.TryLock();
  if (result == RobustMutex::LockResult::kTimedOut) return LooksEmpty();
  if (result == RobustMutex::LockResult::kOwnerDied) {
    state_->read_mutex.MarkRepaired();
  }
  uint64_t head = state_->head.own_position();
  const bool found = SkipToMessageLocked(head);
  state_->read_mutex.Unlock();
  return !found;
}

// --- Counts ------------------------------------------------------------------

bool Ring::LockForCount() {
  LazyDeadline deadline(kCountGrace);
  return LockWriters(deadline);
}

Ring::Counts Ring::CountNow(bool locked) {
  State& s = *state_;
  if (locked && s.reserved.load(std::memory_order_relaxed) != 0)
    ReclaimLocked();
  Counts counts;
  counts.taken = s.head.count();
  counts.put = s.tail.count() + s.reserved.load(std::memory_order_relaxed);
  return counts;
}

Ring::Counts Ring::Count() {
  Counts result;
  CountAnd([&](const Counts& counts) { result = counts; });
  return result;
}

void Ring::WakeEverybody() {
  state_->readers.WakeAll();
  state_->piece_reader.WakeAll();
  state_->space.WakeAll();
  state_->room.WakeAll();
}

}  // namespace procspec::reference
