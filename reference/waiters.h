// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_WAITERS_H_
#define PROCSPEC_REFERENCE_WAITERS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "reference/os/robust_mutex.h"
#include "reference/os/wait_word.h"

namespace procspec::reference {

// A place in shared memory for one waiting thread of any process: what it waits
// for, what came of it, and whether it is still there.
//
// Being there is holding a robust mutex: when the waiter ends, however it
// ended, the system lets go of it, and whoever tries it next is told. That
// costs the living nothing and needs nobody to clean up.
class alignas(64) Waiter {
 public:
  enum class Kind : uint32_t {
    kIdle = 0,
    kWaiting = 1,
    kReleased = 2,
    kBroken = 3
  };

  // The word a waiter sleeps on and others change by compare-and-swap: its kind
  // and the number it waits under (a ticket or a round). The number keeps a
  // late compare-and-swap from hitting the next user of the place.
  static constexpr uint32_t Word(Kind kind, uint32_t number) {
    return number << 2 | static_cast<uint32_t>(kind);
  }
  static constexpr Kind KindOf(uint32_t word) {
    return static_cast<Kind>(word & 3);
  }
  static constexpr uint32_t NumberOf(uint32_t word) { return word >> 2; }
  static constexpr uint32_t kNumbers = uint32_t{1} << 30;  // then they wrap

  // Whether `a` comes before `b`, also across the wrap.
  static constexpr bool Before(uint32_t a, uint32_t b) {
    return ((a - b) & (kNumbers - 1)) > kNumbers / 2;
  }

  os::WaitWord word;
  // Both free for the object whose waiter this is.
  std::atomic<uint32_t> note;
  std::atomic<uint32_t> asleep;

 private:
  friend class Waiters;
  enum : uint32_t { kRaw = 0, kBeingMade = 1, kMade = 2 };
  std::atomic<uint32_t> making_;
  os::RobustMutex presence_;
};

// The places of one object: a view of `capacity` of them in zeroed shared
// memory. Thread-safe and without a lock of its own.
class Waiters {
 public:
  static constexpr size_t BytesFor(uint32_t capacity) {
    return sizeof(Waiter) * capacity;
  }

  // `in_use` is beside the object: places from it on were never used.
  Waiters(void* memory, uint32_t capacity, std::atomic<uint32_t>& in_use)
      : first_(static_cast<Waiter*>(memory)),
        capacity_(capacity),
        in_use_(&in_use) {}

  // An idle place, which is the caller's until Leave; of the free ones the
  // first. Null: all are taken.
  Waiter* Enter();
  // By the thread that entered.
  void Leave(Waiter& waiter);

  // Takes back the place of a waiter that has ended. `inherit(word)` is called
  // with what it left behind before the place is free again; not when the
  // waiter is there, or left by itself.
  template <typename Inherit>
  bool TakeBackIfGone(Waiter& waiter, Inherit&& inherit) {
    if (!TryPresence(waiter)) return false;
    // Nobody else can change it from or to idle now.
    const uint32_t word = waiter.word.load(std::memory_order_acquire);
    const bool gone = Waiter::KindOf(word) != Waiter::Kind::kIdle;
    if (gone) inherit(word);
    Leave(waiter);
    return gone;
  }
  bool TakeBackIfGone(Waiter& waiter) {
    return TakeBackIfGone(waiter, [](uint32_t) {});
  }

  // The places that were ever used. A range: for (Waiter& w : waiters).
  Waiter* begin() const { return first_; }
  Waiter* end() const {
    return first_ + in_use_->load(std::memory_order_acquire);
  }
  Waiter& operator[](uint32_t index) const { return first_[index]; }
  uint32_t IndexOf(const Waiter& waiter) const {
    return static_cast<uint32_t>(&waiter - first_);
  }

 private:
  static bool Make(Waiter& waiter);
  static bool TryPresence(Waiter& waiter);

  Waiter* first_;
  uint32_t capacity_;
  std::atomic<uint32_t>* in_use_;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_WAITERS_H_
