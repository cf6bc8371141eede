// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_BENCH_COMMANDS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_BENCH_COMMANDS_H_

#include <string>

#include "conformance/runner/commands.h"
#include "conformance/runner/exit_code.h"

// What `procspec bench` can do with runs of benchmarks (bench/results.h), one
// function a subcommand. A file that is no run is a fault of the command line
// (kUsage).

namespace procspec::runner {

// Which rows became slower (bench/diff.h): from run A to run B, or, if `path_b`
// is empty, from the first worker to the second of run A. To `out_file`, or
// `out` if that is empty. kSlower if there is one.
ExitCode BenchDiffCommand(const std::string& path_a, const std::string& path_b,
                          DiffFormat format, const std::string& out_file,
                          const Streams& streams);

// The run as a page (bench/page.h), in `out_file`.
ExitCode BenchPageCommand(const std::string& path, const std::string& out_file,
                          const Streams& streams);

// The run as a table: a group a line.
ExitCode BenchTableCommand(const std::string& path, const Streams& streams);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_BENCH_COMMANDS_H_
