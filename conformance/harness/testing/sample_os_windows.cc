// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <io.h>

#include "conformance/harness/probe.h"
#include "conformance/harness/testing/sample_os.h"

namespace procspec::harness {
namespace {

constexpr int kAbortExitCode = 3;  // of the C runtime, which asks nobody

}  // namespace

void CloseStandardOutput() { _close(1); }

bool WasAborted(const ProgramResult& result) {
  return result.exit_code == kAbortExitCode && !result.signal.has_value();
}

bool WasKilled(const ProgramResult& result) {
  return result.exit_code == kKilledExitCode && !result.signal.has_value();
}

}  // namespace procspec::harness
