// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_SIMPLE_QUEUE_H_
#define PROCSPEC_BENCH_PEERS_SIMPLE_QUEUE_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "bench/peers/framed.h"
#include "bench/peers/process_lock.h"
#include "bench/peers/transport.h"

namespace procspec::bench {

// CPython's SimpleQueue: a pipe, a semaphore around each end of it. Bounded by
// what a pipe holds.
class SimpleQueue {
 public:
  static absl::StatusOr<std::unique_ptr<SimpleQueue>> Create(
      const Shape& shape) {
    absl::StatusOr<std::unique_ptr<FramedPipe>> pipe =
        FramedPipe::Create(shape);
    if (!pipe.ok()) return pipe.status();
    return std::make_unique<SimpleQueue>(*std::move(pipe));
  }
  explicit SimpleQueue(std::unique_ptr<FramedPipe> pipe)
      : pipe_(std::move(pipe)) {}

  void BecomeWriter() {}
  void BecomeReader() {}
  void Put(const char* message, size_t size) {
    writing_.Acquire();
    pipe_->Put(message, size);
    writing_.Release();
  }
  size_t Get(char* buffer, size_t capacity) {
    reading_.Acquire();
    const size_t size = pipe_->Get(buffer, capacity);
    reading_.Release();
    return size;
  }
  void Finish() {}

 private:
  std::unique_ptr<FramedPipe> pipe_;
  SemaphoreLock writing_;
  SemaphoreLock reading_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_SIMPLE_QUEUE_H_
