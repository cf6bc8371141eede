// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/sample.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "bench/catalogue.h"
#include "benchmark/benchmark.h"

namespace procspec::bench {
namespace {

constexpr int kGuardSeconds = 120;

void TakeSample(benchmark::State& state, const RowFunction& sample) {
  for (auto iteration : state) {
    (void)iteration;
    alarm(kGuardSeconds);
    const absl::StatusOr<Figures> figures = sample();
    alarm(0);
    if (!figures.ok()) {
      state.SkipWithError(figures.status().ToString().c_str());
      break;
    }
    if (!(figures->ns > 0)) {
      state.SkipWithError("the sample has no time");
      break;
    }
    state.counters["ns"] = figures->ns;
    for (const auto& [name, value] : figures->counters) {
      state.counters[name] = value;
    }
  }
}

}  // namespace

void RegisterRow(const std::string& name, RowFunction sample) {
  RowName row;
  if (!ParseRowName(name, row) || FindWorkload(row.workload) == nullptr) {
    std::cerr << "bench: no row of the catalogue: " << name << "\n";
    std::abort();
  }
  // Without Iterations or UseManualTime, which would become part of its name.
  benchmark::RegisterBenchmark(
      name.c_str(), [sample = std::move(sample)](benchmark::State& state) {
        TakeSample(state, sample);
      });
}

int BenchMain(int argc, char** argv) {
  // One iteration is long enough. First, so that the command line may differ.
  char min_time[] = "--benchmark_min_time=0";
  std::vector<char*> arguments(argv, argv + argc);
  arguments.insert(arguments.begin() + 1, min_time);
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

absl::Duration SampleTime() {
  const char* text = std::getenv("PROCSPEC_BENCH_SAMPLE_MS");
  int milliseconds = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &milliseconds) ||
      milliseconds <= 0) {
    milliseconds = 150;
  }
  return absl::Milliseconds(milliseconds);
}

int64_t NowNs() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Figures FiguresOfTimes(std::vector<double> times_ns) {
  std::sort(times_ns.begin(), times_ns.end());
  const size_t count = times_ns.size();
  const double median = times_ns[count / 2];
  return {.ns = median,
          .counters = {{"p50_ns", median},
                       {"p99_ns", times_ns[count * 99 / 100]},
                       {"max_ns", times_ns.back()}}};
}

double Fairness(const std::vector<uint64_t>& counts) {
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  return *most == 0 ? 1
                    : static_cast<double>(*least) / static_cast<double>(*most);
}

double CpuTime::Now() {
  double nanoseconds = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage;
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      nanoseconds += 1e9 * static_cast<double>(time.tv_sec) +
                     1e3 * static_cast<double>(time.tv_usec);
    }
  }
  return nanoseconds;
}

}  // namespace procspec::bench
