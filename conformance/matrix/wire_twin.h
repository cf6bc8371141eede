// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_MATRIX_WIRE_TWIN_H_
#define PROCSPEC_CONFORMANCE_MATRIX_WIRE_TWIN_H_

#include <string_view>

#include "spec/capability.h"

namespace procspec {

// Registers "wire-NAME": the backend NAME, which `program` serves over the
// wire. The program is in the directory of this one. `start` is NAME's start
// method; otherwise it has every capability.
bool RegisterWireTwin(std::string_view name, std::string_view program,
                      Capability start);

}  // namespace procspec

#endif  // PROCSPEC_CONFORMANCE_MATRIX_WIRE_TWIN_H_
