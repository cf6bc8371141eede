// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_ROBUST_RING_H_
#define PROCSPEC_BENCH_PEERS_ROBUST_RING_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "bench/peers/process_lock.h"
#include "bench/peers/ring.h"
#include "bench/peers/transport.h"

namespace procspec::bench {

// A ring that any number of writers and readers share, by a lock for each side
// that survives its owner; a message is in the ring, or out of it, by one
// store.
class RobustRing {
 public:
  static absl::StatusOr<std::unique_ptr<RobustRing>> Create(
      const Shape& shape) {
    absl::StatusOr<std::unique_ptr<Ring>> ring = Ring::Create(shape);
    if (!ring.ok()) return ring.status();
    return std::make_unique<RobustRing>(*std::move(ring));
  }
  explicit RobustRing(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}

  void BecomeWriter() { ring_->BecomeWriter(); }
  void BecomeReader() { ring_->BecomeReader(); }
  void Put(const char* message, size_t size) {
    writing_.Acquire();
    ring_->Put(message, size);
    writing_.Release();
  }
  size_t Get(char* buffer, size_t capacity) {
    reading_.Acquire();
    const size_t size = ring_->Get(buffer, capacity);
    reading_.Release();
    return size;
  }
  void Finish() {}

 private:
  std::unique_ptr<Ring> ring_;
  MutexLock writing_{Robustness::kRobust};
  MutexLock reading_{Robustness::kRobust};
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_ROBUST_RING_H_
