// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "reference/os/parking_lot.h"
#include "reference/os/wait_word.h"
#include "reference/os/win32.h"

namespace procspec::os {
namespace {

// For who finds no place to sleep in.
constexpr absl::Duration kNap = absl::Milliseconds(1);

Deadline Earlier(Deadline a, Deadline b) {
  return a.nanoseconds() < b.nanoseconds() ? a : b;
}

bool Holds(const WaitWord& word, uint32_t expected) {
  return word.load(std::memory_order_acquire) == expected;
}

}  // namespace

namespace internal {
// FlushProcessWriteBuffers reaches the threads of one process only.
bool light_fence_is_free = false;
}  // namespace internal

void HeavyFence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

WaitResult Wait(const WaitWord& word, uint32_t expected, Deadline deadline) {
  if (!Holds(word, expected)) return WaitResult::kWoken;
  if (deadline.HasPassed()) return WaitResult::kTimedOut;
  const ParkingSpot spot = FindParkingSpot(&word);
  ParkingLot::Place* const place = spot.lot.Enter(spot.key);
  if (place == nullptr) {
    SleepUntil(Earlier(deadline, Deadline(kNap)));
    return Holds(word, expected) && deadline.HasPassed() ? WaitResult::kTimedOut
                                                         : WaitResult::kWoken;
  }
  // In slices: a waker killed between taking the wait away and signalling, or
  // one that may not open our event, costs no more than one of them.
  bool timed_out = false;
  while (!ParkingLot::Woken(*place) && Holds(word, expected)) {
    timed_out = deadline.HasPassed();
    if (timed_out) break;
    const absl::Duration left = std::min(deadline.Remaining(), kRecheck);
    spot.lot.Sleep(*place, WaitMilliseconds(absl::ToInt64Nanoseconds(left)));
  }
  // Who was woken at the last moment must not say that it was not.
  const bool woken = ParkingLot::Leave(*place);
  return timed_out && !woken ? WaitResult::kTimedOut : WaitResult::kWoken;
}

int WakeOne(WaitWord& word) {
  const ParkingSpot spot = FindParkingSpot(&word);
  return spot.lot.WakeOne(spot.key);
}

int WakeAll(WaitWord& word) {
  const ParkingSpot spot = FindParkingSpot(&word);
  return spot.lot.WakeAll(spot.key);
}

}  // namespace procspec::os
