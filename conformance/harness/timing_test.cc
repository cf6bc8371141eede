// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/timing.h"

#include <cstdlib>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "conformance/harness/probe.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

// The environment is read once in a process, so these run each in one of its
// own (and GoogleTest runs suites of this name before any other test).
int ExitCodeWith(const char* scale, const char* guard, absl::Duration deadline,
                 absl::Duration patience) {
  if (scale != nullptr) SetEnvironment("PROCSPEC_TIME_SCALE", scale);
  if (guard != nullptr) SetEnvironment("PROCSPEC_GUARD_MS", guard);
  const bool as_expected = Deadline() == deadline &&
                           Observation() == deadline && Guard() == patience &&
                           HangGuard() == 2 * patience;
  return as_expected ? 0 : 1;
}

TEST(TimingDeathTest, EnvironmentScalesAndReplaces) {
  EXPECT_EXIT(exit(ExitCodeWith(nullptr, nullptr, absl::Milliseconds(100),
                                absl::Seconds(10))),
              testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit(ExitCodeWith("2.5", nullptr, absl::Milliseconds(250),
                                absl::Seconds(25))),
              testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit(ExitCodeWith(nullptr, "1000", absl::Milliseconds(100),
                                absl::Seconds(1))),
              testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit(ExitCodeWith("2", "1000", absl::Milliseconds(200),
                                absl::Seconds(2))),
              testing::ExitedWithCode(0), "");
}

TEST(TimingDeathTest, NonsenseIsRefused) {
  for (const char* scale : {"0", "-1", "fast", "nan", "inf"}) {
    EXPECT_EXIT(exit(ExitCodeWith(scale, nullptr, absl::ZeroDuration(),
                                  absl::ZeroDuration())),
                testing::ExitedWithCode(2), "PROCSPEC_TIME_SCALE");
  }
}

TEST(StopwatchTest, NotBeforeFailsWhenEarly) {
  Stopwatch watch;
  testing::AssertionResult early = watch.NotBefore(absl::Hours(1));
  EXPECT_FALSE(early);
  EXPECT_NE(std::string(early.message()).find("early"), std::string::npos);
}

TEST(StopwatchTest, NotBeforeHoldsOnceTheTimeHasPassed) {
  Stopwatch watch;
  EXPECT_TRUE(watch.NotBefore(absl::ZeroDuration()));
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_TRUE(watch.NotBefore(absl::Milliseconds(15)));
}

TEST(StopwatchTest, BeforeFailsWhenLate) {
  Stopwatch watch;
  EXPECT_TRUE(watch.Before(absl::Hours(1)));
  absl::SleepFor(absl::Milliseconds(5));
  testing::AssertionResult late = watch.Before(absl::Milliseconds(1));
  EXPECT_FALSE(late);
  EXPECT_NE(std::string(late.message()).find("late"), std::string::npos);
}

}  // namespace
}  // namespace procspec::harness
