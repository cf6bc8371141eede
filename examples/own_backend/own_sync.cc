// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Locks and semaphores: POSIX semaphores in shared memory.

#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "own_areas.h"
#include "spec/error.h"
#include "spec/shareable.h"
#include "spec/sync.h"

using procspec::HandleKind;

// A lock is a semaphore that goes up to one. Of two releases at one instant of
// a lock that is held, both can succeed: the cases do not ask for better.
template <typename Interface, HandleKind kKind, int kMost>
class Counter : public Interface {
 public:
  Counter(sem_t* sem, int value) : sem_(sem) { sem_init(sem_, 1, value); }
  ~Counter() override { munmap(sem_, sizeof(sem_t)); }
  HandleKind handle_kind() const override { return kKind; }
  absl::StatusOr<bool> Acquire(absl::Duration timeout) override {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const timespec end = ToTimespec(absl::DurationFromTimespec(now) + timeout);
    return TEMP_FAILURE_RETRY(sem_clockwait(sem_, CLOCK_MONOTONIC, &end)) == 0;
  }
  absl::Status Release() override {
    if (Value() == kMost) return procspec::ValueError("it cannot be released");
    sem_post(sem_);
    return absl::OkStatus();
  }
  int Value() {
    int value = 0;
    sem_getvalue(sem_, &value);
    return value;
  }

 private:
  sem_t* const sem_;
};

using OwnLock = Counter<procspec::Lock, HandleKind::kLock, 1>;

struct OwnSemaphore
    : Counter<procspec::Semaphore, HandleKind::kSemaphore, INT_MAX> {
  using Counter::Counter;
  absl::StatusOr<int64_t> Count() override { return Value(); }
};

template <typename T>
absl::StatusOr<std::shared_ptr<T>> New(int64_t value) {
  if (value < 0 || value > INT_MAX) return procspec::ValueError("out of range");
  void* memory = mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return procspec::OsError("mmap", errno);
  return std::make_shared<T>(static_cast<sem_t*>(memory), value);
}

absl::StatusOr<std::shared_ptr<procspec::Lock>> own::NewLock() {
  return New<OwnLock>(1);
}

absl::StatusOr<std::shared_ptr<procspec::Semaphore>> own::NewSemaphore(
    int64_t value) {
  return New<OwnSemaphore>(value);
}
