// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_QUEUE_ROWS_H_
#define PROCSPEC_BENCH_PEERS_QUEUE_ROWS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/peers/futex.h"
#include "bench/peers/round_trip.h"
#include "bench/peers/throughput.h"
#include "bench/peers/transport.h"
#include "bench/sample.h"

// The rows that a transport has. To be called before BenchMain.

namespace procspec::bench {

struct MessageSize {
  std::string_view name;
  size_t bytes;
};
inline constexpr MessageSize kMessageSizes[] = {{"8B", 8},
                                                {"64B", 64},
                                                {"1KiB", 1 << 10},
                                                {"64KiB", 64 << 10},
                                                {"1MiB", 1 << 20}};

// What a transport can do as a queue.
struct Abilities {
  size_t largest = ~size_t{0};   // bytes of a message
  bool shared = true;            // any number of writers and readers
  bool counts_messages = false;  // its bound is a number of messages
};

template <Transport T>
void RegisterThroughputRow(std::string_view row, std::string_view subject,
                           const Flow& flow) {
  RegisterRow(absl::StrCat(row, "/", subject),
              [flow] { return SampleThroughput<T>(flow); });
}

// `workload`: queue.roundtrip or pipe.roundtrip.
template <Transport T>
void RegisterRoundTripRows(std::string_view workload, std::string_view subject,
                           size_t largest) {
  const auto add = [&](std::string_view parameters, const PingPong& ping_pong) {
    if (ping_pong.shape.bytes > largest) return;
    RegisterRow(absl::StrCat(workload, "/", parameters, "/", subject),
                [ping_pong] { return SampleRoundTrip<T>(ping_pong); });
  };
  const auto of = [](size_t bytes, Patience patience = kAnswering) {
    return Shape{.bytes = bytes, .patience = patience};
  };
  add("64B", {.shape = of(64)});
  add("64KiB", {.shape = of(64 << 10)});
  add("1MiB", {.shape = of(1 << 20)});
  add("64B/one-cpu", {.shape = of(64, kAnsweringHere), .one_processor = true});
  add("64B/idle", {.shape = of(64), .idle = absl::Milliseconds(1)});
}

template <Transport T>
void RegisterQueueRows(std::string_view subject, const Abilities& abilities) {
  const auto add = [&](const MessageSize& size, int writers, int readers) {
    if (size.bytes > abilities.largest) return;
    RegisterThroughputRow<T>(absl::StrCat("queue.throughput/", size.name, "/",
                                          writers, "x", readers),
                             subject,
                             {.shape = {.bytes = size.bytes},
                              .writers = writers,
                              .readers = readers});
  };
  for (const MessageSize& size : kMessageSizes) {
    add(size, 1, 1);
    if (abilities.shared) add(size, 4, 4);
  }
  const MessageSize& small = kMessageSizes[1];
  if (abilities.shared) {
    add(small, 2, 2);
    add(small, 8, 8);
    add(small, 1, 8);
    add(small, 8, 1);
  }
  if (abilities.counts_messages) {
    for (size_t bound : {2, 64, 16384}) {
      RegisterThroughputRow<T>(
          absl::StrCat("queue.throughput/64B/1x1/bound", bound), subject,
          {.shape = {.bytes = small.bytes, .bound = bound}});
    }
  }
  RegisterRoundTripRows<T>("queue.roundtrip", subject, abilities.largest);
}

template <Transport T>
void RegisterPipeRows(std::string_view subject) {
  for (const MessageSize& size : kMessageSizes) {
    RegisterThroughputRow<T>(absl::StrCat("pipe.throughput/", size.name),
                             subject, {.shape = {.bytes = size.bytes}});
  }
  RegisterRoundTripRows<T>("pipe.roundtrip", subject, ~size_t{0});
}

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_QUEUE_ROWS_H_
