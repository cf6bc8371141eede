// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_BARRIER_H_
#define PROCSPEC_REFERENCE_BARRIER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "reference/os/robust_mutex.h"
#include "reference/os/time.h"
#include "reference/share.h"
#include "reference/shared_cell.h"
#include "reference/waiters.h"
#include "spec/backend.h"
#include "spec/sync.h"

namespace procspec::reference {

// Barrier: a word with the round's number and how the last round ended, and a
// place for each waiter with the round it waits for. The word changes by one
// store, which ends a round; then each waiter of that round is told its outcome
// and all are woken. A robust mutex guards this: when its owner ended in
// between, the next one tells the waiters what the word already says.
//
// - A party that ended while it waited does not count any more. If it ended
//   while it ran the action, the barrier is broken.
// - The action runs with nothing locked. Who comes meanwhile is let in after
//   it. A waiter whose time is over meanwhile goes on waiting, since all
//   parties have come; Abort and Reset do end its wait.
class SharedBarrier final : public Barrier, public Transferable {
 public:
  static constexpr int kMaxParties = 1 << 15;

  struct alignas(64) State {
    os::RobustMutex mutex;
    // The number of the round that gathers now, and how the last one ended.
    std::atomic<uint32_t> round{0};
    // Changes after waiters were told; what they sleep on. Bit 0: somebody may
    // be sleeping.
    std::atomic<uint32_t> wakes{0};
    std::atomic<uint32_t> in_use{0};
    // While one party runs the action of a round: the round's number plus one,
    // and that party's place, which is written first.
    std::atomic<uint32_t> acting_round{0};
    std::atomic<uint32_t> acting_place{0};
  };

  // Value: parties below 1 or above kMaxParties, or no such action. The backend
  // is what the action sees.
  static absl::StatusOr<std::shared_ptr<SharedBarrier>> Create(
      std::shared_ptr<Backend> backend, BarrierOptions options);
  SharedBarrier(std::shared_ptr<Backend> backend, SharedCell<State> state,
                BarrierOptions options);

  absl::StatusOr<int> Wait() override { return Wait(options_.timeout); }
  absl::StatusOr<int> Wait(absl::Duration timeout) override;
  absl::Status Abort() override;
  absl::Status Reset() override;
  absl::StatusOr<int> Parties() override { return options_.parties; }
  absl::StatusOr<int> Waiting() override;
  absl::StatusOr<bool> Broken() override;

  absl::StatusOr<Transfer> Describe() const override;

 private:
  // How a round ended, in the lowest bits of the round word.
  enum class Outcome : uint32_t { kReleased = 0, kReset = 1, kBroken = 2 };

  // A time in which the calling thread has the mutex; told waiters are woken
  // when it is over.
  class Section;

  uint32_t Round() const;
  bool IsBroken() const;

  // With the mutex held:
  // Whether some party runs the action. Breaks the barrier if that one ended.
  bool ActionRuns(Section& section);
  int CountWaiting();
  // The last party of the round: runs the action and ends the round.
  absl::StatusOr<int> Complete(Section& section, Waiter& me);
  void EndRound(Section& section, Outcome outcome);
  void TellWaiters();

  // Without it:
  absl::StatusOr<int> AwaitEndOfRound(Waiter& me, uint32_t waiting,
                                      os::Deadline deadline);
  absl::StatusOr<int> LeaveWithOutcome(Waiter& me);
  // Until `wakes` changes, at most a slice.
  void Sleep(uint32_t wakes, os::Deadline deadline);

  SharedCell<State> state_;
  BarrierOptions options_;
  Waiters waiters_;
  std::shared_ptr<Backend> backend_;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_BARRIER_H_
