// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "reference/os/handle.h"
#include "reference/os/posix.h"
#include "spec/error.h"

namespace procspec::os {

void FileTraits::Close(Type handle) noexcept {
  const int saved = errno;
  close(handle);
  errno = saved;
}

absl::StatusOr<UniqueFile> Duplicate(NativeHandle handle) {
  // From 3 on: where a standard stream was closed, its number stays free.
  UniqueFile copy(
      RetryOnInterrupt([&] { return fcntl(handle, F_DUPFD_CLOEXEC, 3); }));
  if (!copy.valid()) return OsError("fcntl(F_DUPFD_CLOEXEC)", errno);
  return copy;
}

}  // namespace procspec::os
