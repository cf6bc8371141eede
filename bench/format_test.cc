// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/format.h"

#include <limits>

#include "gtest/gtest.h"

namespace procspec::bench {
namespace {

TEST(Format, HasThreeDigitsInEveryUnit) {
  EXPECT_EQ(TimeText(0.04), "0.04 ns");
  EXPECT_EQ(TimeText(14.13), "14.1 ns");
  EXPECT_EQ(TimeText(999.4), "999 ns");
  EXPECT_EQ(TimeText(999.7), "1.00 us");
  EXPECT_EQ(TimeText(99960), "100 us");
  EXPECT_EQ(TimeText(1.28e6), "1.28 ms");
  EXPECT_EQ(TimeText(61e9), "61.0 s");
  EXPECT_EQ(RateText(27.6), "36.2 M/s");
  EXPECT_EQ(RateText(1e9 / 282e3), "282 k/s");
  EXPECT_EQ(RateText(4e9), "0.25 /s");
  EXPECT_EQ(FigureText(1000, Shown::kRate), "1.00 M/s");
  EXPECT_EQ(FigureText(1000, Shown::kTime), "1.00 us");
}

TEST(Format, Ratios) {
  EXPECT_EQ(RatioText(132.4), "132x");
  EXPECT_EQ(RatioText(0.3804), "0.38x");
  EXPECT_EQ(RatioText(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(ChangeText(1.0514), "+5.1 %");
  EXPECT_EQ(ChangeText(0.9), "-10.0 %");
  EXPECT_EQ(ChangeInterval({.value = 1, .low = 0.99, .high = 1.02}),
            "-1.0 .. +2.0 %");
  EXPECT_EQ(ChangeInterval(
                {.value = 1, .high = std::numeric_limits<double>::infinity()}),
            "not bounded");
}

}  // namespace
}  // namespace procspec::bench
