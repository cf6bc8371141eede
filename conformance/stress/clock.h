// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_CLOCK_H_
#define PROCSPEC_CONFORMANCE_STRESS_CLOCK_H_

#include <chrono>
#include <cstdint>

#include "absl/time/time.h"

namespace procspec::stress {

// Nanoseconds of a clock that is monotonic and the same in all processes:
// CLOCK_MONOTONIC, on Windows the performance counter.
inline int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Keeps the processor busy, which is exact to a microsecond.
inline void Spin(absl::Duration duration) {
  const int64_t end = NowNs() + absl::ToInt64Nanoseconds(duration);
  while (NowNs() < end) {
  }
}

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_CLOCK_H_
