// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_TIME_H_
#define PROCSPEC_REFERENCE_OS_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace procspec::os {

// Nanoseconds of a clock that never jumps and is the same in every process.
int64_t MonotonicNanos();

// The same clock at the granularity of a timer tick, for a fraction of the
// cost. Never ahead of MonotonicNanos().
int64_t CoarseMonotonicNanos();

// An absolute point of that clock. Waits take deadlines and not timeouts, so
// that a wait resumed after a spurious wake-up does not start anew.
class Deadline {
 public:
  static constexpr Deadline Infinite() {
    return Deadline(std::numeric_limits<int64_t>::max());
  }
  // Has passed already: one immediate attempt.
  static constexpr Deadline Immediate() { return Deadline(0); }
  static constexpr Deadline AtNanos(int64_t nanos) { return Deadline(nanos); }

  // Now + timeout. Reads no clock for an infinite, zero or negative timeout.
  // A timeout is rounded up, so a wait never ends early.
  static Deadline After(absl::Duration timeout);

  constexpr bool infinite() const { return *this == Infinite(); }
  constexpr int64_t nanos() const { return nanos_; }

  bool Passed() const {
    return nanos_ <= 0 || (!infinite() && MonotonicNanos() >= nanos_);
  }
  // Zero when passed; InfiniteDuration when infinite.
  absl::Duration Remaining() const;

  friend constexpr auto operator<=>(Deadline, Deadline) = default;

 private:
  constexpr explicit Deadline(int64_t nanos) : nanos_(nanos) {}
  int64_t nanos_;
};

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_TIME_H_
