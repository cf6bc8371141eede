// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_PROGRAM_H_
#define PROCSPEC_CONFORMANCE_HARNESS_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "conformance/harness/timing.h"
#include "spec/target.h"
#include "spec/value.h"

// A program of its own, with a main process of its own, for clauses about what
// happens when a program ends:
//
//   PROCSPEC_TARGET(ExitWithSeven) { return ExitRequest(7); }
//
//   ASSERT_OK_AND_ASSIGN(ProgramResult result, RunProgram("ExitWithSeven"));
//   EXPECT_EQ(result.exit_code, 7);
//
// It is this executable again. Its main process makes a fresh backend of the
// name under test, runs the target with it and ends as a main process does:
// OK exits 0, ExitRequest(n) exits n, any other error is written to standard
// error and exits 1; then Backend::FinishProgram. Only for use in a case.

namespace procspec::harness {

struct ProgramResult {
  // Exactly one of the two; on Windows always the exit code, all 32 bits of it.
  std::optional<int> exit_code;
  std::optional<int> signal;
  // What it and its children wrote until it ended; at most 1 MiB each.
  std::string out;
  std::string err;
};

void PrintTo(const ProgramResult& result, std::ostream* os);

struct ProgramOptions {
  // Neither the program nor its children give the backend the first word in
  // main: every process started by it as a fresh image runs the target again,
  // as a script without a main guard would (start.spawn.bootstrapping).
  bool unguarded = false;
};

// A started program. One that is still running when this goes is killed with
// its process group (Windows: with all that it started).
class Program {
 public:
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  virtual int64_t pid() const = 0;

  // Waits until its main process has ended; its children may go on. The same
  // result each time. DeadlineExceeded: it runs on.
  virtual absl::StatusOr<ProgramResult> Wait(
      absl::Duration patience = Guard()) = 0;

  // What it has written so far, and may have more to write.
  virtual std::string Output() const = 0;
  virtual std::string Errors() const = 0;

  // Kills its main process, and only that.
  virtual absl::Status Kill() = 0;

 protected:
  Program() = default;
};

// Its arguments must not contain handles: it is another program. To let it
// speak on the stage, pass stage().address().
absl::StatusOr<std::unique_ptr<Program>> StartProgram(
    std::string_view target, const Arguments& arguments = {},
    const ProgramOptions& options = {});

// Starts it and waits for its end. After `patience` it is killed, and the error
// quotes what it had written.
absl::StatusOr<ProgramResult> RunProgram(std::string_view target,
                                         const Arguments& arguments = {},
                                         const ProgramOptions& options = {},
                                         absl::Duration patience = Guard());

// ---------------------------------------------------------------------------
// For the machinery only.

// Looks whether a program of this case has reported INFRA (adapter_support.h),
// and then reports it here. Each call of a Program does this, too.
void HearPrograms();

// The other side, for main only.

// The call file that the environment names for an unguarded program and
// everything it starts; nullopt elsewhere.
std::optional<std::string> UnguardedProgram();

// Is the program that the call file describes; its exit code.
int ProgramMain(const std::string& call_file);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_PROGRAM_H_
