// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What supervision costs: the same program run bare and supervised, in turns.
//
//   bazel run -c opt //conformance/runner/testing:supervision_overhead
//
// Prints the medians of what a run takes from start to reaped, in microseconds.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/supervisor.h"

namespace procspec::runner {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Main(const std::string& program) {
  constexpr int kRuns = 500;
  auto root = MakePrivateRoot();
  auto supervisor = Supervisor::Create({});
  if (!root.ok() || !supervisor.ok()) return 1;
  Command command;
  command.argv = {program, "run", "--backend=good", "--case=x/pass",
                  "--dir=" + *root};
  command.directory = *root;
  command.output = *root + "/out";
  std::vector<char*> argv;
  for (std::string& s : command.argv) argv.push_back(s.data());
  argv.push_back(nullptr);

  std::vector<double> bare;
  std::vector<double> supervised;
  for (int i = 0; i < kRuns; ++i) {
    absl::Time start = absl::Now();
    pid_t pid = -1;
    if (posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) !=
            0 ||
        waitpid(pid, nullptr, 0) != pid) {
      return 1;
    }
    bare.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));

    start = absl::Now();
    if (!(*supervisor)->Start(1, command).ok() ||
        (*supervisor)->Wait(absl::InfiniteDuration()).size() != 1) {
      return 1;
    }
    supervised.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
  }
  RemoveTree(*root);
  std::cout << "bare " << Median(bare) << " us, supervised "
            << Median(supervised) << " us, overhead "
            << Median(supervised) - Median(bare) << " us\n";
  return 0;
}

}  // namespace
}  // namespace procspec::runner

int main() {
  return procspec::runner::Main(std::filesystem::absolute(
      std::filesystem::path(procspec::runner::SelfPath()).parent_path() /
      "fake_testee"));
}
