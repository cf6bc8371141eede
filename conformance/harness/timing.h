// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_TIMING_H_
#define PROCSPEC_CONFORMANCE_HARNESS_TIMING_H_

#include <chrono>

#include "absl/time/time.h"
#include "gtest/gtest.h"

// The judge's times. Cases name a wait by what it is for and never write a
// number; nobody sleeps to put things in order (the stage does that).
//
// All are multiplied by the environment variable PROCSPEC_TIME_SCALE (a slow or
// instrumented machine). PROCSPEC_GUARD_MS replaces the 10 s of Guard before
// that (a run that expects hangs).

namespace procspec::harness {

// How long something is watched that must not happen: 100 ms. That it never
// happens cannot be proved; such a check can only err by passing.
absl::Duration Observation();

// A timeout that is itself under test: 100 ms.
absl::Duration Deadline();

// The patience for what is expected to happen: 10 s. A correct backend never
// comes near it.
absl::Duration Guard();

// How long a whole case may take before it counts as hung: 2 Guards, less than
// the runner's deadline. See hang_guard.h.
absl::Duration HangGuard();

// What a wait may be too short by, through no fault of the waiter: the grain of
// the platform's clocks. On Linux waits and this clock agree to the nanosecond.
// On Windows a wait of the system may end up to a tick (16 ms) before this
// clock says so, and a backend has to look at the clock and wait again: the
// promise is "not early", and whoever calls it has no other clock than this.
inline constexpr absl::Duration kClockGrain = absl::ZeroDuration();

// Measures within the process that waits, on the steady clock:
//
//   Stopwatch watch;
//   EXPECT_THAT(queue->Put(1, Deadline()), Raises(ErrorKind::kFull));
//   EXPECT_TRUE(watch.NotBefore(Deadline()));
class Stopwatch {
 public:
  Stopwatch() : start_(Clock::now()) {}

  absl::Duration Elapsed() const;

  // That at least `duration` has passed. Hard: no machine makes a wait early.
  testing::AssertionResult NotBefore(absl::Duration duration) const;

  // That `duration` has not passed yet. Only for bounds no slow machine comes
  // near, such as Guard: "did not wait for the rest of a far longer timeout".
  testing::AssertionResult Before(absl::Duration duration) const;

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_;
};

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_TIMING_H_
