// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_MUTANTS_PLATFORM_H_
#define PROCSPEC_CONFORMANCE_MUTANTS_PLATFORM_H_

#include <string_view>

// What mutants need to know, and to do, of the platform they run on.

namespace procspec::mutants {

// The right backends that mutants vary, by name. The usual one, by fork where
// there is one:
extern const std::string_view kUsualBase;

// And the one that starts a child as a fresh image of the program.
extern const std::string_view kFreshImageBase;

// Whether there is one way only to end a process from outside, by whatever
// name: by clause process.kill.ends.exitcode.
extern const bool kKillIsTerminate;

// Has the system forget each child of this process as it ends. Where nothing of
// an ended child remains there is nothing to do.
void ForgetEndedChildren();

}  // namespace procspec::mutants

#endif  // PROCSPEC_CONFORMANCE_MUTANTS_PLATFORM_H_
