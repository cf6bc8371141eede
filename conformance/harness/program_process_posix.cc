// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/program_process.h"
#include "spec/status_macros.h"

extern char** environ;

namespace procspec::harness {
namespace {

absl::Status Fault(std::string_view call, int code) {
  return absl::InternalError(
      absl::StrCat("program: ", call, ": ", std::strerror(code)));
}

class PosixProgramProcess : public ProgramProcess {
 public:
  explicit PosixProgramProcess(pid_t pid) : pid_(pid) {}

  ~PosixProgramProcess() override {
    // The group first, while its leader's id cannot be anybody else's.
    kill(-pid_, SIGKILL);
    if (!status_.has_value()) {
      int status;
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
    }
  }

  int64_t pid() const override { return pid_; }

  absl::Status Wait(absl::Duration patience) override {
    if (status_.has_value()) return absl::OkStatus();
    PROCSPEC_RETURN_IF_ERROR(WaitUntilDead(pid_, patience));
    int status = 0;
    pid_t result;
    do {
      result = waitpid(pid_, &status, 0);
    } while (result < 0 && errno == EINTR);
    if (result != pid_) {
      // Somebody waits for any child at all, and took ours.
      return Fault("its exit status is gone: waitpid", errno);
    }
    status_ = status;
    return absl::OkStatus();
  }

  std::optional<int> exit_code() const override {
    if (!status_.has_value() || !WIFEXITED(*status_)) return std::nullopt;
    return WEXITSTATUS(*status_);
  }
  std::optional<int> signal() const override {
    if (!status_.has_value() || !WIFSIGNALED(*status_)) return std::nullopt;
    return WTERMSIG(*status_);
  }

  absl::Status Kill() override {
    if (status_.has_value()) return absl::OkStatus();
    if (kill(pid_, SIGKILL) != 0) return Fault("kill", errno);
    return absl::OkStatus();
  }

 private:
  const pid_t pid_;
  std::optional<int> status_;
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

// posix_spawn and not fork: it runs no atfork handlers of the backend, whose
// threads may be at work in this process.
absl::StatusOr<std::unique_ptr<ProgramProcess>> ProgramProcess::Start(
    const ProgramCommand& command) {
  std::vector<char*> argv;
  for (const std::string& argument : command.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> environment;
  if (!command.environment.empty()) {
    environment.push_back(const_cast<char*>(command.environment.c_str()));
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    environment.push_back(*entry);
  }
  environment.push_back(nullptr);

  SpawnAttributes spawn;
  posix_spawnattr_setflags(&spawn.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&spawn.attributes, 0);
  sigset_t no_signals;
  sigemptyset(&no_signals);
  posix_spawnattr_setsigmask(&spawn.attributes, &no_signals);
  constexpr int kCreate = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
  posix_spawn_file_actions_addopen(&spawn.actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&spawn.actions, STDOUT_FILENO,
                                   command.output.c_str(), kCreate, 0600);
  posix_spawn_file_actions_addopen(&spawn.actions, STDERR_FILENO,
                                   command.errors.c_str(), kCreate, 0600);
  pid_t pid = -1;
  const int code =
      posix_spawn(&pid, "/proc/self/exe", &spawn.actions, &spawn.attributes,
                  argv.data(), environment.data());
  if (code != 0) return Fault("posix_spawn", code);
  return std::make_unique<PosixProgramProcess>(pid);
}

}  // namespace procspec::harness
