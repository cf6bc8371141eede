// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <string_view>

#include "conformance/matrix/wire_twin.h"

namespace procspec {
namespace {

// Some of each kind: wrong in an object, in what a child runs with, in how a
// process ends, and in children that are fresh images.
constexpr std::string_view kByFork[] = {
    "asyncresult-is-always-successful",
    "barrier-runs-its-action-twice",
    "condition-needs-no-lock",
    "lock-is-released-by-its-holder-only",
    "pipe-swaps-messages",
    "pool-forgets-error-callbacks",
    "pool-initializes-workers-twice",
    "process-positional-bytes-become-text",
    "process-target-beats-type",
    "queue-end-does-not-flush",
    "queue-inherited-global-is-another-queue",
    "queue-is-never-full",
};
constexpr std::string_view kFresh[] = {
    "start-method-failed-bootstrap-exits-zero",
};

[[maybe_unused]] const bool registered = [] {
  for (const std::string_view name : kByFork) {
    RegisterWireTwin(name, "wire_mutant_testee", Capability::kStartFork);
  }
  for (const std::string_view name : kFresh) {
    RegisterWireTwin(name, "wire_mutant_testee", Capability::kStartSpawn);
  }
  return true;
}();

}  // namespace
}  // namespace procspec
