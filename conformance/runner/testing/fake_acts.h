// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_TESTING_FAKE_ACTS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_TESTING_FAKE_ACTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the fake testee does by the operating system.

namespace procspec::runner {

std::string_view Platform();  // "linux", "windows"

// From here on the standard streams take every byte as it is.
void BinaryStreams();

// Whole, whoever else writes to the file.
void AppendAtOnce(const char* path, const std::string& line);

[[noreturn]] void SleepForEver();

// The behaviours that Act() has and that a test of all of them lists.
std::vector<std::string_view> OsBehaviours();

// Behaves so. An exit code, 1 for a failure, or nothing: the case goes on and
// passes, as it does if there is no such behaviour.
std::optional<int> Act(std::string_view how, const std::string& dir);

// Where children are programs: what main does in one. Nothing if this is none.
std::optional<int> RunAsChild(int argc, char** argv);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_TESTING_FAKE_ACTS_H_
