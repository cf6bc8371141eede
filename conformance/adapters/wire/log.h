// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_LOG_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_LOG_H_

#include <string_view>

namespace procspec::wire {

enum class Direction { kSent, kReceived };

// With the environment variable PROCSPEC_WIRE_LOG=FILE every line that is sent
// (>) or comes (<) is appended to the file, with the judge's pid, the time in
// seconds, and the connection. Otherwise does nothing. Thread-safe.
void LogLine(Direction direction, std::string_view connection,
             std::string_view line);

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_LOG_H_
