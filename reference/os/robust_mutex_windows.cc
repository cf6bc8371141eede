// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "reference/os/robust_mutex.h"
#include "reference/os/thread_identity.h"
#include "reference/os/wait_word.h"

// The system's mutex tells of a dead owner too, but takes a handle each, and a
// ring has hundreds.

namespace procspec::os {
namespace {

// Somebody may be sleeping: the bit that a ThreadIdentity leaves free.
constexpr uint64_t kSleepers = uint64_t{1} << 31;

// Ownership is this word alone, and it moves by one compare-and-swap: who is
// killed before that owned nothing, and who is killed after it is found dead by
// the next one. So nothing else tells that the owner died, and to repair is to
// go on living.
struct State {
  // The owner's identity, 0 when free.
  std::atomic<uint64_t> owner{0};
  // What sleepers sleep on: incremented to wake.
  WaitWord wakes{0};
};

State& Native(std::byte* storage) {
  return *std::launder(reinterpret_cast<State*>(storage));
}

// As long as a short critical section takes, and less than asking the system
// whether the owner lives.
void WaitBriefly(const std::atomic<uint64_t>& owner) {
  for (int i = 0; i < 40 && owner.load(std::memory_order_relaxed) != 0; ++i) {
    YieldProcessor();
  }
}

bool OwnerDied(uint64_t owner) {
  return !MayBeAlive(ThreadIdentity{owner & ~kSleepers});
}

// A mistake of the caller, or overwritten memory; to go on would spread the
// damage.
void RequireOwned(const State& state, const char* call) {
  const uint64_t owner = state.owner.load(std::memory_order_relaxed);
  if ((owner & ~kSleepers) == CurrentThread().bits) return;
  std::fprintf(stderr, "RobustMutex: %s: not the owner\n", call);
  std::abort();
}

}  // namespace

static_assert(sizeof(State) <= sizeof(RobustMutex));
static_assert(alignof(State) <= alignof(RobustMutex));

void RobustMutex::Init() { new (storage_) State; }

RobustMutex::LockResult RobustMutex::TryLock() {
  State& state = Native(storage_);
  const uint64_t me = CurrentThread().bits;
  uint64_t owner = 0;
  if (state.owner.compare_exchange_strong(owner, me, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
    return LockResult::kLocked;
  }
  WaitBriefly(state.owner);
  return Lock(Deadline::Immediate());
}

RobustMutex::LockResult RobustMutex::Lock(Deadline deadline) {
  State& state = Native(storage_);
  const uint64_t me = CurrentThread().bits;
  WaitLadder ladder;
  uint64_t mark = 0;
  bool look_whether_alive = deadline.IsImmediate();
  for (;;) {
    const uint32_t wakes = state.wakes.load(std::memory_order_acquire);
    uint64_t seen = state.owner.load(std::memory_order_relaxed);
    const bool died = seen != 0 && look_whether_alive && OwnerDied(seen);
    if (seen == 0 || died) {
      // Of a dead owner's heirs one succeeds; its mark is inherited.
      if (state.owner.compare_exchange_strong(
              seen, me | mark | (seen & kSleepers), std::memory_order_acquire,
              std::memory_order_relaxed)) {
        return died ? LockResult::kOwnerDied : LockResult::kLocked;
      }
      continue;
    }
    if (deadline.HasPassed()) {
      // The last word on a timed wait is whether the owner still lives.
      if (look_whether_alive) return LockResult::kTimedOut;
      look_whether_alive = true;
      continue;
    }
    look_whether_alive = false;
    if (ladder.Next()) continue;
    mark = kSleepers;
    if ((seen & kSleepers) == 0 &&
        !state.owner.compare_exchange_weak(seen, seen | kSleepers)) {
      continue;
    }
    WaitSlice(state.wakes, wakes, deadline);
    // Held by the same all the time: is it still there?
    look_whether_alive =
        state.owner.load(std::memory_order_relaxed) == (seen | kSleepers);
  }
}

void RobustMutex::MarkRepaired() {
  RequireOwned(Native(storage_), "MarkRepaired");
}

void RobustMutex::Unlock() {
  State& state = Native(storage_);
  RequireOwned(state, "Unlock");
  if ((state.owner.exchange(0, std::memory_order_release) & kSleepers) == 0) {
    return;
  }
  state.wakes.fetch_add(1);
  WakeOne(state.wakes);
}

}  // namespace procspec::os
