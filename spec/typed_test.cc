// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What needs no backend; reference/typed_test.cc has the rest.

#include "spec/typed.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace procspec {

struct Named {
  std::string name;
  int64_t number = 0;
  friend bool operator==(const Named&, const Named&) = default;
};

template <>
struct ValueConversion<Named> {
  static Value To(const Named& named) { return List{named.name, named.number}; }
  static absl::StatusOr<Named> From(const Value& value) {
    PROCSPEC_ASSIGN_OR_RETURN(const List list, value.As<List>());
    if (list.size() != 2) return TypeError("not a pair");
    PROCSPEC_ASSIGN_OR_RETURN(auto name, FromValue<std::string>(list[0]));
    PROCSPEC_ASSIGN_OR_RETURN(auto number, FromValue<int64_t>(list[1]));
    return Named{std::move(name), number};
  }
};

namespace {

struct Point {
  int x = 0;
  double y = 0;
};

static_assert(Plain<int> && Plain<Point> && Plain<std::array<Point, 3>>);
static_assert(!Plain<int*> && !Plain<int Point::*>);
static_assert(!Plain<std::string_view> && !Plain<std::string>);
static_assert(Convertible<std::vector<std::vector<int>>>);
static_assert(Convertible<Value> && Convertible<List> && Convertible<Named>);
static_assert(!Convertible<uint64_t>, "half of them are no int64_t");
static_assert(!Convertible<Point> && !Convertible<float>);

template <typename T>
void ExpectRoundTrip(const T& object) {
  const absl::StatusOr<T> back = FromValue<T>(ToValue(object));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, object);
}

TEST(ValueConversion, RoundTrips) {
  ExpectRoundTrip(std::monostate());
  ExpectRoundTrip(true);
  ExpectRoundTrip(2.5);
  ExpectRoundTrip(std::string("text"));
  ExpectRoundTrip(Bytes{std::string("\0", 1)});
  ExpectRoundTrip(List{Value(1), Value("a")});
  ExpectRoundTrip(Dict{{"a", Value(1)}});
  ExpectRoundTrip(Value(7));
  ExpectRoundTrip(std::numeric_limits<int64_t>::min());
  ExpectRoundTrip(std::numeric_limits<uint32_t>::max());
  ExpectRoundTrip(std::vector<bool>{true, false});
  ExpectRoundTrip(std::vector<std::vector<int>>{{1, 2}, {}});
  ExpectRoundTrip(std::vector<Named>{{"a", 1}, {"b", 2}});
}

TEST(ValueConversion, RefusesOtherTypes) {
  EXPECT_TRUE(IsKind(FromValue<int>(Value(1.0)).status(), ErrorKind::kType));
  EXPECT_TRUE(IsKind(FromValue<double>(Value(1)).status(), ErrorKind::kType));
  EXPECT_TRUE(IsKind(FromValue<bool>(Value(1)).status(), ErrorKind::kType));
  EXPECT_TRUE(
      IsKind(FromValue<std::string>(Value()).status(), ErrorKind::kType));
  EXPECT_TRUE(
      IsKind(FromValue<std::vector<int>>(Value(1)).status(), ErrorKind::kType));
  EXPECT_TRUE(IsKind(FromValue<std::vector<int>>(List{Value("a")}).status(),
                     ErrorKind::kType));
}

TEST(ValueConversion, RefusesIntegersOutOfRange) {
  EXPECT_TRUE(
      IsKind(FromValue<int8_t>(Value(128)).status(), ErrorKind::kValue));
  EXPECT_TRUE(
      IsKind(FromValue<uint32_t>(Value(-1)).status(), ErrorKind::kValue));
  EXPECT_EQ(*FromValue<int8_t>(Value(-128)), -128);
}

}  // namespace
}  // namespace procspec
