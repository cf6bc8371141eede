// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/event.h"

#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "reference/os/test_child.h"

namespace procspec::reference {
namespace {

using os::PassRandomTime;
using os::TestChild;
using os::TestLine;

constexpr absl::Duration kShort = absl::Milliseconds(100);

std::shared_ptr<Event> New() { return *SharedEvent::Create(); }

TEST(Event, IsAFlag) {
  const auto event = New();
  EXPECT_FALSE(*event->IsSet());
  EXPECT_FALSE(*event->Wait(absl::ZeroDuration()));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(event->Set().ok());
  EXPECT_TRUE(*event->IsSet());
  EXPECT_TRUE(*event->Wait());
  EXPECT_TRUE(*event->Wait(-absl::Seconds(1)));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(event->Clear().ok());
  EXPECT_FALSE(*event->IsSet());
  EXPECT_FALSE(*event->Wait(-absl::Seconds(1)));
}

TEST(Event, TimesOutAndNeverEarly) {
  const auto event = New();
  const absl::Time start = absl::Now();
  EXPECT_FALSE(*event->Wait(kShort));
  EXPECT_GE(absl::Now() - start, kShort);
}

TEST(Event, SetEndsAllWaitsAlsoWhenClearedAtOnce) {
  const auto event = New();
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<TestChild>> children;
    for (int i = 0; i < 4; ++i) {
      children.push_back(std::make_unique<TestChild>([&](TestLine& line) {
        line.Say(0);
        line.Say(*event->Wait());
      }));
    }
    for (auto& child : children) child->line().Hear();
    EXPECT_TRUE(children[0]->line().QuietFor(absl::Milliseconds(20)));
    EXPECT_TRUE(event->Set().ok());
    EXPECT_TRUE(event->Clear().ok());
    for (auto& child : children) EXPECT_EQ(child->line().Hear(), 1);
  }
}

TEST(Event, ThreadsPassTurns) {
  const auto ping = New();
  const auto pong = New();
  constexpr int kRounds = 5000;
  int turn = 0;
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      ASSERT_TRUE(*ping->Wait());
      ASSERT_TRUE(ping->Clear().ok());
      ++turn;
      ASSERT_TRUE(pong->Set().ok());
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    ASSERT_EQ(turn, i);
    ASSERT_TRUE(ping->Set().ok());
    ASSERT_TRUE(*pong->Wait());
    ASSERT_TRUE(pong->Clear().ok());
  }
  other.join();
}

TEST(Event, KilledWaitersAndSettersHoldUpNobody) {
  const auto event = New();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(event->Clear().ok());
    TestChild setter([&](TestLine& line) {
      line.Say(0);
      for (;;) {
        event->Set().IgnoreError();
        event->Clear().IgnoreError();
      }
    });
    TestChild waiter([&](TestLine& line) {
      line.Say(0);
      for (;;) (void)*event->Wait();
    });
    setter.line().Hear();
    waiter.line().Hear();
    PassRandomTime(absl::Microseconds(200));
    waiter.Kill();
    PassRandomTime(absl::Microseconds(100));
    setter.Kill();
    ASSERT_TRUE(event->Clear().ok());
    TestChild survivor([&](TestLine& line) {
      line.Say(0);
      line.Say(*event->Wait());
    });
    survivor.line().Hear();
    PassRandomTime(absl::Microseconds(100));
    ASSERT_TRUE(event->Set().ok());
    EXPECT_EQ(survivor.line().Hear(), 1);
  }
}

}  // namespace
}  // namespace procspec::reference
