// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_CONDITION_H_
#define PROCSPEC_REFERENCE_CONDITION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "reference/lock.h"
#include "reference/share.h"
#include "reference/shared_cell.h"
#include "reference/waiters.h"
#include "spec/sync.h"

namespace procspec::reference {

// Condition: a ticket and a place for each waiter, who sleeps on its own word.
// Notify turns the words of the oldest waiters from waiting to released, one
// compare-and-swap each, and a waiter whose time is over turns its own to idle:
// whichever comes first decides, so no notification is lost between the two and
// none is spent on somebody who left. There is no lock inside, so a process
// killed at any instant stops nobody.
//
// - A waiter that ended is skipped. One that ended after it was notified and
//   before Wait returned passes its notification on to the next of those who
//   waited at that time; they find out when they re-check (os::kRecheck).
// - With a plain Lock, "holds it" means that the calling thread acquired it and
//   nobody has released it since.
// - At most kMaxWaiters wait at a time; one more reports Os.
class SharedCondition final : public Condition, public Transferable {
 public:
  static constexpr uint32_t kMaxWaiters = 1024;

  struct alignas(64) State {
    std::atomic<uint32_t> next_ticket{0};
    std::atomic<uint32_t> in_use{0};
  };

  // Type: a lock of another backend. Null: a recursive lock of its own.
  static absl::StatusOr<std::shared_ptr<SharedCondition>> Create(
      std::shared_ptr<Lock> lock);
  SharedCondition(SharedCell<State> state, std::shared_ptr<LockBase> lock)
      : state_(std::move(state)),
        waiters_(state_.extra(), kMaxWaiters, state_->in_use),
        lock_(std::move(lock)) {}

  absl::StatusOr<bool> Acquire(absl::Duration timeout) override {
    return lock_->Acquire(timeout);
  }
  absl::Status Release() override { return lock_->Release(); }

  absl::StatusOr<bool> Wait(absl::Duration timeout) override;
  absl::Status Notify(int count) override;
  absl::Status NotifyAll() override;

  absl::StatusOr<Transfer> Describe() const override;

 private:
  // Sleeps until the word changes; true when notified.
  bool Sleep(Waiter& me, uint32_t waiting, absl::Duration timeout);
  // Releases the `count` oldest waiters with tickets before `limit`.
  void ReleaseWaiters(int64_t count, uint32_t limit);
  bool ReleaseOne(Waiter& waiter, uint32_t waiting, uint32_t limit);
  void PassOnFromGone();

  SharedCell<State> state_;
  Waiters waiters_;
  std::shared_ptr<LockBase> lock_;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_CONDITION_H_
