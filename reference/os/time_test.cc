// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/time.h"

#include <gtest/gtest.h>

namespace procspec::os {
namespace {

TEST(DeadlineTest, InfiniteNeverPasses) {
  const Deadline deadline(absl::InfiniteDuration());
  EXPECT_TRUE(deadline.IsNever());
  EXPECT_FALSE(deadline.HasPassed());
  EXPECT_EQ(deadline.Remaining(), absl::InfiniteDuration());
}

TEST(DeadlineTest, CenturiesAreNever) {
  EXPECT_TRUE(Deadline(absl::Hours(24 * 365) * 1000).IsNever());
}

TEST(DeadlineTest, ZeroAndNegativeAreImmediate) {
  for (absl::Duration timeout :
       {absl::ZeroDuration(), absl::Seconds(-1), -absl::InfiniteDuration()}) {
    const Deadline deadline(timeout);
    EXPECT_TRUE(deadline.IsImmediate());
    EXPECT_TRUE(deadline.HasPassed());
    EXPECT_EQ(deadline.Remaining(), absl::ZeroDuration());
  }
}

TEST(DeadlineTest, PositiveIsNeverImmediate) {
  EXPECT_FALSE(Deadline(absl::Nanoseconds(1) / 4).IsImmediate());
}

TEST(DeadlineTest, RemainingIsAtMostTheTimeout) {
  const Deadline deadline(absl::Hours(1));
  EXPECT_FALSE(deadline.HasPassed());
  EXPECT_LE(deadline.Remaining(), absl::Hours(1));
  EXPECT_GT(deadline.Remaining(), absl::Minutes(30));
}

TEST(DeadlineTest, SleepIsNeverEarly) {
  const int64_t start = MonotonicNanoseconds();
  const Deadline deadline(absl::Milliseconds(2));
  SleepUntil(deadline);
  EXPECT_TRUE(deadline.HasPassed());
  EXPECT_GE(MonotonicNanoseconds() - start, 2'000'000);
}

}  // namespace
}  // namespace procspec::os
