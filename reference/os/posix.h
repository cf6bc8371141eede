// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_POSIX_H_
#define PROCSPEC_REFERENCE_OS_POSIX_H_

// For the _posix.cc files of this folder only.

#include <errno.h>
#include <time.h>

#include <cstdint>

namespace procspec::os {

// The one place where an interrupted call is repeated. Not for close, which
// must not be: on Linux the descriptor is gone by then. Not for calls that wait
// relative to now: compute what is left and call again.
template <typename Call>
auto RetryOnInterrupt(Call call) {
  while (true) {
    auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

inline timespec ToTimespec(int64_t nanoseconds) {
  constexpr int64_t kSecond = 1'000'000'000;
  timespec result{};
  result.tv_sec = static_cast<time_t>(nanoseconds / kSecond);
  result.tv_nsec = static_cast<long>(nanoseconds % kSecond);  // NOLINT
  return result;
}

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_POSIX_H_
