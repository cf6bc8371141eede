// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_PRIVATE_FILES_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_PRIVATE_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

// Files and directories of this user alone. That there is one of the name
// already is an error.

namespace procspec::wire {

absl::Status MakePrivateDirectory(const std::string& path);
absl::Status WritePrivateFile(const std::string& path,
                              std::string_view content);

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_PRIVATE_FILES_H_
