// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace procspec::bench {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr double kStray = 6;
// No further apart than by rounding.
constexpr double kAlike = 1e-9;

// Above these the normal approximation is as good as the exact distribution.
constexpr int kExactPairs = 50;
constexpr int kExactProduct = 144;

// How many of `total` sorted values are cut off at each end, so that what is
// left is the interval: the most for which the statistic, whose distribution
// is given from 0 on, is below that number with at most this probability. The
// distribution may end early, at half.
int CutOff(const std::vector<double>& distribution, double tail) {
  double below = 0;
  int cut = 0;
  for (const double probability : distribution) {
    below += probability;
    if (below > tail) break;
    ++cut;
  }
  return cut;
}

int NormalCutOff(double mean, double variance, double tail) {
  const double cut = mean + NormalQuantile(tail) * std::sqrt(variance) - 0.5;
  return std::max(0, static_cast<int>(std::floor(cut)) + 1);
}

// Of the number of samples that are below the median.
std::vector<double> Binomial(int n) {
  std::vector<double> out;
  for (int k = 0; k <= n; ++k) {
    out.push_back(std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) -
                           std::lgamma(n - k + 1.0) - n * std::log(2.0)));
  }
  return out;
}

// Of the sum of the ranks that have a minus: each has it with one half.
std::vector<double> SignedRank(int n) {
  std::vector<double> out(static_cast<size_t>(n) * (n + 1) / 2 + 1, 0);
  out[0] = 1;
  size_t most = 0;
  for (size_t rank = 1; rank <= static_cast<size_t>(n); ++rank) {
    most += rank;
    for (size_t sum = most + 1; sum-- > 0;) {
      out[sum] = out[sum] / 2 + (sum >= rank ? out[sum - rank] / 2 : 0);
    }
  }
  return out;
}

// Of the number of pairs in which the first is above the second. The largest of
// all is from either side in proportion to their numbers; what is left is the
// same question with one less.
std::vector<double> MannWhitney(int n, int m) {
  // One row of the table for each number of the first, up to n.
  std::vector<std::vector<double>> table(n + 1);
  for (int j = 0; j <= m; ++j) {
    for (int i = 0; i <= n; ++i) {
      std::vector<double> now(static_cast<size_t>(i) * j + 1, 0);
      if (i == 0 || j == 0) {
        now[0] = 1;
      } else {
        const std::vector<double>& of_first = table[i - 1];  // with j
        const std::vector<double>& of_second = table[i];     // with j - 1
        for (size_t u = 0; u < of_first.size(); ++u) {
          now[u + j] += of_first[u] * i / (i + j);
        }
        for (size_t u = 0; u < of_second.size(); ++u) {
          now[u] += of_second[u] * j / (i + j);
        }
      }
      table[i] = std::move(now);
    }
  }
  return table[n];
}

// Of sorted values, without `cut` at each end.
Estimate Between(std::vector<double> values, int cut, int count) {
  std::sort(values.begin(), values.end());
  Estimate estimate{.value = Median(values), .count = count};
  const int left = static_cast<int>(values.size()) - 2 * cut;
  if (cut <= 0 || left <= 0) {
    estimate.low = -kInfinity;
    estimate.high = kInfinity;
  } else {
    estimate.low = values[cut - 1];
    estimate.high = values[values.size() - cut];
  }
  return estimate;
}

}  // namespace

bool Estimate::IsBounded() const {
  return std::isfinite(low) && std::isfinite(high);
}

double Median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double NormalQuantile(double p) {
  // By bisection of the distribution function: nothing here needs it often.
  double low = -40;
  double high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double Spread(const std::vector<double>& values) {
  const double median = Median(values);
  std::vector<double> distances;
  for (const double value : values) {
    distances.push_back(std::abs(value - median));
  }
  return 1.4826 * Median(std::move(distances));
}

Estimate MedianOf(std::vector<double> values, double confidence) {
  const int n = static_cast<int>(values.size());
  const int cut = CutOff(Binomial(n), (1 - confidence) / 2);
  return Between(std::move(values), cut, n);
}

Estimate ShiftOfPairs(std::vector<double> differences, double confidence) {
  const std::vector<double> used = WithoutStrays(differences);
  const int n = static_cast<int>(used.size());
  std::vector<double> means;
  for (size_t i = 0; i < used.size(); ++i) {
    for (size_t j = i; j < used.size(); ++j) {
      means.push_back((used[i] + used[j]) / 2);
    }
  }
  const double tail = (1 - confidence) / 2;
  const int cut = n <= kExactPairs
                      ? CutOff(SignedRank(n), tail)
                      : NormalCutOff(n * (n + 1.0) / 4,
                                     n * (n + 1.0) * (2 * n + 1) / 24, tail);
  Estimate estimate = Between(std::move(means), cut, n);
  estimate.left_out = static_cast<int>(differences.size()) - n;
  return estimate;
}

Estimate ShiftBetween(const std::vector<double>& a,
                      const std::vector<double>& b, double confidence) {
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  std::vector<double> differences;
  for (const double x : a) {
    for (const double y : b) differences.push_back(y - x);
  }
  const double tail = (1 - confidence) / 2;
  const double product = static_cast<double>(n) * m;
  const int cut =
      product <= kExactProduct
          ? CutOff(MannWhitney(n, m), tail)
          : NormalCutOff(product / 2, product * (n + m + 1) / 12, tail);
  return Between(std::move(differences), cut, n + m);
}

std::vector<double> WithoutStrays(const std::vector<double>& values) {
  const double median = Median(values);
  const double furthest = kStray * Spread(values);
  if (!(furthest > kAlike)) return values;
  std::vector<double> kept;
  for (const double value : values) {
    if (std::abs(value - median) <= furthest) kept.push_back(value);
  }
  return kept;
}

}  // namespace procspec::bench
