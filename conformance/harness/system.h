// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_SYSTEM_H_
#define PROCSPEC_CONFORMANCE_HARNESS_SYSTEM_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// What the testee's main needs of the operating system. (The judge has its own
// few calls: it must not lean on the os layer of what it judges.)

namespace procspec::harness {

// Writes the file by a rename: it is there whole or not at all.
absl::Status WriteFile(const std::string& path, std::string_view content);

// The same, but AlreadyExists if there is anything of that name.
absl::Status WriteNewFile(const std::string& path, std::string_view content);

// At most `limit` bytes of the file's beginning.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit);

// Removes what test frameworks and Bazel would read from the environment:
// filters, shards and report files that are not meant for a case.
void ForgetTestEnvironment();

// Which files the three standard streams are, to be compared with a later
// answer: different if one was closed or replaced meanwhile.
std::string StandardStreams();

// Ends the process at once: output is flushed, but no exit handlers, no
// destructors of statics.
[[noreturn]] void ExitNow(int code);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_SYSTEM_H_
