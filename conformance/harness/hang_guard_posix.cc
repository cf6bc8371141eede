// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "conformance/harness/hang_guard.h"

namespace procspec::harness {
namespace {

struct Outcome {
  std::string content;
  int exit_code;
};

// All that the handler reads. What is replaced is not freed: it may be reading
// it.
std::atomic<const Outcome*> outcome{nullptr};
std::atomic<const std::string*> final_path{nullptr};
std::atomic<const std::string*> temporary_path{nullptr};
std::atomic<pid_t> owner{0};

// Async-signal-safe calls only.
void OnAlarm(int) {
  const Outcome* const struck = outcome.load();
  if (struck == nullptr || getpid() != owner.load()) return;
  const int fd = open(temporary_path.load()->c_str(),
                      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd >= 0) {
    const char* data = struck->content.data();
    size_t left = struck->content.size();
    while (left > 0) {
      const ssize_t n = write(fd, data, left);
      if (n <= 0) break;
      data += n;
      left -= static_cast<size_t>(n);
    }
    if (left == 0) {
      rename(temporary_path.load()->c_str(), final_path.load()->c_str());
    }
  }
  _exit(struck->exit_code);
}

void SetTimer(absl::Duration patience) {
  itimerval timer = {};
  timer.it_value = absl::ToTimeval(patience);
  if (setitimer(ITIMER_REAL, &timer, nullptr) != 0) {
    std::perror("procspec: setitimer");
    std::abort();
  }
}

}  // namespace

void SetHangOutcome(std::string content, int exit_code) {
  outcome.store(new Outcome{std::move(content), exit_code});
}

void ArmHangGuard(absl::Duration patience, const std::string& path) {
  final_path.store(new std::string(path));
  temporary_path.store(new std::string(path + ".hung"));
  owner.store(getpid());
  struct sigaction action = {};
  action.sa_handler = OnAlarm;
  if (sigaction(SIGALRM, &action, nullptr) != 0) {
    std::perror("procspec: sigaction");
    std::abort();
  }
  SetTimer(patience);
}

void DisarmHangGuard() { SetTimer(absl::ZeroDuration()); }

}  // namespace procspec::harness
