// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/semaphore.h"

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "reference/os/test_child.h"
#include "spec/error.h"

namespace procspec::reference {
namespace {

using os::PassRandomTime;
using os::TestChild;
using os::TestLine;

constexpr absl::Duration kShort = absl::Milliseconds(100);
constexpr int64_t kMax = std::numeric_limits<int32_t>::max();

std::shared_ptr<Semaphore> New(int64_t value, bool bounded = false) {
  return *CountingSemaphore::Create(value, bounded);
}

TEST(Semaphore, AdmitsAsManyAsItsValue) {
  for (const bool bounded : {false, true}) {
    const auto semaphore = New(2, bounded);
    EXPECT_EQ(*semaphore->Count(), 2);
    EXPECT_TRUE(*semaphore->TryAcquire());
    EXPECT_TRUE(*semaphore->Acquire());
    EXPECT_EQ(*semaphore->Count(), 0);
    EXPECT_FALSE(*semaphore->TryAcquire());
    EXPECT_FALSE(*semaphore->Acquire(-absl::Seconds(1)));
    EXPECT_TRUE(semaphore->Release().ok());
    EXPECT_EQ(*semaphore->Count(), 1);
    EXPECT_TRUE(*semaphore->TryAcquire());
  }
}

TEST(Semaphore, OutOfRangeReportsValue) {
  for (const int64_t value : {int64_t{-1}, kMax + 1}) {
    for (const bool bounded : {false, true}) {
      EXPECT_TRUE(IsKind(CountingSemaphore::Create(value, bounded).status(),
                         ErrorKind::kValue));
    }
  }
  const auto semaphore = New(kMax);
  EXPECT_TRUE(IsKind(semaphore->Release(), ErrorKind::kValue));
  EXPECT_EQ(*semaphore->Count(), kMax);
  EXPECT_TRUE(*semaphore->TryAcquire());
}

TEST(Semaphore, PlainOneExceedsItsInitialValue) {
  const auto semaphore = New(0);
  EXPECT_TRUE(semaphore->Release().ok());
  EXPECT_TRUE(semaphore->Release().ok());
  EXPECT_EQ(*semaphore->Count(), 2);
}

TEST(Semaphore, BoundedOneDoesNotAlsoAcrossProcesses) {
  const auto semaphore = New(1, true);
  EXPECT_EQ(semaphore->handle_kind(), HandleKind::kBoundedSemaphore);
  EXPECT_TRUE(IsKind(semaphore->Release(), ErrorKind::kValue));
  EXPECT_TRUE(*semaphore->TryAcquire());
  TestChild child([&](TestLine& line) { line.Say(semaphore->Release().ok()); });
  EXPECT_EQ(child.line().Hear(), 1);
  EXPECT_TRUE(IsKind(semaphore->Release(), ErrorKind::kValue));
  EXPECT_EQ(*semaphore->Count(), 1);
}

TEST(Semaphore, TimesOutAndNeverEarly) {
  const auto semaphore = New(0);
  const absl::Time start = absl::Now();
  EXPECT_FALSE(*semaphore->Acquire(kShort));
  EXPECT_GE(absl::Now() - start, kShort);
}

TEST(Semaphore, EachReleaseWakesASleeper) {
  const auto semaphore = New(0);
  std::vector<std::unique_ptr<TestChild>> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(std::make_unique<TestChild>([&](TestLine& line) {
      line.Say(0);
      line.Say(*semaphore->Acquire());
    }));
  }
  for (auto& child : children) child->line().Hear();
  EXPECT_TRUE(children[0]->line().QuietFor(kShort));  // all asleep
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(semaphore->Release().ok());
  for (auto& child : children) EXPECT_EQ(child->line().Hear(), 1);
  EXPECT_EQ(*semaphore->Count(), 0);
}

TEST(Semaphore, ThreadsPassUnitsWithoutLoss) {
  const auto items = New(0);
  const auto room = New(3);
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  constexpr int kRounds = 20000;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kRounds; ++j) {
        ASSERT_TRUE(*room->Acquire());
        ASSERT_LE(inside.fetch_add(1), 2);
        ASSERT_TRUE(items->Release().ok());
      }
    });
    threads.emplace_back([&] {
      for (int j = 0; j < kRounds; ++j) {
        ASSERT_TRUE(*items->Acquire());
        inside.fetch_sub(1);
        ASSERT_TRUE(room->Release().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*items->Count(), 0);
  EXPECT_EQ(*room->Count(), 3);
}

TEST(Semaphore, KilledWaitersHoldUpNobody) {
  const auto semaphore = New(0);
  for (int i = 0; i < 200; ++i) {
    const auto body = [&](TestLine& line) {
      line.Say(0);
      line.Say(*semaphore->Acquire());
      line.Hear();
    };
    TestChild victim(body);
    TestChild survivor(body);
    victim.line().Hear();
    survivor.line().Hear();
    PassRandomTime(absl::Microseconds(200));
    ASSERT_TRUE(semaphore->Release().ok());
    PassRandomTime(absl::Microseconds(50));
    victim.Kill();
    // The unit is there for the survivor, unless one of the two has taken it;
    // then there is another one.
    int64_t most_left = 0;
    if (*semaphore->Count() == 0) {
      ASSERT_TRUE(semaphore->Release().ok());
      most_left = 1;
    }
    EXPECT_EQ(survivor.line().Hear(), 1);
    EXPECT_LE(*semaphore->Count(), most_left);
    if (*semaphore->Count() == 1) {
      EXPECT_TRUE(*semaphore->TryAcquire());
    }
  }
}

}  // namespace
}  // namespace procspec::reference
