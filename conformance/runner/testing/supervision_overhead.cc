// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What supervision costs: the same program run bare and supervised, in turns.
//
//   bazel run -c opt //conformance/runner/testing:supervision_overhead
//   ... -- TESTEE ARGUMENT...     another program than the fake testee
//
// Prints medians of what a run takes from start to reaped, how they differ from
// the bare one's, and the processor time of a run, which a busy machine spoils
// less. Exits 1 if supervision costs more than kLimitUs.

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/private_ipc.h"
#include "conformance/runner/supervisor.h"

namespace procspec::runner {
namespace {

constexpr int kRuns = 400;
constexpr double kLimitUs = 3000;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// A way to run the program, and how long its runs took.
struct Way {
  std::string name;
  std::unique_ptr<Supervisor> supervisor;  // null: bare
  std::vector<double> us = {};
  double cpu_us = 0;  // of all runs
};

// Of this process and of all it has waited for.
double CpuUs() {
  double sum = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage = {};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      sum += absl::ToDoubleMicroseconds(absl::DurationFromTimeval(time));
    }
  }
  return sum;
}

Way Supervised(const std::string& name, IpcWatch ipc, bool cgroups) {
  Supervisor::Options options;
  options.ipc = ipc;
  options.cgroups = cgroups;
  auto supervisor = Supervisor::Create(options);
  return {name, supervisor.ok() ? *std::move(supervisor) : nullptr};
}

bool RunBare(const Command& command) {
  std::vector<std::string> words = command.argv;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
                                   command.output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = -1;
  const bool ok = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(),
                              environ) == 0 &&
                  waitpid(pid, nullptr, 0) == pid;
  posix_spawn_file_actions_destroy(&actions);
  return ok;
}

bool RunSupervised(Supervisor& supervisor, const Command& command) {
  if (!supervisor.Start(1, command).ok()) return false;
  const std::vector<Ending> endings = supervisor.Wait(absl::InfiniteDuration());
  return endings.size() == 1 && endings[0].end == End::kExited;
}

int Main(std::vector<std::string> argv) {
  auto root = MakePrivateRoot();
  if (!root.ok()) return 2;
  if (argv.empty()) {
    argv = {std::filesystem::path(SelfPath()).parent_path() / "fake_testee",
            "run", "--backend=good", "--case=x/pass", "--dir=" + *root};
  }
  Command command;
  command.argv = argv;
  command.directory = *root;
  command.output = *root + "/out";

  const IpcWatch ipc = PermittedPrivateIpc({command.argv[0], *root});
  std::vector<Way> ways;
  ways.push_back({"bare", nullptr});
  ways.push_back(Supervised("supervised", ipc, true));
  ways.push_back(
      Supervised("  its shared memory not watched", IpcWatch::kNone, true));
  ways.push_back(Supervised("  without control groups", ipc, false));
  ways.push_back(Supervised("  without both", IpcWatch::kNone, false));
  for (int i = 0; i < kRuns; ++i) {
    for (Way& way : ways) {
      const double cpu = CpuUs();
      const absl::Time start = absl::Now();
      const bool ok = way.supervisor == nullptr
                          ? RunBare(command)
                          : RunSupervised(*way.supervisor, command);
      if (!ok) {
        std::cerr << "cannot run " << command.argv[0] << "\n";
        return 2;
      }
      way.us.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
      way.cpu_us += CpuUs() - cpu;
    }
  }
  RemoveTree(*root);

  const double bare = Median(ways[0].us);
  for (const Way& way : ways) {
    const double median = Median(way.us);
    std::cout << absl::StrFormat(
        "%-32s %6.0f us  %+6.0f us  %5.2f times  cpu %5.0f us\n", way.name,
        median, median - bare, median / bare, way.cpu_us / kRuns);
  }
  std::cout << "shared memory: " << IpcWatchName(ipc) << "\n";
  return Median(ways[1].us) - bare <= kLimitUs ? 0 : 1;
}

}  // namespace
}  // namespace procspec::runner

int main(int argc, char** argv) {
  return procspec::runner::Main(
      std::vector<std::string>(argv + 1, argv + argc));
}
