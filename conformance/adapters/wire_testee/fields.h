// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_FIELDS_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_FIELDS_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/adapters/wire/message.h"
#include "conformance/adapters/wire_testee/objects.h"
#include "spec/backend.h"
#include "spec/status_macros.h"
#include "spec/value.h"

namespace procspec::wire_testee {

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <typename T>
inline constexpr bool kIsShared = false;
template <typename T>
inline constexpr bool kIsShared<std::shared_ptr<T>> = true;

// The fields of a request, by the C++ types of what they become.
class Fields {
 public:
  Fields(const wire::Json& request, Objects& objects)
      : request_(request), objects_(objects) {}

  bool Has(const char* name) const { return request_.contains(name); }

  // The field as T, or an error without an ErrorKind: it is absent, or of
  // another type. An optional, a duration and a handle may be null.
  template <typename T>
  absl::StatusOr<T> Get(const char* name) const {
    auto it = request_.find(name);
    if (it == request_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the field '", name, "' is missing"));
    }
    absl::StatusOr<T> value = From<T>(*it);
    if (!value.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the field '", name, "': ", value.status().message()));
    }
    return value;
  }

  // `args` and `kwargs`.
  absl::StatusOr<Arguments> GetArguments() const {
    return wire::ArgumentsFrom(request_.value("args", wire::Json()),
                               request_.value("kwargs", wire::Json()),
                               objects_);
  }

 private:
  template <typename T>
  absl::StatusOr<T> From(const wire::Json& json) const {
    if constexpr (kIsOptional<T>) {
      if (json.is_null()) return T();
      PROCSPEC_ASSIGN_OR_RETURN(auto value, From<typename T::value_type>(json));
      return T(std::move(value));
    } else if constexpr (kIsShared<T>) {
      if (json.is_null()) return T();
      PROCSPEC_ASSIGN_OR_RETURN(const Value value,
                                wire::ValueFrom(json, objects_));
      return value.HandleAs<typename T::element_type>();
    } else if constexpr (std::is_same_v<T, absl::Duration>) {
      if (json.is_null()) return absl::InfiniteDuration();
      if (json.is_number()) return absl::Seconds(json.get<double>());
    } else if constexpr (std::is_same_v<T, Value>) {
      return wire::ValueFrom(json, objects_);
    } else if constexpr (std::is_same_v<T, List>) {
      PROCSPEC_ASSIGN_OR_RETURN(const Value value,
                                wire::ValueFrom(json, objects_));
      return value.As<List>();
    } else if constexpr (std::is_same_v<T, Bytes>) {
      PROCSPEC_ASSIGN_OR_RETURN(std::string data,
                                wire::BytesFrom({{"b", json}}));
      return Bytes{std::move(data)};
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (json.is_string()) return json.get<std::string>();
    } else if constexpr (std::is_same_v<T, bool>) {
      if (json.is_boolean()) return json.get<bool>();
    } else {
      static_assert(std::is_integral_v<T>);
      if (json.is_number_integer()) {
        const auto number = json.get<int64_t>();
        if (std::in_range<T>(number)) return static_cast<T>(number);
      }
    }
    return absl::InvalidArgumentError(
        absl::StrCat("what it is not to be: ", json.dump()));
  }

  const wire::Json& request_;
  Objects& objects_;
};

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_FIELDS_H_
