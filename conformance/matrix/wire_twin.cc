// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/matrix/wire_twin.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/register.h"

namespace procspec {

bool RegisterWireTwin(std::string_view name, std::string_view program,
                      Capability start) {
  std::error_code error;
  const std::filesystem::path own =
      std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string path = own.parent_path() / program;
  CapabilitySet capabilities = CapabilitySet::All();
  capabilities.Remove(Capability::kStartFork);
  capabilities.Remove(Capability::kStartSpawn);
  capabilities.Add(start);
  return wire::RegisterWireBackend(
      {.name = absl::StrCat("wire-", name),
       .command = {path, absl::StrCat("--backend=", name)},
       .capabilities = capabilities,
       .unavailable = [path]() -> std::string {
         std::error_code ignored;
         if (std::filesystem::exists(path, ignored)) return "";
         return absl::StrCat("there is no ", path);
       }});
}

}  // namespace procspec
