// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_ENTRY_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_ENTRY_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/capability.h"

namespace procspec::wire {

// A script that is linked in, for an interpreter. The argument of the command
// that is kScript becomes the path of a file with it.
struct WireScript {
  std::string name;  // of the file: "testee.py"
  std::string_view content;
};
inline constexpr std::string_view kScript = "{script}";

struct WireBackendEntry {
  std::string name;  // kebab-case
  // Found as by a shell; the path of the socket is appended. Nothing is started
  // before the first operation.
  std::vector<std::string> command;
  CapabilitySet capabilities;
  // As BackendEntry::unavailable.
  std::function<std::string()> unavailable = {};
  std::vector<std::string> environment = {};  // NAME=value, added
  WireScript script = {};
  std::vector<WireScript> beside = {};  // in the directory of the script
};

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_ENTRY_H_
