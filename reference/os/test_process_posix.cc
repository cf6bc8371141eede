// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "reference/os/posix.h"
#include "reference/os/test_process.h"

namespace procspec::os {

struct TestProcess::Native {
  pid_t pid;
};

namespace {

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::abort();
}

}  // namespace

// A forked copy: it needs neither the name nor a handle of the memory.
TestProcess::TestProcess(const TestBody& body, SharedMemory& memory,
                         int64_t argument) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) Fail("fork");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(3);
    body.Run(memory, argument);
    _exit(0);
  }
  native_ = new Native{pid};
}

void TestProcess::Kill() {
  kill(native_->pid, SIGKILL);
  siginfo_t info;
  if (RetryOnInterrupt([&] {
        return waitid(P_PID, static_cast<id_t>(native_->pid), &info,
                      WEXITED | WNOWAIT);
      }) != 0) {
    Fail("waitid");
  }
}

void TestProcess::Stop() { kill(native_->pid, SIGSTOP); }

bool TestProcess::Join() {
  int status = 0;
  if (RetryOnInterrupt([&] { return waitpid(native_->pid, &status, 0); }) < 0) {
    Fail("waitpid");
  }
  delete native_;
  native_ = nullptr;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void MaybeRunTestBody(int, char**) {}

}  // namespace procspec::os
