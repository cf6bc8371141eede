// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_COMPILER_HASH_H_
#define PROCSPEC_SPEC_COMPILER_HASH_H_

#include <string>
#include <string_view>

namespace procspec::compiler {

// 64-bit FNV-1a as 16 hex digits. It guards against change by accident, not
// against an attacker, so a five-line function serves. A library's hash
// (absl::Hash, std::hash) may differ from run to run and from platform to
// platform, and these are checked in.
std::string StableHash(std::string_view bytes);

}  // namespace procspec::compiler

#endif  // PROCSPEC_SPEC_COMPILER_HASH_H_
