// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include "conformance/zoo/acts.h"
#include "conformance/zoo/child.h"
#include "conformance/zoo/tools.h"

// Cases that do not end, or end too early.

namespace procspec::zoo {

absl::Status StopItself(const Scene&) {
  SuspendThread(GetCurrentThread());
  SleepForEver();
}

// Nothing of it runs after the deadline, but what it has started does.
absl::Status AnswerLate(const Scene& scene) {
  if (!StartAnswerer(scene)) return absl::InternalError("no child");
  SleepForEver();
}

absl::Status ViolateAccess(const Scene&) {
  // Not address 0: Wine may have something there.
  void* const closed =
      VirtualAlloc(nullptr, 1, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  BeyondHandlers([closed] { *static_cast<volatile int*>(closed) = 1; });
  return absl::InternalError("not closed to access");
}

absl::Status FailFast(const Scene&) {
  RaiseFailFastException(nullptr, nullptr, 0);
  return absl::InternalError("not failed");
}

// As a process that has not ended.
absl::Status ExitAsIfActive(const Scene&) {
  TerminateProcess(GetCurrentProcess(), STILL_ACTIVE);
  SleepForEver();
}

// 0 where a code has 8 or 16 bits.
absl::Status ExitWithALongCode(const Scene&) {
  TerminateProcess(GetCurrentProcess(), 0x10000);
  SleepForEver();
}

// The process goes on, in its other threads.
absl::Status EndItsMainThread(const Scene&) { ExitThread(0); }

}  // namespace procspec::zoo
