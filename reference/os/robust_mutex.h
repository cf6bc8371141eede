// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_ROBUST_MUTEX_H_
#define PROCSPEC_REFERENCE_OS_ROBUST_MUTEX_H_

#include <cstddef>
#include <utility>

#include "reference/os/time.h"

namespace procspec::os {

// A mutex in memory that processes share. When its owner ends while holding it,
// however it ended, the next one gets the lock and is told so.
//
// Placed in zeroed shared memory and made by Init() once, before anybody else
// sees it. There is no destructor, and the memory must stay mapped while a
// thread of this process may lock it. Owned by a thread: a forked child does
// not own what its parent holds.
class RobustMutex {
 public:
  enum class LockResult {
    kLocked,
    // Locked, and the owner before ended inside its critical section. The
    // caller repairs what the mutex guards and then calls MarkRepaired(). If it
    // ends before that, the next one is told the same.
    kOwnerDied,
    kTimedOut,
  };

  void Init();

  // Tries first; only then is the deadline looked at.
  LockResult Lock(Deadline deadline = Deadline::Never());
  LockResult TryLock();
  void MarkRepaired();
  // After kOwnerDied only with MarkRepaired() in between.
  void Unlock();

 private:
  alignas(16) std::byte storage_[64];
};

// Holds a RobustMutex for a scope, or does not: see locked(). `repair` runs
// when the previous owner died, before anything else.
//
//   RobustMutexLock lock(mutex, [&] { Repair(); }, deadline);
//   if (!lock.locked()) return TimeoutError();
class [[nodiscard]] RobustMutexLock {
 public:
  template <typename Repair>
  RobustMutexLock(RobustMutex& mutex, Repair&& repair,
                  Deadline deadline = Deadline::Never())
      : mutex_(&mutex) {
    switch (mutex.Lock(deadline)) {
      case RobustMutex::LockResult::kLocked:
        break;
      case RobustMutex::LockResult::kOwnerDied:
        std::forward<Repair>(repair)();
        mutex.MarkRepaired();
        break;
      case RobustMutex::LockResult::kTimedOut:
        mutex_ = nullptr;
        break;
    }
  }
  RobustMutexLock(const RobustMutexLock&) = delete;
  RobustMutexLock& operator=(const RobustMutexLock&) = delete;
  ~RobustMutexLock() { Unlock(); }

  bool locked() const { return mutex_ != nullptr; }
  void Unlock() {
    if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->Unlock();
  }

 private:
  RobustMutex* mutex_;
};

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_ROBUST_MUTEX_H_
