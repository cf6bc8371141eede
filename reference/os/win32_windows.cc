// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

// After windows.h.
#include <bcrypt.h>

#include "reference/os/win32.h"
#include "spec/error.h"

namespace procspec::os {

absl::Status LastOsError(std::string_view call) {
  return OsError(call, static_cast<int>(GetLastError()));
}

absl::StatusOr<RandomId> NewRandomId() {
  RandomId id;
  const NTSTATUS status =
      BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(&id), sizeof(id),
                      BCRYPT_USE_SYSTEM_PREFERRED_RNG);
  if (status < 0) return OsError("BCryptGenRandom", status);
  return id;
}

std::wstring NameFrom(std::wstring_view prefix, const RandomId& id) {
  constexpr wchar_t kDigits[] = L"0123456789abcdef";
  std::wstring name(prefix);
  for (const uint64_t half : {id.high, id.low}) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      name += kDigits[half >> shift & 15];
    }
  }
  return name;
}

}  // namespace procspec::os
