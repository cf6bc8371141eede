// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/codec.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "spec/sync.h"

namespace procspec {
namespace {

std::string Encoded(const Value& value) {
  std::string frame;
  EXPECT_TRUE(Encode(value, frame).ok());
  return frame;
}

void ExpectSerialisationError(std::string_view frame) {
  absl::StatusOr<Value> value = Decode(frame);
  ASSERT_FALSE(value.ok()) << DebugString(*value);
  EXPECT_EQ(KindOf(value.status()), ErrorKind::kSerialisation)
      << value.status();
}

Value Nested(int levels) {
  Value value;
  for (int i = 0; i < levels; ++i) {
    value = i % 2 == 0 ? Value(List{std::move(value)})
                       : Value(Dict{{"k", std::move(value)}});
  }
  return value;
}

class AnEvent : public Event {
 public:
  absl::StatusOr<bool> IsSet() override { return false; }
  absl::Status Set() override { return absl::OkStatus(); }
  absl::Status Clear() override { return absl::OkStatus(); }
  absl::StatusOr<bool> Wait(absl::Duration) override { return false; }
};

// Numbers handles in the order they come.
class HandleTable : public HandleWriter, public HandleReader {
 public:
  absl::StatusOr<uint32_t> Write(const Handle& handle) override {
    handles_.push_back(handle);
    return static_cast<uint32_t>(handles_.size() - 1);
  }
  absl::StatusOr<Handle> Read(uint32_t number) override {
    if (number >= handles_.size()) return SerialisationError("no such handle");
    return handles_[number];
  }

 private:
  std::vector<Handle> handles_;
};

class RefusingWriter : public HandleWriter {
 public:
  absl::StatusOr<uint32_t> Write(const Handle&) override {
    return MisuseError("refused");
  }
};

TEST(CodecTest, EveryKindComesBackEqual) {
  const std::vector<Value> values = {
      Value(),
      true,
      false,
      0,
      -1,
      127,
      128,
      -32,
      -33,
      65535,
      65536,
      std::numeric_limits<int64_t>::max(),
      std::numeric_limits<int64_t>::min(),
      int64_t{std::numeric_limits<uint32_t>::max()},
      0.0,
      -2.5,
      std::numeric_limits<double>::infinity(),
      std::numeric_limits<double>::denorm_min(),
      "",
      "text",
      std::string("with\0nul", 8),
      std::string(31, 'a'),
      std::string(32, 'a'),
      std::string(70000, 'a'),
      Bytes{},
      Bytes{std::string("\x00\xff\xc1", 3)},
      Bytes{std::string(70000, 'b')},
      List{},
      List{1, "a", List{}, Dict{}},
      List(20, Value(7)),
      List(70000, Value(7)),
      Dict{},
      Dict{{"", 1}, {"k", List{Dict{{"inner", Value()}}}}},
  };
  for (const Value& value : values) {
    absl::StatusOr<Value> back = Decode(Encoded(value));
    ASSERT_TRUE(back.ok()) << back.status() << " for " << DebugString(value);
    EXPECT_EQ(*back, value);
  }
}

TEST(CodecTest, KindsAreNotMixedUp) {
  EXPECT_NE(Encoded("a"), Encoded(Bytes{"a"}));
  EXPECT_NE(Encoded(1), Encoded(1.0));
  EXPECT_NE(Encoded(1), Encoded(true));
}

TEST(CodecTest, NotANumberStaysOne) {
  absl::StatusOr<Value> back =
      Decode(Encoded(std::numeric_limits<double>::quiet_NaN()));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_NE(back->get_if<double>(), nullptr);
  EXPECT_TRUE(std::isnan(*back->get_if<double>()));
}

TEST(CodecTest, EncodeAppends) {
  std::string frame = "header";
  ASSERT_TRUE(Encode("x", frame).ok());
  EXPECT_EQ(frame, "header" + Encoded("x"));
}

TEST(CodecTest, DepthIsBoundedOnBothSides) {
  EXPECT_TRUE(Decode(Encoded(Nested(kMaxDepth))).ok());

  std::string frame = "before";
  EXPECT_TRUE(
      IsKind(Encode(Nested(kMaxDepth + 1), frame), ErrorKind::kSerialisation));
  EXPECT_EQ(frame, "before");

  // fixarray of one, so often, around nil.
  ExpectSerialisationError(std::string(kMaxDepth + 1, '\x91') + "\xc0");
  ExpectSerialisationError(std::string(1000000, '\x91'));
  // fixmap of one with the key "k".
  std::string maps;
  for (int i = 0; i <= kMaxDepth; ++i) maps += "\x81\xa1k";
  ExpectSerialisationError(maps + "\xc0");
}

TEST(CodecTest, EveryTruncationIsAnError) {
  const std::string frame = Encoded(
      List{Dict{{"key", Bytes{"abc"}}, {"other", 1.5}}, "text", 1 << 20});
  for (size_t size = 0; size < frame.size(); ++size) {
    SCOPED_TRACE(size);
    ExpectSerialisationError(std::string_view(frame).substr(0, size));
  }
}

TEST(CodecTest, BytesLeftOverAreAnError) {
  ExpectSerialisationError(Encoded(1) + Encoded(2));
  ExpectSerialisationError(Encoded(List{1}) + std::string(1, '\0'));
}

TEST(CodecTest, LengthsAreNotBelieved) {
  for (const char* header : {"\xdd\xff\xff\xff\xff",      // array 32
                             "\xdf\xff\xff\xff\xff",      // map 32
                             "\xdb\xff\xff\xff\xff",      // str 32
                             "\xc6\xff\xff\xff\xff",      // bin 32
                             "\xc9\xff\xff\xff\xff\x01",  // ext 32
                             "\xdd\x7f\xff\xff\xff"}) {
    ExpectSerialisationError(header);
    ExpectSerialisationError(std::string(header) + std::string(100, '\0'));
  }
}

TEST(CodecTest, WhatTheValueModelLacksIsAnError) {
  ExpectSerialisationError("\xcf\xff\xff\xff\xff\xff\xff\xff\xff");  // 2^64 - 1
  ExpectSerialisationError("\x81\x01\x01");                          // {1: 1}
  ExpectSerialisationError("\x81\x90\x01");                          // {[]: 1}
  ExpectSerialisationError("\x81\xc4\x01k\x01");       // {b"k": 1}
  ExpectSerialisationError("\x82\xa1k\x01\xa1k\x02");  // {"k": 1, "k": 2}
  ExpectSerialisationError("\xc1");                    // never used
  ExpectSerialisationError("\xd4\x02\x00");            // another extension
}

TEST(CodecTest, RandomBytesNeverDoMoreThanFail) {
  std::mt19937 random(20260101);
  const std::string good =
      Encoded(List{Dict{{"key", Bytes{"abc"}}, {"other", 1.5}}, "text", 300});
  for (int i = 0; i < 20000; ++i) {
    std::string frame = i % 2 == 0 ? good : std::string(random() % 40, '\0');
    const int changes = i % 2 == 0 ? 1 + random() % 3 : frame.size();
    for (int j = 0; j < changes; ++j) {
      frame[random() % frame.size()] = static_cast<char>(random());
    }
    absl::StatusOr<Value> value = Decode(frame);
    if (!value.ok()) {
      ASSERT_TRUE(IsKind(value.status(), ErrorKind::kSerialisation))
          << value.status();
    }
  }
}

TEST(CodecTest, AHandleNeedsAWriter) {
  const auto event = std::make_shared<AnEvent>();
  std::string frame = "before";
  EXPECT_TRUE(IsKind(Encode(List{1, event}, frame), ErrorKind::kSharing));
  EXPECT_EQ(frame, "before");
  EXPECT_TRUE(IsKind(Encode(std::make_shared<LocalObject>(), frame),
                     ErrorKind::kSerialisation));
  EXPECT_EQ(frame, "before");
  EXPECT_TRUE(IsKind(Encode(std::shared_ptr<Event>(), frame),
                     ErrorKind::kSerialisation));
  EXPECT_EQ(frame, "before");
}

TEST(CodecTest, HandlesTravelByNumber) {
  const auto a = std::make_shared<AnEvent>();
  const auto b = std::make_shared<AnEvent>();
  const Value value = List{a, Dict{{"k", b}}, "after"};
  HandleTable table;
  std::string frame;
  ASSERT_TRUE(Encode(value, frame, &table).ok());
  absl::StatusOr<Value> back = Decode(frame, &table);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, value);

  ExpectSerialisationError(frame);  // nobody to read handles
  HandleTable empty;
  EXPECT_FALSE(Decode(frame, &empty).ok());
}

TEST(CodecTest, AWriterMayRefuse) {
  RefusingWriter refusing;
  std::string frame = "before";
  EXPECT_TRUE(
      IsKind(Encode(List{1, std::make_shared<AnEvent>()}, frame, &refusing),
             ErrorKind::kMisuse));
  EXPECT_EQ(frame, "before");
}

TEST(CodecTest, ArgumentsComeBack) {
  const Arguments arguments{{1, "two"}, {{"three", 3.0}}};
  absl::StatusOr<Arguments> back = ArgumentsFrom(ToValue(arguments));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->args, arguments.args);
  EXPECT_EQ(back->kwargs, arguments.kwargs);

  for (const Value& wrong :
       {Value(), Value(List{}), Value(List{Value(List{})}),
        Value(List{1, Dict{}}), Value(List{List{}, List{}}),
        Value(List{List{}, Dict{}, 1})}) {
    EXPECT_TRUE(
        IsKind(ArgumentsFrom(wrong).status(), ErrorKind::kSerialisation))
        << DebugString(wrong);
  }
}

TEST(CodecTest, ErrorsComeBack) {
  for (const absl::Status& status :
       {FullError(), RaisedError("MyError", "what happened"), ExitRequest(7),
        absl::InternalError("foreign"), OsError("open", 2)}) {
    const ErrorDetail detail = DetailOf(status);
    absl::StatusOr<Value> value = Decode(Encoded(ToValue(detail)));
    ASSERT_TRUE(value.ok()) << value.status();
    absl::StatusOr<ErrorDetail> back = ErrorDetailFrom(*value);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, detail) << status;
  }
}

TEST(CodecTest, AMalformedErrorIsAnError) {
  const Value good = ToValue(DetailOf(FullError()));
  ASSERT_TRUE(ErrorDetailFrom(good).ok());
  EXPECT_FALSE(ErrorDetailFrom(Value()).ok());
  for (const auto& [key, unused] : *good.get_if<Dict>()) {
    Dict without = *good.get_if<Dict>();
    without.erase(key);
    EXPECT_FALSE(ErrorDetailFrom(without).ok()) << key;
    Dict mistyped = *good.get_if<Dict>();
    mistyped[key] = List{};
    EXPECT_FALSE(ErrorDetailFrom(mistyped).ok()) << key;
  }
  for (int code : {0, -1, 17}) {
    Dict wrong = *good.get_if<Dict>();
    wrong["code"] = code;
    EXPECT_FALSE(ErrorDetailFrom(wrong).ok()) << code;
  }
  Dict unknown = *good.get_if<Dict>();
  unknown["kind"] = "NoSuchKind";
  EXPECT_FALSE(ErrorDetailFrom(unknown).ok());
}

}  // namespace
}  // namespace procspec
