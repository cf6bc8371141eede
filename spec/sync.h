// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_SYNC_H_
#define PROCSPEC_SPEC_SYNC_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/shareable.h"
#include "spec/target.h"

namespace procspec {

// Synchronisation between processes, and between the threads of each.
//
// Timeouts everywhere: InfiniteDuration waits for ever; zero and negative are
// one immediate attempt; a timed wait never gives up before its time.
//
// A process killed while it waits never blocks the others, and takes no wake-up
// that another waiter needed for ever: every wait re-checks.

// Lock: held by nobody in particular; any process may release it. A holder that
// dies leaves it held (lock.holder-dies).
//
// Recursive lock (handle kind RLock): owned by the thread that acquired it,
// which may acquire again; free to others after as many releases. Not owned by
// a child that was forked meanwhile. Its methods are the same, hence the same
// class.
class Lock : public Shareable {
 public:
  // True: acquired. False: still held when the time was over.
  virtual absl::StatusOr<bool> Acquire(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;
  absl::StatusOr<bool> TryAcquire() { return Acquire(absl::ZeroDuration()); }

  // Lock: Value when it is not held. RLock: Misuse when the calling thread does
  // not own it.
  virtual absl::Status Release() = 0;
};

// A counter that Acquire takes one from, waiting while it is zero, and Release
// adds one to. A bounded semaphore (handle kind BoundedSemaphore) reports Value
// from a Release above its initial value; a plain one has no upper limit but
// INT32_MAX.
class Semaphore : public Shareable {
 public:
  virtual absl::StatusOr<bool> Acquire(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;
  absl::StatusOr<bool> TryAcquire() { return Acquire(absl::ZeroDuration()); }
  virtual absl::Status Release() = 0;

  // The counter now; others may change it at any time.
  virtual absl::StatusOr<int64_t> Count() = 0;
};

// A flag that processes wait for.
class Event : public Shareable {
 public:
  HandleKind handle_kind() const final { return HandleKind::kEvent; }

  virtual absl::StatusOr<bool> IsSet() = 0;
  // Wakes every waiter; later waits return at once until Clear.
  virtual absl::Status Set() = 0;
  virtual absl::Status Clear() = 0;
  // True: set. False: still unset when the time was over.
  virtual absl::StatusOr<bool> Wait(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;
};

// A condition variable with its lock: the one it was constructed with, or a
// recursive lock of its own.
class Condition : public Shareable {
 public:
  HandleKind handle_kind() const final { return HandleKind::kCondition; }

  // The lock's own operations.
  virtual absl::StatusOr<bool> Acquire(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;
  virtual absl::Status Release() = 0;

  // Releases the lock (fully, also when it is held recursively), waits to be
  // notified, and holds the lock again when it returns, whatever it returns.
  // True: notified. False: the time was over first. Misuse: the caller does not
  // hold the lock.
  virtual absl::StatusOr<bool> Wait(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;

  // Wakes `count` of the waiters, in the order they came, or all if they are
  // fewer; none is remembered for later. They return once they hold the lock
  // again. Misuse: the caller does not hold the lock. Value: negative count.
  virtual absl::Status Notify(int count = 1) = 0;
  virtual absl::Status NotifyAll() = 0;

  // Waits until `predicate` holds, testing it with the lock held: first at
  // once, then after each notification. Returns its last value: false only
  // after the time was over.
  absl::StatusOr<bool> WaitFor(
      const std::function<bool()>& predicate,
      absl::Duration timeout = absl::InfiniteDuration()) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    while (!predicate()) {
      const absl::Duration left =
          timeout - absl::FromChrono(Clock::now() - start);
      if (left <= absl::ZeroDuration()) return false;
      absl::StatusOr<bool> notified = Wait(left);
      if (!notified.ok()) return notified;
    }
    return true;
  }
};

// What a barrier is made of.
struct BarrierOptions {
  int parties = 1;
  // A registered target, run once a round by one of the parties before anyone
  // is released. Its error breaks the barrier and is what that party's Wait
  // returns. Empty: none.
  std::string action = {};
  Arguments action_arguments = {};
  // For every Wait that gives no timeout of its own.
  absl::Duration timeout = absl::InfiniteDuration();
};

// A meeting point for a fixed number of parties, round after round.
class Barrier : public Shareable {
 public:
  HandleKind handle_kind() const final { return HandleKind::kBarrier; }

  // Blocks until all parties wait, then releases them all. Returns a number
  // from 0 to parties - 1, each given once a round.
  //   BrokenBarrier  the time was over (which breaks it for all), or it was
  //                  broken, aborted, or reset while waiting
  virtual absl::StatusOr<int> Wait() = 0;
  virtual absl::StatusOr<int> Wait(absl::Duration timeout) = 0;

  // Breaks it: current and later waiters report BrokenBarrier.
  virtual absl::Status Abort() = 0;

  // Breaks it for the current waiters only; it is then fresh again.
  virtual absl::Status Reset() = 0;

  virtual absl::StatusOr<int> Parties() = 0;
  virtual absl::StatusOr<int> Waiting() = 0;  // how many wait now
  virtual absl::StatusOr<bool> Broken() = 0;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_SYNC_H_
