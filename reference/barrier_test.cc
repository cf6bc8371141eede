// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/barrier.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "reference/os/test_child.h"
#include "reference/semaphore.h"
#include "spec/error.h"
#include "spec/target.h"

namespace procspec::reference {
namespace {

using os::PassRandomTime;
using os::TestChild;
using os::TestLine;

constexpr absl::Duration kShort = absl::Milliseconds(100);
constexpr absl::Duration kGuard = absl::Seconds(20);
// What a child says when its wait reports BrokenBarrier.
constexpr int64_t kBroke = -1;

class NoBackend : public Backend {
 public:
  std::string_view name() const override { return "none"; }
  CapabilitySet capabilities() const override { return {}; }
};

std::shared_ptr<Backend> TheBackend() { return std::make_shared<NoBackend>(); }

std::shared_ptr<Barrier> New(BarrierOptions options) {
  return *SharedBarrier::Create(TheBackend(), std::move(options));
}
BarrierOptions Options(int parties, std::string action = "", List args = {}) {
  BarrierOptions options;
  options.parties = parties;
  options.action = std::move(action);
  options.action_arguments.args = std::move(args);
  return options;
}
std::shared_ptr<Barrier> NewWithTimeout(int parties, absl::Duration timeout) {
  BarrierOptions options = Options(parties);
  options.timeout = timeout;
  return New(options);
}
std::shared_ptr<Barrier> New(int parties) { return New(Options(parties)); }

int64_t Result(const absl::StatusOr<int>& result) {
  if (result.ok()) return *result;
  return IsKind(result.status(), ErrorKind::kBrokenBarrier) ? kBroke : -2;
}

std::unique_ptr<TestChild> NewParty(Barrier& barrier,
                                    absl::Duration timeout = kGuard) {
  return std::make_unique<TestChild>([&barrier, timeout](TestLine& line) {
    line.Say(Result(barrier.Wait(timeout)));
  });
}

void UntilWaiting(Barrier& barrier, int count) {
  while (*barrier.Waiting() != count) std::this_thread::yield();
}

PROCSPEC_TARGET(BarrierTestCount) {
  auto semaphore = arguments.Get<Semaphore>(0);
  if (!semaphore.ok()) return semaphore.status();
  absl::Status released = (*semaphore)->Release();
  if (!released.ok()) return released;
  return Value();
}

PROCSPEC_TARGET(BarrierTestRaise) { return RaisedError("Oops", "on purpose"); }

// Tells that it runs, and then waits until it may go on.
PROCSPEC_TARGET(BarrierTestStay) {
  auto runs = arguments.Get<Semaphore>(0);
  auto go_on = arguments.Get<Semaphore>(1);
  (*runs)->Release().IgnoreError();
  (void)*(*go_on)->Acquire();
  return Value();
}

TEST(Barrier, OptionsOutOfRangeReportValue) {
  for (const int parties : {0, -1, SharedBarrier::kMaxParties + 1}) {
    EXPECT_TRUE(
        IsKind(SharedBarrier::Create(TheBackend(), Options(parties)).status(),
               ErrorKind::kValue));
  }
  EXPECT_TRUE(
      IsKind(SharedBarrier::Create(TheBackend(), Options(1, "nobody")).status(),
             ErrorKind::kValue));
}

TEST(Barrier, OfOneNeverBlocks) {
  const auto barrier = New(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*barrier->Wait(), 0);
    EXPECT_EQ(*barrier->Wait(absl::ZeroDuration()), 0);
  }
}

TEST(Barrier, ReleasesAllTogetherWithAnIndexEach) {
  const auto barrier = New(4);
  std::vector<std::unique_ptr<TestChild>> parties;
  for (int i = 0; i < 3; ++i) parties.push_back(NewParty(*barrier));
  UntilWaiting(*barrier, 3);
  EXPECT_EQ(*barrier->Parties(), 4);
  EXPECT_FALSE(*barrier->Broken());
  EXPECT_TRUE(parties[0]->line().QuietFor(kShort));
  std::vector<int64_t> indices = {*barrier->Wait()};
  for (auto& party : parties) indices.push_back(party->line().Hear());
  std::sort(indices.begin(), indices.end());
  EXPECT_EQ(indices, (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(*barrier->Waiting(), 0);
}

TEST(Barrier, ServesRoundAfterRound) {
  const auto barrier = New(4);
  const auto passes = *SharedCell<std::atomic<int>>::Create();
  constexpr int kRounds = 500;
  const auto body = [&](TestLine& line) {
    for (int i = 0; i < kRounds; ++i) {
      passes->fetch_add(1);
      if (!barrier->Wait().ok() || passes->load() != 4 * (i + 1)) line.Say(i);
      if (!barrier->Wait().ok()) line.Say(i);
    }
    line.Say(kRounds);
  };
  std::vector<std::unique_ptr<TestChild>> parties;
  for (int i = 0; i < 4; ++i) {
    parties.push_back(std::make_unique<TestChild>(body));
  }
  for (auto& party : parties) EXPECT_EQ(party->line().Hear(), kRounds);
}

TEST(Barrier, ServesMoreThreadsThanParties) {
  const auto barrier = New(2);
  constexpr int kPasses = 20000;
  std::atomic<int> passes{0};
  std::atomic<int> indices{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&] {
      while (passes.load() < kPasses) {
        const absl::StatusOr<int> index = barrier->Wait();
        if (!index.ok()) break;
        indices += *index;
        ++passes;
      }
      barrier->Abort().IgnoreError();  // nobody else may come
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(passes.load(), kPasses);
  EXPECT_EQ(indices.load(), passes.load() / 2);
}

TEST(Barrier, ActionRunsOnceARoundBeforeTheRelease) {
  const std::shared_ptr<Semaphore> ran = *CountingSemaphore::Create(0, false);
  const auto barrier = New(Options(3, "BarrierTestCount", {Value(ran)}));
  const auto body = [&](TestLine& line) {
    for (int i = 1; i <= 10; ++i) {
      const bool passed = barrier->Wait().ok();
      if (!passed || *ran->Count() != i) line.Say(-i);
      line.Say(i);
      line.Hear();
    }
  };
  TestChild a(body), b(body), c(body);
  for (int i = 1; i <= 10; ++i) {
    for (TestChild* child : {&a, &b, &c}) EXPECT_EQ(child->line().Hear(), i);
    for (TestChild* child : {&a, &b, &c}) child->line().Say(0);
  }
}

TEST(Barrier, ActionsErrorIsOnePartysAndBreaksIt) {
  const auto barrier = New(Options(2, "BarrierTestRaise"));
  const auto party = NewParty(*barrier);
  UntilWaiting(*barrier, 1);
  const absl::Status error = barrier->Wait().status();
  EXPECT_TRUE(IsKind(error, ErrorKind::kRaised));
  EXPECT_EQ(DetailOf(error).type, "Oops");
  EXPECT_EQ(party->line().Hear(), kBroke);
  EXPECT_TRUE(*barrier->Broken());
}

class StayingAction : public testing::Test {
 protected:
  std::shared_ptr<Semaphore> runs_ = *CountingSemaphore::Create(0, false);
  std::shared_ptr<Semaphore> go_on_ = *CountingSemaphore::Create(0, false);
  std::shared_ptr<Barrier> barrier_ =
      New(Options(2, "BarrierTestStay", {Value(runs_), Value(go_on_)}));
};

TEST_F(StayingAction, KilledPartyBreaksIt) {
  const auto waiter = NewParty(*barrier_);
  UntilWaiting(*barrier_, 1);
  const auto runner = NewParty(*barrier_);
  ASSERT_TRUE(*runs_->Acquire());
  EXPECT_TRUE(waiter->line().QuietFor(kShort));
  runner->KillWithoutReaping();
  EXPECT_EQ(waiter->line().Hear(), kBroke);
  EXPECT_TRUE(*barrier_->Broken());
}

TEST_F(StayingAction, TimeoutMeanwhileDoesNotBreakIt) {
  const auto waiter = NewParty(*barrier_, kShort);
  UntilWaiting(*barrier_, 1);
  const auto runner = NewParty(*barrier_);
  ASSERT_TRUE(*runs_->Acquire());
  EXPECT_TRUE(waiter->line().QuietFor(2 * kShort));
  EXPECT_TRUE(go_on_->Release().ok());
  EXPECT_GE(waiter->line().Hear(), 0);
  EXPECT_GE(runner->line().Hear(), 0);
}

TEST_F(StayingAction, NextRoundBeginsAfterIt) {
  const auto waiter = NewParty(*barrier_);
  UntilWaiting(*barrier_, 1);
  const auto runner = NewParty(*barrier_);
  ASSERT_TRUE(*runs_->Acquire());
  const auto early = NewParty(*barrier_);
  EXPECT_TRUE(early->line().QuietFor(kShort));
  EXPECT_TRUE(go_on_->Release().ok());
  EXPECT_GE(waiter->line().Hear(), 0);
  EXPECT_GE(runner->line().Hear(), 0);
  UntilWaiting(*barrier_, 1);
  EXPECT_TRUE(go_on_->Release().ok());
  EXPECT_GE(*barrier_->Wait(), 0);
  EXPECT_GE(early->line().Hear(), 0);
}

TEST_F(StayingAction, AbortMeanwhileEndsAllWaits) {
  const auto waiter = NewParty(*barrier_);
  UntilWaiting(*barrier_, 1);
  const auto runner = NewParty(*barrier_);
  ASSERT_TRUE(*runs_->Acquire());
  EXPECT_TRUE(barrier_->Abort().ok());
  EXPECT_EQ(waiter->line().Hear(), kBroke);
  EXPECT_TRUE(go_on_->Release().ok());
  EXPECT_EQ(runner->line().Hear(), kBroke);
}

TEST(Barrier, TimeoutBreaksItForAll) {
  const auto barrier = NewWithTimeout(3, kShort);
  const auto party = NewParty(*barrier);
  UntilWaiting(*barrier, 1);
  const absl::Time start = absl::Now();
  EXPECT_EQ(Result(barrier->Wait()), kBroke);
  EXPECT_GE(absl::Now() - start, kShort);
  EXPECT_EQ(party->line().Hear(), kBroke);
  EXPECT_TRUE(*barrier->Broken());
  EXPECT_EQ(Result(barrier->Wait(absl::InfiniteDuration())), kBroke);
}

TEST(Barrier, ACallsOwnTimeoutOverridesTheDefault) {
  const auto barrier = NewWithTimeout(2, kShort);
  const auto party = NewParty(*barrier, kGuard);
  UntilWaiting(*barrier, 1);
  EXPECT_TRUE(party->line().QuietFor(2 * kShort));
  EXPECT_GE(*barrier->Wait(), 0);
  EXPECT_EQ(Result(barrier->Wait(absl::ZeroDuration())), kBroke);
}

TEST(Barrier, AbortEndsWaitsUntilReset) {
  const auto barrier = New(3);
  const auto a = NewParty(*barrier);
  const auto b = NewParty(*barrier);
  UntilWaiting(*barrier, 2);
  EXPECT_TRUE(barrier->Abort().ok());
  EXPECT_EQ(a->line().Hear(), kBroke);
  EXPECT_EQ(b->line().Hear(), kBroke);
  EXPECT_EQ(Result(barrier->Wait()), kBroke);
  EXPECT_EQ(*barrier->Waiting(), 0);
  EXPECT_TRUE(barrier->Reset().ok());
  EXPECT_FALSE(*barrier->Broken());
  const auto c = NewParty(*barrier);
  const auto d = NewParty(*barrier);
  EXPECT_GE(*barrier->Wait(), 0);
  EXPECT_GE(c->line().Hear(), 0);
  EXPECT_GE(d->line().Hear(), 0);
}

TEST(Barrier, ResetBreaksCurrentWaitersOnly) {
  const auto barrier = New(2);
  const auto party = NewParty(*barrier);
  UntilWaiting(*barrier, 1);
  EXPECT_TRUE(barrier->Reset().ok());
  EXPECT_EQ(party->line().Hear(), kBroke);
  EXPECT_FALSE(*barrier->Broken());
  const auto next = NewParty(*barrier);
  EXPECT_GE(*barrier->Wait(), 0);
  EXPECT_GE(next->line().Hear(), 0);
}

TEST(Barrier, KilledPartyDoesNotCount) {
  const auto barrier = New(2);
  for (int i = 0; i < 20; ++i) {
    const auto victim = NewParty(*barrier);
    UntilWaiting(*barrier, 1);
    victim->KillWithoutReaping();
    EXPECT_EQ(*barrier->Waiting(), 0);
    const auto a = NewParty(*barrier);
    UntilWaiting(*barrier, 1);
    EXPECT_GE(*barrier->Wait(), 0);
    EXPECT_GE(a->line().Hear(), 0);
  }
}

TEST(Barrier, KilledAtAnyInstantNeverWedges) {
  const auto barrier = New(2);
  for (int i = 0; i < 200; ++i) {
    const auto body = [&](TestLine& line) {
      line.Say(0);
      for (;;) (void)barrier->Wait(kGuard).ok();
    };
    TestChild first(body);
    TestChild second(body);
    first.line().Hear();
    second.line().Hear();
    PassRandomTime(absl::Microseconds(300));
    first.Kill();
    PassRandomTime(absl::Microseconds(100));
    second.Kill();
    ASSERT_FALSE(*barrier->Broken());
    const auto survivor = NewParty(*barrier);
    ASSERT_GE(Result(barrier->Wait(kGuard)), 0);
    ASSERT_GE(survivor->line().Hear(), 0);
  }
}

TEST(Barrier, AbortersKilledAtAnyInstantNeverWedge) {
  const auto barrier = New(2);
  for (int i = 0; i < 200; ++i) {
    const auto waiter = NewParty(*barrier);
    TestChild aborter([&](TestLine& line) {
      line.Say(0);
      for (;;) {
        barrier->Abort().IgnoreError();
        barrier->Reset().IgnoreError();
      }
    });
    aborter.line().Hear();
    PassRandomTime(absl::Microseconds(300));
    aborter.Kill();
    ASSERT_TRUE(barrier->Reset().ok());
    // It may only have come after that.
    while (waiter->line().QuietFor(absl::Milliseconds(1))) {
      ASSERT_TRUE(barrier->Reset().ok());
    }
    ASSERT_EQ(waiter->line().Hear(), kBroke);
  }
}

}  // namespace
}  // namespace procspec::reference
