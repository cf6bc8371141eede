// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_TESTING_SIMULATED_H_
#define PROCSPEC_BENCH_TESTING_SIMULATED_H_

#include <random>
#include <string>

#include "bench/results.h"

// Runs as a shared machine makes them, from a seed.

namespace procspec::bench {

// What happens to one sample after the other, of all rows.
struct Noise {
  double sigma = 0.02;      // of the logarithm, each sample by itself
  double outliers = 0;      // the part of the samples that take `outlier` times
  double outlier = 2;       // as long
  double drift = 0;         // by how much the machine is slower at the end
  double modes = 1;         // times as long in the other mode
  double switches = 0.05;   // the chance of a change of mode, at each sample
  double jitter_modes = 1;  // of a row alone, at half of its samples
};

// Takes samples one after the other.
class SimulatedMachine {
 public:
  SimulatedMachine(const Noise& noise, int rounds, uint64_t seed)
      : noise_(noise), rounds_(rounds), random_(seed) {}

  // What an operation of `ns` takes.
  double Take(double ns, int round);
  bool Chance(double p);
  // 300 or more of it is far (results.h).
  bool far() const { return far_; }

 private:
  Noise noise_;
  int rounds_;
  std::mt19937_64 random_;
  bool far_ = false;
};

// One run of a pair of workers, with `rows` rows ROW and ROW@B, the second of
// which is `slowdown` times as slow. Which goes first is by chance.
Results SimulatePaired(const Noise& noise, int rows, int rounds,
                       double slowdown, uint64_t seed);

// One run of a worker beside peers and a limit: a few groups of five rows. Of
// the backend's rows, "reference-sim", `slowdown` times.
Results SimulateRun(const Noise& noise, int groups, int rounds, double slowdown,
                    uint64_t seed);

// One with everything that a report has to show: all workloads, several sizes,
// all kinds of subjects, counters, withheld and failed rows.
Results SimulateAll(uint64_t seed);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_TESTING_SIMULATED_H_
