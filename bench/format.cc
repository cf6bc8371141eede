// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/format.h"

#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace procspec::bench {
namespace {

// Two below one. What is rounded up counts by what it is then.
std::string ThreeDigits(double value) {
  if (!std::isfinite(value)) return "-";
  if (value >= 99.95) return absl::StrFormat("%.0f", value);
  if (value >= 9.995) return absl::StrFormat("%.1f", value);
  if (value >= 0.0995) return absl::StrFormat("%.2f", value);
  return absl::StrFormat("%.2g", value);
}

struct Unit {
  double size;
  const char* name;
};

// The largest unit of which there is one; they are given from the largest on.
template <size_t kCount>
std::string InUnits(double value, const std::array<Unit, kCount>& units) {
  if (!std::isfinite(value)) return "-";
  for (const Unit& unit : units) {
    if (value >= 0.9995 * unit.size || &unit == &units.back()) {
      return absl::StrCat(ThreeDigits(value / unit.size), " ", unit.name);
    }
  }
  return "-";
}

}  // namespace

std::string TimeText(double ns) {
  static constexpr std::array<Unit, 4> kUnits = {
      Unit{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
  return InUnits(ns, kUnits);
}

std::string RateText(double ns) {
  static constexpr std::array<Unit, 4> kUnits = {
      Unit{1e9, "G/s"}, {1e6, "M/s"}, {1e3, "k/s"}, {1, "/s"}};
  return InUnits(1e9 / ns, kUnits);
}

std::string FigureText(double ns, Shown shown) {
  return shown == Shown::kRate ? RateText(ns) : TimeText(ns);
}

std::string RatioText(double ratio) {
  return std::isfinite(ratio) ? absl::StrCat(ThreeDigits(ratio), "x") : "-";
}

std::string ChangeText(double ratio) {
  if (!std::isfinite(ratio)) return "-";
  return absl::StrFormat("%+.1f %%", (ratio - 1) * 100);
}

std::string ChangeInterval(const Estimate& ratio) {
  if (!ratio.IsBounded()) return "not bounded";
  return absl::StrFormat("%+.1f .. %+.1f %%", (ratio.low - 1) * 100,
                         (ratio.high - 1) * 100);
}

}  // namespace procspec::bench
