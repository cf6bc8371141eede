// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>

#include "conformance/mutants/platform.h"

namespace procspec::mutants {

constinit const std::string_view kUsualBase = "reference-fork";
constinit const std::string_view kFreshImageBase = "reference-spawn";

constinit const bool kKillIsTerminate = false;

void ForgetEndedChildren() { signal(SIGCHLD, SIG_IGN); }

}  // namespace procspec::mutants
