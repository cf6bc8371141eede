// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace procspec::bench {
namespace {

std::vector<double> Ascending(int n) {
  std::vector<double> out;
  for (int i = 1; i <= n; ++i) out.push_back(i);
  return out;
}

TEST(Median, OfOddEvenAndNone) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
  EXPECT_TRUE(std::isnan(Median({})));
}

TEST(NormalQuantile, IsThatOfTables) {
  EXPECT_NEAR(NormalQuantile(0.5), 0, 1e-9);
  EXPECT_NEAR(NormalQuantile(0.975), 1.959964, 1e-6);
  EXPECT_NEAR(NormalQuantile(0.001), -3.090232, 1e-6);
}

// Ranks of the interval, as in Conover, Practical Nonparametric Statistics,
// tables A3 and A12, and as R's qsignrank and qwilcox have them.
TEST(MedianOf, EndsAtTheSamplesOfTheBinomial) {
  const Estimate ten = MedianOf(Ascending(10), 0.95);
  EXPECT_EQ(ten.value, 5.5);
  EXPECT_EQ(ten.low, 2);
  EXPECT_EQ(ten.high, 9);
  const Estimate twenty = MedianOf(Ascending(20), 0.95);
  EXPECT_EQ(twenty.low, 6);
  EXPECT_EQ(twenty.high, 15);
  // 2 / 2^6 is below 5 %, 2 / 2^5 is not.
  EXPECT_TRUE(MedianOf(Ascending(6), 0.95).IsBounded());
  EXPECT_FALSE(MedianOf(Ascending(5), 0.95).IsBounded());
  EXPECT_EQ(MedianOf({}, 0.95).count, 0);
}

TEST(ShiftOfPairs, EndsAtWilcoxonsRanks) {
  // The critical value of ten is 8 at 5 % on both sides (9 are cut off).
  const Estimate shift = ShiftOfPairs(Ascending(10), 0.95);
  EXPECT_EQ(shift.value, 5.5);
  EXPECT_EQ(shift.count, 10);
  EXPECT_EQ(shift.low, 3);
  EXPECT_EQ(shift.high, 8);
  EXPECT_FALSE(ShiftOfPairs(Ascending(5), 0.95).IsBounded());
  EXPECT_TRUE(ShiftOfPairs(Ascending(6), 0.95).IsBounded());
  EXPECT_FALSE(ShiftOfPairs({}, 0.95).IsBounded());
}

TEST(ShiftBetween, EndsAtMannAndWhitneysRanks) {
  // Of five and five the critical value is 2 at 5 % on both sides.
  const std::vector<double> a = {1, 2, 3, 4, 5};
  const std::vector<double> b = {10, 20, 30, 40, 50};
  std::vector<double> differences;
  for (const double x : a) {
    for (const double y : b) differences.push_back(y - x);
  }
  std::sort(differences.begin(), differences.end());
  const Estimate shift = ShiftBetween(a, b, 0.95);
  EXPECT_EQ(shift.value, differences[12]);
  EXPECT_EQ(shift.low, differences[2]);
  EXPECT_EQ(shift.high, differences[22]);
  EXPECT_FALSE(ShiftBetween({1, 2, 3}, {1, 2, 3}, 0.95).IsBounded());
  EXPECT_FALSE(ShiftBetween({}, {1, 2, 3}, 0.95).IsBounded());
}

// Exact below a number, approximate above: neither may be far off at the limit.
TEST(Shift, TheApproximationMeetsTheExact) {
  const Estimate exact = ShiftOfPairs(Ascending(50), 0.99);
  const Estimate normal = ShiftOfPairs(Ascending(51), 0.99);
  EXPECT_NEAR(exact.high - exact.low, normal.high - normal.low, 1);
  const Estimate small = ShiftBetween(Ascending(12), Ascending(12), 0.99);
  const Estimate large = ShiftBetween(Ascending(12), Ascending(13), 0.99);
  EXPECT_NEAR(small.high - small.low, large.high - large.low, 1);
}

TEST(Spread, IsTheDeviationOfNormalNoise) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal(7, 3);
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) values.push_back(normal(random));
  EXPECT_NEAR(Spread(values), 3, 0.1);
}

TEST(WithoutStrays, LeavesOutWhatIsFarOnBothSides) {
  EXPECT_EQ(WithoutStrays({1, 2, 3, 4, 5, 100, -100}),
            std::vector<double>({1, 2, 3, 4, 5}));
  // More than half alike: there is no measure of far.
  EXPECT_EQ(WithoutStrays({1, 1, 1, 9}), std::vector<double>({1, 1, 1, 9}));
  EXPECT_EQ(ShiftOfPairs({1, 2, 3, 4, 5, 6, 7, 900}, 0.9).left_out, 1);
}

constexpr double kTrue = 0.25;

bool Holds(const Estimate& estimate) {
  return estimate.low <= kTrue && kTrue <= estimate.high;
}

// The interval holds the true value as often as it says, whatever the noise.
// Each is seen 400 times: a coverage of 95 % is then found within 3 %.
TEST(Coverage, IsWhatWasAskedFor) {
  constexpr int kTimes = 400;
  std::mt19937_64 random(20261128);
  std::normal_distribution<double> normal(0, 1);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto gaussian = [&] { return normal(random); };
  // Cauchy: it has no mean.
  const auto wild = [&] {
    return std::tan(3.14159265 * (uniform(random) - 0.5));
  };
  const auto modes = [&] {
    return normal(random) / 10 + (uniform(random) < 0.5 ? -1 : 1);
  };
  int worst = kTimes;
  const auto count = [&](const auto& noise) {
    int medians = 0;
    int pairs = 0;
    int between = 0;
    for (int i = 0; i < kTimes; ++i) {
      std::vector<double> a;
      std::vector<double> b;
      std::vector<double> differences;
      for (int k = 0; k < 20; ++k) {
        a.push_back(noise());
        b.push_back(noise() + kTrue);
        differences.push_back(b.back() - a.back());
      }
      medians += Holds(MedianOf(b, 0.95));
      pairs += Holds(ShiftOfPairs(differences, 0.95));
      between += Holds(ShiftBetween(a, b, 0.95));
    }
    for (const int held : {medians, pairs, between}) {
      worst = std::min(worst, held);
    }
    EXPECT_GE(medians, kTimes * 0.92);
    EXPECT_GE(pairs, kTimes * 0.91);  // it also leaves out strays
    EXPECT_GE(between, kTimes * 0.92);
  };
  count(gaussian);
  count(wild);
  count(modes);
  // And says no more than it must.
  EXPECT_LT(worst, kTimes * 0.98);
}

}  // namespace
}  // namespace procspec::bench
