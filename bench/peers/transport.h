// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_TRANSPORT_H_
#define PROCSPEC_BENCH_PEERS_TRANSPORT_H_

#include <concepts>
#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "bench/peers/futex.h"

namespace procspec::bench {

// What a transport is made for.
struct Shape {
  size_t bytes = 0;                // of every message
  size_t bound = 1024;             // messages, where it is those that it counts
  Patience patience = kStreaming;  // of transports that poll
};

// Carries whole messages from writers to readers. Made before they are forked;
// each says what it is before its first message, which may wait for the other
// side to do so. Put and Get block, and Die when the system refuses.
template <typename T>
concept Transport = requires(T transport, const Shape& shape,
                             const char* message, char* buffer, size_t size) {
  { T::Create(shape) } -> std::same_as<absl::StatusOr<std::unique_ptr<T>>>;
  transport.BecomeWriter();
  transport.BecomeReader();
  transport.Put(message, size);
  // Returns the message's size, which is at most that of the buffer.
  { transport.Get(buffer, size) } -> std::same_as<size_t>;
  // After its last message, of a writer or a reader.
  transport.Finish();
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_TRANSPORT_H_
