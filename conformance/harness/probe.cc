// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/probe.h"

namespace procspec::harness {

std::string_view ProcessStateName(ProcessState state) {
  switch (state) {
    case ProcessState::kRunning:
      return "running";
    case ProcessState::kZombie:
      return "zombie";
    case ProcessState::kGone:
      return "gone";
  }
  return "?";
}

void PrintTo(ProcessState state, std::ostream* os) {
  *os << ProcessStateName(state);
}

}  // namespace procspec::harness
