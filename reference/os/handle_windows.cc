// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include "reference/os/handle.h"
#include "spec/error.h"

namespace procspec::os {

void FileTraits::Close(Type handle) noexcept {
  const DWORD saved = GetLastError();
  CloseHandle(handle);
  SetLastError(saved);
}

absl::StatusOr<UniqueFile> Duplicate(NativeHandle handle) {
  // The system takes this value for the calling process, and would give a
  // handle of that.
  if (handle == FileTraits::Invalid()) {
    return OsError("DuplicateHandle", ERROR_INVALID_HANDLE);
  }
  HANDLE copy = nullptr;
  if (!DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy,
                       0, FALSE, DUPLICATE_SAME_ACCESS)) {
    return OsError("DuplicateHandle", static_cast<int>(GetLastError()));
  }
  return UniqueFile(copy);
}

}  // namespace procspec::os
