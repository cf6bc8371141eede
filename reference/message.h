// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_MESSAGE_H_
#define PROCSPEC_REFERENCE_MESSAGE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "reference/ring.h"
#include "spec/value.h"

namespace procspec::reference {

// What the messages of queues and connections hold.
inline constexpr Ring::Tag kBytesTag = 0;
inline constexpr Ring::Tag kValueTag = 1;

// The value in a message. Serialisation: it holds none.
absl::StatusOr<Value> ValueIn(std::string_view message, Ring::Tag tag);

// An empty string of the calling thread, whose storage is reused: small values
// are encoded and decoded without allocating it. Until the next call.
std::string& ScratchMessage();

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_MESSAGE_H_
