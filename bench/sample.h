// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_SAMPLE_H_
#define PROCSPEC_BENCH_SAMPLE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// A worker: a Google Benchmark program whose benchmarks are rows
// (catalogue.h), each of which takes one sample. Rows are listed, selected and
// reported under exactly their names. Not thread-safe.

namespace procspec::bench {

// What one sample found.
struct Figures {
  double ns = 0;  // an operation; positive
  // What else is known: p99_ns, cpu_ns, fairness, bytes.
  std::map<std::string, double> counters = {};
};

// Takes one sample. An error: its result was wrong, or it could not be set up.
using RowFunction = std::function<absl::StatusOr<Figures>()>;

// Ends the program when the name is not a row's or no workload is called so.
// To be called before BenchMain.
void RegisterRow(const std::string& name, RowFunction sample);

// The program. Rows that nobody selected do nothing. A sample that takes longer
// than two minutes ends the program by SIGALRM.
int BenchMain(int argc, char** argv);

// How long a sample repeats its operation: 150 ms, or what the environment's
// PROCSPEC_BENCH_SAMPLE_MS says.
absl::Duration SampleTime();

// Nanoseconds of a clock that is never set, the same in all processes.
int64_t NowNs();

// Of operations that were timed one by one: ns is their median; with p50_ns,
// p99_ns and max_ns. Not of none.
Figures FiguresOfTimes(std::vector<double> times_ns);

// The least by the most; 1 when all are zero. Not of none.
double Fairness(const std::vector<uint64_t>& counts);

// The processor time that this process and the children it has waited for have
// used since construction: so it is read after the last participant has been
// waited for.
class CpuTime {
 public:
  CpuTime() : start_ns_(Now()) {}
  double ElapsedNs() const { return Now() - start_ns_; }

 private:
  static double Now();

  double start_ns_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_SAMPLE_H_
