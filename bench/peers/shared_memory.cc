// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/shared_memory.h"

#include <cstring>

#include "bench/peers/children.h"

namespace procspec::bench {

void* MapShared(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) Die("mmap");
  std::memset(memory, 0, bytes);
  return memory;
}

}  // namespace procspec::bench
