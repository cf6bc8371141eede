// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ZOO_TOOLS_H_
#define PROCSPEC_CONFORMANCE_ZOO_TOOLS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What several acts need.

namespace procspec::zoo {

[[noreturn]] void SleepForEver();

// Ends as a case that passed, at once.
[[noreturn]] void ExitPassing();

// Calls `act` when the process flushes all its streams, which the judge does
// last of all.
void AtLastFlush(std::function<void()> act);

// Calls `act` where an exception of the system meets no handler: in the process
// of a case GoogleTest may have one.
void BeyondHandlers(const std::function<void()>& act);

// What this process was started with.
std::vector<std::string> OwnArguments();
std::string OwnEnvironment();

// All of this process's own memory that it may read and write, but for what is
// of a file: nothing that the program was built with.
void ForEachOwnMemory(const std::function<void(std::string_view)>& visit);

// Replaces what is there. These two use no streams, which a flush of all may
// have locked.
void PutFile(const std::string& path, std::string_view content);
std::string ContentOf(const std::string& path);

// A result as the judge would write it.
std::string PassWith(std::string_view proof);

inline constexpr std::string_view kWrongProof =
    "0123456789abcdef0123456789abcdef";

}  // namespace procspec::zoo

#endif  // PROCSPEC_CONFORMANCE_ZOO_TOOLS_H_
