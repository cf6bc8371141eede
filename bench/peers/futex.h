// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_FUTEX_H_
#define PROCSPEC_BENCH_PEERS_FUTEX_H_

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "bench/sample.h"

// Waiting for a word in shared memory, as cheaply as it goes: polling for a
// while, then asleep. Nobody here survives a killed peer.

namespace procspec::bench {

using Word = std::atomic<uint32_t>;

// While the word has the value; may end early. At the latest after a second:
// whoever calls it looks again.
void FutexWait(const Word& word, uint32_t value);
void FutexWake(Word& word, int processes);
inline constexpr int kEverybody = 1 << 30;

// How long to poll before sleeping: at first keeping the processor, then
// yielding it, should the one we wait for need it.
struct Patience {
  int64_t keep_ns = 0;
  int64_t yield_ns = 0;
};

// For a stream, where the other side is at most a message away.
inline constexpr Patience kStreaming = {.keep_ns = 2'000};
// For an answer: at first it comes from another processor, in a few round trips
// of a cache line, or it comes from this one.
inline constexpr Patience kAnswering = {.keep_ns = 500, .yield_ns = 49'500};
inline constexpr Patience kAnsweringHere = {.yield_ns = 50'000};

//   Poll poll(patience);
//   while (!Ready()) {
//     if (!poll.Again()) { sleep; ... }
//   }
class Poll {
 public:
  explicit Poll(Patience patience) : patience_(patience) {}

  // Waits a moment. False, without waiting, when it is time to sleep.
  bool Again() {
    if (patience_.keep_ns + patience_.yield_ns == 0) return false;
    const int64_t now = NowNs();
    if (start_ == 0) start_ = now;
    if (now - start_ < patience_.keep_ns) {
      Pause();
      return true;
    }
    if (now - start_ >= patience_.keep_ns + patience_.yield_ns) return false;
    sched_yield();
    return true;
  }

 private:
  // Several at once: polling takes the line away from the one who writes it.
  static void Pause() {
    for (int i = 0; i < 8; ++i) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      asm volatile("isb");
#else
      std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
    }
  }

  Patience patience_;
  int64_t start_ = 0;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_FUTEX_H_
