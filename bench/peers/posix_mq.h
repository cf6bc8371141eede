// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_POSIX_MQ_H_
#define PROCSPEC_BENCH_PEERS_POSIX_MQ_H_

#include <mqueue.h>

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "bench/peers/transport.h"

namespace procspec::bench {

// POSIX's message queue. Its bound is what the system allows without a
// privilege, as a rule ten messages of at most 8 KiB.
class PosixMq {
 public:
  static constexpr size_t kLargest = 8192;

  static absl::StatusOr<std::unique_ptr<PosixMq>> Create(const Shape& shape);
  explicit PosixMq(mqd_t queue) : queue_(queue) {}
  PosixMq(const PosixMq&) = delete;
  PosixMq& operator=(const PosixMq&) = delete;
  ~PosixMq() { mq_close(queue_); }

  void BecomeWriter() {}
  void BecomeReader() {}
  void Put(const char* message, size_t size);
  size_t Get(char* buffer, size_t capacity);
  void Finish() {}

 private:
  mqd_t queue_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_POSIX_MQ_H_
