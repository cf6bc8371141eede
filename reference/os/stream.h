// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_STREAM_H_
#define PROCSPEC_REFERENCE_OS_STREAM_H_

#include <string_view>

#include "absl/status/status.h"
#include "spec/backend.h"

namespace procspec::os {

// Writes all of `text`, past the buffers of C and C++. In one piece, as far as
// the system does that for its length. Os: the system refused.
absl::Status Write(StandardStream stream, std::string_view text);

// Writes out what C and C++ streams hold back for standard output and error.
// Before a fork, so that it does not come out twice, and before ExitNow.
void FlushStandardStreams();

// Makes standard input empty. Standard input may have been closed before. With
// a call of the first before a fork, the second is quick in the child.
void PrepareEmptyStandardInput();
void EmptyStandardInput();

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_STREAM_H_
