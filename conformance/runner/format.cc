// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/format.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace procspec::runner {

std::string Percent(double fraction) {
  // Rounded down, so that 132.9 of 133 is not all; but never to nothing.
  double percent = std::floor(fraction * 1000 + 1e-9) / 10;
  if (fraction > 0 && percent < 0.1) percent = 0.1;
  return absl::StrFormat("%.1f %%", percent);
}

}  // namespace procspec::runner
