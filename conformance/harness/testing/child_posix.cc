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

#include "conformance/harness/testing/child.h"

extern char** environ;

namespace procspec::harness {
namespace {

[[noreturn]] void Die(const char* call) {
  std::perror(call);
  std::abort();
}

class PosixChild : public Child {
 public:
  PosixChild(pid_t pid, int out) : pid_(pid), out_(out) {}

  ~PosixChild() override {
    if (ended_) return;
    kill(pid_, SIGKILL);
    Wait();
  }

  int64_t pid() const override { return pid_; }

  int Wait() override {
    if (ended_) return code_;
    if (out_ >= 0) {
      char chunk[4096];
      ssize_t n;
      while ((n = read(out_, chunk, sizeof chunk)) > 0) {
        output_.append(chunk, static_cast<size_t>(n));
      }
      close(out_);
    }
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR) Die("waitpid");
    }
    ended_ = true;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return code_;
  }

 private:
  const pid_t pid_;
  const int out_;  // -1: not captured
  bool ended_ = false;
  int code_ = -1;
};

}  // namespace

std::unique_ptr<Child> Child::Start(const ChildCommand& command) {
  const std::string program =
      command.program.empty() ? "/proc/self/exe" : command.program;
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : command.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<std::string> added;
  for (const auto& [name, value] : command.environment) {
    added.push_back(name + "=" + value);
  }
  std::vector<char*> environment;  // the first of a name counts
  for (std::string& entry : added) environment.push_back(entry.data());
  for (char** entry = environ; *entry != nullptr; ++entry) {
    environment.push_back(*entry);
  }
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  if (pipe2(in, O_CLOEXEC) != 0) Die("pipe2");
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  if (command.capture_output) {
    if (pipe2(out, O_CLOEXEC) != 0) Die("pipe2");
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDERR_FILENO);
  }
  // It fits into the pipe.
  const std::string input = command.input.value_or("");
  if (write(in[1], input.data(), input.size()) !=
      static_cast<ssize_t>(input.size())) {
    Die("write");
  }
  close(in[1]);
  pid_t pid = -1;
  errno = posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(),
                      environment.data());
  if (errno != 0) Die("posix_spawn");
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  if (out[1] >= 0) close(out[1]);
  return std::make_unique<PosixChild>(pid, out[0]);
}

void WaitForEver() {
  while (true) pause();
}

}  // namespace procspec::harness
