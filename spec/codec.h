// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_CODEC_H_
#define PROCSPEC_SPEC_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/error.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec {

// The one encoding of values into frames of bytes: MessagePack, text as str,
// bytes as bin, handles as an extension that only inheritance can carry.
//
// Handles: an encoder without a HandleWriter refuses a handle with Sharing
// (a LocalObject with Serialisation); what was appended to the frame is then
// taken back, so nothing half-encoded is ever sent.

// Turns handles into numbers while a process is being started.
class HandleWriter {
 public:
  virtual ~HandleWriter() = default;
  virtual absl::StatusOr<uint32_t> Write(const Handle& handle) = 0;
};

// The inverse, in the child.
class HandleReader {
 public:
  virtual ~HandleReader() = default;
  virtual absl::StatusOr<Handle> Read(uint32_t number) = 0;
};

// Appends the encoding of `value` to `frame`. Deeper than kMaxDepth levels of
// lists and dicts: Serialisation.
inline constexpr int kMaxDepth = 100;
absl::Status Encode(const Value& value, std::string& frame,
                    HandleWriter* handles = nullptr);

// Decodes a frame that holds exactly one value. Every length is checked against
// the frame before anything is allocated; a malformed, truncated or too deep
// frame, or one with bytes left over, is the Serialisation error.
absl::StatusOr<Value> Decode(std::string_view frame,
                             HandleReader* handles = nullptr);

// Calls and errors as values, so that they travel in the same frames.
Value ToValue(const Arguments& arguments);
absl::StatusOr<Arguments> ArgumentsFrom(const Value& value);
Value ToValue(const ErrorDetail& detail);
absl::StatusOr<ErrorDetail> ErrorDetailFrom(const Value& value);

}  // namespace procspec

#endif  // PROCSPEC_SPEC_CODEC_H_
