// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_WIN32_H_
#define PROCSPEC_REFERENCE_OS_WIN32_H_

// For the _windows.cc files of this folder only.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "reference/os/handle.h"

namespace procspec::os {

// Os, with what GetLastError says.
absl::Status LastOsError(std::string_view call);

// Of a call that returns null when it fails; nullptr is no UniqueFile's idea of
// an invalid handle.
inline UniqueFile OwnUnlessNull(NativeHandle handle) {
  return handle == nullptr ? UniqueFile() : UniqueFile(handle);
}

// A time to wait as the system takes it: rounded up, and an hour at most, for
// the caller looks at the clock again anyway.
inline uint32_t WaitMilliseconds(int64_t nanoseconds) {
  constexpr int64_t kMillisecond = 1'000'000;
  constexpr int64_t kMost = 3'600'000;
  if (nanoseconds <= 0) return 0;
  return static_cast<uint32_t>(
      std::min(kMost, (nanoseconds - 1) / kMillisecond + 1));
}

// 128 bits that nobody can guess: for names of objects that no stranger is to
// open or to make before us.
struct RandomId {
  uint64_t high = 0;
  uint64_t low = 0;
};
absl::StatusOr<RandomId> NewRandomId();

// The prefix and 32 hexadecimal digits.
std::wstring NameFrom(std::wstring_view prefix, const RandomId& id);

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_WIN32_H_
