// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/private_ipc.h"

// Windows frees a file mapping, a semaphore and any other named object with the
// last handle to it, hence at the latest with the last process that has one.

namespace procspec::runner {

IpcWatch PermittedPrivateIpc(const std::vector<std::string>&) {
  return IpcWatch::kNothingOutlives;
}

absl::Status EnterPrivateIpc(IpcWatch) {
  return absl::UnimplementedError("there are no namespaces to enter");
}

std::vector<Leak> ListIpc() { return {}; }

}  // namespace procspec::runner
