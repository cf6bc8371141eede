// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/time.h"

#include <algorithm>

namespace procspec::os {

Deadline::Deadline(absl::Duration timeout) : at_(kImmediate) {
  if (timeout <= absl::ZeroDuration()) return;
  // Saturates: what is centuries away is never.
  const int64_t nanoseconds =
      absl::ToInt64Nanoseconds(absl::Ceil(timeout, absl::Nanoseconds(1)));
  if (nanoseconds == kNever) {
    at_ = kNever;
    return;
  }
  const int64_t now = MonotonicNanoseconds();
  at_ = nanoseconds > kNever - now ? kNever : now + nanoseconds;
}

bool Deadline::HasPassed() const {
  if (IsNever()) return false;
  return IsImmediate() || MonotonicNanoseconds() >= at_;
}

absl::Duration Deadline::Remaining() const {
  if (IsNever()) return absl::InfiniteDuration();
  if (IsImmediate()) return absl::ZeroDuration();
  return absl::Nanoseconds(std::max<int64_t>(0, at_ - MonotonicNanoseconds()));
}

}  // namespace procspec::os
