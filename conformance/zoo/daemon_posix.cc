// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/zoo/daemon.h"
#include "conformance/zoo/tools.h"

namespace procspec::zoo {

void IgnoreEndingSignals() {
  for (int s : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) signal(s, SIG_IGN);
}

void InADaemon(const std::function<void()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    setsid();
    IgnoreEndingSignals();
    act();
    SleepForEver();
  }
  waitpid(child, nullptr, 0);
}

}  // namespace procspec::zoo
