// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace procspec::bench {

// Not FUTEX_PRIVATE: the word is shared between processes.

void FutexWait(const Word& word, uint32_t value) {
  const timespec second = {.tv_sec = 1};
  syscall(SYS_futex, &word, FUTEX_WAIT, value, &second, nullptr, 0);
}

void FutexWake(Word& word, int processes) {
  syscall(SYS_futex, &word, FUTEX_WAKE, processes, nullptr, nullptr, 0);
}

}  // namespace procspec::bench
