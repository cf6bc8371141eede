// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_WORKLOADS_TIME_EACH_H_
#define PROCSPEC_BENCH_WORKLOADS_TIME_EACH_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace procspec::bench {

struct TimeEachOptions {
  // Between operations, not timed.
  absl::Duration pause = absl::ZeroDuration();
  // Operations before the first that is timed.
  int warm_up = 20;
  int at_least = 5;
};

// Nanoseconds of each operation, for as long as a sample takes. The operation's
// error ends it. If the environment's PROCSPEC_BENCH_SLOWER_PERCENT says so,
// each takes that much longer, by spinning: so that it can be seen whether a
// comparison finds what is slower.
absl::StatusOr<std::vector<double>> TimeEach(
    absl::FunctionRef<absl::Status()> operation, TimeEachOptions options = {});

// The same for operations too short to be timed alone: one figure for each
// batch of 1,000, an operation.
absl::StatusOr<std::vector<double>> TimeBatches(
    absl::FunctionRef<absl::Status()> operation);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_WORKLOADS_TIME_EACH_H_
