// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/event.h"

#include "reference/os/time.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

constexpr uint32_t kSet = 1;
// Somebody may be sleeping. Taken away by the Set that wakes them all.
constexpr uint32_t kSleepers = 2;
// The rest counts how often the flag was raised.
constexpr uint32_t kOneRaise = 4;

uint32_t Raises(uint32_t word) { return word / kOneRaise; }

[[maybe_unused]] const bool event_registered =
    RegisterTransferable("event", &RebuildFromState<SharedEvent>);

}  // namespace

absl::StatusOr<std::shared_ptr<SharedEvent>> SharedEvent::Create() {
  PROCSPEC_ASSIGN_OR_RETURN(auto state, SharedCell<State>::Create());
  return std::make_shared<SharedEvent>(std::move(state));
}

absl::StatusOr<bool> SharedEvent::IsSet() {
  return (state_->word.load(std::memory_order_acquire) & kSet) != 0;
}

absl::Status SharedEvent::Set() {
  uint32_t seen = state_->word.load(std::memory_order_relaxed);
  uint32_t next;
  // Written also when it is set already: what happened before this Set has then
  // happened before a later Wait returns.
  do {
    next = (seen & kSet) != 0 ? seen : ((seen & ~kSleepers) + kOneRaise) | kSet;
  } while (!state_->word.compare_exchange_weak(
      seen, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  if ((seen & kSleepers) != 0) os::WakeAll(state_->word);
  return absl::OkStatus();
}

absl::Status SharedEvent::Clear() {
  state_->word.fetch_and(~kSet, std::memory_order_acq_rel);
  return absl::OkStatus();
}

absl::StatusOr<bool> SharedEvent::Wait(absl::Duration timeout) {
  std::atomic<uint32_t>& word = state_->word;
  uint32_t seen = word.load(std::memory_order_acquire);
  if ((seen & kSet) != 0) return true;
  if (timeout <= absl::ZeroDuration()) return false;

  const uint32_t raises = Raises(seen);
  os::LazyDeadline deadline(timeout);
  os::WaitLadder ladder;
  for (;;) {
    seen = word.load(std::memory_order_acquire);
    if (Raises(seen) != raises) return true;
    if (ladder.Next()) continue;
    if ((seen & kSleepers) == 0 &&
        !word.compare_exchange_weak(seen, seen | kSleepers,
                                    std::memory_order_relaxed)) {
      continue;
    }
    if (deadline.Get().HasPassed()) return false;
    os::WaitSlice(word, seen | kSleepers, deadline.Get());
  }
}

absl::StatusOr<Transfer> SharedEvent::Describe() const {
  return DescribeByState("event", state_);
}

}  // namespace procspec::reference
