// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_PROCESS_TREE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_PROCESS_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace procspec::runner {

struct ProcessInfo {
  int64_t pid = 0;
  int64_t parent = 0;
  char state = '?';      // as Linux shows it: R running, S sleeping, ...
  std::string command;   // shortened
  std::string waits_in;  // where in the kernel, if it can be told
};

// "1234 (parent 1200) S futex_wait_queue: testee run --case=..."
std::string Describe(const ProcessInfo& process);

// All that this process can see, the dead that nobody has waited for among
// them.
std::vector<ProcessInfo> AllProcesses();

// The living descendants of `root`, parents before children; zombies are dead.
// Complete only for a root that adopts the orphans below it, hence never on
// Windows, where the job of a program has all of its processes.
std::vector<ProcessInfo> Descendants(int64_t root);

// Fills in command and waits_in, which cost more.
void FillDetails(ProcessInfo& process);

// As it is shown.
std::string ShortenedCommand(std::string command);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_PROCESS_TREE_H_
