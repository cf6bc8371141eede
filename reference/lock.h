// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_LOCK_H_
#define PROCSPEC_REFERENCE_LOCK_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "reference/os/thread_identity.h"
#include "reference/os/wait_word.h"
#include "reference/share.h"
#include "reference/shared_cell.h"
#include "spec/sync.h"

namespace procspec::reference {

// Both locks of the reference, as a Condition needs them.
class LockBase : public Lock, public Transferable {
 public:
  virtual bool HeldByCaller() const = 0;

  // For a caller that holds it: frees it, however often it was acquired, and
  // says how often that was; takes it back to that depth.
  virtual uint32_t ReleaseFully() = 0;
  virtual void Reacquire(uint32_t depth) = 0;
};

// Lock: one word, free or the number of the thread that took it, and whether
// somebody may be sleeping. The fast paths are one compare-and-swap and one
// exchange.
//
// - Not fair: who comes while a woken sleeper is on its way may overtake it.
// - The holder's number only tells a Condition whether its caller holds the
//   lock; anybody may release. A holder that dies leaves the lock held.
// - A sleeper that was woken and killed before it took the lock took a wake-up
//   with it: sleepers re-check every os::kRecheck.
class PlainLock final : public LockBase {
 public:
  struct State {
    std::atomic<uint32_t> word{0};
  };

  static absl::StatusOr<std::shared_ptr<PlainLock>> Create();
  explicit PlainLock(SharedCell<State> state) : state_(std::move(state)) {}

  HandleKind handle_kind() const override { return HandleKind::kLock; }
  absl::StatusOr<bool> Acquire(absl::Duration timeout) override;
  absl::Status Release() override;

  bool HeldByCaller() const override;
  uint32_t ReleaseFully() override;
  void Reacquire(uint32_t depth) override;

  absl::StatusOr<Transfer> Describe() const override;

 private:
  absl::StatusOr<bool> AcquireSlowly(absl::Duration timeout);

  SharedCell<State> state_;
};

// RLock: owned by one thread of one process. A forked child's thread is another
// thread, so it does not own what its parent does.
//
// An owner that ended without releasing, be it the thread alone or its process,
// loses the lock to the next acquirer (no clause says so), who learns of it
// from the system within os::kRecheck. Nothing else would ever free it,
// since nobody but the owner may release.
class RecursiveLock final : public LockBase {
 public:
  struct State {
    // The owner's identity, 0 when free. Bit 31: somebody may be sleeping.
    std::atomic<uint64_t> owner{0};
    // What sleepers sleep on: incremented to wake.
    std::atomic<uint32_t> wakes{0};
    // Touched by the owner alone, which is set anew by the next one: nothing to
    // repair. Atomic because a dead owner's last write may still be read about.
    std::atomic<uint32_t> depth{0};
  };

  static absl::StatusOr<std::shared_ptr<RecursiveLock>> Create();
  explicit RecursiveLock(SharedCell<State> state) : state_(std::move(state)) {}

  HandleKind handle_kind() const override { return HandleKind::kRLock; }
  absl::StatusOr<bool> Acquire(absl::Duration timeout) override;
  absl::Status Release() override;

  bool HeldByCaller() const override;
  uint32_t ReleaseFully() override;
  void Reacquire(uint32_t depth) override;

  absl::StatusOr<Transfer> Describe() const override;

 private:
  absl::StatusOr<bool> AcquireSlowly(absl::Duration timeout);
  void Free();

  SharedCell<State> state_;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_LOCK_H_
