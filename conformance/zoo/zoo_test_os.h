// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ZOO_ZOO_TEST_OS_H_
#define PROCSPEC_CONFORMANCE_ZOO_ZOO_TEST_OS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "conformance/runner/process_tree.h"

// What zoo_test needs of the operating system. Not the runner's own supervisor:
// that is what is tested.

namespace procspec::zoo {

// Whether a process costs so much that runs must be short.
extern const bool kProcessesAreDear;

// The environment that this process hands on, and its own place in the system:
// what escapes from a run comes to light here. What went wrong, or nothing.
std::string PrepareForRuns();

// A program and all that comes of it, by its number; none: 0. Nothing that it
// does to those it is among reaches this process. Both of its outputs go to the
// file.
int64_t StartRun(const std::vector<std::string>& argv,
                 const std::string& output);

struct EndedRun {
  int64_t number = 0;
  bool exited = false;  // by itself
  int code = 0;
};

// The next of these programs that ends.
EndedRun WaitForRun(const std::set<int64_t>& running);

// What lives of all that was started and is not of these runs; ends it.
std::vector<runner::ProcessInfo> EndStrays(const std::set<int64_t>& running);

// What belongs to no process and to no directory of the runner's.
std::set<std::string> MachineWide();

}  // namespace procspec::zoo

#endif  // PROCSPEC_CONFORMANCE_ZOO_ZOO_TEST_OS_H_
