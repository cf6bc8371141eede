// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_COMMANDS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_COMMANDS_H_

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/exit_code.h"
#include "conformance/runner/expectations.h"
#include "conformance/runner/kill_matrix.h"
#include "conformance/runner/log.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/selection.h"

// What `procspec` can do, one function a subcommand. Each says what is wrong on
// `err` and returns what the program is to end with.

namespace procspec::runner {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

struct RunOptions {
  std::vector<std::string> argv;  // of this program, for the record
  std::string testee;             // empty: DefaultTestee()
  std::optional<std::string> backends;
  std::optional<std::string> only;
  std::optional<std::string> expectations;  // a list of files
  std::string out_dir;
  int jobs = 0;             // 0: the command's default
  double deadline_s = 0;    // 0: the default, scaled
  double time_limit_s = 0;  // for the run, from the program's start; 0: none
  std::optional<std::string> shard;
  uint64_t seed = 0;
  bool quiet = false;
  // What repro lines begin with: a command that brings its own testee. Empty:
  // tools/conform, told of the testee unless it is the one that it finds
  // itself.
  std::string repro;
};

ExitCode RunCommand(const RunOptions& options, const Streams& streams);

struct ListOptions {
  std::string testee;
  bool clauses = false;
  bool cases = false;
  bool backends = false;
  bool json = false;
  bool no_testee = false;  // clauses only, without their cases
};

ExitCode ListCommand(const ListOptions& options, const Streams& streams);

ExitCode ExplainCommand(const std::string& id, const Streams& streams);

// Each path is a log or the directory with it; several logs make one report.
// The views go beside the log unless `out_dir` says otherwise, which it must if
// there are several.
ExitCode ReportCommand(const std::vector<std::string>& paths,
                       const std::string& out_dir, const Streams& streams);

// Whether files of known deviations are in order for all that the testee has.
ExitCode CheckExpectationsCommand(const std::vector<std::string>& files,
                                  const std::string& testee,
                                  const Streams& streams);

struct ExpectationsUpdateOptions {
  std::string file;
  std::string log;  // or the directory with it
  std::string reason;
  std::string link;
};

// Mends a file of known deviations (expectations_update.h). An error if
// something is left to mend.
ExitCode UpdateExpectationsCommand(const ExpectationsUpdateOptions& options,
                                   const Streams& streams);

enum class DiffFormat { kText, kJson, kMarkdown };

// From run A to run B, each a log or the directory with it; to `out_file`, or
// `out` if that is empty.
ExitCode DiffCommand(const std::string& path_a, const std::string& path_b,
                     DiffFormat format, const std::string& out_file,
                     const Streams& streams);

struct KillMatrixOptions {
  RunOptions run;
  std::optional<std::string> mutants;  // a list of globs
  MatrixExtent extent = MatrixExtent::kTouched;
  int guard_ms = 2500;
};

ExitCode KillMatrixCommand(const KillMatrixOptions& options,
                           const Streams& streams);

struct SmokeOptions {
  RunOptions run;  // with the name of one backend
  int guard_ms = 0;  // 0: a second, longer on a busy machine
};

// In seconds, whether the adapter or the backend is at fault (smoke.h).
ExitCode SmokeCommand(const SmokeOptions& options, const Streams& streams);

// Shared by the commands that run cases.

// Says what is wrong, with the code's number. Returns the code.
ExitCode Fail(const Streams& streams, const Problem& problem);

// The testee's path and what it has.
Chosen<TesteeList> AskTestee(const std::string& named, std::string& path);

// A run of these backends and cases that has not begun.
RunRecord NewRun(const RunOptions& options, const std::string& testee,
                 std::vector<BackendInfo> backends,
                 std::vector<CaseInfo> cases);

// The files of a list, checked for this run.
Chosen<ExpectationMap> ExpectationsOfRun(const std::string& list,
                                         const TesteeList& linked,
                                         const RunRecord& run);

// Of a log that cannot be read.
Problem LogProblem(const absl::Status& status);

std::string LogPath(const std::string& directory);

// The log that a path means: itself, or the one in the directory.
std::string FindLog(const std::string& path);

// The run of a log, which is the path itself or in the directory of that name.
Chosen<RunRecord> ReadRun(const std::string& path);

// The log in the directory, which is made if need be, with the run's beginning.
// What an earlier run left there is gone.
Chosen<std::unique_ptr<LogWriter>> OpenLog(const std::string& directory,
                                           const RunRecord& run);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_COMMANDS_H_
