// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_STATISTICS_H_
#define PROCSPEC_BENCH_STATISTICS_H_

#include <vector>

// What can be said of samples without a model of their noise. On a machine that
// others use, times have several modes, long tails and a drift: a mean and its
// deviation say little of them. All here go by ranks.

namespace procspec::bench {

// A figure with the interval that holds the true one with the confidence asked
// for. Too few samples for that: the interval has no end, and the value of none
// is NaN.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
  int count = 0;     // of samples that it rests on
  int left_out = 0;  // of those that it does not (WithoutStrays)

  bool IsBounded() const;
};

// NaN of none.
double Median(std::vector<double> values);

// The quantile of the standard normal distribution, 0 < p < 1.
double NormalQuantile(double p);

// A deviation that half of the samples may lie about: 1.48 times the median
// distance from the median, which is the standard deviation of normal noise.
double Spread(const std::vector<double>& values);

// The median, its interval between two of the samples (order statistics: exact
// for any distribution).
Estimate MedianOf(std::vector<double> values, double confidence);

// By how much one of a pair is above the other, given the differences: the
// median of the means of all pairs of differences (Hodges and Lehmann), its
// interval by Wilcoxon's signed ranks. Assumes that a difference is as likely
// up as down when there is none, which it is if both take turns at going first.
Estimate ShiftOfPairs(std::vector<double> differences, double confidence);

// By how much `b` is above `a`: the median of all differences between them
// (Hodges and Lehmann), its interval by Mann and Whitney.
Estimate ShiftBetween(const std::vector<double>& a,
                      const std::vector<double>& b, double confidence);

// Without those further from the median than six times the spread: rounds in
// which one of the two was disturbed. None are left out where more than half
// are alike.
std::vector<double> WithoutStrays(const std::vector<double>& values);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_STATISTICS_H_
