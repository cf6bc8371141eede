// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ZOO_TOOLS_H_
#define PROCSPEC_CONFORMANCE_ZOO_TOOLS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// What several acts need.

namespace procspec::zoo {

[[noreturn]] void SleepForEver();

// All that ask a process to end.
void IgnoreEndingSignals();

// Calls `act` when the process flushes all its streams, which the judge does
// last of all.
void AtLastFlush(std::function<void()> act);

// Runs `act`, then sleeps, in a process that has left the tree of this one as
// well as it can: by a new session and a parent that ends.
void InADaemon(const std::function<void()>& act);

// Replaces what is there.
void PutFile(const std::string& path, std::string_view content);

// A result as the judge would write it.
std::string PassWith(std::string_view proof);

}  // namespace procspec::zoo

#endif  // PROCSPEC_CONFORMANCE_ZOO_TOOLS_H_
