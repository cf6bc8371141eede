// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/mutants/base.h"

namespace procspec::mutants {

constinit const std::string_view kUsualBase = "reference-fork";
constinit const std::string_view kFreshImageBase = "reference-spawn";

}  // namespace procspec::mutants
