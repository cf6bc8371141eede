// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/children.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace procspec::bench {
namespace {

constexpr int64_t kWaitNs = 30'000'000'000;
constexpr int64_t kStartNs = 10'000'000'000;

}  // namespace

void Die(const char* what) {
  std::perror(what);
  _exit(1);
}

pid_t Fork(absl::FunctionRef<void()> run) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) Die("fork");
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == parent) run();
  _exit(0);
}

bool Reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) Die("waitpid");
  }
  return status == 0;
}

Children::~Children() {
  for (const pollfd& child : ends_) close(child.fd);
  for (pid_t pid : pids_) kill(pid, SIGKILL);
  for (pid_t pid : pids_) Reap(pid);
}

void Children::Start(absl::FunctionRef<void()> run) {
  pids_.push_back(Fork(run));
  // Not <sys/pidfd.h>: that of glibc 2.36 cannot be linked from C++.
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pids_.back(), 0));
  if (fd < 0) Die("pidfd_open");
  ends_.push_back({.fd = fd, .events = POLLIN});
}

absl::Status Children::Wait() {
  const int64_t deadline_ns = NowNs() + kWaitNs;
  while (!pids_.empty()) {
    const int64_t left_ms = (deadline_ns - NowNs()) / 1'000'000;
    if (left_ms <= 0) {
      return absl::DeadlineExceededError("a participant did not end");
    }
    // An interrupted one has seen nothing end.
    for (pollfd& child : ends_) child.revents = 0;
    poll(ends_.data(), ends_.size(), static_cast<int>(left_ms));
    for (size_t i = pids_.size(); i-- > 0;) {
      if (ends_[i].revents == 0) continue;
      const pid_t pid = pids_[i];
      close(ends_[i].fd);
      ends_.erase(ends_.begin() + i);
      pids_.erase(pids_.begin() + i);
      if (!Reap(pid)) {
        return absl::AbortedError("a participant failed; see standard error");
      }
    }
  }
  return absl::OkStatus();
}

void StartLine::Wait() {
  waiting_.fetch_add(1);
  FutexWake(waiting_, 1);
  while (open_.load() == 0) FutexWait(open_, 0);
}

absl::Status StartLine::Open(uint32_t participants, int64_t& opened_ns) {
  const int64_t deadline_ns = NowNs() + kStartNs;
  for (;;) {
    const uint32_t waiting = waiting_.load();
    if (waiting == participants) break;
    if (NowNs() >= deadline_ns) {
      return absl::DeadlineExceededError(
          absl::StrCat(waiting, " of ", participants, " participants came"));
    }
    FutexWait(waiting_, waiting);
  }
  opened_ns = NowNs();
  open_.store(1);
  FutexWake(open_, kEverybody);
  return absl::OkStatus();
}

void PinToOneProcessor() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) Die("getaffinity");
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) Die("setaffinity");
    return;
  }
}

}  // namespace procspec::bench
