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
#include "reference/os/thread_identity.h"
#include "reference/os/win32.h"

namespace procspec::os {
namespace internal {

constinit thread_local uint64_t current_thread_bits = 0;

}  // namespace internal

namespace {

// Zero when the system would not tell. In steps of 25.6 us, which come round
// after 30 hours.
uint32_t BirthOf(NativeHandle thread) {
  FILETIME created, exited, kernel, user;
  if (!GetThreadTimes(thread, &created, &exited, &kernel, &user)) return 0;
  const uint64_t hundreds_of_nanoseconds =
      uint64_t{created.dwHighDateTime} << 32 | created.dwLowDateTime;
  const uint32_t birth = static_cast<uint32_t>(hundreds_of_nanoseconds >> 8);
  return birth != 0 ? birth : 1;
}

}  // namespace

namespace internal {

ThreadIdentity LearnCurrentThread() {
  const uint64_t birth = BirthOf(GetCurrentThread());
  current_thread_bits = birth << 32 | (GetCurrentThreadId() & 0x7fffffff);
  return ThreadIdentity{current_thread_bits};
}

}  // namespace internal

bool MayBeAlive(ThreadIdentity thread) {
  const UniqueFile handle = OwnUnlessNull(OpenThread(
      SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, FALSE, thread.number()));
  // Of an id that names no thread it says this; of a thread that is not ours to
  // open, something else.
  if (!handle.valid()) return GetLastError() != ERROR_INVALID_PARAMETER;
  // An ended thread keeps its id while somebody has a handle of it.
  if (WaitForSingleObject(handle.get(), 0) == WAIT_OBJECT_0) return false;
  const uint32_t birth = BirthOf(handle.get());
  return thread.birth() == 0 || birth == 0 || birth == thread.birth();
}

}  // namespace procspec::os
