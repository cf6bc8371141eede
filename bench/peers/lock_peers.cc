// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/lock_peers.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/peers/children.h"
#include "bench/peers/futex_semaphore.h"
#include "bench/peers/process_lock.h"
#include "bench/peers/shared_memory.h"
#include "bench/sample.h"

namespace procspec::bench {
namespace {

constexpr int kMostParties = 4;

struct alignas(128) Tally {
  uint64_t pairs = 0;
  int64_t ended_ns = 0;
};

struct Board {
  StartLine line;
  Tally tallies[kMostParties];
  // Written by the owner alone, and not atomically: it shows two owners.
  alignas(128) volatile uint64_t owned = 0;
};

class RobustMutex : public MutexLock {
 public:
  RobustMutex() : MutexLock(Robustness::kRobust) {}
};

class PlainMutex : public MutexLock {
 public:
  PlainMutex() : MutexLock(Robustness::kNone) {}
};

// A semaphore with one permit is a lock.
class OnePermit {
 public:
  void Acquire() { semaphore_.Acquire(); }
  void Release() { semaphore_.Release(); }

 private:
  FutexSemaphore semaphore_{1, kStreaming};
};

template <typename Lock>
absl::StatusOr<Figures> SamplePairs(int parties) {
  const CpuTime cpu;
  Lock lock;
  Shared<Board> board;
  Children children;
  for (int i = 0; i < parties; ++i) {
    children.Start([&, i] {
      Tally tally;
      board->line.Wait();
      const int64_t deadline_ns =
          NowNs() + absl::ToInt64Nanoseconds(SampleTime());
      do {
        constexpr int kBatch = 64;
        for (int j = 0; j < kBatch; ++j) {
          lock.Acquire();
          board->owned = board->owned + 1;
          lock.Release();
        }
        tally.pairs += kBatch;
        tally.ended_ns = NowNs();
      } while (tally.ended_ns < deadline_ns);
      board->tallies[i] = tally;
    });
  }
  int64_t started_ns = 0;
  absl::Status status = board->line.Open(parties, started_ns);
  if (!status.ok()) return status;
  status = children.Wait();
  if (!status.ok()) return status;

  uint64_t pairs = 0;
  int64_t ended_ns = 0;
  std::vector<uint64_t> pairs_of;
  for (int i = 0; i < parties; ++i) {
    pairs += board->tallies[i].pairs;
    ended_ns = std::max(ended_ns, board->tallies[i].ended_ns);
    pairs_of.push_back(board->tallies[i].pairs);
  }
  if (pairs != board->owned) {
    return absl::DataLossError("two owned the lock at once");
  }
  const double count = static_cast<double>(pairs);
  Figures figures = {.ns = static_cast<double>(ended_ns - started_ns) / count,
                     .counters = {{"cpu_ns", cpu.ElapsedNs() / count}}};
  if (parties > 1) figures.counters["fairness"] = Fairness(pairs_of);
  return figures;
}

template <typename Lock>
void RegisterPairs(std::string_view workload, std::string_view subject,
                   int parties) {
  RegisterRow(absl::StrCat(workload, "/", parties, "p/", subject),
              [parties] { return SamplePairs<Lock>(parties); });
}

}  // namespace

void RegisterLockPeers() {
  for (int parties : {1, 2, kMostParties}) {
    RegisterPairs<SemaphoreLock>("lock.pair", "posix-sem", parties);
    RegisterPairs<PlainMutex>("lock.pair", "pthread-mutex", parties);
    RegisterPairs<FutexLock>("lock.pair", "limit-futex", parties);
  }
  RegisterPairs<RobustMutex>("rlock.pair", "robust-mutex", 1);
  RegisterPairs<SemaphoreLock>("semaphore.pair", "posix-sem", 1);
  RegisterPairs<OnePermit>("semaphore.pair", "limit-futex", 1);
}

}  // namespace procspec::bench
