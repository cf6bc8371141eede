// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/lock.h"

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
constexpr int kKills = 200;

struct Counter {
  std::atomic<int64_t> atomic{0};
  volatile int64_t plain = 0;
};

SharedCell<Counter> NewCounter() { return *SharedCell<Counter>::Create(); }

std::shared_ptr<Lock> NewLock() { return *PlainLock::Create(); }
std::shared_ptr<Lock> NewRLock() { return *RecursiveLock::Create(); }

// --- Both ------------------------------------------------------------------

class AnyLock : public testing::TestWithParam<std::shared_ptr<Lock> (*)()> {
 protected:
  std::shared_ptr<Lock> lock_ = GetParam()();
};
INSTANTIATE_TEST_SUITE_P(Plain, AnyLock, testing::Values(&NewLock));
INSTANTIATE_TEST_SUITE_P(Recursive, AnyLock, testing::Values(&NewRLock));

TEST_P(AnyLock, AnotherProcessWaitsForRelease) {
  ASSERT_TRUE(*lock_->Acquire());
  TestChild child([&](TestLine& line) {
    line.Say(*lock_->TryAcquire());
    line.Say(*lock_->Acquire());
    line.Say(lock_->Release().ok());
  });
  EXPECT_EQ(child.line().Hear(), 0);
  EXPECT_TRUE(child.line().QuietFor(kShort));
  ASSERT_TRUE(lock_->Release().ok());
  EXPECT_EQ(child.line().Hear(), 1);
  EXPECT_EQ(child.line().Hear(), 1);
  EXPECT_TRUE(child.Join());
  EXPECT_TRUE(*lock_->TryAcquire());
}

TEST_P(AnyLock, TimesOutAndNeverEarly) {
  ASSERT_TRUE(*lock_->Acquire());
  TestChild child([&](TestLine& line) {
    line.Say(*lock_->Acquire(-absl::Seconds(1)));
    line.Say(*lock_->Acquire(-absl::InfiniteDuration()));
    const absl::Time start = absl::Now();
    line.Say(*lock_->Acquire(kShort));
    line.Say(absl::ToInt64Microseconds(absl::Now() - start));
  });
  EXPECT_EQ(child.line().Hear(), 0);
  EXPECT_EQ(child.line().Hear(), 0);
  EXPECT_EQ(child.line().Hear(), 0);
  EXPECT_GE(child.line().Hear(), absl::ToInt64Microseconds(kShort));
}

TEST_P(AnyLock, ExcludesProcesses) {
  const auto counter = NewCounter();
  constexpr int kRounds = 200000;
  std::vector<std::unique_ptr<TestChild>> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(std::make_unique<TestChild>([&](TestLine&) {
      for (int j = 0; j < kRounds; ++j) {
        (void)*lock_->Acquire();
        counter->plain = counter->plain + 1;
        lock_->Release().IgnoreError();
      }
    }));
  }
  for (auto& child : children) EXPECT_TRUE(child->Join());
  EXPECT_EQ(counter->plain, 4 * kRounds);
}

TEST_P(AnyLock, ExcludesThreads) {
  int64_t count = 0;
  constexpr int kRounds = 200000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kRounds; ++j) {
        ASSERT_TRUE(*lock_->Acquire());
        ++count;
        ASSERT_TRUE(lock_->Release().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 4 * kRounds);
}

// A sleeper takes a wake-up with it when it is killed on its way.
TEST_P(AnyLock, KilledWaitersHoldUpNobody) {
  for (int i = 0; i < kKills; ++i) {
    ASSERT_TRUE(*lock_->Acquire());
    TestChild victim([&](TestLine& line) {
      line.Say(0);
      // Gives back at once, unless it is killed just in between.
      while (!*lock_->Acquire(absl::Milliseconds(1))) {
      }
      lock_->Release().IgnoreError();
      line.Hear();
    });
    TestChild survivor([&](TestLine& line) {
      line.Say(0);
      line.Say(*lock_->Acquire());
      line.Hear();
    });
    victim.line().Hear();
    survivor.line().Hear();
    PassRandomTime(absl::Microseconds(300));
    ASSERT_TRUE(lock_->Release().ok());
    PassRandomTime(absl::Microseconds(50));
    victim.Kill();
    if (survivor.line().QuietFor(absl::Milliseconds(200))) {
      // The victim held it. A Lock stays held, by contract.
      ASSERT_EQ(lock_->handle_kind(), HandleKind::kLock);
      ASSERT_TRUE(lock_->Release().ok());
    }
    EXPECT_EQ(survivor.line().Hear(), 1);
    survivor.Kill();
    if (lock_->handle_kind() == HandleKind::kLock) {
      ASSERT_TRUE(lock_->Release().ok());
    }
  }
}

// --- Lock ------------------------------------------------------------------

TEST(Lock, IsNotRecursive) {
  const auto lock = NewLock();
  EXPECT_EQ(lock->handle_kind(), HandleKind::kLock);
  EXPECT_TRUE(*lock->Acquire());
  EXPECT_FALSE(*lock->TryAcquire());
  EXPECT_FALSE(*lock->Acquire(kShort));
}

TEST(Lock, ReleaseWhenFreeReportsValue) {
  const auto lock = NewLock();
  EXPECT_TRUE(IsKind(lock->Release(), ErrorKind::kValue));
  EXPECT_TRUE(*lock->Acquire());
  EXPECT_TRUE(lock->Release().ok());
  EXPECT_TRUE(IsKind(lock->Release(), ErrorKind::kValue));
  EXPECT_TRUE(*lock->TryAcquire());
}

TEST(Lock, AnyThreadOrProcessReleases) {
  const auto lock = NewLock();
  EXPECT_TRUE(*lock->Acquire());
  std::thread([&] { EXPECT_TRUE(lock->Release().ok()); }).join();
  EXPECT_TRUE(*lock->TryAcquire());
  TestChild child([&](TestLine& line) { line.Say(lock->Release().ok()); });
  EXPECT_EQ(child.line().Hear(), 1);
  EXPECT_TRUE(*lock->TryAcquire());
}

TEST(Lock, StaysHeldWhenHolderDiesAndIsReleasedByHand) {
  const auto lock = NewLock();
  TestChild child([&](TestLine& line) {
    line.Say(*lock->Acquire());
    line.Hear();
  });
  EXPECT_EQ(child.line().Hear(), 1);
  child.Kill();
  EXPECT_FALSE(*lock->Acquire(kShort));
  EXPECT_TRUE(lock->Release().ok());
  EXPECT_TRUE(*lock->TryAcquire());
}

TEST(Lock, OnlyTheAcquiringThreadHoldsIt) {
  const auto lock = *PlainLock::Create();
  EXPECT_FALSE(lock->HeldByCaller());
  EXPECT_TRUE(*lock->Acquire(absl::ZeroDuration()));
  EXPECT_TRUE(lock->HeldByCaller());
  std::thread([&] { EXPECT_FALSE(lock->HeldByCaller()); }).join();
  TestChild child([&](TestLine& line) { line.Say(lock->HeldByCaller()); });
  EXPECT_EQ(child.line().Hear(), 0);
}

// --- RLock -----------------------------------------------------------------

TEST(RLock, OwnerAcquiresAgain) {
  const auto lock = NewRLock();
  EXPECT_EQ(lock->handle_kind(), HandleKind::kRLock);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(*lock->TryAcquire());
  TestChild child([&](TestLine& line) {
    for (;;) {
      line.Hear();
      line.Say(*lock->TryAcquire());
    }
  });
  for (int i = 0; i < 3; ++i) {
    child.line().Say(0);
    EXPECT_EQ(child.line().Hear(), 0);
    EXPECT_TRUE(lock->Release().ok());
  }
  child.line().Say(0);
  EXPECT_EQ(child.line().Hear(), 1);
}

TEST(RLock, ReleaseByOthersReportsMisuse) {
  const auto lock = NewRLock();
  EXPECT_TRUE(IsKind(lock->Release(), ErrorKind::kMisuse));
  EXPECT_TRUE(*lock->Acquire());
  std::thread([&] {
    EXPECT_TRUE(IsKind(lock->Release(), ErrorKind::kMisuse));
    EXPECT_FALSE(*lock->TryAcquire());
  }).join();
  TestChild child([&](TestLine& line) {
    line.Say(IsKind(lock->Release(), ErrorKind::kMisuse));
    line.Say(*lock->TryAcquire());
  });
  EXPECT_EQ(child.line().Hear(), 1);
  EXPECT_EQ(child.line().Hear(), 0);
  EXPECT_TRUE(lock->Release().ok());
}

TEST(RLock, DeadOwnersLockGoesToTheNext) {
  const auto lock = NewRLock();
  TestChild child([&](TestLine& line) {
    (void)*lock->Acquire();
    line.Say(*lock->Acquire());
    line.Hear();
  });
  EXPECT_EQ(child.line().Hear(), 1);
  EXPECT_FALSE(*lock->TryAcquire());
  EXPECT_FALSE(*lock->Acquire(kShort));
  child.KillWithoutReaping();
  EXPECT_TRUE(*lock->TryAcquire());
  // Once, whatever the dead one's depth was.
  EXPECT_TRUE(lock->Release().ok());
  EXPECT_TRUE(IsKind(lock->Release(), ErrorKind::kMisuse));
}

TEST(RLock, WaiterInheritsFromADeadOwner) {
  const auto lock = NewRLock();
  TestChild owner([&](TestLine& line) {
    line.Say(*lock->Acquire());
    line.Hear();
  });
  owner.line().Hear();
  TestChild waiter([&](TestLine& line) {
    line.Say(0);
    line.Say(*lock->Acquire(kGuard));
  });
  waiter.line().Hear();
  EXPECT_TRUE(waiter.line().QuietFor(kShort));
  owner.Kill();
  EXPECT_EQ(waiter.line().Hear(), 1);
}

TEST(RLock, EndedThreadsLockGoesToTheNext) {
  const auto lock = NewRLock();
  std::thread([&] { EXPECT_TRUE(*lock->Acquire()); }).join();
  EXPECT_TRUE(*lock->Acquire(kGuard));
}

TEST(RLock, KilledAtAnyInstantNeverWedges) {
  const auto lock = NewRLock();
  absl::Duration slowest;
  for (int i = 0; i < kKills; ++i) {
    const auto body = [&](TestLine& line) {
      line.Say(0);
      for (;;) {
        (void)*lock->Acquire();
        (void)*lock->Acquire();
        lock->Release().IgnoreError();
        lock->Release().IgnoreError();
      }
    };
    TestChild first(body);
    TestChild second(body);
    first.line().Hear();
    second.line().Hear();
    PassRandomTime(absl::Microseconds(200));
    first.Kill();
    const absl::Time start = absl::Now();
    second.Kill();
    ASSERT_TRUE(*lock->Acquire(kGuard));
    slowest = std::max(slowest, absl::Now() - start);
    ASSERT_TRUE(lock->Release().ok());
  }
  RecordProperty("slowest", absl::FormatDuration(slowest));
}

}  // namespace
}  // namespace procspec::reference
