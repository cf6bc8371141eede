// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_SHARED_MEMORY_H_
#define PROCSPEC_BENCH_PEERS_SHARED_MEMORY_H_

#include <sys/mman.h>

#include <cstddef>
#include <new>

// Memory that a process shares with the children it forks.

namespace procspec::bench {

// Zeroed, aligned to a page, every page of it touched: what is timed meets no
// first page fault of the system's. Ends the program when there is none.
void* MapShared(size_t bytes);

// One T, followed by `more` bytes. Value-initialized; never destroyed, because
// other processes may still use it: T must not need that.
template <typename T>
class Shared {
 public:
  explicit Shared(size_t more = 0)
      : bytes_(sizeof(T) + more), value_(new (MapShared(bytes_)) T()) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { munmap(value_, bytes_); }

  T* operator->() const { return value_; }
  T& operator*() const { return *value_; }

 private:
  size_t bytes_;
  T* value_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_SHARED_MEMORY_H_
