// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/cache_line.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace procspec::bench {

double CacheLineRoundTrip() {
  using Clock = std::chrono::steady_clock;
  if (std::thread::hardware_concurrency() < 2) return 0;
  constexpr int kTrips = 500;
  constexpr auto kTime = std::chrono::milliseconds(5);
  struct alignas(128) Ball {
    std::atomic<int> side = 0;
  };
  Ball ball;
  std::atomic<bool> end = false;
  std::thread other([&] {
    while (!end.load(std::memory_order_relaxed)) {
      if (ball.side.load(std::memory_order_acquire) == 1) {
        ball.side.store(0, std::memory_order_release);
      }
    }
  });
  std::vector<double> trips;
  const Clock::time_point stop = Clock::now() + kTime;
  for (Clock::time_point begin = Clock::now(); begin < stop;) {
    int done = 0;
    for (; done < kTrips; ++done) {
      ball.side.store(1, std::memory_order_release);
      // The other thread may be away for a time slice.
      while (ball.side.load(std::memory_order_acquire) == 1) {
      }
    }
    const Clock::time_point now = Clock::now();
    trips.push_back(
        std::chrono::duration<double, std::nano>(now - begin).count() / done);
    begin = now;
  }
  end.store(true);
  other.join();
  if (trips.empty()) return 0;
  const auto middle = trips.begin() + trips.size() / 2;
  std::nth_element(trips.begin(), middle, trips.end());
  return *middle;
}

}  // namespace procspec::bench
