// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/harness/case.h"
#include "conformance/harness/testing/sample_os.h"

namespace procspec::harness {

void CloseStandardOutput() { close(STDOUT_FILENO); }

bool WasAborted(const ProgramResult& result) {
  return !result.exit_code.has_value() && result.signal == SIGABRT;
}

bool WasKilled(const ProgramResult& result) {
  return !result.exit_code.has_value() && result.signal == SIGKILL;
}

// As a backend whose child comes back from where it was forked.
PROCSPEC_CASE("queue.put.timeout-full", "goes-on-in-a-child") {
  if (fork() > 0) {
    wait(nullptr);
    _exit(0);
  }
}

}  // namespace procspec::harness
