// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/process_lock.h"

#include <errno.h>

#include "bench/peers/children.h"

namespace procspec::bench {
namespace {

constexpr Patience kHolding = {.keep_ns = 1'000};

}  // namespace

SemaphoreLock::SemaphoreLock() {
  if (sem_init(&cell_->semaphore, 1, 1) != 0) Die("sem_init");
}

void SemaphoreLock::Acquire() {
  while (sem_wait(&cell_->semaphore) != 0) {
    if (errno != EINTR) Die("sem_wait");
  }
}

void SemaphoreLock::Release() {
  if (sem_post(&cell_->semaphore) != 0) Die("sem_post");
}

MutexLock::MutexLock(Robustness robustness) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  if (robustness == Robustness::kRobust) {
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  }
  errno = pthread_mutex_init(&cell_->mutex, &attributes);
  if (errno != 0) Die("pthread_mutex_init");
  pthread_mutexattr_destroy(&attributes);
}

void MutexLock::Acquire() {
  errno = pthread_mutex_lock(&cell_->mutex);
  if (errno == EOWNERDEAD) errno = pthread_mutex_consistent(&cell_->mutex);
  if (errno != 0) Die("pthread_mutex_lock");
}

void MutexLock::Release() {
  errno = pthread_mutex_unlock(&cell_->mutex);
  if (errno != 0) Die("pthread_mutex_unlock");
}

void FutexLock::AcquireSlowly() {
  Poll poll(kHolding);
  while (poll.Again()) {
    uint32_t free = 0;
    if (word().load(std::memory_order_relaxed) == 0 &&
        word().compare_exchange_strong(free, 1, std::memory_order_acquire)) {
      return;
    }
  }
  while (word().exchange(2, std::memory_order_acquire) != 0) {
    FutexWait(word(), 2);
  }
}

}  // namespace procspec::bench
