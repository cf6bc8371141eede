// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_SYSTEM_H_
#define PROCSPEC_CONFORMANCE_HARNESS_SYSTEM_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/clause.h"

// What the testee's main needs of the operating system. (The judge has its own
// few calls: it must not lean on the os layer of what it judges.)

// All strings are UTF-8, whatever the system's own encoding is.

namespace procspec::harness {

// Whose clauses are judged here: kPosix or kWindows.
ClausePlatform ThisPlatform();

// The first thing in main, of children too: standard streams pass bytes as they
// are, and a crash ends the process without asking anybody.
void SetUpProcess();

// What main was called with.
std::vector<std::string> ProgramArguments(int argc, char** argv);

// nullopt: it is not set.
std::optional<std::string> EnvironmentVariable(const std::string& name);

// Writes the file by a rename: it is there whole or not at all.
absl::Status WriteFile(const std::string& path, std::string_view content);

// The same, but AlreadyExists if there is anything of that name.
absl::Status WriteNewFile(const std::string& path, std::string_view content);

// At most `limit` bytes of the file's beginning.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit);

// Removes what test frameworks and Bazel would read from the environment:
// filters, shards and report files that are not meant for a case.
void ForgetTestEnvironment();

// Whether a variable of that name is one of these.
bool IsOfTestFramework(std::string_view name);

// Which files the three standard streams are, to be compared with a later
// answer: different if one was closed or replaced meanwhile.
std::string StandardStreams();

// Ends the process at once: output is flushed, but no exit handlers, no
// destructors of statics.
[[noreturn]] void ExitNow(int code);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_SYSTEM_H_
