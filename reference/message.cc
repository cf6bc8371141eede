// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/message.h"

#include <cstddef>

#include "spec/codec.h"
#include "spec/error.h"

namespace procspec::reference {
namespace {

// What a thread may keep for its next message.
constexpr size_t kMostToKeep = size_t{1} << 20;

}  // namespace

absl::StatusOr<Value> ValueIn(std::string_view message, Ring::Tag tag) {
  if (tag != kValueTag) {
    return SerialisationError("the message holds bytes, not a value");
  }
  return Decode(message);
}

std::string& ScratchMessage() {
  thread_local std::string scratch;
  if (scratch.capacity() > kMostToKeep) scratch = std::string();
  scratch.clear();
  return scratch;
}

}  // namespace procspec::reference
