// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_FUTEX_SEMAPHORE_H_
#define PROCSPEC_BENCH_PEERS_FUTEX_SEMAPHORE_H_

#include <cstdint>

#include "bench/peers/futex.h"
#include "bench/peers/shared_memory.h"

namespace procspec::bench {

// The limit of waiting for somebody: a count, and whether to wake.
class FutexSemaphore {
 public:
  FutexSemaphore(uint32_t permits, Patience patience) : patience_(patience) {
    cell_->permits = permits;
  }

  void Acquire() {
    Poll poll(patience_);
    do {
      if (TryAcquire()) return;
    } while (poll.Again());
    AcquireAsleep();
  }
  void Release() {
    cell_->permits.fetch_add(1);
    if (cell_->sleepers.load() != 0) FutexWake(cell_->permits, 1);
  }

 private:
  struct alignas(128) Cell {
    Word permits = 0;
    Word sleepers = 0;
  };

  bool TryAcquire() {
    uint32_t permits = cell_->permits.load(std::memory_order_relaxed);
    while (permits > 0) {
      if (cell_->permits.compare_exchange_weak(permits, permits - 1,
                                               std::memory_order_acquire)) {
        return true;
      }
    }
    return false;
  }
  void AcquireAsleep() {
    // Before it looks, so that who releases sees it or it sees the permit.
    cell_->sleepers.fetch_add(1);
    while (!TryAcquire()) FutexWait(cell_->permits, 0);
    cell_->sleepers.fetch_sub(1);
  }

  Patience patience_;
  Shared<Cell> cell_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_FUTEX_SEMAPHORE_H_
