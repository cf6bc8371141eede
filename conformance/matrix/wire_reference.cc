// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/matrix/wire_twin.h"

namespace procspec {
namespace {

[[maybe_unused]] const bool registered =
    RegisterWireTwin("reference-fork", "wire_testee", Capability::kStartFork) &&
    RegisterWireTwin("reference-spawn", "wire_testee", Capability::kStartSpawn);

}  // namespace
}  // namespace procspec
