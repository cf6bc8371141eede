// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "reference/os/test_child.h"
#include "reference/os/time.h"

namespace procspec::os {
namespace {

constexpr absl::Duration kGuard = absl::Seconds(30);

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::abort();
}

}  // namespace

TestLine::~TestLine() {
  close(in_);
  close(out_);
}

void TestLine::Say(int64_t what) {
  if (write(out_, &what, sizeof what) != sizeof what) _exit(3);
}

int64_t TestLine::Hear() {
  if (QuietFor(kGuard)) {
    errno = ETIMEDOUT;
    Fail("the other side of a test says nothing");
  }
  int64_t what = 0;
  if (read(in_, &what, sizeof what) != sizeof what) {
    Fail("the other side of a test has ended");
  }
  return what;
}

bool TestLine::QuietFor(absl::Duration time) {
  const Deadline deadline(time);
  for (;;) {
    pollfd line{.fd = in_, .events = POLLIN, .revents = 0};
    const absl::Duration left = deadline.Remaining();
    const int n =
        poll(&line, 1, static_cast<int>(absl::ToInt64Milliseconds(left) + 1));
    if (n > 0) return false;
    if (n == 0 && deadline.HasPassed()) return true;
  }
}

TestChild::TestChild(const std::function<void(TestLine&)>& body) {
  int down[2];
  int up[2];
  if (pipe(down) != 0 || pipe(up) != 0) Fail("pipe");
  signal(SIGPIPE, SIG_IGN);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) Fail("fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(3);
    close(down[1]);
    close(up[0]);
    {
      TestLine line(down[0], up[1]);
      body(line);
    }
    _exit(0);
  }
  close(down[0]);
  close(up[1]);
  line_ = new TestLine(up[0], down[1]);
}

void TestChild::KillWithoutReaping() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  siginfo_t info;
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) !=
         0) {
    if (errno != EINTR) Fail("waitid");
  }
}

void TestChild::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  Join();
}

bool TestChild::Join() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) Fail("waitpid");
  }
  pid_ = 0;
  delete line_;
  line_ = nullptr;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void PassRandomTime(absl::Duration most) {
  static std::minstd_rand random(20260101);
  const int64_t most_nanos = absl::ToInt64Nanoseconds(most);
  const Deadline end(absl::Nanoseconds(
      std::uniform_int_distribution<int64_t>(1, most_nanos)(random)));
  while (!end.HasPassed()) {
  }
}

}  // namespace procspec::os
