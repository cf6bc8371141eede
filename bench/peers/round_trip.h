// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_ROUND_TRIP_H_
#define PROCSPEC_BENCH_PEERS_ROUND_TRIP_H_

#include <time.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/peers/children.h"
#include "bench/peers/shared_memory.h"
#include "bench/peers/transport.h"
#include "bench/peers/trips.h"
#include "bench/sample.h"

namespace procspec::bench {

struct PingPong {
  Shape shape;
  bool one_processor = false;
  // Before each ping, long enough that the other side sleeps.
  absl::Duration idle = absl::ZeroDuration();
};

namespace internal {

inline constexpr uint64_t kStop = ~uint64_t{0};

}  // namespace internal

// A message to another process and back, by a transport each way.
template <Transport T>
absl::StatusOr<Figures> SampleRoundTrip(const PingPong& ping_pong) {
  const CpuTime cpu;
  absl::StatusOr<std::unique_ptr<T>> there = T::Create(ping_pong.shape);
  if (!there.ok()) return there.status();
  absl::StatusOr<std::unique_ptr<T>> back = T::Create(ping_pong.shape);
  if (!back.ok()) return back.status();
  const size_t bytes = ping_pong.shape.bytes;
  Shared<Trips> trips;
  Children children;
  children.Start([&] {
    if (ping_pong.one_processor) PinToOneProcessor();
    (*there)->BecomeReader();
    (*back)->BecomeWriter();
    std::vector<char> message(bytes, 0);
    trips->line.Wait();
    uint64_t word = 0;
    while (word != internal::kStop) {
      if ((*there)->Get(message.data(), bytes) != bytes) Die("a part of it");
      std::memcpy(&word, message.data(), sizeof word);
      (*back)->Put(message.data(), bytes);
    }
    (*there)->Finish();
    (*back)->Finish();
  });
  children.Start([&] {
    if (ping_pong.one_processor) PinToOneProcessor();
    // In the other's order: to become one may need the other side.
    (*there)->BecomeWriter();
    (*back)->BecomeReader();
    std::vector<char> message(bytes, 1);
    trips->line.Wait();
    const auto trip = [&](uint64_t word) {
      std::memcpy(message.data(), &word, sizeof word);
      const int64_t start_ns = NowNs();
      (*there)->Put(message.data(), bytes);
      const size_t size = (*back)->Get(message.data(), bytes);
      const int64_t end_ns = NowNs();
      uint64_t answer;
      std::memcpy(&answer, message.data(), sizeof answer);
      if (size != bytes || answer != word) Die("another answer");
      return static_cast<double>(end_ns - start_ns);
    };
    uint64_t sequence = 0;
    TimeTrips(*trips, [&] {
      if (ping_pong.idle > absl::ZeroDuration()) {
        const timespec idle = absl::ToTimespec(ping_pong.idle);
        nanosleep(&idle, nullptr);
      }
      return trip(sequence++);
    });
    trip(internal::kStop);
    (*there)->Finish();
    (*back)->Finish();
  });
  int64_t started_ns = 0;
  absl::Status status = trips->line.Open(2, started_ns);
  if (!status.ok()) return status;
  status = children.Wait();
  if (!status.ok()) return status;
  Figures figures = FiguresOf(*trips, cpu);
  figures.counters["bytes"] = static_cast<double>(bytes);
  return figures;
}

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_ROUND_TRIP_H_
