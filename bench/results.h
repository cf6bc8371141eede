// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_RESULTS_H_
#define PROCSPEC_BENCH_RESULTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/clause.h"

// A run of benchmarks, as it is kept: every sample, so that whoever compares
// does not depend on what was summed up.

namespace procspec::bench {

struct Sample {
  int round = 0;
  double ns = 0;  // an operation; positive
  // What else the worker said: p99_ns, cpu_ns, fairness, bytes.
  std::map<std::string, double> counters = {};
};

struct Row {
  std::string name;  // catalogue.h
  std::vector<Sample> samples = {};
  // Why it has no samples: the clause that its backend does not hold.
  std::string withheld = {};
  // Why it has no samples, or fewer: what its worker said.
  std::string failed = {};
};

struct Machine {
  std::string platform;  // "linux", "windows"
  std::string system;    // the kernel and its version
  std::string processor;
  int processors = 0;
  int64_t memory_bytes = 0;
  std::string compiler;
  // The round trip of a cache line between two processors, at each sample.
  std::vector<double> line_ns = {};
};

struct Results {
  std::string started;  // ISO 8601, UTC
  Machine machine;
  bool quick = false;
  int rounds = 0;
  uint64_t seed = 0;
  int repeated_samples = 0;  // taken again because others used the machine
  std::vector<Row> rows;
};

// "near" below 300 ns of line_ns (its median), else "far": two processors of a
// virtual machine were seen 80, 200 and 410 ns apart. Rings differ by three to
// ten times between the two, and interpreters hardly.
std::string Placement(const Machine& machine);

// Format 1. What was written is read back the same.
std::string ToJson(const Results& results);
// InvalidArgument: it is not that; the message names the place.
absl::StatusOr<Results> FromJson(const std::string& text);

// NotFound, InvalidArgument: with the path and the remedy.
absl::StatusOr<Results> ReadResults(const std::string& path);

// Why a backend has no figures where this clause matters: "queue.put-get.fifo:
// FAIL"; empty: it holds the clause.
using Objection =
    std::function<std::string(std::string_view backend, ClauseId clause)>;

// The first objection to a row; empty for those of peers and limits. A row that
// is not in the catalogue is objected to.
std::string ObjectionTo(const std::string& row, const Objection& objection);

// The one way to a file: rows to which there is an objection are withheld.
absl::Status Publish(Results results, const Objection& objection,
                     const std::string& path);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_RESULTS_H_
