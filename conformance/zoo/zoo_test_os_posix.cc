// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "conformance/zoo/hostile.h"
#include "conformance/zoo/zoo_test_os.h"

extern char** environ;

namespace procspec::zoo {

using runner::ProcessInfo;

const bool kProcessesAreDear = false;

std::string PrepareForRuns() {
  unsetenv("XML_OUTPUT_FILE");  // this test's own, not that of the runs
  // So that what escapes from a runner comes here.
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return "prctl failed";
  // Fewer than leaves-deep-files has directories.
  rlimit descriptors = {};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return "getrlimit failed";
  descriptors.rlim_cur = 512;
  if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0) return "setrlimit failed";
  return "";
}

int64_t StartRun(const std::vector<std::string>& arguments,
                 const std::string& output) {
  std::vector<char*> argv;
  for (const std::string& a : arguments) {
    argv.push_back(const_cast<char*>(a.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  // A new group: what a backend does to "its group" must not reach this test.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : 0;
}

EndedRun WaitForRun(const std::set<int64_t>& running) {
  while (true) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    if (running.count(pid) == 0) continue;  // a stray
    return {.number = pid,
            .exited = WIFEXITED(status),
            .code = WIFEXITED(status) ? WEXITSTATUS(status) : status};
  }
}

// Our descendants but for the runs and what is below them.
std::vector<ProcessInfo> EndStrays(const std::set<int64_t>& running) {
  std::set<int64_t> below = running;
  std::vector<ProcessInfo> strays;
  // Parents come first.
  for (ProcessInfo& p : runner::Descendants(getpid())) {
    if (below.count(p.pid) > 0 || below.count(p.parent) > 0) {
      below.insert(p.pid);
    } else {
      kill(static_cast<pid_t>(p.pid), SIGKILL);
      strays.push_back(std::move(p));
    }
  }
  return strays;
}

std::set<std::string> MachineWide() {
  std::set<std::string> left;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator("/dev/shm", error)) {
    const std::string name = entry.path().filename().string();
    if (absl::StrContains(name, "procspec-zoo")) left.insert(name);
  }
  if (semget(kSemaphoreSetKey, 0, 0) >= 0) left.insert("a set of semaphores");
  return left;
}

}  // namespace procspec::zoo
