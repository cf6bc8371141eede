// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/waiters.h"

namespace procspec::reference {

// Places are made when they are first used, so that room for many costs an
// object of few waiters nothing. A process killed while it makes one leaves a
// place that nobody uses.
bool Waiters::Make(Waiter& waiter) {
  uint32_t making = waiter.making_.load(std::memory_order_acquire);
  if (making == Waiter::kMade) return true;
  if (making != Waiter::kRaw ||
      !waiter.making_.compare_exchange_strong(making, Waiter::kBeingMade)) {
    return false;
  }
  waiter.presence_.Init();
  waiter.making_.store(Waiter::kMade, std::memory_order_release);
  return true;
}

bool Waiters::TryPresence(Waiter& waiter) {
  if (waiter.making_.load(std::memory_order_acquire) != Waiter::kMade) {
    return false;
  }
  switch (waiter.presence_.TryLock()) {
    case os::RobustMutex::LockResult::kTimedOut:
      return false;
    case os::RobustMutex::LockResult::kOwnerDied:
      // The mutex guards no data: what a waiter leaves behind is its word, and
      // that is looked at by whoever gets here.
      waiter.presence_.MarkRepaired();
      return true;
    case os::RobustMutex::LockResult::kLocked:
      return true;
  }
  return false;
}

Waiter* Waiters::Enter() {
  // First without touching the mutexes of those who wait. If that finds
  // nothing, some may have ended, and nobody had reason to notice.
  for (const bool only_idle : {true, false}) {
    for (uint32_t i = 0; i < capacity_; ++i) {
      Waiter& waiter = first_[i];
      if (only_idle && Waiter::KindOf(waiter.word.load(
                           std::memory_order_relaxed)) != Waiter::Kind::kIdle) {
        continue;
      }
      if (!Make(waiter) || !TryPresence(waiter)) continue;
      uint32_t in_use = in_use_->load(std::memory_order_relaxed);
      while (in_use <= i && !in_use_->compare_exchange_weak(in_use, i + 1)) {
      }
      return &waiter;
    }
  }
  return nullptr;
}

void Waiters::Leave(Waiter& waiter) {
  waiter.word.store(Waiter::Word(Waiter::Kind::kIdle, 0),
                    std::memory_order_release);
  waiter.presence_.Unlock();
}

}  // namespace procspec::reference
