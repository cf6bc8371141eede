// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_TYPED_H_
#define PROCSPEC_SPEC_TYPED_H_

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "spec/backend.h"
#include "spec/status_macros.h"

// C++ types instead of Values: a thin layer over the interface, which works
// over any backend. (Guards for locks and processes: spec/scoped.h.)
//
//   struct Sample { int64_t time; double level; };
//   TypedQueue<Sample> samples(queue);
//   PROCSPEC_RETURN_IF_ERROR(samples.Put({.time = 1, .level = 0.5}));
//   PROCSPEC_ASSIGN_OR_RETURN(Sample sample, samples.Get());
//
//   PROCSPEC_ASSIGN_OR_RETURN(int64_t n, Call<int64_t>(*pool, "Square", 7));
namespace procspec {

// --- Types that travel -------------------------------------------------------

// Types that travel as their own bytes: trivially copyable, and neither
// pointers nor views. A struct that hides a pointer cannot be told apart: it
// arrives, but what it points at does not. Both sides must lay the type out
// alike, as the processes of one program do.
template <typename T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
                !std::is_member_pointer_v<T> && !std::ranges::view<T>;

// Types that are converted from and to a Value. Specialise it for your own:
//   static Value To(const T& object);
//   static absl::StatusOr<T> From(Value value);
// There is one for none, bool, double, std::string, Bytes, List and Dict, for
// Value itself, for the integers that an int64_t can hold, and for vectors of
// all these. From reports Type for a value of another type (nothing is coerced)
// and Value for an integer out of range.
template <typename T>
struct ValueConversion;

template <typename T>
concept Convertible = requires(const T& object, Value value) {
  { ValueConversion<T>::To(object) } -> std::same_as<Value>;
  {
    ValueConversion<T>::From(std::move(value))
    } -> std::same_as<absl::StatusOr<T>>;
};

template <Convertible T>
absl::StatusOr<T> FromValue(Value value) {
  return ValueConversion<T>::From(std::move(value));
}

template <Convertible T>
Value ToValue(const T& object) {
  return ValueConversion<T>::To(object);
}
inline Value ToValue(std::string_view text) { return Value(text); }

template <typename T>
requires std::same_as<T, std::monostate> || std::same_as<T, bool> ||
    std::same_as<T, double> || std::same_as<T, std::string> ||
    std::same_as<T, Bytes> || std::same_as<T, List> || std::same_as<T, Dict>
struct ValueConversion<T> {
  static Value To(const T& object) { return Value(object); }
  static absl::StatusOr<T> From(Value value) {
    if (T* object = value.get_if<T>()) return std::move(*object);
    return value.As<T>().status();
  }
};

template <>
struct ValueConversion<Value> {
  static Value To(const Value& value) { return value; }
  static absl::StatusOr<Value> From(Value value) { return value; }
};

template <std::integral T>
requires(!std::same_as<T, bool> &&
         (std::signed_integral<T> ||
          sizeof(T) < sizeof(int64_t))) struct ValueConversion<T> {
  static Value To(T number) { return Value(number); }
  static absl::StatusOr<T> From(const Value& value) {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t number, value.As<int64_t>());
    if (static_cast<int64_t>(static_cast<T>(number)) != number) {
      return ValueError("the integer is out of the type's range");
    }
    return static_cast<T>(number);
  }
};

template <Convertible T>
requires(!std::same_as<T, Value>) struct ValueConversion<std::vector<T>> {
  static Value To(const std::vector<T>& objects) {
    List list;
    list.reserve(objects.size());
    for (const T& object : objects) list.push_back(ToValue(object));
    return Value(std::move(list));
  }
  static absl::StatusOr<std::vector<T>> From(Value value) {
    List* list = value.get_if<List>();
    if (list == nullptr) return value.As<List>().status();
    std::vector<T> objects;
    objects.reserve(list->size());
    for (Value& item : *list) {
      PROCSPEC_ASSIGN_OR_RETURN(T object, FromValue<T>(std::move(item)));
      objects.push_back(std::move(object));
    }
    return objects;
  }
};

// --- Queues and connections --------------------------------------------------

// The queue's items as T: as bytes if T is Plain, else as Values. Thread-safe
// as the queue is, and copied as its handle is; for all else (size, close,
// passing it on) there is queue(), which must not be null.
//
// Errors are the queue's own, and those of an item that is no T, which is
// consumed: of a Plain type Serialisation for any other size (an item of the
// same size from elsewhere cannot be told apart), otherwise those of FromValue.
//
// For a Plain type this layer allocates nothing, but for a buffer a thread.
template <typename T>
requires Plain<T> || Convertible<T>
class TypedQueue {
 public:
  explicit TypedQueue(std::shared_ptr<Queue> queue)
      : queue_(std::move(queue)) {}

  absl::Status Put(const T& item,
                   absl::Duration timeout = absl::InfiniteDuration()) const {
    if constexpr (Plain<T>) {
      return queue_->PutBytes({reinterpret_cast<const char*>(&item), sizeof(T)},
                              timeout);
    } else {
      return queue_->Put(ToValue(item), timeout);
    }
  }
  absl::Status TryPut(const T& item) const {
    return Put(item, absl::ZeroDuration());
  }

  absl::StatusOr<T> Get(
      absl::Duration timeout = absl::InfiniteDuration()) const {
    if constexpr (Plain<T>) {
      thread_local std::string frame;
      PROCSPEC_RETURN_IF_ERROR(queue_->GetBytes(frame, timeout));
      if (frame.size() != sizeof(T)) {
        return SerialisationError("the item's size is not the type's");
      }
      std::array<char, sizeof(T)> bytes;
      frame.copy(bytes.data(), bytes.size());
      return std::bit_cast<T>(bytes);
    } else {
      PROCSPEC_ASSIGN_OR_RETURN(Value value, queue_->Get(timeout));
      return FromValue<T>(std::move(value));
    }
  }
  absl::StatusOr<T> TryGet() const { return Get(absl::ZeroDuration()); }

  const std::shared_ptr<Queue>& queue() const { return queue_; }

 private:
  std::shared_ptr<Queue> queue_;
};

// One end of a pipe whose messages are T; otherwise as TypedQueue.
template <typename T>
requires Plain<T> || Convertible<T>
class TypedConnection {
 public:
  explicit TypedConnection(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  absl::Status Send(const T& message) const {
    if constexpr (Plain<T>) {
      return connection_->SendBytes(
          {reinterpret_cast<const char*>(&message), sizeof(T)});
    } else {
      return connection_->Send(ToValue(message));
    }
  }

  absl::StatusOr<T> Recv() const {
    if constexpr (Plain<T>) {
      std::array<char, sizeof(T)> bytes;
      const absl::StatusOr<size_t> size =
          connection_->RecvBytesInto(absl::MakeSpan(bytes));
      if (size.ok() ? *size != sizeof(T)
                    : IsKind(size.status(), ErrorKind::kBufferTooShort)) {
        return SerialisationError("the message's size is not the type's");
      }
      if (!size.ok()) return size.status();
      return std::bit_cast<T>(bytes);
    } else {
      PROCSPEC_ASSIGN_OR_RETURN(Value value, connection_->Recv());
      return FromValue<T>(std::move(value));
    }
  }

  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  std::shared_ptr<Connection> connection_;
};

// --- Pools -------------------------------------------------------------------

// A submitted task's outcome as R: AsyncResult's errors and FromValue's.
template <Convertible R>
class TypedResult {
 public:
  explicit TypedResult(std::shared_ptr<AsyncResult> result)
      : result_(std::move(result)) {}

  absl::StatusOr<R> Get(
      absl::Duration timeout = absl::InfiniteDuration()) const {
    PROCSPEC_ASSIGN_OR_RETURN(Value value, result_->Get(timeout));
    return FromValue<R>(std::move(value));
  }

  const std::shared_ptr<AsyncResult>& result() const { return result_; }

 private:
  std::shared_ptr<AsyncResult> result_;
};

// Runs a target in a worker and waits for its result: Apply's errors and
// FromValue's. Arguments are what ToValue takes.
template <Convertible R, typename... Args>
absl::StatusOr<R> Call(Pool& pool, std::string_view target,
                       const Args&... args) {
  PROCSPEC_ASSIGN_OR_RETURN(const Value value,
                            pool.Apply(target, {.args = {ToValue(args)...}}));
  return FromValue<R>(std::move(value));
}

// The same without waiting.
template <Convertible R, typename... Args>
absl::StatusOr<TypedResult<R>> CallAsync(Pool& pool, std::string_view target,
                                         const Args&... args) {
  PROCSPEC_ASSIGN_OR_RETURN(
      auto result, pool.ApplyAsync(target, {.args = {ToValue(args)...}}));
  return TypedResult<R>(std::move(result));
}

}  // namespace procspec

#endif  // PROCSPEC_SPEC_TYPED_H_
