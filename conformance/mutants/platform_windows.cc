// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/mutants/platform.h"

namespace procspec::mutants {

constinit const std::string_view kUsualBase = "reference-createprocess";
constinit const std::string_view kFreshImageBase = "reference-createprocess";

constinit const bool kKillIsTerminate = true;

void ForgetEndedChildren() {}

}  // namespace procspec::mutants
