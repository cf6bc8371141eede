// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "absl/base/config.h"
#include "reference/os/robust_mutex.h"

#ifdef ABSL_HAVE_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace procspec::os {
namespace {

pthread_mutex_t* Native(std::byte* storage) {
  return std::launder(reinterpret_cast<pthread_mutex_t*>(storage));
}

// None of these calls fails but by a mistake of the caller or by overwritten
// memory; to go on without the lock would spread the damage.
void Require(int error, const char* call) {
  if (error == 0) return;
  std::fprintf(stderr, "RobustMutex: %s: %s\n", call, std::strerror(error));
  std::abort();
}

RobustMutex::LockResult ResultOf(int error, const char* call) {
  switch (error) {
    case 0:
      return RobustMutex::LockResult::kLocked;
    case EOWNERDEAD:
      return RobustMutex::LockResult::kOwnerDied;
    case EBUSY:
    case ETIMEDOUT:
      return RobustMutex::LockResult::kTimedOut;
    default:
      Require(error, call);
      return RobustMutex::LockResult::kTimedOut;
  }
}

// The ThreadSanitizer of GCC 12 and of Clang 14 does not know
// pthread_mutex_clocklock, and would take the unlock for one without a lock.
int ClockLock(pthread_mutex_t* mutex, const timespec& time) {
  const int error = pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &time);
#ifdef ABSL_HAVE_THREAD_SANITIZER
  if (error == 0 || error == EOWNERDEAD) {
    __tsan_mutex_pre_lock(mutex, __tsan_mutex_try_lock);
    __tsan_mutex_post_lock(mutex, __tsan_mutex_try_lock, 0);
  }
#endif
  return error;
}

}  // namespace

static_assert(sizeof(pthread_mutex_t) <= sizeof(RobustMutex));
static_assert(alignof(pthread_mutex_t) <= alignof(RobustMutex));

void RobustMutex::Init() {
  auto* mutex = new (storage_) pthread_mutex_t;
  pthread_mutexattr_t attributes;
  Require(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  Require(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED),
          "pthread_mutexattr_setpshared");
  Require(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST),
          "pthread_mutexattr_setrobust");
  Require(pthread_mutex_init(mutex, &attributes), "pthread_mutex_init");
  pthread_mutexattr_destroy(&attributes);
}

RobustMutex::LockResult RobustMutex::TryLock() {
  return ResultOf(pthread_mutex_trylock(Native(storage_)),
                  "pthread_mutex_trylock");
}

RobustMutex::LockResult RobustMutex::Lock(Deadline deadline) {
  if (deadline.IsNever()) {
    return ResultOf(pthread_mutex_lock(Native(storage_)), "pthread_mutex_lock");
  }
  const LockResult tried = TryLock();
  if (tried != LockResult::kTimedOut || deadline.HasPassed()) return tried;
  timespec time;
  time.tv_sec = deadline.nanoseconds() / 1'000'000'000;
  time.tv_nsec = deadline.nanoseconds() % 1'000'000'000;
  return ResultOf(ClockLock(Native(storage_), time), "pthread_mutex_clocklock");
}

void RobustMutex::MarkRepaired() {
  Require(pthread_mutex_consistent(Native(storage_)),
          "pthread_mutex_consistent");
}

void RobustMutex::Unlock() {
  Require(pthread_mutex_unlock(Native(storage_)), "pthread_mutex_unlock");
}

}  // namespace procspec::os
