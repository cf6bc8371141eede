// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <time.h>

#include <algorithm>

#include "reference/os/time.h"

namespace procspec::os {
namespace {

int64_t ReadClock(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

int64_t MonotonicNanos() { return ReadClock(CLOCK_MONOTONIC); }

int64_t CoarseMonotonicNanos() { return ReadClock(CLOCK_MONOTONIC_COARSE); }

Deadline Deadline::After(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return Infinite();
  if (timeout <= absl::ZeroDuration()) return Immediate();
  const int64_t now = MonotonicNanos();
  const int64_t longest = Infinite().nanos() - now;
  const absl::Duration rounded = absl::Ceil(timeout, absl::Nanoseconds(1));
  if (rounded >= absl::Nanoseconds(longest)) return Infinite();
  return Deadline(now + absl::ToInt64Nanoseconds(rounded));
}

absl::Duration Deadline::Remaining() const {
  if (infinite()) return absl::InfiniteDuration();
  if (nanos_ <= 0) return absl::ZeroDuration();
  return absl::Nanoseconds(std::max<int64_t>(0, nanos_ - MonotonicNanos()));
}

}  // namespace procspec::os
