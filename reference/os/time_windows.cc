// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include "reference/os/time.h"
#include "reference/os/win32.h"

namespace procspec::os {

int64_t MonotonicNanoseconds() {
  static const int64_t frequency = [] {
    LARGE_INTEGER per_second;
    QueryPerformanceFrequency(&per_second);
    return per_second.QuadPart;
  }();
  constexpr int64_t kSecond = 1'000'000'000;
  LARGE_INTEGER now;
  QueryPerformanceCounter(&now);
  // In two parts, or it overflows after some minutes.
  return now.QuadPart / frequency * kSecond +
         now.QuadPart % frequency * kSecond / frequency;
}

void SleepUntil(Deadline deadline) {
  while (!deadline.HasPassed()) {
    Sleep(WaitMilliseconds(absl::ToInt64Nanoseconds(deadline.Remaining())));
  }
}

}  // namespace procspec::os
