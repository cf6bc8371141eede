// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/commands.h"

namespace procspec::runner {
ExitCode KillMatrixCommand(const KillMatrixOptions&, const Streams& streams) {
  return Fail(streams, {ExitCode::kUsage, "not yet"});
}
}  // namespace procspec::runner
