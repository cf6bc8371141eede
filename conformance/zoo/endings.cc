// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <cstdlib>
#include <stdexcept>

#include "conformance/zoo/acts.h"
#include "conformance/zoo/tools.h"

// Cases that do not end, or end too early, in the same way everywhere.

namespace procspec::zoo {

absl::Status Loop(const Scene&) {
  for (volatile bool on = true; on;) {
  }
  return absl::OkStatus();
}

absl::Status HangAtExit(const Scene&) {
  AtLastFlush([] { SleepForEver(); });
  return absl::OkStatus();
}

absl::Status ExitWithZero(const Scene&) { std::_Exit(0); }

absl::Status ExitAsIfMisused(const Scene&) { std::_Exit(2); }

absl::Status ExitNormally(const Scene&) { std::exit(0); }

absl::Status Abort(const Scene&) { std::abort(); }

namespace {

int Deeper(const volatile char* above);

// What it points to is not known when this is compiled, hence not a loop.
int (*volatile deeper)(const volatile char*) = Deeper;

int Deeper(const volatile char* above) {
  volatile char frame[4096];
  frame[0] = *above;
  if (frame[0] == 'x') return 0;  // never
  return deeper(frame) + frame[0];
}

}  // namespace

absl::Status OverflowTheStack(const Scene&) {
  int depth = 0;
  BeyondHandlers([&depth] {
    const volatile char bottom = 'o';
    depth = deeper(&bottom);
  });
  return absl::InternalError(depth == 0 ? "zero" : "not zero");
}

absl::Status ThrowSomething(const Scene&) {
  throw std::runtime_error("thrown on purpose");
}

}  // namespace procspec::zoo
