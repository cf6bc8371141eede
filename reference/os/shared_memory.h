// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_SHARED_MEMORY_H_
#define PROCSPEC_REFERENCE_OS_SHARED_MEMORY_H_

#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "reference/os/handle.h"

namespace procspec::os {

// Memory that several processes see, unnamed: it is gone with the last process
// that holds it, however that one ended, and no stranger can open it.
//
// A forked child has the mapping at the same address. Another process gets the
// handle and maps it, at an address of its own: keep offsets in it, no
// pointers.
//
// Trap: never unmap memory with a robust mutex in it while a thread of this
// process holds that mutex: the thread's list of held ones would lead nowhere.
class SharedMemory {
 public:
  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept
      : file_(std::move(other.file_)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  SharedMemory& operator=(SharedMemory&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SharedMemory();

  // `size` bytes, more than none, all zero, aligned to a page. Pages take up
  // memory once they are touched. Os: the system refused.
  static absl::StatusOr<SharedMemory> New(size_t size);

  // Maps what another process made. Os: it is no shared memory.
  static absl::StatusOr<SharedMemory> Map(UniqueFile file);

  void* data() const { return data_; }
  size_t size() const { return size_; }

  // To pass to another process; still owned by this object.
  NativeHandle handle() const { return file_.get(); }

 private:
  UniqueFile file_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_SHARED_MEMORY_H_
