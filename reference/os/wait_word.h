// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_WAIT_WORD_H_
#define PROCSPEC_REFERENCE_OS_WAIT_WORD_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "reference/os/time.h"

namespace procspec::os {

// Sleeping on a 32-bit word in memory that processes share. A wake-up is only a
// hint: whoever waits re-checks what it waits for, so a process killed between
// changing something and waking, or between being woken and acting on it, costs
// the others time at most. Sleep in slices of kRecheck to bound that time.
using WaitWord = std::atomic<uint32_t>;
static_assert(WaitWord::is_always_lock_free && sizeof(WaitWord) == 4);

inline constexpr absl::Duration kRecheck = absl::Milliseconds(20);

enum class WaitResult { kWoken, kTimedOut };

// Sleeps while `word` holds `expected`, until woken or until the deadline.
// kWoken may be spurious: a signal arrived or the word had already changed.
WaitResult Wait(const WaitWord& word, uint32_t expected, Deadline deadline);

// As Wait, but kWoken at the latest after kRecheck when the deadline is later:
// the caller re-checks and waits again.
WaitResult WaitSlice(const WaitWord& word, uint32_t expected,
                     Deadline deadline);

// Return how many sleepers were woken.
int WakeOne(WaitWord& word);
int WakeAll(WaitWord& word);

namespace internal {
// Ladders of this process since one that was left during its pauses.
extern std::atomic<int> pauses_in_vain;
}  // namespace internal

// What to do before sleeping, because a sleep and its wake-up cost up to 40 us:
// a few hundred nanoseconds of pauses (the other side runs on another CPU),
// then yielding for a few microseconds (it needs this CPU), then sleep.
//
//   os::WaitLadder ladder;
//   while (!Ready()) {
//     if (!ladder.Next()) { sleep; ... }
//   }
//
// The pauses are left out while they lead to nothing: the other side is on this
// CPU, too, or takes longer. Now and then a ladder tries them again.
class WaitLadder {
 public:
  WaitLadder() = default;
  WaitLadder(const WaitLadder&) = delete;
  WaitLadder& operator=(const WaitLadder&) = delete;
  ~WaitLadder() {
    if (step_ > 0 && !yields_) {
      internal::pauses_in_vain.store(0, std::memory_order_relaxed);
    }
  }

  // Waits a moment. False, without waiting, when it is time to sleep.
  bool Next() {
    if (!yields_ && step_ == 0 &&
        internal::pauses_in_vain.load(std::memory_order_relaxed) >= kTooOften) {
      yields_ = LeavesPausesOut();
    }
    if (yields_ || step_ == kPauseSteps) return NextYield();
    ++step_;
    Pause();
    return true;
  }

 private:
  static constexpr int kPauseSteps = 6;
  static constexpr int kPausesPerStep = 4;
  static constexpr int kTooOften = 8;

  static void Pause() {
    for (int i = 0; i < kPausesPerStep; ++i) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      asm volatile("isb");
#else
      std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
    }
  }
  static bool LeavesPausesOut();
  bool NextYield();

  int step_ = 0;
  bool yields_ = false;
  int64_t yield_until_ = 0;
  int64_t yielded_at_ = 0;
};

// An asymmetric fence. Two sides each write one word and then read the other's:
// at least one of them must see the other's write. One side does so with every
// message and takes LightFence, which is free where the system helps; the other
// does so only before it sleeps and takes HeavyFence, which makes up for it.
//
// Should a process be denied the system call that the others rely on, a wake-up
// can be missed; kRecheck bounds the damage.
namespace internal {
extern bool light_fence_is_free;
}
inline void LightFence() {
  if (internal::light_fence_is_free) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}
void HeavyFence();

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_WAIT_WORD_H_
