// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/condition.h"

#include <memory>
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
constexpr absl::Duration kGuard = absl::Seconds(20);

std::shared_ptr<Condition> New(std::shared_ptr<Lock> lock = nullptr) {
  return *SharedCondition::Create(std::move(lock));
}

// A child that waits once and says how it ended.
std::unique_ptr<TestChild> NewWaiter(Condition& condition,
                                     absl::Duration timeout) {
  auto child =
      std::make_unique<TestChild>([&condition, timeout](TestLine& line) {
        (void)*condition.Acquire();
        line.Say(0);
        line.Say(*condition.Wait(timeout));
        line.Say(condition.Release().ok());
      });
  // It has said so with the lock held: when we get the lock, it waits.
  child->line().Hear();
  EXPECT_TRUE(*condition.Acquire());
  EXPECT_TRUE(condition.Release().ok());
  return child;
}

void NotifyUnderLock(Condition& condition, int count) {
  ASSERT_TRUE(*condition.Acquire());
  ASSERT_TRUE(condition.Notify(count).ok());
  ASSERT_TRUE(condition.Release().ok());
}

TEST(Condition, NeedsItsLock) {
  const std::shared_ptr<Lock> plain = *PlainLock::Create();
  const std::shared_ptr<Lock> recursive = *RecursiveLock::Create();
  for (const auto& condition : {New(), New(plain), New(recursive)}) {
    EXPECT_TRUE(IsKind(condition->Wait().status(), ErrorKind::kMisuse));
    EXPECT_TRUE(IsKind(condition->Notify(), ErrorKind::kMisuse));
    EXPECT_TRUE(IsKind(condition->NotifyAll(), ErrorKind::kMisuse));
    TestChild child([&](TestLine& line) {
      line.Say(*condition->Acquire());
      line.Hear();
    });
    child.line().Hear();
    EXPECT_TRUE(IsKind(condition->Notify(), ErrorKind::kMisuse));
    child.Kill();
  }
}

TEST(Condition, UsesTheGivenLock) {
  const std::shared_ptr<Lock> lock = *PlainLock::Create();
  const auto condition = New(lock);
  EXPECT_TRUE(*condition->Acquire());
  EXPECT_FALSE(*lock->TryAcquire());
  EXPECT_TRUE(condition->Release().ok());
  EXPECT_TRUE(*lock->TryAcquire());
  EXPECT_TRUE(condition->Notify().ok());
}

TEST(Condition, NegativeCountReportsValue) {
  const auto condition = New();
  EXPECT_TRUE(*condition->Acquire());
  EXPECT_TRUE(IsKind(condition->Notify(-1), ErrorKind::kValue));
  EXPECT_TRUE(condition->Notify(0).ok());
}

TEST(Condition, TimesOutAndNeverEarlyAndHoldsTheLockAgain) {
  const std::shared_ptr<Lock> lock = *PlainLock::Create();
  const auto condition = New(lock);
  EXPECT_TRUE(*condition->Acquire());
  EXPECT_FALSE(*condition->Wait(absl::ZeroDuration()));
  EXPECT_FALSE(*condition->Wait(-absl::Seconds(1)));
  const absl::Time start = absl::Now();
  EXPECT_FALSE(*condition->Wait(kShort));
  EXPECT_GE(absl::Now() - start, kShort);
  EXPECT_FALSE(*lock->TryAcquire());
  EXPECT_TRUE(condition->Release().ok());
}

TEST(Condition, NotificationIsNotRemembered) {
  const auto condition = New();
  EXPECT_TRUE(*condition->Acquire());
  EXPECT_TRUE(condition->Notify().ok());
  EXPECT_TRUE(condition->NotifyAll().ok());
  EXPECT_FALSE(*condition->Wait(kShort));
}

TEST(Condition, NotifyWakesExactlySoManyInTheirOrder) {
  const auto condition = New();
  std::vector<std::unique_ptr<TestChild>> waiters;
  for (int i = 0; i < 5; ++i) waiters.push_back(NewWaiter(*condition, kGuard));
  NotifyUnderLock(*condition, 1);
  EXPECT_EQ(waiters[0]->line().Hear(), 1);
  EXPECT_TRUE(waiters[1]->line().QuietFor(kShort));
  NotifyUnderLock(*condition, 2);
  EXPECT_EQ(waiters[1]->line().Hear(), 1);
  EXPECT_EQ(waiters[2]->line().Hear(), 1);
  EXPECT_TRUE(waiters[3]->line().QuietFor(kShort));
  NotifyUnderLock(*condition, 100);
  EXPECT_EQ(waiters[3]->line().Hear(), 1);
  EXPECT_EQ(waiters[4]->line().Hear(), 1);
}

TEST(Condition, NotifyAllWakesAll) {
  const auto condition = New(*PlainLock::Create());
  std::vector<std::unique_ptr<TestChild>> waiters;
  for (int i = 0; i < 8; ++i) waiters.push_back(NewWaiter(*condition, kGuard));
  ASSERT_TRUE(*condition->Acquire());
  EXPECT_TRUE(condition->NotifyAll().ok());
  // Not before the notifier has released the lock.
  EXPECT_TRUE(waiters[0]->line().QuietFor(kShort));
  ASSERT_TRUE(condition->Release().ok());
  for (auto& waiter : waiters) EXPECT_EQ(waiter->line().Hear(), 1);
}

TEST(Condition, WaitFreesARecursiveLockAndRestoresItsDepth) {
  const auto condition = New();
  TestChild waiter([&](TestLine& line) {
    for (int i = 0; i < 3; ++i) (void)*condition->Acquire();
    line.Say(0);
    line.Say(*condition->Wait(kGuard));
    for (int i = 0; i < 3; ++i) line.Say(condition->Release().ok());
    line.Say(condition->Release().ok());
  });
  waiter.line().Hear();
  NotifyUnderLock(*condition, 1);
  EXPECT_EQ(waiter.line().Hear(), 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(waiter.line().Hear(), 1);
  EXPECT_EQ(waiter.line().Hear(), 0);
}

TEST(Condition, TimedOutWaitersTakeNoNotification) {
  const auto condition = New();
  const auto first = NewWaiter(*condition, absl::Milliseconds(1));
  const auto second = NewWaiter(*condition, kGuard);
  EXPECT_EQ(first->line().Hear(), 0);
  NotifyUnderLock(*condition, 1);
  EXPECT_EQ(second->line().Hear(), 1);
}

// Either the timeout was first and the notification goes to the next one, or
// the wait reports that it was notified.
TEST(Condition, NotificationIsNotLostToAConcurrentTimeout) {
  const auto condition = New();
  int timeouts = 0;
  for (int i = 0; i < 300; ++i) {
    bool early = false;
    bool late = false;
    const SharedCell<std::atomic<int>> began =
        *SharedCell<std::atomic<int>>::Create();
    std::thread first([&] {
      ASSERT_TRUE(*condition->Acquire());
      began->fetch_add(1);
      early = *condition->Wait(absl::Microseconds(200));
      ASSERT_TRUE(condition->Release().ok());
    });
    while (began->load() != 1) std::this_thread::yield();
    std::thread second([&] {
      ASSERT_TRUE(*condition->Acquire());
      began->fetch_add(1);
      late = *condition->Wait(absl::Milliseconds(300));
      ASSERT_TRUE(condition->Release().ok());
    });
    while (began->load() != 2) std::this_thread::yield();
    PassRandomTime(absl::Microseconds(200));
    NotifyUnderLock(*condition, 1);
    first.join();
    if (early) NotifyUnderLock(*condition, 1);  // do not wait for the second
    second.join();
    timeouts += early ? 0 : 1;
    ASSERT_TRUE(late);
  }
  RecordProperty("timeouts", timeouts);
}

TEST(Condition, KilledWaiterTakesNoNotification) {
  const auto condition = New();
  for (int i = 0; i < 50; ++i) {
    const auto victim = NewWaiter(*condition, kGuard);
    const auto survivor = NewWaiter(*condition, kGuard);
    victim->KillWithoutReaping();
    NotifyUnderLock(*condition, 1);
    ASSERT_EQ(survivor->line().Hear(), 1);
  }
}

// The victim is killed after it was notified and before it has the lock.
TEST(Condition, WaiterKilledAfterItsNotificationPassesItOn) {
  const auto condition = New();
  const auto victim = NewWaiter(*condition, kGuard);
  const auto survivor = NewWaiter(*condition, kGuard);
  ASSERT_TRUE(*condition->Acquire());
  ASSERT_TRUE(condition->Notify().ok());
  TestChild later([&](TestLine& line) {
    line.Say(0);
    (void)*condition->Acquire();
    line.Say(*condition->Wait(kShort));
  });
  later.line().Hear();
  victim->Kill();
  ASSERT_TRUE(condition->Release().ok());
  EXPECT_EQ(survivor->line().Hear(), 1);
  EXPECT_EQ(survivor->line().Hear(), 1);
  EXPECT_EQ(later.line().Hear(), 0);  // it came after the notification
}

TEST(Condition, KilledAtAnyInstantNeverWedges) {
  const auto condition = New();
  for (int i = 0; i < 200; ++i) {
    const auto body = [&](TestLine& line) {
      line.Say(0);
      for (;;) {
        (void)*condition->Acquire();
        condition->Notify().IgnoreError();
        (void)*condition->Wait(absl::Microseconds(50));
        condition->NotifyAll().IgnoreError();
        condition->Release().IgnoreError();
      }
    };
    TestChild first(body);
    TestChild second(body);
    first.line().Hear();
    second.line().Hear();
    PassRandomTime(absl::Microseconds(300));
    first.Kill();
    PassRandomTime(absl::Microseconds(100));
    second.Kill();
    TestChild survivor([&](TestLine& line) {
      (void)*condition->Acquire(kGuard);
      line.Say(0);
      line.Say(*condition->Wait(kGuard));
      condition->Release().IgnoreError();
    });
    survivor.line().Hear();
    NotifyUnderLock(*condition, 1);
    ASSERT_EQ(survivor.line().Hear(), 1);
    ASSERT_TRUE(survivor.Join());
  }
}

TEST(Condition, ThreadsPassItemsWithoutLoss) {
  const auto condition = New(*PlainLock::Create());
  constexpr int kItems = 20000;
  int items = 0;
  int taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      ASSERT_TRUE(*condition->Acquire());
      for (;;) {
        ASSERT_TRUE(*condition->WaitFor(
            [&] { return items > 0 || taken == kItems; }, kGuard));
        if (items == 0) break;
        --items;
        if (++taken == kItems) {
          ASSERT_TRUE(condition->NotifyAll().ok());
        }
      }
      ASSERT_TRUE(condition->Release().ok());
    });
  }
  for (int i = 0; i < kItems; ++i) {
    ASSERT_TRUE(*condition->Acquire());
    ++items;
    ASSERT_TRUE(condition->Notify().ok());
    ASSERT_TRUE(condition->Release().ok());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, kItems);
}

}  // namespace
}  // namespace procspec::reference
