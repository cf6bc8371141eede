// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/workloads/time_each.h"

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "bench/sample.h"
#include "bench/workloads/crew.h"
#include "spec/status_macros.h"

namespace procspec::bench {
namespace {

// Of what an operation takes.
double SeededSlowdown() {
  const char* const text = std::getenv("PROCSPEC_BENCH_SLOWER_PERCENT");
  double percent = 0;
  return text != nullptr && absl::SimpleAtod(text, &percent) && percent > 0
             ? percent / 100
             : 0;
}

}  // namespace

absl::StatusOr<std::vector<double>> TimeEach(
    absl::FunctionRef<absl::Status()> operation, TimeEachOptions options) {
  for (int i = 0; i < options.warm_up; ++i) {
    PROCSPEC_RETURN_IF_ERROR(operation());
  }
  const int64_t limit = absl::ToInt64Nanoseconds(SampleTime());
  const double slowdown = SeededSlowdown();
  std::vector<double> times;
  const int64_t start = NowNs();
  int64_t end = start;
  while (end - start < limit ||
         times.size() < static_cast<size_t>(options.at_least)) {
    if (options.pause > absl::ZeroDuration()) absl::SleepFor(options.pause);
    const int64_t begin = NowNs();
    PROCSPEC_RETURN_IF_ERROR(operation());
    end = NowNs();
    if (slowdown > 0) {
      const int64_t late =
          end +
          static_cast<int64_t>(slowdown * static_cast<double>(end - begin));
      while (end < late) end = NowNs();
    }
    times.push_back(static_cast<double>(end - begin));
  }
  return times;
}

absl::StatusOr<std::vector<double>> TimeBatches(
    absl::FunctionRef<absl::Status()> operation) {
  constexpr int kBatch = 1000;
  PROCSPEC_ASSIGN_OR_RETURN(std::vector<double> times,
                            TimeEach(
                                [&]() -> absl::Status {
                                  for (int i = 0; i < kBatch; ++i) {
                                    PROCSPEC_RETURN_IF_ERROR(operation());
                                  }
                                  return absl::OkStatus();
                                },
                                {.warm_up = 1}));
  for (double& time : times) time /= kBatch;
  return times;
}

}  // namespace procspec::bench
