// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/cache_line.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "bench/processor.h"

namespace procspec::bench {
namespace {

struct alignas(128) Ball {
  std::atomic<int> side = 0;
};

// Until it is on that side.
void Await(const Ball& ball, int side) {
  while (ball.side.load(std::memory_order_acquire) != side) {
  }
}

}  // namespace

double CacheLineRoundTrip() {
  using Clock = std::chrono::steady_clock;
  // The threads are new ones, so that nothing of the caller's is changed.
  constexpr int kBatches = 20;
  constexpr int kTrips = 100;
  Ball ball;
  std::atomic<int> placed = 0;
  std::atomic<bool> apart = true;
  const auto begin_together = [&](int processor) {
    if (!StayOnProcessor(processor)) apart.store(false);
    placed.fetch_add(1);
    while (placed.load() < 2) std::this_thread::yield();
    return apart.load();
  };
  std::thread other([&] {
    if (!begin_together(1)) return;
    for (int i = 0; i < kBatches * kTrips; ++i) {
      Await(ball, 1);
      ball.side.store(0, std::memory_order_release);
    }
  });
  double least = 0;
  std::thread timed([&] {
    if (!begin_together(0)) return;
    for (int batch = 0; batch < kBatches; ++batch) {
      const Clock::time_point begin = Clock::now();
      for (int i = 0; i < kTrips; ++i) {
        ball.side.store(1, std::memory_order_release);
        Await(ball, 0);
      }
      const double trip =
          std::chrono::duration<double, std::nano>(Clock::now() - begin)
              .count() /
          kTrips;
      // Others may have had the processor for a while.
      if (least == 0 || trip < least) least = trip;
    }
  });
  timed.join();
  other.join();
  return least;
}

}  // namespace procspec::bench
