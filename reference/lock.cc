// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/lock.h"

#include <limits>
#include <utility>

#include "reference/os/time.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

// Somebody may be sleeping. Set by whoever is about to sleep, and by whoever
// slept when it takes the lock: it cannot know whether it was the only one. The
// price is at most one idle wake-up; a killed sleeper leaves no other trace.
constexpr uint32_t kSleepers = uint32_t{1} << 31;
constexpr uint64_t kSleepers64 = kSleepers;

[[gnu::noinline]] absl::Status NotHeld() {
  return ValueError("release of a lock that is not held");
}
[[gnu::noinline]] absl::Status NotOwned() {
  return MisuseError(
      "release of a recursive lock that the calling thread does not own");
}
[[gnu::noinline]] absl::StatusOr<bool> AcquiredTooOften() {
  return ValueError("recursive lock acquired too often");
}

[[maybe_unused]] const bool lock_registered =
    RegisterTransferable("lock", &RebuildFromState<PlainLock>);
[[maybe_unused]] const bool rlock_registered =
    RegisterTransferable("rlock", &RebuildFromState<RecursiveLock>);

}  // namespace

absl::StatusOr<std::shared_ptr<PlainLock>> PlainLock::Create() {
  PROCSPEC_ASSIGN_OR_RETURN(auto state, SharedCell<State>::Create());
  return std::make_shared<PlainLock>(std::move(state));
}

absl::StatusOr<bool> PlainLock::Acquire(absl::Duration timeout) {
  uint32_t word = 0;
  const uint32_t me = os::CurrentThreadIfKnown().number();
  if (me != 0 && state_->word.compare_exchange_strong(
                     word, me, std::memory_order_acquire,
                     std::memory_order_relaxed)) [[likely]] {
    return true;
  }
  return AcquireSlowly(timeout);
}

// Not inlined, here and below: the fast paths then save no registers.
[[gnu::noinline]] absl::StatusOr<bool> PlainLock::AcquireSlowly(
    absl::Duration timeout) {
  os::LazyDeadline deadline(timeout);
  std::atomic<uint32_t>& word = state_->word;
  const uint32_t me = os::CurrentThread().number();
  os::WaitLadder ladder;
  uint32_t mark = 0;
  for (;;) {
    uint32_t seen = word.load(std::memory_order_relaxed);
    if (seen == 0) {
      if (word.compare_exchange_weak(seen, me | mark, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
        return true;
      }
      continue;
    }
    if (deadline.immediate()) return false;
    if (ladder.Next()) continue;
    mark = kSleepers;
    if ((seen & kSleepers) == 0 &&
        !word.compare_exchange_weak(seen, seen | kSleepers,
                                    std::memory_order_relaxed)) {
      continue;
    }
    if (deadline.Get().HasPassed()) return false;
    os::WaitSlice(word, seen | kSleepers, deadline.Get());
  }
}

absl::Status PlainLock::Release() {
  const uint32_t old = state_->word.exchange(0, std::memory_order_release);
  if (old == 0) [[unlikely]]
    return NotHeld();
  if ((old & kSleepers) != 0) os::WakeOne(state_->word);
  return absl::OkStatus();
}

bool PlainLock::HeldByCaller() const {
  const uint32_t me = os::CurrentThreadIfKnown().number();
  return me != 0 &&
         (state_->word.load(std::memory_order_relaxed) & ~kSleepers) == me;
}

uint32_t PlainLock::ReleaseFully() {
  Release().IgnoreError();
  return 1;
}

void PlainLock::Reacquire(uint32_t) {
  Acquire(absl::InfiniteDuration()).IgnoreError();
}

absl::StatusOr<std::shared_ptr<RecursiveLock>> RecursiveLock::Create() {
  PROCSPEC_ASSIGN_OR_RETURN(auto state, SharedCell<State>::Create());
  return std::make_shared<RecursiveLock>(std::move(state));
}

absl::StatusOr<bool> RecursiveLock::Acquire(absl::Duration timeout) {
  // A thread that is not known yet owns nothing.
  const uint64_t me = os::CurrentThreadIfKnown().bits;
  if (me == 0) [[unlikely]]
    return AcquireSlowly(timeout);
  uint64_t owner = state_->owner.load(std::memory_order_relaxed);
  if (owner == 0 && state_->owner.compare_exchange_strong(
                        owner, me, std::memory_order_acquire,
                        std::memory_order_relaxed)) [[likely]] {
    state_->depth.store(1, std::memory_order_relaxed);
    return true;
  }
  if ((owner & ~kSleepers64) == me) {
    const uint32_t depth = state_->depth.load(std::memory_order_relaxed);
    if (depth == std::numeric_limits<uint32_t>::max())
      return AcquiredTooOften();
    state_->depth.store(depth + 1, std::memory_order_relaxed);
    return true;
  }
  return AcquireSlowly(timeout);
}

[[gnu::noinline]] absl::StatusOr<bool> RecursiveLock::AcquireSlowly(
    absl::Duration timeout) {
  const uint64_t me = os::CurrentThread().bits;
  os::LazyDeadline deadline(timeout);
  std::atomic<uint64_t>& owner = state_->owner;
  os::WaitLadder ladder;
  uint64_t mark = 0;
  bool look_whether_alive = deadline.immediate();
  for (;;) {
    const uint32_t wakes = state_->wakes.load(std::memory_order_acquire);
    uint64_t seen = owner.load(std::memory_order_relaxed);
    if (seen == 0 || (look_whether_alive && !os::MayBeAlive(os::ThreadIdentity{
                                                seen & ~kSleepers64}))) {
      // Of a dead owner's heirs one succeeds; its own mark is inherited.
      if (owner.compare_exchange_strong(seen, me | mark | (seen & kSleepers64),
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
        state_->depth.store(1, std::memory_order_relaxed);
        return true;
      }
      continue;
    }
    if (!deadline.immediate() && ladder.Next()) continue;
    if (deadline.immediate() || deadline.Get().HasPassed()) {
      // The last word on a timed wait is whether the owner still lives.
      if (look_whether_alive) return false;
      look_whether_alive = true;
      continue;
    }
    mark = kSleepers64;
    if ((seen & kSleepers64) == 0 &&
        !owner.compare_exchange_weak(seen, seen | kSleepers64)) {
      continue;
    }
    os::WaitSlice(state_->wakes, wakes, deadline.Get());
    // Held by the same all the time: is it still there?
    look_whether_alive =
        owner.load(std::memory_order_relaxed) == (seen | kSleepers64);
  }
}

void RecursiveLock::Free() {
  if ((state_->owner.exchange(0) & kSleepers64) != 0) {
    state_->wakes.fetch_add(1);
    os::WakeOne(state_->wakes);
  }
}

absl::Status RecursiveLock::Release() {
  if (!HeldByCaller()) [[unlikely]]
    return NotOwned();
  const uint32_t depth = state_->depth.load(std::memory_order_relaxed);
  if (depth > 1) {
    state_->depth.store(depth - 1, std::memory_order_relaxed);
  } else {
    Free();
  }
  return absl::OkStatus();
}

bool RecursiveLock::HeldByCaller() const {
  const uint64_t me = os::CurrentThreadIfKnown().bits;
  return me != 0 &&
         (state_->owner.load(std::memory_order_relaxed) & ~kSleepers64) == me;
}

uint32_t RecursiveLock::ReleaseFully() {
  const uint32_t depth = state_->depth.load(std::memory_order_relaxed);
  Free();
  return depth;
}

void RecursiveLock::Reacquire(uint32_t depth) {
  Acquire(absl::InfiniteDuration()).IgnoreError();
  state_->depth.store(depth, std::memory_order_relaxed);
}

absl::StatusOr<Transfer> PlainLock::Describe() const {
  return DescribeByState("lock", state_);
}

absl::StatusOr<Transfer> RecursiveLock::Describe() const {
  return DescribeByState("rlock", state_);
}

}  // namespace procspec::reference
