// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reference/os/posix.h"
#include "reference/os/shared_memory.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::os {
namespace {

absl::StatusOr<void*> MapFile(NativeHandle file, size_t size) {
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (data == MAP_FAILED) return OsError("mmap", errno);
  return data;
}

}  // namespace

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

absl::StatusOr<SharedMemory> SharedMemory::New(size_t size) {
  SharedMemory memory;
  memory.file_.reset(memfd_create("procspec", MFD_CLOEXEC));
  if (!memory.file_.valid()) return OsError("memfd_create", errno);
  if (RetryOnInterrupt([&] {
        return ftruncate(memory.handle(), static_cast<off_t>(size));
      }) != 0) {
    return OsError("ftruncate", errno);
  }
  PROCSPEC_ASSIGN_OR_RETURN(memory.data_, MapFile(memory.handle(), size));
  memory.size_ = size;
  return memory;
}

absl::StatusOr<SharedMemory> SharedMemory::Map(UniqueFile file) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return OsError("fstat", errno);
  SharedMemory memory;
  memory.file_ = std::move(file);
  const auto size = static_cast<size_t>(status.st_size);
  PROCSPEC_ASSIGN_OR_RETURN(memory.data_, MapFile(memory.handle(), size));
  memory.size_ = size;
  return memory;
}

}  // namespace procspec::os
