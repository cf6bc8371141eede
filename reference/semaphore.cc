// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/semaphore.h"

#include <limits>

#include "reference/os/time.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

// Somebody may be sleeping. A release takes the mark away and wakes one; that
// one puts it back, since it cannot know whether it was the only one, and wakes
// the next when it leaves something behind (two releases in a row wake but
// one).
constexpr uint32_t kSleepers = uint32_t{1} << 31;
constexpr uint32_t kMaxCount = std::numeric_limits<int32_t>::max();
static_assert(kMaxCount == kSleepers - 1);

[[gnu::noinline]] absl::Status TooManyReleases() {
  return ValueError("semaphore released too many times");
}

uint32_t CountOf(uint32_t word) { return word & kMaxCount; }

[[maybe_unused]] const bool semaphore_registered =
    RegisterTransferable("semaphore", &RebuildFromState<CountingSemaphore>);

}  // namespace

absl::StatusOr<std::shared_ptr<CountingSemaphore>> CountingSemaphore::Create(
    int64_t value, bool bounded) {
  if (value < 0 || value > int64_t{kMaxCount}) {
    return ValueError("the initial value of a semaphore is out of range");
  }
  PROCSPEC_ASSIGN_OR_RETURN(auto state, SharedCell<State>::Create());
  state->word.store(static_cast<uint32_t>(value), std::memory_order_relaxed);
  state->limit = bounded ? static_cast<uint32_t>(value) : kMaxCount;
  state->bounded = bounded;
  return std::make_shared<CountingSemaphore>(std::move(state));
}

absl::StatusOr<bool> CountingSemaphore::Acquire(absl::Duration timeout) {
  uint32_t seen = state_->word.load(std::memory_order_relaxed);
  while (CountOf(seen) != 0) {
    if (state_->word.compare_exchange_weak(seen, seen - 1,
                                           std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
      return true;
    }
  }
  return AcquireSlowly(timeout);
}

// Not inlined: the fast path then saves no registers.
[[gnu::noinline]] absl::StatusOr<bool> CountingSemaphore::AcquireSlowly(
    absl::Duration timeout) {
  if (timeout <= absl::ZeroDuration()) return false;
  os::LazyDeadline deadline(timeout);
  std::atomic<uint32_t>& word = state_->word;
  os::WaitLadder ladder;
  uint32_t mark = 0;
  for (;;) {
    uint32_t seen = word.load(std::memory_order_relaxed);
    if (CountOf(seen) != 0) {
      if (!word.compare_exchange_weak(seen, (seen - 1) | mark,
                                      std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        continue;
      }
      if (mark != 0 && CountOf(seen) > 1) os::WakeOne(word);
      return true;
    }
    if (ladder.Next()) continue;
    mark = kSleepers;
    if (seen != kSleepers && !word.compare_exchange_weak(
                                 seen, kSleepers, std::memory_order_relaxed)) {
      continue;
    }
    if (deadline.Get().HasPassed()) return false;
    os::WaitSlice(word, kSleepers, deadline.Get());
  }
}

absl::Status CountingSemaphore::Release() {
  uint32_t seen = state_->word.load(std::memory_order_relaxed);
  do {
    if (CountOf(seen) >= state_->limit) [[unlikely]]
      return TooManyReleases();
  } while (!state_->word.compare_exchange_weak(seen, CountOf(seen) + 1,
                                               std::memory_order_release,
                                               std::memory_order_relaxed));
  if ((seen & kSleepers) != 0) os::WakeOne(state_->word);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CountingSemaphore::Count() {
  return int64_t{CountOf(state_->word.load(std::memory_order_acquire))};
}

absl::StatusOr<Transfer> CountingSemaphore::Describe() const {
  return DescribeByState("semaphore", state_);
}

}  // namespace procspec::reference
