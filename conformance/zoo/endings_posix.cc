// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdexcept>

#include "conformance/zoo/acts.h"
#include "conformance/zoo/tools.h"

// Cases that do not end, or end too early.

namespace procspec::zoo {

absl::Status Loop(const Scene&) {
  for (volatile bool on = true; on;) {
  }
  return absl::OkStatus();
}

absl::Status IgnoreSignals(const Scene&) {
  IgnoreEndingSignals();
  SleepForEver();
}

absl::Status StopItself(const Scene&) {
  raise(SIGSTOP);
  SleepForEver();
}

absl::Status HangAtExit(const Scene&) {
  AtLastFlush([] { SleepForEver(); });
  return absl::OkStatus();
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

absl::Status ExitWithZero(const Scene&) { _exit(0); }

absl::Status ExitAsIfMisused(const Scene&) { _exit(2); }

absl::Status ExitNormally(const Scene&) { exit(0); }

absl::Status BecomeAnotherProgram(const Scene&) {
  execl("/bin/true", "true", nullptr);
  return absl::InternalError("there is no /bin/true");
}

absl::Status Abort(const Scene&) { abort(); }

namespace {

[[gnu::noinline]] int Deeper(const volatile char* above) {
  volatile char frame[4096];
  frame[0] = *above;
  if (frame[0] == 'x') return 0;  // never
  return Deeper(frame) + frame[0];
}

}  // namespace

absl::Status OverflowTheStack(const Scene&) {
  const volatile char bottom = 'o';
  return absl::InternalError(Deeper(&bottom) == 0 ? "zero" : "not zero");
}

absl::Status ThrowSomething(const Scene&) {
  throw std::runtime_error("thrown on purpose");
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
