// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_THREAD_IDENTITY_H_
#define PROCSPEC_REFERENCE_OS_THREAD_IDENTITY_H_

#include <cstdint>

namespace procspec::os {

// A thread of any process, told apart from every other thread, also from a
// later one that was given the same number by the system: the number together
// with the time the thread was born. Fits a 64-bit word of shared memory, with
// one bit to spare.
//
// Numbers are those of one PID namespace: processes that share an object live
// in the same one.
struct ThreadIdentity {
  // Bits 0 to 30: the system's number of the thread, never zero. Bit 31: zero,
  // free for whoever stores this. Bits 32 to 63: the time of birth in system
  // ticks; zero when the system would not tell.
  uint64_t bits = 0;

  constexpr uint32_t number() const {
    return static_cast<uint32_t>(bits & 0x7fffffff);
  }
  constexpr uint32_t birth() const { return static_cast<uint32_t>(bits >> 32); }
  friend constexpr bool operator==(ThreadIdentity, ThreadIdentity) = default;
};

namespace internal {
extern constinit thread_local uint64_t current_thread_bits;
ThreadIdentity LearnCurrentThread();
}  // namespace internal

// The calling thread. One load once it is known; asked anew in a forked child.
inline ThreadIdentity CurrentThread() {
  const uint64_t bits = internal::current_thread_bits;
  if (bits != 0) [[likely]] {
    return ThreadIdentity{bits};
  }
  return internal::LearnCurrentThread();
}

// The same, but nobody (bits 0) while it is not known: for fast paths, which a
// call in their middle would slow down.
inline ThreadIdentity CurrentThreadIfKnown() {
  return ThreadIdentity{internal::current_thread_bits};
}

// False only when the thread has certainly ended; its process may still wait to
// be reaped. Takes a few microseconds.
bool MayBeAlive(ThreadIdentity thread);

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_THREAD_IDENTITY_H_
