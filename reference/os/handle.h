// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_HANDLE_H_
#define PROCSPEC_REFERENCE_OS_HANDLE_H_

#include <utility>

#include "absl/status/statusor.h"

namespace procspec::os {

// What the operating system calls an open object: a descriptor, a HANDLE.
#ifdef _WIN32
using NativeHandle = void*;
#else
using NativeHandle = int;
#endif

// The only owner of a handle. Traits has
//   using Type;                        the handle's type
//   static Type Invalid();             the value that is no handle
//   static void Close(Type) noexcept;  leaves errno / the last error alone
//
// There is no conversion to bool: 0 is a descriptor, and -1 is not.
template <typename Traits>
class UniqueHandle {
 public:
  using Type = typename Traits::Type;

  UniqueHandle() = default;
  explicit UniqueHandle(Type handle) : handle_(handle) {}
  UniqueHandle(UniqueHandle&& other) noexcept : handle_(other.release()) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    reset(other.release());  // also right for self-assignment
    return *this;
  }
  ~UniqueHandle() { reset(); }

  bool valid() const { return handle_ != Traits::Invalid(); }
  Type get() const { return handle_; }

  [[nodiscard]] Type release() {
    return std::exchange(handle_, Traits::Invalid());
  }

  // Closes what is held and takes over `handle`.
  void reset(Type handle = Traits::Invalid()) {
    const Type old = std::exchange(handle_, handle);
    if (old != Traits::Invalid() && old != handle) Traits::Close(old);
  }

 private:
  Type handle_ = Traits::Invalid();
};

struct FileTraits {
  using Type = NativeHandle;
  static Type Invalid() {
#ifdef _WIN32
    return reinterpret_cast<Type>(-1);
#else
    return -1;
#endif
  }
  static void Close(Type handle) noexcept;
};

// A file, pipe, socket, shared memory or process descriptor. Every handle of
// this project is closed by exec from its birth on; a started process gets
// those that Spawn lists and no others.
using UniqueFile = UniqueHandle<FileTraits>;

// Another handle of the same open object. Os: the system refused.
absl::StatusOr<UniqueFile> Duplicate(NativeHandle handle);

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_HANDLE_H_
