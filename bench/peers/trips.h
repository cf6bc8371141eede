// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_TRIPS_H_
#define PROCSPEC_BENCH_PEERS_TRIPS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "bench/peers/children.h"
#include "bench/sample.h"

namespace procspec::bench {

// What the participant that times single operations leaves for its parent, in
// shared memory.
struct Trips {
  StartLine line;
  double p50_ns = 0;
  double p99_ns = 0;
  double max_ns = 0;
  double period_ns = 0;  // from one trip to the next, on average
  uint64_t count = 0;
};

// Repeats `trip`, which returns its own nanoseconds, for the time of a sample.
template <typename Trip>
void TimeTrips(Trips& trips, Trip trip) {
  constexpr int kWarmUps = 50;
  // Growing would be seen in the next operation.
  constexpr size_t kMost = 1 << 20;
  std::vector<double> times_ns;
  times_ns.reserve(kMost);
  for (int i = 0; i < kWarmUps; ++i) trip();
  trips.count = kWarmUps;
  const int64_t start_ns = NowNs();
  const int64_t deadline_ns = start_ns + absl::ToInt64Nanoseconds(SampleTime());
  do {
    times_ns.push_back(trip());
    ++trips.count;
  } while (NowNs() < deadline_ns && times_ns.size() < kMost);
  trips.period_ns = static_cast<double>(NowNs() - start_ns) /
                    static_cast<double>(times_ns.size());
  Figures figures = FiguresOfTimes(std::move(times_ns));
  trips.p50_ns = figures.counters["p50_ns"];
  trips.p99_ns = figures.counters["p99_ns"];
  trips.max_ns = figures.counters["max_ns"];
}

// All participants have been waited for.
inline Figures FiguresOf(const Trips& trips, const CpuTime& cpu) {
  return {.ns = trips.p50_ns,
          .counters = {
              {"p50_ns", trips.p50_ns},
              {"p99_ns", trips.p99_ns},
              {"max_ns", trips.max_ns},
              {"cpu_ns", cpu.ElapsedNs() / static_cast<double>(trips.count)}}};
}

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_TRIPS_H_
