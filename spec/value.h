// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_VALUE_H_
#define PROCSPEC_SPEC_VALUE_H_

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "spec/error.h"
#include "spec/shareable.h"

namespace procspec {

// A byte string, kept apart from text.
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// The value model: what can be passed between processes. Closed: none, bool,
// 64-bit integer, double, text, bytes, list, dict with text keys, and a handle
// to a shareable object. Values have value semantics; two handles are equal
// when they are the same object in this process.
class Value {
 public:
  using List = std::vector<Value>;
  using Dict = std::map<std::string, Value, std::less<>>;
  using Variant = std::variant<std::monostate, bool, int64_t, double,
                               std::string, Bytes, List, Dict, Handle>;

  Value() = default;  // none
  Value(std::monostate) {}
  Value(bool b) : data_(b) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Value(T i)
      : data_(static_cast<int64_t>(i)) {}
  Value(double d) : data_(d) {}
  Value(std::string s) : data_(std::move(s)) {}
  Value(std::string_view s) : data_(std::string(s)) {}
  Value(const char* s) : data_(std::string(s)) {}
  Value(Bytes b) : data_(std::move(b)) {}
  Value(List l) : data_(std::move(l)) {}
  Value(Dict d) : data_(std::move(d)) {}
  template <std::derived_from<Shareable> T>
  Value(std::shared_ptr<T> handle) : data_(Handle(std::move(handle))) {}

  bool is_none() const { return std::holds_alternative<std::monostate>(data_); }

  // Pointer to the alternative T, or null when the value holds another one.
  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&data_);
  }
  template <typename T>
  T* get_if() {
    return std::get_if<T>(&data_);
  }

  // The alternative T by value, or the Type error.
  template <typename T>
  absl::StatusOr<T> As() const {
    if (const T* p = get_if<T>()) return *p;
    return WrongType();
  }

  // The shareable object of interface T (Queue, Lock, ...), or the Type error.
  template <std::derived_from<Shareable> T>
  absl::StatusOr<std::shared_ptr<T>> HandleAs() const {
    if (const Handle* h = get_if<Handle>()) {
      if (auto p = std::dynamic_pointer_cast<T>(*h)) return p;
    }
    return WrongType();
  }

  const Variant& variant() const { return data_; }

  friend bool operator==(const Value&, const Value&) = default;

 private:
  absl::Status WrongType() const;

  Variant data_;
};

// A list that is the only item of another: List{Value(list)}. To some compilers
// (Clang before 18) List{list} is a copy of the list.
using List = Value::List;
using Dict = Value::Dict;

// A short form for people, one line: {"a": [1, 2.5, none, b"\x00"]}. Bounded:
// long values are cut with an ellipsis.
std::string DebugString(const Value& value);

// For GoogleTest's messages.
void PrintTo(const Value& value, std::ostream* os);

}  // namespace procspec

#endif  // PROCSPEC_SPEC_VALUE_H_
