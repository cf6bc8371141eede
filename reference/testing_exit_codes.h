// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_TESTING_EXIT_CODES_H_
#define PROCSPEC_REFERENCE_TESTING_EXIT_CODES_H_

#include "reference/os/process.h"

namespace procspec::reference {

// What the end of a process looks like, for tests on both kinds of system: one
// with signals, and so with fork, or one without.
struct ExitCodes {
  int killed;
  int aborted;
  int invalid_access;
};

inline ExitCodes TheExitCodes() {
  if (os::HasFork())
    return {.killed = -9, .aborted = -6, .invalid_access = -11};
  return {.killed = -15,
          .aborted = 3,
          .invalid_access = static_cast<int>(0xC0000005)};
}

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_TESTING_EXIT_CODES_H_
