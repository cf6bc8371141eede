// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/wait_word.h"

#include <algorithm>
#include <thread>

namespace procspec::os {
namespace {

// With about as much waiting as a sleep and its wake-up would cost, the ladder
// is never much worse than either way alone.
constexpr int64_t kYieldNanoseconds = 25'000;

// A yield that took longer gave the CPU to somebody who computes. Who sleeps is
// preferred when it wakes, who yields is not: the next ladders go without.
constexpr int64_t kTooLongAway = 200'000;
constexpr int kLaddersWithoutYield = 200;
std::atomic<int> ladders_without_yield = 0;

// Once pauses are left out, one ladder of so many tries them.
constexpr int kOneOf = 32;

}  // namespace

std::atomic<int> internal::pauses_in_vain = 0;

WaitResult WaitSlice(const WaitWord& word, uint32_t expected,
                     Deadline deadline) {
  const Deadline slice = Deadline(kRecheck);
  if (deadline.nanoseconds() <= slice.nanoseconds())
    return Wait(word, expected, deadline);
  Wait(word, expected, slice);
  return WaitResult::kWoken;
}

bool WaitLadder::LeavesPausesOut() {
  const int seen = internal::pauses_in_vain.load(std::memory_order_relaxed) + 1;
  const bool tries = seen >= kTooOften + kOneOf;
  internal::pauses_in_vain.store(tries ? kTooOften : seen,
                                 std::memory_order_relaxed);
  return !tries;
}

bool WaitLadder::NextYield() {
  if (!yields_) {
    yields_ = true;
    // Other threads count here, too, and may get in between: it is a guess.
    const int seen = internal::pauses_in_vain.load(std::memory_order_relaxed);
    internal::pauses_in_vain.store(std::min(seen + 1, kTooOften),
                                   std::memory_order_relaxed);
  }
  const int64_t now = MonotonicNanoseconds();
  if (yield_until_ == 0) {
    if (ladders_without_yield.load(std::memory_order_relaxed) > 0) {
      ladders_without_yield.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    yield_until_ = now + kYieldNanoseconds;
  } else if (now - yielded_at_ > kTooLongAway) {
    ladders_without_yield.store(kLaddersWithoutYield,
                                std::memory_order_relaxed);
  }
  if (now >= yield_until_) return false;
  yielded_at_ = now;
  std::this_thread::yield();
  return true;
}

}  // namespace procspec::os
