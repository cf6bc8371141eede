// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <optional>

#include "conformance/harness/backend_registry.h"
#include "reference/backend.h"
#include "reference/child.h"

namespace procspec::adapters {
namespace {

using reference::NewBackend;
using reference::StartMethod;

[[maybe_unused]] const bool fork_is_registered = harness::RegisterBackend(
    "reference-fork", [] { return NewBackend(StartMethod::kFork); });

[[maybe_unused]] const bool spawn_is_registered = harness::RegisterBackend(
    "reference-spawn", [] { return NewBackend(StartMethod::kSpawn); });

[[maybe_unused]] const bool entry_is_registered = harness::RegisterChildEntry(
    [](int argc, char** argv) -> std::optional<int> {
      reference::MaybeRunAsChild(argc, argv);
      return std::nullopt;
    });

}  // namespace
}  // namespace procspec::adapters
