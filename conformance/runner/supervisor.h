// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_SUPERVISOR_H_
#define PROCSPEC_CONFORMANCE_RUNNER_SUPERVISOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "conformance/runner/leak.h"
#include "conformance/runner/private_ipc.h"
#include "conformance/runner/process_tree.h"
#include "conformance/runner/verdict.h"

// Runs programs and ends all that came of them.
//
//   auto supervisor = Supervisor::Create();
//   supervisor->Start(7, {.argv = {"testee", "run", ...}, ...});
//   for (const Ending& e : supervisor->Wait(absl::Seconds(1))) ...
//
// Each program runs in a process tree of its own, whose every member is ended
// before its Ending is reported, whatever it did: ignored signals, stopped
// itself, moved to a new session, left a grandchild that holds its output open.
// Also when this process is killed.
//
// On Windows the tree is what is in the program's job. A process that another
// one was asked to start (a service, or by
// PROC_THREAD_ATTRIBUTE_PARENT_PROCESS) is not.

namespace procspec::runner {

// What a pipe takes without a reader, everywhere.
inline constexpr size_t kMaxInput = 512;

struct Command {
  std::vector<std::string> argv;  // argv[0] is the path of the program
  // Set in its environment, over this process's own.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string directory;  // it runs there
  std::string input;      // standard input, at most kMaxInput bytes
  std::string output;     // standard output, a file to create
  std::string errors;     // standard error; empty: where the output goes
  absl::Duration deadline = absl::Seconds(30);
};

// What remains of output that grew too large: less than is shown of its
// beginning, so that the mark of the cut is.
inline constexpr int64_t kOutputKept = 32 << 10;
inline constexpr std::string_view kOutputCut = "\n[... output was cut ...]\n";

// Kept of a list of processes; the count tells how many there were.
inline constexpr size_t kProcessesKept = 16;

struct Ending {
  int token = 0;
  End end = End::kNotStarted;
  int code = 0;
  std::string problem;  // why it was not started, or what else went wrong
  // From the start of the program to its end, not of what it left.
  absl::Duration wall;
  absl::Duration cpu;
  int64_t max_rss_kb = 0;
  // Alive when the program had ended and a grace had passed.
  std::vector<ProcessInfo> leftovers;
  int64_t leftover_count = 0;
  // Shared memory and semaphores that were there when all of these had ended;
  // shortened, with their number.
  std::vector<Leak> ipc_leaks;
  int64_t ipc_leak_count = 0;
  // What they all did at the deadline.
  std::vector<ProcessInfo> at_deadline;
  bool tree_ended = true;  // false: something resists even being killed
};

class Supervisor {
 public:
  struct Options {
    // From asking the program to end to ending it. Windows has no way to ask a
    // program without a window: there it is ended at once.
    absl::Duration term_grace = absl::Milliseconds(500);
    // For what it left to end by itself: helpers that clean up when their
    // client is gone.
    absl::Duration settle_grace = absl::Milliseconds(500);
    // The same after a program that ended well, exit code 0: only then what it
    // left is held against it, and a busy machine may be slow to end things.
    absl::Duration leak_grace = absl::Seconds(2);
    // Output beyond this is cut to its beginning while it is written.
    int64_t output_limit = 64 << 20;
    // How shared memory and semaphores are watched; a private way must be
    // permitted. kCompared is for one program at a time.
    IpcWatch ipc = IpcWatch::kNone;
    // Ends trees by control groups, where these can be had; on Windows its job
    // always does.
    bool cgroups = true;
  };

  static absl::StatusOr<std::unique_ptr<Supervisor>> Create(
      const Options& options);

  virtual ~Supervisor() = default;

  // Starts a program. The token comes back in its Ending; it must not be in
  // use. An error means that the system has no room for another process; a
  // program that cannot be run ends as kNotStarted.
  virtual absl::Status Start(int token, const Command& command) = 0;

  // The endings since the last call. Waits for one, until `timeout` has passed
  // or Interrupted() becomes true.
  virtual std::vector<Ending> Wait(absl::Duration timeout) = 0;

  // Ends all that runs, at once; the endings follow. Nothing can be started
  // afterwards.
  virtual void Cancel() = 0;

  virtual size_t running() const = 0;
};

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_SUPERVISOR_H_
