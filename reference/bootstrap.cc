// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/bootstrap.h"

#include <atomic>

#include "reference/os/process.h"
#include "spec/error.h"

namespace procspec::reference {
namespace {

enum class State {
  kUnknown,   // nobody has asked the system yet
  kRunning,   // a main program, or a child that knows what to run
  kUnguided,  // a spawned child that does not know yet
  kFailed,    // as kUnguided, and it tried to start a process
};

std::atomic<State> state = State::kUnknown;

State Now() {
  State now = state;
  if (now == State::kUnknown) {
    // Another thread may ask, and decide, meanwhile: it finds the same.
    const State found = os::IsSpawned() ? State::kUnguided : State::kRunning;
    if (state.compare_exchange_strong(now, found)) now = found;
  }
  return now;
}

}  // namespace

absl::Status CheckMayStart() {
  if (Now() == State::kRunning) return absl::OkStatus();
  state = State::kFailed;
  return BootstrappingError(
      "this process is being started itself: main must call MaybeRunAsChild "
      "before it starts processes");
}

bool FinishBootstrap() {
  return state.exchange(State::kRunning) != State::kFailed;
}

bool BootstrapWasMissed() { return Now() != State::kRunning; }

}  // namespace procspec::reference
