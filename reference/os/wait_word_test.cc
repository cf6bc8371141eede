// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/wait_word.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <thread>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "reference/os/robust_mutex.h"

namespace procspec::os {
namespace {

struct Shared {
  WaitWord word;
  WaitWord ready;
  RobustMutex mutex;
};

Shared* NewShared() {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* shared = new (memory) Shared();
  shared->mutex.Init();
  return shared;
}

template <typename Body>
pid_t Fork(Body body) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    body();
    _exit(0);
  }
  return pid;
}

TEST(WaitWordTest, TimesOutNeverEarly) {
  WaitWord word(7);
  const int64_t before = MonotonicNanoseconds();
  const Deadline deadline = Deadline(absl::Milliseconds(30));
  while (Wait(word, 7, deadline) != WaitResult::kTimedOut) {
  }
  EXPECT_GE(MonotonicNanoseconds() - before, 30'000'000);
}

TEST(WaitWordTest, DifferentValueDoesNotSleep) {
  WaitWord word(7);
  EXPECT_EQ(Wait(word, 8, Deadline::Never()), WaitResult::kWoken);
}

TEST(WaitWordTest, SliceReturnsForARecheck) {
  WaitWord word(7);
  EXPECT_EQ(WaitSlice(word, 7, Deadline::Never()), WaitResult::kWoken);
  EXPECT_EQ(WaitSlice(word, 7, Deadline(absl::Milliseconds(1))),
            WaitResult::kTimedOut);
}

TEST(WaitWordTest, WakesAnotherProcess) {
  Shared* shared = NewShared();
  const pid_t child = Fork([&] {
    while (shared->word.load() == 0) {
      Wait(shared->word, 0, Deadline::Never());
    }
  });
  shared->word.store(1);
  WakeAll(shared->word);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(WaitLadderTest, EndsSoon) {
  WaitLadder ladder;
  const int64_t before = MonotonicNanoseconds();
  int steps = 0;
  while (ladder.Next()) ++steps;
  EXPECT_GT(steps, 6);
  // 25 us of yields, unless somebody else used the CPU meanwhile.
  EXPECT_LT(MonotonicNanoseconds() - before, 1'000'000'000);
}

// Dekker's pattern between processes: were the fence pair broken, both sides
// would sometimes miss each other's write.
TEST(FenceTest, OneSideSeesTheOther) {
  struct Words {
    alignas(128) std::atomic<uint32_t> a;
    alignas(128) std::atomic<uint32_t> b;
    alignas(128) std::atomic<uint32_t> child_missed;
    alignas(128) std::atomic<uint32_t> arrivals;
  };
  auto* words = new (mmap(nullptr, sizeof(Words), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Words();
  auto meet = [&, times = uint32_t{0}]() mutable {
    words->arrivals.fetch_add(1);
    ++times;
    while (words->arrivals.load() < 2 * times) sched_yield();
  };
  constexpr uint32_t kRounds = 3000;
  const pid_t child = Fork([&] {
    for (uint32_t i = 1; i <= kRounds; ++i) {
      meet();
      words->a.store(i, std::memory_order_relaxed);
      LightFence();
      words->child_missed = words->b.load(std::memory_order_relaxed) != i;
      meet();
    }
  });
  int both_missed = 0;
  for (uint32_t i = 1; i <= kRounds; ++i) {
    meet();
    words->b.store(i, std::memory_order_relaxed);
    HeavyFence();
    const bool missed = words->a.load(std::memory_order_relaxed) != i;
    meet();
    if (missed && words->child_missed) ++both_missed;
  }
  EXPECT_EQ(both_missed, 0);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(RobustMutexTest, TimedLockEndsAtTheDeadline) {
  Shared* shared = NewShared();
  ASSERT_EQ(shared->mutex.Lock(), RobustMutex::LockResult::kLocked);
  std::thread other([&] {
    EXPECT_EQ(shared->mutex.TryLock(), RobustMutex::LockResult::kTimedOut);
    const int64_t before = MonotonicNanoseconds();
    EXPECT_EQ(shared->mutex.Lock(Deadline(absl::Milliseconds(30))),
              RobustMutex::LockResult::kTimedOut);
    EXPECT_GE(MonotonicNanoseconds() - before, 30'000'000);
  });
  other.join();
  shared->mutex.Unlock();
  EXPECT_EQ(shared->mutex.TryLock(), RobustMutex::LockResult::kLocked);
  shared->mutex.Unlock();
}

TEST(RobustMutexTest, KilledOwnerIsReportedUntilRepaired) {
  Shared* shared = NewShared();
  auto die_holding = [&] {
    const pid_t child = Fork([&] {
      shared->mutex.Lock();
      kill(getpid(), SIGKILL);
    });
    waitpid(child, nullptr, 0);
  };
  die_holding();
  die_holding();  // this one was told, and died before it repaired anything
  bool repaired = false;
  {
    RobustMutexLock lock(shared->mutex, [&] { repaired = true; });
    EXPECT_TRUE(lock.locked());
  }
  EXPECT_TRUE(repaired);
  EXPECT_EQ(shared->mutex.Lock(), RobustMutex::LockResult::kLocked);
  shared->mutex.Unlock();
}

TEST(RobustMutexTest, SleepingWaiterIsToldOfADeath) {
  Shared* shared = NewShared();
  const pid_t child = Fork([&] {
    shared->mutex.Lock();
    shared->ready.store(1);
    WakeAll(shared->ready);
    pause();
  });
  while (shared->ready.load() == 0) {
    Wait(shared->ready, 0, Deadline::Never());
  }
  std::thread killer([&] {
    absl::SleepFor(absl::Milliseconds(20));
    kill(child, SIGKILL);
  });
  EXPECT_EQ(shared->mutex.Lock(), RobustMutex::LockResult::kOwnerDied);
  shared->mutex.MarkRepaired();
  shared->mutex.Unlock();
  killer.join();
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace procspec::os
