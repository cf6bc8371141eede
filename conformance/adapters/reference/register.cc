// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <optional>
#include <string>

#include "conformance/harness/backend_registry.h"
#include "reference/backend.h"
#include "reference/child.h"

namespace procspec::adapters {
namespace {

[[maybe_unused]] const bool registered = [] {
  for (const reference::StartMethod method : reference::StartMethods()) {
    harness::RegisterBackend(
        {.name = std::string(reference::BackendName(method)),
         .factory = [method] { return reference::NewBackend(method); },
         .unavailable =
             [method] {
               return std::string(reference::CheckAvailable(method).message());
             }});
  }
  return true;
}();

[[maybe_unused]] const bool entry_is_registered = harness::RegisterChildEntry(
    [](int argc, char** argv) -> std::optional<int> {
      reference::MaybeRunAsChild(argc, argv);
      return std::nullopt;
    });

}  // namespace
}  // namespace procspec::adapters
