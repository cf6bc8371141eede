// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_FRAMED_H_
#define PROCSPEC_BENCH_PEERS_FRAMED_H_

#include <unistd.h>

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "bench/peers/transport.h"

namespace procspec::bench {

// Messages on a stream of the system, each behind its size in four bytes, as
// CPython's Connection does it. One writer and one reader.
class Framed {
 public:
  Framed(int read_fd, int write_fd) : read_fd_(read_fd), write_fd_(write_fd) {}
  Framed(const Framed&) = delete;
  Framed& operator=(const Framed&) = delete;
  ~Framed() {
    close(read_fd_);
    close(write_fd_);
  }

  void BecomeWriter() {}
  void BecomeReader() {}
  void Put(const char* message, size_t size);
  size_t Get(char* buffer, size_t capacity);
  void Finish() {}

 private:
  int read_fd_;
  int write_fd_;
};

class FramedPipe : public Framed {
 public:
  using Framed::Framed;
  static absl::StatusOr<std::unique_ptr<FramedPipe>> Create(const Shape& shape);
};

// A stream: packets of a megabyte need a privilege.
class FramedSocketPair : public Framed {
 public:
  using Framed::Framed;
  static absl::StatusOr<std::unique_ptr<FramedSocketPair>> Create(
      const Shape& shape);
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_FRAMED_H_
