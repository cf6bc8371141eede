// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_EVENT_H_
#define PROCSPEC_REFERENCE_EVENT_H_

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

// Event: one word, the flag, whether somebody may be sleeping, and how often
// the flag was raised. A waiter that sees the number grow was woken by a Set,
// even when a Clear followed before it ran.
//
// Every operation changes the word once, so there is no half-done state, and
// nobody waits for a waiter.
class SharedEvent final : public Event, public Transferable {
 public:
  struct State {
    std::atomic<uint32_t> word{0};
  };

  static absl::StatusOr<std::shared_ptr<SharedEvent>> Create();
  explicit SharedEvent(SharedCell<State> state) : state_(std::move(state)) {}

  absl::StatusOr<bool> IsSet() override;
  absl::Status Set() override;
  absl::Status Clear() override;
  absl::StatusOr<bool> Wait(absl::Duration timeout) override;

  absl::StatusOr<Transfer> Describe() const override;

 private:
  SharedCell<State> state_;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_EVENT_H_
