// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/testing/simulated.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/catalogue.h"

namespace procspec::bench {
namespace {

Results NewRun(int rounds, uint64_t seed) {
  Results run;
  run.started = "2026-11-20T10:00:00Z";
  run.machine = {.platform = "linux",
                 .system = "Linux 6.18.44",
                 .processor = "AMD EPYC 9B45",
                 .processors = 2,
                 .memory_bytes = int64_t{24} << 30,
                 .compiler = "GCC 12.2.0"};
  run.rounds = rounds;
  run.seed = seed;
  return run;
}

// In a row's order of rounds, whoever went first.
void Sort(Row& row) { std::ranges::sort(row.samples, {}, &Sample::round); }

}  // namespace

double SimulatedMachine::Take(double ns, int round) {
  if (Chance(noise_.switches)) far_ = !far_;
  std::normal_distribution<double> normal(0, noise_.sigma);
  ns *= std::exp(normal(random_));
  ns *= 1 + noise_.drift * round / rounds_;
  if (far_) ns *= noise_.modes;
  if (Chance(noise_.outliers)) ns *= noise_.outlier;
  if (Chance(0.5)) ns *= noise_.jitter_modes;
  return ns;
}

bool SimulatedMachine::Chance(double p) {
  return std::uniform_real_distribution<double>(0, 1)(random_) < p;
}

Results SimulatePaired(const Noise& noise, int rows, int rounds,
                       double slowdown, uint64_t seed) {
  Results run = NewRun(rounds, seed);
  SimulatedMachine machine(noise, rounds, seed);
  for (int i = 0; i < rows; ++i) {
    const std::string name = absl::StrCat("lock.pair/", i, "/reference-sim");
    Row first{.name = name};
    Row second{.name = absl::StrCat(name, "@B")};
    for (int round = 0; round < rounds; ++round) {
      const bool swapped = machine.Chance(0.5);
      for (const bool is_second : {swapped, !swapped}) {
        (is_second ? second : first)
            .samples.push_back(
                {.round = round,
                 .ns = machine.Take(100 * (is_second ? slowdown : 1), round)});
        run.machine.line_ns.push_back(machine.far() ? 410 : 80);
      }
    }
    run.rows.push_back(std::move(first));
    run.rows.push_back(std::move(second));
  }
  return run;
}

Results SimulateRun(const Noise& noise, int groups, int rounds, double slowdown,
                    uint64_t seed) {
  Results run = NewRun(rounds, seed);
  run.machine.line_ns = {80, 81, 82};
  SimulatedMachine machine(noise, rounds, seed);
  constexpr std::pair<const char*, double> kSubjects[] = {
      {"reference-sim", 100}, {"boost-mq", 300},  {"raw-pipe", 900},
      {"cpython-fork", 9000}, {"limit-ring", 30},
  };
  for (int g = 0; g < groups; ++g) {
    for (const auto& [subject, ns] : kSubjects) {
      run.rows.push_back(
          {.name = absl::StrCat("queue.roundtrip/", 64 << g, "B/", subject)});
    }
  }
  const int per_group = static_cast<int>(std::size(kSubjects));
  std::vector<int> order(run.rows.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::mt19937_64 random(seed + 1);
  for (int round = 0; round < rounds; ++round) {
    std::ranges::shuffle(order, random);
    for (const int i : order) {
      const auto& [subject, ns] = kSubjects[i % per_group];
      const bool ours = i % per_group == 0;
      run.rows[i].samples.push_back(
          {.round = round,
           .ns = machine.Take(ns * (ours ? slowdown : 1), round)});
    }
  }
  return run;
}

Results SimulateAll(uint64_t seed) {
  constexpr int kRounds = 20;
  Results run = NewRun(kRounds, seed);
  run.repeated_samples = 37;
  std::mt19937_64 random(seed);
  SimulatedMachine machine({.sigma = 0.04, .outliers = 0.05}, kRounds, seed);
  for (int i = 0; i < kRounds; ++i) run.machine.line_ns.push_back(78 + i % 7);

  struct Subject {
    const char* name;
    double start_ns;  // of a message without bytes
    double byte_ns;
  };
  const auto add = [&](std::string group, const Subject& subject, double bytes,
                       double scale) {
    Row row{.name = absl::StrCat(group, "/", subject.name)};
    const double ns = scale * (subject.start_ns + bytes * subject.byte_ns);
    for (int round = 0; round < kRounds; ++round) {
      Sample sample{.round = round, .ns = machine.Take(ns, round)};
      sample.counters["cpu_ns"] = 1.9 * sample.ns;
      if (bytes > 0) sample.counters["bytes"] = bytes;
      if (scale > 1) {
        sample.counters["p50_ns"] = 0.95 * sample.ns;
        sample.counters["p99_ns"] = machine.Take(3 * ns, round);
        sample.counters["max_ns"] = 40 * ns;
      } else {
        sample.counters["fairness"] =
            std::min(1.0, 0.7 * machine.Take(1, round));
      }
      row.samples.push_back(std::move(sample));
    }
    run.rows.push_back(std::move(row));
  };

  const Subject queues[] = {
      {"reference-fork", 27, 0.017},
      {"limit-ring", 10, 0.016},
      {"boost-mq", 150, 0.06},
      {"zmq-ipc", 150, 0.35},
      {"posix-mq", 930, 0.1},
      {"raw-pipe", 220, 0.9},
      {"sq", 500, 0.92},
      {"socketpair", 750, 0.05},
      {"cpython-fork", 2550, 1.9},
      {"cpython-forkserver", 2570, 1.9},
  };
  constexpr std::pair<const char*, double> kSizes[] = {{"8B", 8},
                                                       {"64B", 64},
                                                       {"1KiB", 1 << 10},
                                                       {"64KiB", 1 << 16},
                                                       {"1MiB", 1 << 20}};
  for (const char* workload : {"queue.throughput", "pipe.throughput"}) {
    for (const char* ends : {"1x1", "4x4"}) {
      if (std::string(workload) == "pipe.throughput" &&
          std::string(ends) == "4x4") {
        continue;
      }
      for (const auto& [size, bytes] : kSizes) {
        for (const Subject& subject : queues) {
          // What this one cannot.
          if (std::string(subject.name) == "posix-mq" && bytes > 8192) continue;
          add(absl::StrCat(workload, "/", size, "/", ends), subject, bytes, 1);
        }
      }
    }
  }
  for (const char* workload : {"queue.roundtrip", "pipe.roundtrip"}) {
    for (const auto& [size, bytes] : kSizes) {
      for (const Subject& subject : queues) {
        if (std::string(subject.name) == "posix-mq" && bytes > 8192) continue;
        add(absl::StrCat(workload, "/", size), subject, bytes, 15);
      }
    }
  }
  const Subject calls[] = {{"reference-fork", 14, 0},
                           {"limit-futex", 10, 0},
                           {"posix-sem", 11.3, 0},
                           {"robust-mutex", 14.1, 0},
                           {"cpython-fork", 50.7, 0}};
  for (const Workload& workload : AllWorkloads()) {
    const std::string name(workload.name);
    if (name.ends_with("throughput") || name.ends_with("roundtrip") ||
        name == "barrier.round" || name == "process.start-join") {
      continue;
    }
    const double scale = 1 + static_cast<double>(random() % 50);
    for (const Subject& subject : calls) add(name, subject, 0, scale);
  }
  const Subject starts[] = {
      {"reference-fork", 165e3, 0}, {"reference-spawn", 640e3, 0},
      {"limit-fork", 147e3, 0},     {"posix-spawn", 93e3, 0},
      {"cpython-fork", 1.28e6, 0},  {"cpython-forkserver", 9.9e6, 0},
      {"cpython-spawn", 33e6, 0}};
  for (const char* memory : {"small", "1GiB"}) {
    for (const Subject& subject : starts) {
      add(absl::StrCat("process.start-join/", memory), subject, 0, 1);
    }
  }
  const Subject barriers[] = {{"reference-fork", 90e3, 0},
                              {"limit-futex", 88e3, 0},
                              {"pthread-mutex", 131e3, 0},
                              {"cpython-fork", 129e3, 0}};
  for (const char* processes : {"2", "8", "32"}) {
    for (const Subject& subject : barriers) {
      add(absl::StrCat("barrier.round/", processes), subject, 0, 1);
    }
  }
  run.rows.push_back({.name = "barrier.round/2/reference-spawn",
                      .withheld = "barrier.reusable: FAIL"});
  run.rows.push_back({.name = "barrier.round/2/boost-barrier",
                      .failed = "timed out after 30 s <in round 3>"});
  for (Row& row : run.rows) Sort(row);
  return run;
}

}  // namespace procspec::bench
