// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/timing.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"

namespace procspec::harness {
namespace {

// A positive number from the environment. Anything else ends the program: a
// misspelt scale would judge by the wrong times.
double PositiveFromEnvironment(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return otherwise;
  double value = 0;
  if (!absl::SimpleAtod(text, &value) || !(value > 0) || value > 1e9) {
    std::fprintf(stderr, "%s=%s: expected a positive number\n", name, text);
    std::exit(2);
  }
  return value;
}

// Read once, so that a case that changes its environment is judged by one
// measure.
double Scale() {
  static const double scale = PositiveFromEnvironment("PROCSPEC_TIME_SCALE", 1);
  return scale;
}

double GuardMilliseconds() {
  static const double guard =
      PositiveFromEnvironment("PROCSPEC_GUARD_MS", 10000);
  return guard;
}

}  // namespace

absl::Duration Observation() { return absl::Milliseconds(100) * Scale(); }

absl::Duration Deadline() { return absl::Milliseconds(100) * Scale(); }

absl::Duration Guard() {
  return absl::Milliseconds(GuardMilliseconds()) * Scale();
}

absl::Duration HangGuard() { return 2 * Guard(); }

absl::Duration Stopwatch::Elapsed() const {
  return absl::FromChrono(Clock::now() - start_);
}

testing::AssertionResult Stopwatch::NotBefore(absl::Duration duration) const {
  const absl::Duration elapsed = Elapsed();
  if (elapsed + kClockGrain >= duration) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "early: after " << absl::FormatDuration(elapsed)
         << ", and it had to last " << absl::FormatDuration(duration);
}

testing::AssertionResult Stopwatch::Before(absl::Duration duration) const {
  const absl::Duration elapsed = Elapsed();
  if (elapsed < duration) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "late: after " << absl::FormatDuration(elapsed)
         << ", and it had to be over before " << absl::FormatDuration(duration);
}

}  // namespace procspec::harness
