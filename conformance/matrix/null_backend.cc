// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// An adapter whose factory gives nothing.

#include <memory>

#include "conformance/harness/backend_registry.h"
#include "spec/backend.h"

namespace procspec::harness {
namespace {

[[maybe_unused]] const bool registered =
    RegisterBackend({.name = "gives-nothing",
                     .factory = [] { return std::shared_ptr<Backend>(); }});

}  // namespace
}  // namespace procspec::harness
