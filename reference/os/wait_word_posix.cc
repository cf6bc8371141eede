// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "reference/os/copied.h"
#include "reference/os/wait_word.h"

namespace procspec::os {
namespace {

// Not FUTEX_PRIVATE: the word is shared between processes.
long Futex(const WaitWord& word, int operation, uint32_t value,
           const timespec* time = nullptr) {
  return syscall(SYS_futex, &word, operation, value, time, nullptr,
                 FUTEX_BITSET_MATCH_ANY);
}

long Membarrier(int command) { return syscall(SYS_membarrier, command, 0u, 0); }

bool RegisterForMembarrier() {
  return Membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0;
}

bool SetUpFences() {
  if (!RegisterForMembarrier()) return false;
  // Whether a forked child is registered is not documented: do it again.
  WhenCopied([] {
    if (!RegisterForMembarrier()) internal::light_fence_is_free = false;
  });
  return true;
}

}  // namespace

namespace internal {
// Set before main, while there is one thread: registering is slow otherwise.
// Until then both fences are full ones, which is always right.
bool light_fence_is_free = SetUpFences();
}  // namespace internal

void HeavyFence() {
  if (Membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) != 0) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

WaitResult Wait(const WaitWord& word, uint32_t expected, Deadline deadline) {
  timespec time;
  const timespec* time_or_null = nullptr;
  if (!deadline.IsNever()) {
    time.tv_sec = deadline.nanoseconds() / 1'000'000'000;
    time.tv_nsec = deadline.nanoseconds() % 1'000'000'000;
    time_or_null = &time;
  }
  // The bitset form takes an absolute time of the monotonic clock.
  if (Futex(word, FUTEX_WAIT_BITSET, expected, time_or_null) != 0 &&
      errno == ETIMEDOUT) {
    return WaitResult::kTimedOut;
  }
  return WaitResult::kWoken;
}

int WakeOne(WaitWord& word) {
  return static_cast<int>(Futex(word, FUTEX_WAKE, 1));
}

int WakeAll(WaitWord& word) {
  return static_cast<int>(Futex(word, FUTEX_WAKE, INT_MAX));
}

}  // namespace procspec::os
