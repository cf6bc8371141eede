// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_MUTANTS_BASE_H_
#define PROCSPEC_CONFORMANCE_MUTANTS_BASE_H_

#include <string_view>

// The right backends that mutants vary, by name: those that a platform has.

namespace procspec::mutants {

// The usual one. By fork, where there is one.
extern const std::string_view kUsualBase;

// The one that starts a child as a fresh image of the program.
extern const std::string_view kFreshImageBase;

}  // namespace procspec::mutants

#endif  // PROCSPEC_CONFORMANCE_MUTANTS_BASE_H_
