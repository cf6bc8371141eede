// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/ring.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "bench/peers/children.h"

namespace procspec::bench {
namespace {

long Membarrier(int command) { return syscall(SYS_membarrier, command, 0u, 0); }

// At least eight pieces: with less, the two sides wait for each other.
size_t CapacityFor(size_t message) {
  if (message <= 8 << 10) return 256 << 10;
  return message <= 64 << 10 ? 1 << 20 : 4 << 20;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ring>> Ring::Create(const Shape& shape) {
  if (Membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) != 0) {
    return absl::UnimplementedError("this system has no membarrier");
  }
  return std::make_unique<Ring>(CapacityFor(shape.bytes), shape.patience);
}

Ring::Ring(size_t capacity, Patience patience)
    : capacity_(capacity),
      mask_(capacity - 1),
      patience_(patience),
      header_(capacity) {}

// Whether a forked child is registered is not documented.
void Ring::Register() {
  if (Membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) != 0) {
    Die("membarrier");
  }
}

void Ring::HeavyFence() {
  if (Membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) != 0) Die("membarrier");
}

void Ring::TooLong() {
  errno = EMSGSIZE;
  Die("ring");
}

}  // namespace procspec::bench
