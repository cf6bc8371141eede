// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_BENCH_RUN_H_
#define PROCSPEC_CONFORMANCE_RUNNER_BENCH_RUN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/results.h"
#include "conformance/runner/commands.h"
#include "conformance/runner/exit_code.h"
#include "conformance/runner/run_record.h"

// Takes the samples of a run of benchmarks (docs/design/benchmarks.md).
//
// A round takes each row once: groups in a random order, the rows of a group
// one after the other, so that what is compared is measured within a second or
// two. Each sample is a program of its own, which is ended when it hangs.
// Around it stand the round trip of a cache line, and on systems that tell it
// how much of the processors others have used: more than an eighth of one, and
// the sample is taken again, at most twice.

namespace procspec::runner {

struct BenchRunOptions {
  std::vector<std::string> argv;  // of this program, for the record
  // Programs that take samples. Of `against`, another build of one of them, the
  // subjects are called NAME@B.
  std::vector<std::string> workers;
  std::string against;
  std::string testee;  // judges the backends; empty: DefaultTestee()
  std::optional<std::string> only;  // globs of rows or groups
  bool quick = false;               // the few that IsQuick, in less time
  // No round begins that would end after it. At least one is taken.
  double time_s = 0;  // 0: 60 if quick, else 900
  int rounds = 0;     // at most so many; 0: no limit but the time
  uint64_t seed = 0;
  std::string out_dir;
};

// Has the backends judged first, by the cases of the clauses that matter here,
// in out_dir/conformance. Writes bench.json in out_dir, after each round.
ExitCode BenchRunCommand(const BenchRunOptions& options,
                         const Streams& streams);

// What a conformance run says against a backend.
bench::Objection ObjectionOf(const RunRecord& run);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_BENCH_RUN_H_
