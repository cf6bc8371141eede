// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/register.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "conformance/adapters/node/testee_script.h"
#include "spec/capability.h"

// Node's child_process: testee.js, run by the system's Node.

namespace procspec::node {
namespace {

constexpr char kNode[] = "/usr/bin/node";

[[maybe_unused]] const bool registered = wire::RegisterWireBackend({
    .name = "node",
    .command = {kNode, std::string(wire::kScript)},
    .capabilities = {Capability::kProcess, Capability::kTerminate,
                     Capability::kStartSpawn, Capability::kGlobals,
                     Capability::kStdio, Capability::kPrograms},
    .unavailable = []() -> std::string {
      std::error_code error;
      if (std::filesystem::exists(kNode, error)) return "";
      return "there is no /usr/bin/node; apt-get install nodejs installs it";
    },
    .script = {.name = "testee.js", .content = kTesteeJs},
});

}  // namespace
}  // namespace procspec::node
