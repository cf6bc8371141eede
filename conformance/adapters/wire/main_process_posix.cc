// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/main_process.h"

extern char** environ;

namespace procspec::wire {
namespace {

class PosixMainProcess : public MainProcess {
 public:
  explicit PosixMainProcess(pid_t pid) : pid_(pid) {}

  ~PosixMainProcess() override {
    if (end_.has_value()) return;
    kill(pid_, SIGKILL);
    int status;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  int64_t pid() const override { return pid_; }

  std::optional<ProcessEnd> Poll() override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (end_.has_value()) return end_;
    int status = 0;
    pid_t result;
    do {
      result = waitpid(pid_, &status, WNOHANG);
    } while (result < 0 && errno == EINTR);
    if (result == 0) return std::nullopt;
    ProcessEnd end;
    if (result == pid_ && WIFSIGNALED(status)) {
      end.signal = WTERMSIG(status);
    } else {
      // Somebody else in this process has reaped it: its code is lost.
      end.exit_code = result == pid_ ? WEXITSTATUS(status) : -1;
    }
    end_ = end;
    return end_;
  }

  void Kill() override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!end_.has_value()) kill(pid_, SIGKILL);
  }

 private:
  const pid_t pid_;
  std::mutex mutex_;
  std::optional<ProcessEnd> end_;
};

// posix_spawn's two parts, released on every path.
struct SpawnAttributes {
  SpawnAttributes() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

}  // namespace

std::string ProcessEnd::ToString() const {
  if (signal.has_value()) {
    return absl::StrCat("signal ", *signal, " (", strsignal(*signal), ")");
  }
  return absl::StrCat("exit code ", exit_code.value_or(-1));
}

absl::StatusOr<std::unique_ptr<MainProcess>> MainProcess::Start(
    const std::vector<std::string>& command,
    const std::vector<std::string>& environment) {
  std::vector<char*> argv;
  for (const std::string& argument : command) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> variables;
  for (const std::string& variable : environment) {
    variables.push_back(const_cast<char*>(variable.c_str()));
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    variables.push_back(*entry);
  }
  variables.push_back(nullptr);

  SpawnAttributes spawn;
  posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETSIGMASK);
  sigset_t no_signals;
  sigemptyset(&no_signals);
  posix_spawnattr_setsigmask(&spawn.attributes, &no_signals);
  posix_spawn_file_actions_addopen(&spawn.actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  pid_t pid = -1;
  const int code =
      posix_spawnp(&pid, argv[0], &spawn.actions, &spawn.attributes,
                   argv.data(), variables.data());
  if (code != 0) {
    return absl::InternalError(
        absl::StrCat(command[0], ": ", std::strerror(code)));
  }
  return std::make_unique<PosixMainProcess>(pid);
}

bool IsStopped(int64_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string stat;
  std::getline(file, stat);
  // Its name, in parentheses, may have any characters.
  const size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat.size() > name_end + 2 &&
         stat[name_end + 2] == 'T';
}

void EndAs(const ProcessEnd& end) {
  std::fflush(nullptr);
  if (!end.signal.has_value()) _exit(end.exit_code.value_or(1));
  signal(*end.signal, SIG_DFL);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, *end.signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  kill(getpid(), *end.signal);
  std::abort();  // one that does not end a process
}

}  // namespace procspec::wire
