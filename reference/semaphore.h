// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_SEMAPHORE_H_
#define PROCSPEC_REFERENCE_SEMAPHORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "reference/os/wait_word.h"
#include "reference/share.h"
#include "reference/shared_cell.h"
#include "spec/sync.h"

namespace procspec::reference {

// Semaphore and BoundedSemaphore: one word, the count and whether somebody may
// be sleeping. Not fair, as Lock. Whoever dies keeps what it acquired.
class CountingSemaphore final : public Semaphore, public Transferable {
 public:
  struct State {
    std::atomic<uint32_t> word{0};
    // The highest count allowed; constant.
    uint32_t limit = 0;
    bool bounded = false;
  };

  // Value: negative, or above INT32_MAX.
  static absl::StatusOr<std::shared_ptr<CountingSemaphore>> Create(
      int64_t value, bool bounded);
  explicit CountingSemaphore(SharedCell<State> state)
      : state_(std::move(state)) {}

  HandleKind handle_kind() const override {
    return state_->bounded ? HandleKind::kBoundedSemaphore
                           : HandleKind::kSemaphore;
  }
  absl::StatusOr<bool> Acquire(absl::Duration timeout) override;
  absl::Status Release() override;
  absl::StatusOr<int64_t> Count() override;

  absl::StatusOr<Transfer> Describe() const override;

 private:
  absl::StatusOr<bool> AcquireSlowly(absl::Duration timeout);

  SharedCell<State> state_;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_SEMAPHORE_H_
