// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_PROCESS_LOCK_H_
#define PROCSPEC_BENCH_PEERS_PROCESS_LOCK_H_

#include <pthread.h>
#include <semaphore.h>

#include "bench/peers/futex.h"
#include "bench/peers/shared_memory.h"

// Locks between a process and those it forks. Acquire and Release Die when the
// system refuses.

namespace procspec::bench {

// POSIX's semaphore with a count of one: CPython's Lock.
class SemaphoreLock {
 public:
  SemaphoreLock();
  void Acquire();
  void Release();

 private:
  struct alignas(128) Cell {
    sem_t semaphore;
  };
  Shared<Cell> cell_;
};

enum class Robustness { kNone, kRobust };

// kRobust: whoever finds the owner dead goes on as the owner.
class MutexLock {
 public:
  explicit MutexLock(Robustness robustness);
  void Acquire();
  void Release();

 private:
  struct alignas(128) Cell {
    pthread_mutex_t mutex;
  };
  Shared<Cell> cell_;
};

// The limit: a word that is 0 when free, 1 when held, 2 when held and somebody
// may sleep for it. Polls for a microsecond first.
class FutexLock {
 public:
  void Acquire() {
    uint32_t free = 0;
    if (word().compare_exchange_strong(free, 1, std::memory_order_acquire)) {
      return;
    }
    AcquireSlowly();
  }
  void Release() {
    if (word().exchange(0, std::memory_order_release) == 2) {
      FutexWake(word(), 1);
    }
  }

 private:
  struct alignas(128) Cell {
    Word word = 0;
  };
  Word& word() { return cell_->word; }
  void AcquireSlowly();

  Shared<Cell> cell_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_PROCESS_LOCK_H_
