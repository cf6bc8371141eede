// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/doorbell.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

namespace procspec::os {
namespace {

// A wait that should end by a ring has this long.
constexpr absl::Duration kGuard = absl::Seconds(20);

class DoorbellTest : public testing::Test {
 protected:
  DoorbellTest() {
    auto ends = Doorbell::NewPair();
    EXPECT_TRUE(ends.ok()) << ends.status();
    here_ = std::move(ends->first);
    there_ = std::move(ends->second);
  }

  static Doorbell Copy(const Doorbell& end) {
    absl::StatusOr<UniqueFile> file = Duplicate(end.handle());
    EXPECT_TRUE(file.ok()) << file.status();
    return Doorbell(*std::move(file));
  }

  Doorbell here_{UniqueFile()};
  Doorbell there_{UniqueFile()};
};

TEST_F(DoorbellTest, ARingBeforeTheWaitEndsItAtOnce) {
  EXPECT_TRUE(here_.Ring());
  const Deadline guard(kGuard);
  there_.Wait(guard);
  EXPECT_FALSE(guard.HasPassed());
  EXPECT_TRUE(there_.Ring());
  here_.Wait(guard);
  EXPECT_FALSE(guard.HasPassed());
}

TEST_F(DoorbellTest, ARingEndsAWait) {
  const Deadline guard(kGuard);
  std::thread waiter([&] {
    there_.Wait(guard);
    EXPECT_FALSE(guard.HasPassed());
    EXPECT_TRUE(there_.Ring());
  });
  EXPECT_TRUE(here_.Ring());
  here_.Wait(guard);
  EXPECT_FALSE(guard.HasPassed());
  waiter.join();
}

TEST_F(DoorbellTest, AWaitEndsAtTheDeadline) {
  const Deadline deadline(absl::Milliseconds(30));
  here_.Wait(deadline);
  EXPECT_TRUE(deadline.HasPassed());
  here_.Wait(Deadline::Immediate());
  // It has left nothing behind that takes the next ring away.
  EXPECT_TRUE(there_.Ring());
  const Deadline guard(kGuard);
  here_.Wait(guard);
  EXPECT_FALSE(guard.HasPassed());
}

TEST_F(DoorbellTest, RingingNeverBlocks) {
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(here_.Ring()) << i;
  EXPECT_FALSE(here_.OtherEndGone());
  EXPECT_FALSE(there_.OtherEndGone());
}

TEST_F(DoorbellTest, TheLastCopyOfTheOtherEndCounts) {
  Doorbell copy = Copy(there_);
  there_.Close();
  EXPECT_FALSE(here_.OtherEndGone());
  EXPECT_TRUE(here_.Ring());
  copy.Close();
  EXPECT_TRUE(here_.OtherEndGone());
  EXPECT_FALSE(here_.Ring());
  const Deadline guard(kGuard);
  here_.Wait(guard);
  EXPECT_FALSE(guard.HasPassed());
}

TEST_F(DoorbellTest, EitherEndLearnsThatTheOtherIsGone) {
  EXPECT_FALSE(there_.OtherEndGone());
  here_.Close();
  EXPECT_TRUE(there_.OtherEndGone());
  EXPECT_FALSE(there_.Ring());
}

TEST_F(DoorbellTest, GoneIsSeenBehindRingsThatNobodyTook) {
  EXPECT_TRUE(there_.Ring());
  EXPECT_FALSE(here_.OtherEndGone());
  there_.Close();
  EXPECT_TRUE(here_.OtherEndGone());
}

TEST_F(DoorbellTest, AnEndThatGoesEndsAWait) {
  const Deadline guard(kGuard);
  std::thread waiter([&] {
    EXPECT_TRUE(here_.Ring());
    here_.Wait(guard);
    EXPECT_FALSE(guard.HasPassed());
  });
  there_.Wait(guard);  // the other thread is about to wait
  there_.Close();
  waiter.join();
}

}  // namespace
}  // namespace procspec::os
