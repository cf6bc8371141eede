// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/handoff_limits.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/peers/children.h"
#include "bench/peers/futex.h"
#include "bench/peers/futex_semaphore.h"
#include "bench/peers/shared_memory.h"
#include "bench/peers/trips.h"
#include "bench/sample.h"

namespace procspec::bench {
namespace {

// A word that only grows, for whose next value many can wait.
struct alignas(128) Generation {
  Word number = 0;
  Word sleepers = 0;

  void Advance() {
    number.fetch_add(1);
    if (sleepers.load() != 0) FutexWake(number, kEverybody);
  }
  // Until it is no longer `seen`.
  void AwaitAfter(uint32_t seen, Patience patience) {
    Poll poll(patience);
    do {
      if (number.load(std::memory_order_acquire) != seen) return;
    } while (poll.Again());
    sleepers.fetch_add(1);
    while (number.load() == seen) FutexWait(number, seen);
    sleepers.fetch_sub(1);
  }
};

// Polling is for those who have a processor each.
Patience PatienceOf(int parties) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) Die("getaffinity");
  return parties <= CPU_COUNT(&allowed) ? kAnswering : Patience{};
}

// Lets `participants` go, which are the children, and waits for them.
absl::StatusOr<Figures> Finish(Trips& trips, int participants,
                               Children& children, const CpuTime& cpu) {
  int64_t started_ns = 0;
  absl::Status status = trips.line.Open(participants, started_ns);
  if (!status.ok()) return status;
  status = children.Wait();
  if (!status.ok()) return status;
  return FiguresOf(trips, cpu);
}

// The same where many meet: who times it may come last each time, and then what
// it sees is not a round. So the figure is from one round to the next.
absl::StatusOr<Figures> FinishRounds(Trips& trips, int participants,
                                     Children& children, const CpuTime& cpu) {
  absl::StatusOr<Figures> figures = Finish(trips, participants, children, cpu);
  if (!figures.ok()) return figures;
  figures->ns = trips.period_ns;
  return figures;
}

template <typename Round>
double TimeOf(Round round) {
  const int64_t start_ns = NowNs();
  round();
  return static_cast<double>(NowNs() - start_ns);
}

// Two processes wake each other in turn.
absl::StatusOr<Figures> SampleHandoff(bool one_processor) {
  const CpuTime cpu;
  const Patience patience = one_processor ? kAnsweringHere : kAnswering;
  FutexSemaphore there(0, patience);
  FutexSemaphore back(0, patience);
  Shared<Trips> trips;
  Shared<Word> last;
  Children children;
  children.Start([&] {
    if (one_processor) PinToOneProcessor();
    trips->line.Wait();
    bool stop = false;
    while (!stop) {
      there.Acquire();
      stop = last->load(std::memory_order_relaxed) != 0;
      back.Release();
    }
  });
  children.Start([&] {
    if (one_processor) PinToOneProcessor();
    trips->line.Wait();
    const auto trip = [&] {
      there.Release();
      back.Acquire();
    };
    TimeTrips(*trips, [&] { return TimeOf(trip); });
    *last = 1;
    trip();
  });
  return Finish(*trips, 2, children, cpu);
}

// One process wakes all others and waits until each has answered.
absl::StatusOr<Figures> SampleNotifyAll(int waiters) {
  const CpuTime cpu;
  const Patience patience = PatienceOf(waiters + 1);
  struct Cells {
    Generation called;
    Generation all_answered;
    alignas(128) std::atomic<int> answers = 0;
  };
  Shared<Trips> trips;
  Shared<Word> last;
  Shared<Cells> cells;
  Children children;
  for (int i = 0; i < waiters; ++i) {
    children.Start([&] {
      trips->line.Wait();
      uint32_t seen = 0;
      bool stop = false;
      while (!stop) {
        cells->called.AwaitAfter(seen++, patience);
        stop = last->load(std::memory_order_relaxed) != 0;
        if (cells->answers.fetch_add(1) + 1 == waiters) {
          cells->all_answered.Advance();
        }
      }
    });
  }
  children.Start([&] {
    trips->line.Wait();
    uint32_t seen = 0;
    const auto round = [&] {
      cells->answers.store(0, std::memory_order_relaxed);
      cells->called.Advance();
      cells->all_answered.AwaitAfter(seen++, patience);
    };
    TimeTrips(*trips, [&] { return TimeOf(round); });
    *last = 1;
    round();
  });
  return FinishRounds(*trips, waiters + 1, children, cpu);
}

absl::StatusOr<Figures> SampleBarrier(int parties) {
  const CpuTime cpu;
  const Patience patience = PatienceOf(parties);
  struct Cells {
    Generation opened;
    alignas(128) std::atomic<int> arrived = 0;
    // How many rounds there are, once that is known.
    alignas(128) std::atomic<uint32_t> rounds = ~uint32_t{0};
  };
  Shared<Trips> trips;
  Shared<Cells> cells;
  const auto pass = [&](uint32_t& passed) {
    if (cells->arrived.fetch_add(1) + 1 == parties) {
      cells->arrived.store(0, std::memory_order_relaxed);
      cells->opened.Advance();
    } else {
      cells->opened.AwaitAfter(passed, patience);
    }
    ++passed;
  };
  Children children;
  for (int i = 1; i < parties; ++i) {
    children.Start([&] {
      trips->line.Wait();
      uint32_t passed = 0;
      while (passed != cells->rounds.load(std::memory_order_relaxed)) {
        pass(passed);
      }
    });
  }
  children.Start([&] {
    trips->line.Wait();
    uint32_t passed = 0;
    TimeTrips(*trips, [&] { return TimeOf([&] { pass(passed); }); });
    // Before it arrives, so that whoever passes this round knows it.
    cells->rounds = passed + 1;
    pass(passed);
  });
  return FinishRounds(*trips, parties, children, cpu);
}

}  // namespace

void RegisterHandoffLimits() {
  // Of an event and of a condition the hand-off is the physical part, too.
  for (std::string_view workload :
       {"semaphore.handoff", "event.handoff", "condition.handoff"}) {
    RegisterRow(absl::StrCat(workload, "/limit-futex"),
                [] { return SampleHandoff(false); });
    RegisterRow(absl::StrCat(workload, "/one-cpu/limit-futex"),
                [] { return SampleHandoff(true); });
  }
  for (int waiters : {1, 8, 32}) {
    RegisterRow(absl::StrCat("condition.notify-all/", waiters, "p/limit-futex"),
                [waiters] { return SampleNotifyAll(waiters); });
  }
  for (int parties : {2, 8, 32}) {
    RegisterRow(absl::StrCat("barrier.round/", parties, "p/limit-futex"),
                [parties] { return SampleBarrier(parties); });
  }
}

}  // namespace procspec::bench
