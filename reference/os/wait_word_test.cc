// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/wait_word.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "reference/os/robust_mutex.h"
#include "reference/os/shared_memory.h"
#include "reference/os/test_process.h"

namespace procspec::os {
namespace {

struct Shared {
  WaitWord word;
  std::atomic<uint32_t> ready;
  std::atomic<uint32_t> woken;
  RobustMutex mutex;
};

Shared& In(SharedMemory& memory) {
  return *static_cast<Shared*>(memory.data());
}

class SharedTest : public testing::Test {
 protected:
  SharedTest() : memory_(*SharedMemory::New(sizeof(Shared))) {
    shared().mutex.Init();
  }
  Shared& shared() { return In(memory_); }

  SharedMemory memory_;
};

using SharedWordTest = SharedTest;
using RobustMutexTest = SharedTest;

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

PROCSPEC_TEST_BODY(WaitForTheWord) {
  Shared& shared = In(memory);
  ++shared.ready;
  while (shared.word.load() == 0) {
    Wait(shared.word, 0, Deadline::Never());
  }
  ++shared.woken;
}

TEST_F(SharedWordTest, WakesOtherProcesses) {
  std::vector<std::unique_ptr<TestProcess>> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(std::make_unique<TestProcess>(WaitForTheWord, memory_));
  }
  ASSERT_TRUE(Await(shared().ready, 3u));
  shared().word.store(1);
  WakeAll(shared().word);
  for (auto& child : children) EXPECT_TRUE(child->Join());
  EXPECT_EQ(shared().woken, 3u);
}

// Each turn needs the other's: a lost wake-up is late by as much as a sleep of
// this test lasts.
constexpr uint32_t kTurns = 300;

PROCSPEC_TEST_BODY(TakeTurns) {
  Shared& shared = In(memory);
  for (uint32_t turn = 1; turn < 2 * kTurns; turn += 2) {
    for (;;) {
      const uint32_t word = shared.word.load();
      if (word == turn) break;
      Wait(shared.word, word, Deadline(absl::Seconds(20)));
    }
    shared.word.store(turn + 1);
    WakeOne(shared.word);
  }
}

TEST_F(SharedWordTest, NoWakeUpIsLost) {
  TestProcess child(TakeTurns, memory_);
  for (uint32_t turn = 0; turn < 2 * kTurns; turn += 2) {
    const Deadline guard(absl::Seconds(20));
    shared().word.store(turn + 1);
    WakeOne(shared().word);
    while (shared().word.load() == turn + 1) {
      Wait(shared().word, turn + 1, guard);
      ASSERT_FALSE(guard.HasPassed());
    }
  }
  EXPECT_TRUE(child.Join());
}

TEST_F(SharedWordTest, WakesAsManyAsSleep) {
  EXPECT_EQ(WakeOne(shared().word), 0);
  EXPECT_EQ(WakeAll(shared().word), 0);
  WaitWord other(0);
  std::atomic<int> ended = 0;
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 3; ++i) {
    sleepers.emplace_back([&] {
      while (shared().word.load() == 0) {
        Wait(shared().word, 0, Deadline::Never());
      }
      ++ended;
    });
  }
  // Nobody is woken by what others sleep on. Who is woken here finds the word
  // as it was and sleeps again.
  int woken = 0;
  const Deadline guard(absl::Seconds(20));
  while (woken < 5 && !guard.HasPassed()) {
    EXPECT_EQ(WakeAll(other), 0);
    woken += WakeOne(shared().word);
    std::this_thread::yield();
  }
  EXPECT_EQ(woken, 5);
  EXPECT_EQ(ended, 0);
  shared().word.store(1);
  WakeAll(shared().word);
  for (std::thread& sleeper : sleepers) sleeper.join();
}

// As many as there are, in one process and more than a mapping may have places
// for.
TEST_F(SharedWordTest, ManySleepersAllWakeUp) {
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 300; ++i) {
    sleepers.emplace_back([&] {
      ++shared().ready;
      while (shared().word.load() == 0) {
        Wait(shared().word, 0, Deadline::Never());
      }
    });
  }
  ASSERT_TRUE(Await(shared().ready, 300u));
  shared().word.store(1);
  WakeAll(shared().word);
  for (std::thread& sleeper : sleepers) sleeper.join();
}

// A sleeper that was killed keeps the wake-ups of the others at most for as
// long as they sleep without looking.
TEST_F(SharedWordTest, KilledSleepersCostTheOthersNothing) {
  for (int round = 0; round < 5; ++round) {
    TestProcess victim(WaitForTheWord, memory_);
    ASSERT_TRUE(Await(shared().ready, 1u));
    victim.Kill();
    shared().ready = 0;
  }
  TestProcess survivor(WaitForTheWord, memory_);
  ASSERT_TRUE(Await(shared().ready, 1u));
  shared().word.store(1);
  for (int i = 0; i < 6; ++i) WakeOne(shared().word);
  EXPECT_TRUE(survivor.Join());
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
struct Words {
  alignas(128) std::atomic<uint32_t> a;
  alignas(128) std::atomic<uint32_t> b;
  alignas(128) std::atomic<uint32_t> child_missed;
  alignas(128) std::atomic<uint32_t> arrivals;
};
constexpr uint32_t kFenceRounds = 3000;

class Meeting {
 public:
  explicit Meeting(Words& words) : words_(words) {}
  void Meet() {
    words_.arrivals.fetch_add(1);
    ++times_;
    while (words_.arrivals.load() < 2 * times_) std::this_thread::yield();
  }

 private:
  Words& words_;
  uint32_t times_ = 0;
};

PROCSPEC_TEST_BODY(WriteAAndReadB) {
  auto& words = *static_cast<Words*>(memory.data());
  Meeting meeting(words);
  for (uint32_t i = 1; i <= kFenceRounds; ++i) {
    meeting.Meet();
    words.a.store(i, std::memory_order_relaxed);
    LightFence();
    words.child_missed = words.b.load(std::memory_order_relaxed) != i;
    meeting.Meet();
  }
}

TEST(FenceTest, OneSideSeesTheOther) {
  SharedMemory memory = *SharedMemory::New(sizeof(Words));
  auto& words = *static_cast<Words*>(memory.data());
  TestProcess child(WriteAAndReadB, memory);
  Meeting meeting(words);
  int both_missed = 0;
  for (uint32_t i = 1; i <= kFenceRounds; ++i) {
    meeting.Meet();
    words.b.store(i, std::memory_order_relaxed);
    HeavyFence();
    const bool missed = words.a.load(std::memory_order_relaxed) != i;
    meeting.Meet();
    if (missed && words.child_missed) ++both_missed;
  }
  EXPECT_EQ(both_missed, 0);
  EXPECT_TRUE(child.Join());
}

TEST_F(RobustMutexTest, TimedLockEndsAtTheDeadline) {
  ASSERT_EQ(shared().mutex.Lock(), RobustMutex::LockResult::kLocked);
  std::thread other([&] {
    EXPECT_EQ(shared().mutex.TryLock(), RobustMutex::LockResult::kTimedOut);
    const int64_t before = MonotonicNanoseconds();
    EXPECT_EQ(shared().mutex.Lock(Deadline(absl::Milliseconds(30))),
              RobustMutex::LockResult::kTimedOut);
    EXPECT_GE(MonotonicNanoseconds() - before, 30'000'000);
  });
  other.join();
  shared().mutex.Unlock();
  EXPECT_EQ(shared().mutex.TryLock(), RobustMutex::LockResult::kLocked);
  shared().mutex.Unlock();
}

PROCSPEC_TEST_BODY(LockAndStay) {
  Shared& shared = In(memory);
  shared.mutex.Lock();
  ++shared.ready;
  Park();
}

TEST_F(RobustMutexTest, KilledOwnerIsReportedUntilRepaired) {
  for (uint32_t i = 1; i <= 2; ++i) {
    // The second one was told, and died before it repaired anything.
    TestProcess child(LockAndStay, memory_);
    ASSERT_TRUE(Await(shared().ready, i));
    child.Kill();
  }
  bool repaired = false;
  {
    RobustMutexLock lock(shared().mutex, [&] { repaired = true; });
    EXPECT_TRUE(lock.locked());
  }
  EXPECT_TRUE(repaired);
  EXPECT_EQ(shared().mutex.Lock(), RobustMutex::LockResult::kLocked);
  shared().mutex.Unlock();
}

TEST_F(RobustMutexTest, OneAttemptIsEnoughToLearnOfADeath) {
  {
    TestProcess child(LockAndStay, memory_);
    ASSERT_TRUE(Await(shared().ready, 1u));
    EXPECT_EQ(shared().mutex.TryLock(), RobustMutex::LockResult::kTimedOut);
    child.Kill();
    EXPECT_EQ(shared().mutex.TryLock(), RobustMutex::LockResult::kOwnerDied);
  }
  shared().mutex.MarkRepaired();
  shared().mutex.Unlock();
  // The same of a thread whose process lives.
  std::thread([&] { shared().mutex.Lock(); }).join();
  EXPECT_EQ(shared().mutex.TryLock(), RobustMutex::LockResult::kOwnerDied);
  shared().mutex.MarkRepaired();
  shared().mutex.Unlock();
}

TEST_F(RobustMutexTest, SleepingWaiterIsToldOfADeath) {
  TestProcess child(LockAndStay, memory_);
  ASSERT_TRUE(Await(shared().ready, 1u));
  std::thread killer([&] {
    SleepUntil(Deadline(absl::Milliseconds(20)));
    child.Kill();
  });
  EXPECT_EQ(shared().mutex.Lock(), RobustMutex::LockResult::kOwnerDied);
  shared().mutex.MarkRepaired();
  shared().mutex.Unlock();
  killer.join();
}

PROCSPEC_TEST_BODY(CountUnderTheMutex) {
  Shared& shared = In(memory);
  for (int64_t i = 0; i < argument; ++i) {
    const RobustMutex::LockResult result = shared.mutex.Lock();
    if (result == RobustMutex::LockResult::kOwnerDied) {
      shared.mutex.MarkRepaired();
    }
    // Two writes: anybody else in here would be seen by an odd number.
    if (shared.word.load(std::memory_order_relaxed) % 2 != 0 &&
        result == RobustMutex::LockResult::kLocked) {
      shared.woken = 1;
    }
    shared.word.store((shared.word.load(std::memory_order_relaxed) | 1),
                      std::memory_order_relaxed);
    shared.word.store(shared.word.load(std::memory_order_relaxed) + 1,
                      std::memory_order_relaxed);
    shared.mutex.Unlock();
    ++shared.ready;
  }
}

// Nobody is killed here: each count is exact.
TEST_F(RobustMutexTest, OneOwnerAtATime) {
  constexpr uint32_t kEach = 5000;
  {
    TestProcess a(CountUnderTheMutex, memory_, kEach);
    TestProcess b(CountUnderTheMutex, memory_, kEach);
    TestProcess c(CountUnderTheMutex, memory_, kEach);
    EXPECT_TRUE(a.Join());
    EXPECT_TRUE(b.Join());
    EXPECT_TRUE(c.Join());
  }
  EXPECT_EQ(shared().word, 2 * 3 * kEach);
  EXPECT_EQ(shared().woken, 0u);
}

TEST_F(RobustMutexTest, SurvivesAKillAtAnyInstant) {
  TestProcess survivor(CountUnderTheMutex, memory_, 1'000'000'000);
  for (int i = 0; i < 20; ++i) {
    TestProcess victim(CountUnderTheMutex, memory_, 1'000'000'000);
    ASSERT_TRUE(Await(shared().ready, shared().ready + 50)) << i;
    victim.Kill();
    ASSERT_TRUE(Await(shared().ready, shared().ready + 50)) << i;
  }
  EXPECT_EQ(shared().woken, 0u);
}

}  // namespace
}  // namespace procspec::os
