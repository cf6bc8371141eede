// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/register.h"
#include "conformance/harness/backend_registry.h"

// The reference over the wire: wire-reference-fork and wire-reference-spawn,
// which have to get the same verdicts as without.

namespace procspec {
namespace {

// The testee is built beside whatever program this is linked into.
std::string TesteePath() {
  std::error_code error;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", error);
  return program.parent_path() / "wire_testee";
}

std::string WhyUnavailable() {
  std::error_code error;
  if (std::filesystem::exists(TesteePath(), error)) return "";
  return absl::StrCat("there is no ", TesteePath());
}

[[maybe_unused]] const bool registered = [] {
  for (const Capability start :
       {Capability::kStartFork, Capability::kStartSpawn}) {
    const std::string base =
        start == Capability::kStartFork ? "reference-fork" : "reference-spawn";
    CapabilitySet capabilities = CapabilitySet::All();
    capabilities.Remove(Capability::kStartFork);
    capabilities.Remove(Capability::kStartSpawn);
    capabilities.Add(start);
    wire::RegisterWireBackend(
        {.name = absl::StrCat("wire-", base),
         .command = {TesteePath(), absl::StrCat("--backend=", base)},
         .capabilities = capabilities,
         .unavailable = &WhyUnavailable});
  }
  return true;
}();

}  // namespace
}  // namespace procspec
