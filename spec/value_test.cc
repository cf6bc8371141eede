// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/value.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "spec/sync.h"

namespace procspec {
namespace {

class AnEvent : public Event {
 public:
  absl::StatusOr<bool> IsSet() override { return false; }
  absl::Status Set() override { return absl::OkStatus(); }
  absl::Status Clear() override { return absl::OkStatus(); }
  absl::StatusOr<bool> Wait(absl::Duration) override { return false; }
};

TEST(ValueTest, EachLiteralBecomesItsKind) {
  EXPECT_TRUE(Value().is_none());
  EXPECT_NE(Value(true).get_if<bool>(), nullptr);
  EXPECT_NE(Value(1).get_if<int64_t>(), nullptr);
  EXPECT_NE(Value(uint8_t{1}).get_if<int64_t>(), nullptr);
  EXPECT_NE(Value('c').get_if<int64_t>(), nullptr);
  EXPECT_NE(Value(1.0).get_if<double>(), nullptr);
  EXPECT_NE(Value("text").get_if<std::string>(), nullptr);  // not bool
  EXPECT_NE(Value(std::string_view("text")).get_if<std::string>(), nullptr);
  EXPECT_NE(Value(Bytes{"b"}).get_if<Bytes>(), nullptr);
  EXPECT_NE(Value(List{}).get_if<List>(), nullptr);
  EXPECT_NE(Value(Dict{}).get_if<Dict>(), nullptr);
  EXPECT_NE(Value(std::make_shared<AnEvent>()).get_if<Handle>(), nullptr);
}

TEST(ValueTest, EqualityTellsKindsApart) {
  const auto event = std::make_shared<AnEvent>();
  const std::vector<Value> different = {Value(),
                                        false,
                                        true,
                                        0,
                                        1,
                                        0.0,
                                        1.0,
                                        "",
                                        "1",
                                        Bytes{},
                                        Bytes{"1"},
                                        List{},
                                        List{1},
                                        Dict{},
                                        Dict{{"k", 1}},
                                        Dict{{"k", 2}},
                                        event,
                                        std::make_shared<AnEvent>()};
  for (size_t i = 0; i < different.size(); ++i) {
    for (size_t j = 0; j < different.size(); ++j) {
      EXPECT_EQ(different[i] == different[j], i == j)
          << DebugString(different[i]) << " and " << DebugString(different[j]);
    }
  }
  EXPECT_EQ(Value(event), Value(std::shared_ptr<Event>(event)));
}

TEST(ValueTest, CopiesAreValues) {
  Value original = List{1, Dict{{"k", "v"}}};
  Value copy = original;
  copy.get_if<List>()->push_back(2);
  EXPECT_EQ(original, Value(List{1, Dict{{"k", "v"}}}));
}

TEST(ValueTest, AsGivesTheAlternativeOrTheTypeError) {
  EXPECT_EQ(*Value(5).As<int64_t>(), 5);
  EXPECT_EQ(*Value("x").As<std::string>(), "x");
  EXPECT_EQ(KindOf(Value(5).As<double>().status()), ErrorKind::kType);
  EXPECT_EQ(KindOf(Value().As<bool>().status()), ErrorKind::kType);
}

TEST(ValueTest, HandleAsGivesTheInterfaceOrTheTypeError) {
  const auto event = std::make_shared<AnEvent>();
  const Value value = event;
  EXPECT_EQ(*value.HandleAs<Event>(), event);
  EXPECT_EQ(KindOf(value.HandleAs<Lock>().status()), ErrorKind::kType);
  EXPECT_EQ(KindOf(Value(1).HandleAs<Event>().status()), ErrorKind::kType);
  EXPECT_EQ(KindOf(Value(std::shared_ptr<Event>()).HandleAs<Event>().status()),
            ErrorKind::kType);
}

TEST(ValueTest, DebugStringIsForPeople) {
  EXPECT_EQ(DebugString(Dict{{"a", List{1, 2.5, Value(), true}},
                             {"b", Bytes{std::string("\0x", 2)}}}),
            R"({"a": [1, 2.5, none, true], "b": b"\x00x"})");
  EXPECT_EQ(DebugString("a \"quote\"\n"), R"("a \"quote\"\n")");
  EXPECT_EQ(DebugString(std::make_shared<AnEvent>()), "<Event>");
  EXPECT_EQ(testing::PrintToString(Value(1)), "1");
}

TEST(ValueTest, DebugStringIsBounded) {
  EXPECT_LT(DebugString(std::string(1 << 20, 'x')).size(), 1000u);
  EXPECT_LT(DebugString(List(1 << 20, Value(1))).size(), 1000u);
  EXPECT_LT(DebugString(List(1000, Value(std::string(1000, '\n')))).size(),
            1000u);
}

TEST(ValueTest, EveryHandleKindHasAName) {
  EXPECT_EQ(HandleKindName(HandleKind::kConnection), "Connection");
  EXPECT_EQ(HandleKindName(HandleKind::kBoundedSemaphore), "BoundedSemaphore");
  EXPECT_EQ(HandleKindName(HandleKind::kLocalObject), "LocalObject");
}

}  // namespace
}  // namespace procspec
