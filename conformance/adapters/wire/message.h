// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_MESSAGE_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "spec/error.h"
#include "spec/target.h"
#include "spec/value.h"

// The messages of spec/wire.md as lines and as data. What a testee sends is
// taken only if it is exactly as the protocol has it; anything else is a
// violation, whose message tells what should have come.

namespace procspec::wire {

using Json = nlohmann::json;

inline constexpr int kVersion = 1;

// Of a line, its line break included.
inline constexpr size_t kMaxLine = 64 << 20;

// How deep lists and dicts may be nested.
inline constexpr int kMaxDepth = 200;

absl::Status Violation(std::string_view what);
bool IsViolation(const absl::Status& status);

// --- Lines -------------------------------------------------------------------

// `line` comes without its line break. Violation: no JSON object in UTF-8.
absl::StatusOr<Json> ParseLine(std::string_view line);

// With its line break. Serialisation: there is text in it that is not UTF-8, or
// it is longer than kMaxLine.
absl::StatusOr<std::string> FormatLine(const Json& message);

// --- Values ------------------------------------------------------------------

// The objects of the process to which a message goes, or from which it comes.
class Handles {
 public:
  virtual ~Handles() = default;

  // Type: it is no object of this process.
  virtual absl::StatusOr<int64_t> NumberOf(const Handle& handle) = 0;

  // Counts as received once more. Violation: of no kind that a value may hold,
  // or of another kind than before.
  virtual absl::StatusOr<Handle> Receive(int64_t number,
                                         std::string_view kind) = 0;
};

// The errors of NumberOf; Serialisation for text that is not UTF-8.
absl::StatusOr<Json> ToJson(const Value& value, Handles& handles);
absl::StatusOr<Value> ValueFrom(const Json& json, Handles& handles);

// Adds the fields `args` and `kwargs`.
absl::Status AddArguments(const Arguments& arguments, Handles& handles,
                          Json& message);
absl::StatusOr<Arguments> ArgumentsFrom(const Json& args, const Json& kwargs,
                                        Handles& handles);

Json HandleToJson(int64_t number, std::string_view kind);

struct HandleReference {
  int64_t number = 0;
  std::string kind;
};
absl::StatusOr<HandleReference> HandleFrom(const Json& json);

// The others that answers are made of. Violation: of another type.
absl::StatusOr<bool> BoolFrom(const Json& json);
absl::StatusOr<int64_t> IntegerFrom(const Json& json);
absl::StatusOr<std::string> TextFrom(const Json& json);
absl::StatusOr<std::string> BytesFrom(const Json& json);
absl::Status NullFrom(const Json& json);

std::string Base64(std::string_view data);

// In seconds; null for ever.
Json TimeoutToJson(absl::Duration timeout);

// --- Errors ------------------------------------------------------------------

// A status of no kind becomes Other, whose type is the name of its code, and
// comes back as it was.
Json ErrorToJson(const absl::Status& error);

// Into `error`, which is then not OK. Violation: it is no error.
absl::Status ErrorFrom(const Json& json, absl::Status& error);

// --- What a testee says ------------------------------------------------------

struct ProcessHello {
  int64_t pid = 0;
};
struct MainHello {};
struct LaneHello {
  int64_t lane = 0;
};
struct TargetCall {
  std::string name;
  Json args;
  Json kwargs;
};
struct TypeCall {
  std::string name;
  HandleReference self;
};
struct CallbackCall {
  int64_t token = 0;
  std::variant<Json, absl::Status> outcome;
};
struct ProgramCall {};
using Call = std::variant<TargetCall, TypeCall, CallbackCall, ProgramCall>;

struct Hello {
  std::string process;
  std::variant<ProcessHello, MainHello, LaneHello, Call> role;
};
absl::StatusOr<Hello> HelloFrom(const Json& json);

struct Answer {
  int64_t id = 0;
  std::variant<Json, absl::Status> outcome;
};
absl::StatusOr<Answer> AnswerFrom(Json json);

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_MESSAGE_H_
