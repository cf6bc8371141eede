// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/value.h"

#include <ostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace procspec {
namespace {

constexpr size_t kLongestText = 200;

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
// Clang does not deduce it before 17.
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

void Append(const Value& value, std::string& out) {
  if (out.size() > kLongestText) return;  // cut by DebugString
  std::visit(
      Overloaded{
          [&](std::monostate) { out += "none"; },
          [&](bool b) { out += b ? "true" : "false"; },
          [&](int64_t i) { absl::StrAppend(&out, i); },
          [&](double d) { absl::StrAppend(&out, d); },
          [&](const std::string& s) {
            absl::StrAppend(&out, "\"",
                            absl::CHexEscape(s.substr(0, kLongestText)), "\"");
          },
          [&](const Bytes& b) {
            absl::StrAppend(&out, "b\"",
                            absl::CHexEscape(b.data.substr(0, kLongestText)),
                            "\"");
          },
          [&](const List& list) {
            out += "[";
            std::string_view separator = "";
            for (const Value& item : list) {
              out += separator;
              Append(item, out);
              separator = ", ";
            }
            out += "]";
          },
          [&](const Dict& dict) {
            out += "{";
            std::string_view separator = "";
            for (const auto& [key, item] : dict) {
              out += separator;
              absl::StrAppend(&out, "\"", absl::CHexEscape(key), "\": ");
              Append(item, out);
              separator = ", ";
            }
            out += "}";
          },
          [&](const Handle& handle) {
            out += "<";
            out += handle ? HandleKindName(handle->handle_kind()) : "null";
            out += ">";
          },
      },
      value.variant());
}

constexpr std::string_view kAlternativeNames[] = {
    "none", "bool", "int", "float", "text", "bytes", "list", "dict", "handle"};
static_assert(std::size(kAlternativeNames) ==
              std::variant_size_v<Value::Variant>);

}  // namespace

std::string_view HandleKindName(HandleKind kind) {
  switch (kind) {
    case HandleKind::kConnection:
      return "Connection";
    case HandleKind::kQueue:
      return "Queue";
    case HandleKind::kJoinableQueue:
      return "JoinableQueue";
    case HandleKind::kSimpleQueue:
      return "SimpleQueue";
    case HandleKind::kLock:
      return "Lock";
    case HandleKind::kRLock:
      return "RLock";
    case HandleKind::kSemaphore:
      return "Semaphore";
    case HandleKind::kBoundedSemaphore:
      return "BoundedSemaphore";
    case HandleKind::kCondition:
      return "Condition";
    case HandleKind::kEvent:
      return "Event";
    case HandleKind::kBarrier:
      return "Barrier";
    case HandleKind::kLocalObject:
      return "LocalObject";
  }
  return "unknown";
}

absl::Status Value::WrongType() const {
  return TypeError(absl::StrCat("the value is of another type: ",
                                kAlternativeNames[data_.index()]));
}

std::string DebugString(const Value& value) {
  std::string out;
  Append(value, out);
  if (out.size() > kLongestText) {
    out.resize(kLongestText);
    out += "...";
  }
  return out;
}

void PrintTo(const Value& value, std::ostream* os) {
  *os << DebugString(value);
}

}  // namespace procspec
