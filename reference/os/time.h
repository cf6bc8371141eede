// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_TIME_H_
#define PROCSPEC_REFERENCE_OS_TIME_H_

#include <cstdint>
#include <limits>
#include <optional>

#include "absl/time/time.h"

namespace procspec::os {

// The monotonic clock that every wait of this project uses; the same in all
// processes of a machine.
int64_t MonotonicNanoseconds();

// A number that stays the same for a microsecond or two and is read in a few
// nanoseconds: for asking the system something now and then on a hot path.
inline uint64_t Moment() {
#if defined(__x86_64__) || defined(__i386__)
  // Time stamp counters run at 1 to 5 GHz.
  return __builtin_ia32_rdtsc() >> 12;
#else
  return static_cast<uint64_t>(MonotonicNanoseconds()) >> 11;
#endif
}

// Until when to wait: a point on the monotonic clock, or never. Made once from
// a timeout, then handed down, so that a repeated wait does not start anew.
//
// The clock is read only for a timeout that is neither infinite nor already
// over: make it before a first attempt that usually succeeds, it costs nothing.
class Deadline {
 public:
  // From a timeout as the interface has it: infinite waits for ever, zero and
  // negative are one immediate attempt.
  explicit Deadline(absl::Duration timeout);

  static constexpr Deadline Never() { return Deadline(kNever); }
  static constexpr Deadline Immediate() { return Deadline(kImmediate); }
  // A point of MonotonicNanoseconds().
  static constexpr Deadline At(int64_t nanoseconds) {
    return Deadline(nanoseconds);
  }

  constexpr bool IsNever() const { return at_ == kNever; }
  // Whether it allows one attempt only; tells without reading the clock.
  constexpr bool IsImmediate() const { return at_ == kImmediate; }
  bool HasPassed() const;

  // What is left: infinite for never, else zero or more.
  absl::Duration Remaining() const;

  // On the scale of MonotonicNanoseconds(); the largest number for never.
  constexpr int64_t nanoseconds() const { return at_; }

  friend constexpr bool operator==(Deadline, Deadline) = default;

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  static constexpr int64_t kImmediate = 0;

  explicit constexpr Deadline(int64_t at) : at_(at) {}

  int64_t at_;
};

// A timeout that becomes a deadline when somebody has to wait: an operation
// that succeeds at once reads no clock. It never ends early, as it starts late.
class LazyDeadline {
 public:
  explicit LazyDeadline(absl::Duration timeout) : timeout_(timeout) {}

  bool immediate() const { return timeout_ <= absl::ZeroDuration(); }
  Deadline Get() {
    if (!deadline_) deadline_.emplace(timeout_);
    return *deadline_;
  }

 private:
  absl::Duration timeout_;
  std::optional<Deadline> deadline_;
};

// For waits that have nothing to wait on. Not for ordering.
void SleepUntil(Deadline deadline);

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_TIME_H_
