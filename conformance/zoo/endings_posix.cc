// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <unistd.h>

#include "conformance/zoo/acts.h"
#include "conformance/zoo/daemon.h"
#include "conformance/zoo/tools.h"

// Cases that do not end, or end too early.

namespace procspec::zoo {

absl::Status IgnoreSignals(const Scene&) {
  IgnoreEndingSignals();
  SleepForEver();
}

absl::Status StopItself(const Scene&) {
  raise(SIGSTOP);
  SleepForEver();
}

absl::Status AnswerLate(const Scene& scene) {
  static const Scene kept = scene;
  struct sigaction action = {};
  action.sa_handler = [](int) {
    PutFile(kept.result_path(), PassWith("late"));
    _exit(0);
  };
  sigaction(SIGTERM, &action, nullptr);
  SleepForEver();
}

absl::Status BecomeAnotherProgram(const Scene&) {
  execl("/bin/true", "true", nullptr);
  return absl::InternalError("there is no /bin/true");
}

absl::Status KillItsGroup(const Scene&) {
  kill(0, SIGKILL);
  SleepForEver();
}

absl::Status KillItsParent(const Scene&) {
  kill(getppid(), SIGKILL);
  SleepForEver();
}

absl::Status StopItsParent(const Scene&) {
  kill(getppid(), SIGSTOP);
  SleepForEver();
}

}  // namespace procspec::zoo
