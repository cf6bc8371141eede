// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <optional>

#include "reference/os/fork_server.h"
#include "spec/error.h"

namespace procspec::os {

absl::Status CheckForkServer() {
  return NotImplementedError("this system starts no process as a copy");
}

absl::StatusOr<std::unique_ptr<ForkServer>> ForkServer::New() {
  return CheckForkServer();
}

ForkServer::ForkServer(UniqueFile, Child) {}
ForkServer::~ForkServer() = default;

bool ForkServer::HasOurEnvironment() const { return true; }

absl::StatusOr<std::optional<Child>> ForkServer::Start(
    std::string_view, absl::Span<const NativeHandle>) {
  return CheckForkServer();
}

void ForkServer::Forget() {}

bool IsFromForkServer(int, char**) { return false; }

std::string_view ServedBytes() { return {}; }

}  // namespace procspec::os
