// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_NEVER_DESTROYED_H_
#define PROCSPEC_REFERENCE_OS_NEVER_DESTROYED_H_

#include <new>

namespace procspec::os {

// A function's static object that is still there while the program is ending.
//
//   Registry& TheRegistry() {
//     static os::NeverDestroyed<Registry> registry;
//     return *registry;
//   }
//
// In static storage rather than on the heap: what is written around a fork then
// lies together, and each page written is one more copied by the kernel.
template <typename T>
class NeverDestroyed {
 public:
  NeverDestroyed() { ::new (storage_) T; }
  NeverDestroyed(const NeverDestroyed&) = delete;
  NeverDestroyed& operator=(const NeverDestroyed&) = delete;

  T& operator*() { return *std::launder(reinterpret_cast<T*>(storage_)); }

 private:
  alignas(T) unsigned char storage_[sizeof(T)];
};

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_NEVER_DESTROYED_H_
