// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/message.h"

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/sync.h"

namespace procspec::wire {
namespace {

using testing::HasSubstr;
using testing::Not;

class FakeEvent : public Event {
 public:
  absl::StatusOr<bool> IsSet() override { return false; }
  absl::Status Set() override { return absl::OkStatus(); }
  absl::Status Clear() override { return absl::OkStatus(); }
  absl::StatusOr<bool> Wait(absl::Duration) override { return false; }
};

// Has one object, an Event of number 12.
class FakeHandles : public Handles {
 public:
  absl::StatusOr<int64_t> NumberOf(const Handle& handle) override {
    if (handle != event) return TypeError("of another process");
    return 12;
  }
  absl::StatusOr<Handle> Receive(int64_t number,
                                 std::string_view kind) override {
    if (number != 12 || kind != "Event") return Violation("no such object");
    ++received;
    return Handle(event);
  }

  const std::shared_ptr<Event> event = std::make_shared<FakeEvent>();
  int received = 0;
};

MATCHER(IsAViolation, "is a violation") {
  return IsViolation(arg.status()) && !arg.status().message().empty();
}

Json Parsed(std::string_view text) {
  // A value need not be an object, as a line must be.
  absl::StatusOr<Json> line = ParseLine(absl::StrCat("{\"value\":", text, "}"));
  return line.ok() ? (*line)["value"] : Json("not JSON");
}

class MessageTest : public testing::Test {
 protected:
  absl::StatusOr<Value> Read(std::string_view text) {
    return ValueFrom(Parsed(text), handles_);
  }
  std::string Written(const Value& value) {
    const absl::StatusOr<Json> json = ToJson(value, handles_);
    return json.ok() ? json->dump() : json.status().ToString();
  }

  FakeHandles handles_;
};

// --- Lines -------------------------------------------------------------------

TEST_F(MessageTest, LinesThatAreNoObjectAreViolations) {
  for (const std::string& line :
       {std::string(), std::string("x"), std::string("[]"), std::string("1"),
        std::string("{\"a\":1"), std::string("{\"a\":1} {}"),
        std::string("{\"a\":\"\xff\"}"),
        std::string("{\"a\":\"\xed\xa0\x80\"}"), std::string("{a:1}"),
        std::string("{\"a\":NaN}"), std::string("{\"a\":\0}", 7)}) {
    EXPECT_THAT(ParseLine(line), IsAViolation()) << line;
  }
  EXPECT_TRUE(ParseLine("{}").ok());
}

TEST_F(MessageTest, ALineHasOneLineBreakAtItsEnd) {
  const absl::StatusOr<std::string> line =
      FormatLine({{"text", "one\ntwo\xe2\x80\xa8"}});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->find('\n'), line->size() - 1);
}

TEST_F(MessageTest, TextThatIsNotUtf8DoesNotTravel) {
  EXPECT_TRUE(IsKind(FormatLine({{"text", "\xff"}}).status(),
                     ErrorKind::kSerialisation));
  EXPECT_TRUE(IsKind(FormatLine({{"\xff", "text"}}).status(),
                     ErrorKind::kSerialisation));
}

TEST_F(MessageTest, AMessageThatIsTooLongDoesNotTravel) {
  EXPECT_TRUE(
      IsKind(FormatLine({{"text", std::string(kMaxLine, 'x')}}).status(),
             ErrorKind::kSerialisation));
}

// --- Values ------------------------------------------------------------------

TEST_F(MessageTest, ValuesAreWrittenAsTheProtocolSays) {
  const int64_t limit = int64_t{1} << 53;
  const std::vector<std::pair<Value, std::string>> values = {
      {Value(), "null"},
      {true, "true"},
      {0, "0"},
      {limit, "9007199254740992"},
      {-limit, "-9007199254740992"},
      {limit + 1, R"({"i":"9007199254740993"})"},
      {-limit - 1, R"({"i":"-9007199254740993"})"},
      {std::numeric_limits<int64_t>::max(), R"({"i":"9223372036854775807"})"},
      {std::numeric_limits<int64_t>::min(), R"({"i":"-9223372036854775808"})"},
      {0.1, R"({"d":"0.1"})"},
      {1.0, R"({"d":"1"})"},
      {-0.0, R"({"d":"-0"})"},
      {1e300, R"({"d":"1e+300"})"},
      {std::numeric_limits<double>::infinity(), R"({"d":"inf"})"},
      {-std::numeric_limits<double>::infinity(), R"({"d":"-inf"})"},
      {"text", R"("text")"},
      {std::string("a\0b", 3), R"("a\u0000b")"},
      {Bytes{std::string("\x00\xff", 2)}, R"({"b":"AP8="})"},
      {Bytes{}, R"({"b":""})"},
      {List{1, List{}}, "[1,[]]"},
      {Dict{{"", 1}, {"h", "x"}}, R"({"m":{"":1,"h":"x"}})"},
      {Dict{}, R"({"m":{}})"},
      {handles_.event, R"({"h":12,"kind":"Event"})"},
  };
  for (const auto& [value, text] : values) {
    EXPECT_EQ(Written(value), text);
    const absl::StatusOr<Value> read = Read(text);
    ASSERT_TRUE(read.ok()) << text << read.status();
    EXPECT_EQ(*read, value) << text;
  }
  EXPECT_EQ(handles_.received, 1);
}

TEST_F(MessageTest, NanTravelsWhateverItsSign) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Written(nan), R"({"d":"nan"})");
  EXPECT_EQ(Written(std::copysign(nan, -1.0)), R"({"d":"nan"})");
  const absl::StatusOr<Value> read = Read(R"({"d":"nan"})");
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(std::isnan(read->As<double>().value_or(0)));
}

TEST_F(MessageTest, DoublesOfOtherLibrariesAreTaken) {
  for (const auto& [text, number] :
       std::map<std::string, double>{{"1.0", 1.0},
                                     {"1e22", 1e22},
                                     {"1E-7", 1e-7},
                                     {"5e-324", 5e-324},
                                     {"-0.0", -0.0}}) {
    const absl::StatusOr<Value> read = Read("{\"d\":\"" + text + "\"}");
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*read, Value(number)) << text;
  }
}

TEST_F(MessageTest, WhatIsNoValueIsAViolation) {
  for (const char* text : {
           "1.5",
           "1.0",
           "1e3",
           "9007199254740993",
           "-9007199254740993",
           "18446744073709551615",
           R"({"i":5})",
           R"({"i":"5"})",
           R"({"i":"9223372036854775808"})",
           R"({"i":"9007199254740993 "})",
           R"({"i":"+9007199254740993"})",
           R"({"i":"0x7fffffffffffffff"})",
           R"({"d":1.5})",
           R"({"d":""})",
           R"({"d":"1.5x"})",
           R"({"d":" 1.5"})",
           R"({"d":"0x10p0"})",
           R"({"d":"infinity"})",
           R"~({"d":"nan(1)"})~",
           R"({"d":"-nan"})",
           R"({"d":"1e999"})",
           R"({"b":"AP8"})",
           R"({"b":"AP8 "})",
           R"({"b":"A-_="})",
           R"({"b":"AP8."})",
           R"({"b":"AA.."})",
           R"({"b":"AP 8="})",
           R"({"b":"AP8=\n"})",
           R"({"b":"===="})",
           R"({"b":["AP8="]})",
           R"({"m":[]})",
           R"({"m":{"a":{}}})",
           R"({})",
           R"({"x":1})",
           R"({"i":"9007199254740993","d":"1"})",
           R"({"m":{},"x":1})",
           R"({"h":12})",
           R"({"h":"12","kind":"Event"})",
           R"({"h":13,"kind":"Event"})",
           R"({"h":12,"kind":"Queue"})",
           R"({"h":12,"kind":"Event","x":1})",
           R"([1,{"h":12,"kind":"Lock"}])",
       }) {
    const Json parsed = Parsed(text);
    if (parsed == Json("not JSON")) continue;
    EXPECT_THAT(ValueFrom(parsed, handles_), IsAViolation()) << text;
  }
}

TEST_F(MessageTest, ValuesMayNotBeNestedWithoutEnd) {
  const auto nested = [](int depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(Read(nested(kMaxDepth)).ok());
  EXPECT_THAT(Read(nested(kMaxDepth + 2)), IsAViolation());
  // Deeper than any stack.
  EXPECT_THAT(ParseLine("{\"value\":" + nested(10'000'000) + "}"),
              IsAViolation());
  // Brackets in a text are no nesting.
  EXPECT_TRUE(Read("\"\\\"" + nested(100'000) + "\"").ok());
}

TEST_F(MessageTest, AHandleOfAnotherProcessIsOfTheWrongType) {
  const Value other(std::shared_ptr<Event>(std::make_shared<FakeEvent>()));
  EXPECT_TRUE(IsKind(ToJson(List{other}, handles_).status(), ErrorKind::kType));
  EXPECT_TRUE(
      IsKind(ToJson(Value(Handle()), handles_).status(), ErrorKind::kType));
}

TEST_F(MessageTest, Arguments) {
  const Arguments arguments{.args = {1, handles_.event},
                            .kwargs = {{"m", List{2.5}}}};
  Json message = Json::object();
  ASSERT_TRUE(AddArguments(arguments, handles_, message).ok());
  EXPECT_EQ(
      message.dump(),
      R"({"args":[1,{"h":12,"kind":"Event"}],"kwargs":{"m":[{"d":"2.5"}]}})");
  const absl::StatusOr<procspec::Arguments> read =
      ArgumentsFrom(message["args"], message["kwargs"], handles_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->args, arguments.args);
  EXPECT_EQ(read->kwargs, arguments.kwargs);
  EXPECT_THAT(ArgumentsFrom(Json::object(), Json::object(), handles_),
              IsAViolation());
  EXPECT_THAT(ArgumentsFrom(Json::array(), Json::array(), handles_),
              IsAViolation());
}

TEST_F(MessageTest, Timeouts) {
  EXPECT_EQ(TimeoutToJson(absl::InfiniteDuration()), nullptr);
  EXPECT_EQ(TimeoutToJson(absl::Milliseconds(100)), 0.1);
  EXPECT_EQ(TimeoutToJson(absl::ZeroDuration()), 0.0);
  EXPECT_LT(TimeoutToJson(-absl::InfiniteDuration()).get<double>(), 0);
}

// --- Errors ------------------------------------------------------------------

TEST_F(MessageTest, ErrorsComeBackAsTheyWere) {
  ErrorDetail remote = DetailOf(RaisedError("Fault", "on purpose"));
  remote.traceback = "line 1\nline 2";
  for (const absl::Status& error :
       {FullError(), RaisedError("OddNumber", "boom 7"), ExitRequest(-3),
        ValueError("out of range"),
        BufferTooShortError(std::string("\0\xff", 2)),
        procspec::ErrorFrom(remote), absl::InternalError("of no kind"),
        absl::UnknownError("of no kind")}) {
    absl::Status back;
    ASSERT_TRUE(ErrorFrom(ErrorToJson(error), back).ok()) << error;
    EXPECT_EQ(DetailOf(back), DetailOf(error));
    EXPECT_EQ(MessageOf(back), MessageOf(error));
  }
}

TEST_F(MessageTest, ErrorsKeepTheTypeOfTheImplementation) {
  absl::Status error;
  ASSERT_TRUE(
      ErrorFrom(Parsed(R"({"kind":"Value","type":"ValueError","message":"m"})"),
                error)
          .ok());
  EXPECT_TRUE(IsKind(error, ErrorKind::kValue));
  EXPECT_EQ(DetailOf(error).type, "ValueError");
  ASSERT_TRUE(
      ErrorFrom(Parsed(R"({"kind":"Other","type":"KeyError","message":"m"})"),
                error)
          .ok());
  EXPECT_FALSE(KindOf(error).has_value());
  EXPECT_EQ(DetailOf(error).type, "KeyError");
}

TEST_F(MessageTest, WhatIsNoErrorIsAViolation) {
  for (
      const char* text : {
          "null",
          "{}",
          R"({"kind":"Protocol","type":"WireError","message":"no object 7"})",
          R"({"kind":"Full","type":"Full"})",
          R"({"kind":"full","type":"Full","message":""})",
          R"({"kind":"","type":"Full","message":""})",
          R"({"kind":"Full","type":1,"message":""})",
          R"({"kind":"Full","type":"Full","message":"","x":1})",
          R"({"kind":"Full","type":"Full","message":"","code":1})",
          R"({"kind":"Full","type":"Full","message":"","data":""})",
          R"({"kind":"Full","type":"Full","message":"","traceback":1})",
          R"({"kind":"ExitRequest","type":"X","message":""})",
          R"({"kind":"ExitRequest","type":"X","message":"","code":4294967296})",
          R"({"kind":"BufferTooShort","type":"X","message":"","data":"x"})",
      }) {
    absl::Status error;
    EXPECT_TRUE(IsViolation(ErrorFrom(Parsed(text), error))) << text;
    EXPECT_TRUE(error.ok()) << text;
  }
}

// --- Hello -------------------------------------------------------------------

TEST_F(MessageTest, Hellos) {
  absl::StatusOr<Hello> hello = HelloFrom(
      Parsed(R"({"hello":"process","version":1,"process":"p","pid":7})"));
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(hello->process, "p");
  EXPECT_EQ(std::get<ProcessHello>(hello->role).pid, 7);

  hello = HelloFrom(Parsed(R"({"hello":"main","version":1,"process":"p"})"));
  ASSERT_TRUE(hello.ok());
  EXPECT_TRUE(std::holds_alternative<MainHello>(hello->role));

  hello = HelloFrom(
      Parsed(R"({"hello":"lane","version":1,"process":"p","lane":3})"));
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(std::get<LaneHello>(hello->role).lane, 3);
}

TEST_F(MessageTest, HellosOfCalls) {
  const auto call_from = [](std::string_view fields) {
    absl::StatusOr<Hello> hello = HelloFrom(Parsed(absl::StrCat(
        R"({"hello":"call","version":1,"process":"p",)", fields, "}")));
    return hello.ok() ? std::get<Call>(hello->role) : Call();
  };
  const Call target =
      call_from(R"("kind":"target","name":"T","args":[1],"kwargs":{"a":2})");
  EXPECT_EQ(std::get<TargetCall>(target).name, "T");
  EXPECT_EQ(std::get<TargetCall>(target).args.dump(), "[1]");
  EXPECT_EQ(std::get<TargetCall>(target).kwargs.dump(), R"({"a":2})");

  const Call type =
      call_from(R"("kind":"type","name":"T","self":{"h":4,"kind":"Process"})");
  EXPECT_EQ(std::get<TypeCall>(type).self.number, 4);
  EXPECT_EQ(std::get<TypeCall>(type).self.kind, "Process");

  const Call value = call_from(R"("kind":"callback","token":9,"ok":null)");
  EXPECT_EQ(std::get<CallbackCall>(value).token, 9);
  EXPECT_TRUE(std::get<Json>(std::get<CallbackCall>(value).outcome).is_null());

  const Call error = call_from(R"("kind":"callback","token":9,"error":)"
                               R"({"kind":"Full","type":"Full","message":""})");
  EXPECT_TRUE(
      IsFull(std::get<absl::Status>(std::get<CallbackCall>(error).outcome)));

  EXPECT_TRUE(
      std::holds_alternative<ProgramCall>(call_from(R"("kind":"program")")));
}

TEST_F(MessageTest, WhatIsNoHelloIsAViolation) {
  for (
      const char* text : {
          "{}",
          R"({"hello":"main"})",
          R"({"hello":"main","version":1})",
          R"({"hello":"main","version":2,"process":"p"})",
          R"({"hello":"main","version":"1","process":"p"})",
          R"({"hello":"main","version":1,"process":""})",
          R"({"hello":"main","version":1,"process":5})",
          R"({"hello":"main","version":1,"process":"p","pid":5})",
          R"({"hello":1,"version":1,"process":"p"})",
          R"({"hello":"friend","version":1,"process":"p"})",
          R"({"hello":"process","version":1,"process":"p"})",
          R"({"hello":"process","version":1,"process":"p","pid":0})",
          R"({"hello":"process","version":1,"process":"p","pid":"7"})",
          R"({"hello":"lane","version":1,"process":"p"})",
          R"({"hello":"call","version":1,"process":"p"})",
          R"({"hello":"call","version":1,"process":"p","kind":"x"})",
          R"({"hello":"call","version":1,"process":"p","kind":"target"})",
          R"({"hello":"call","version":1,"process":"p","kind":"target",)"
          R"("name":"T","args":[],"kwargs":{},"token":1})",
          R"({"hello":"call","version":1,"process":"p","kind":"type",)"
          R"("name":"T","self":4})",
          R"({"hello":"call","version":1,"process":"p","kind":"callback",)"
          R"("token":1})",
          R"({"hello":"call","version":1,"process":"p","kind":"callback",)"
          R"("token":1,"ok":1,"error":{"kind":"Full","type":"","message":""}})",
          R"({"hello":"call","version":1,"process":"p","kind":"callback",)"
          R"("token":"1","ok":1})",
          R"({"hello":"call","version":1,"process":"p","kind":"program",)"
          R"("name":"T"})",
      }) {
    EXPECT_THAT(HelloFrom(Parsed(text)), IsAViolation()) << text;
  }
}

// --- Answers -----------------------------------------------------------------

TEST_F(MessageTest, Answers) {
  absl::StatusOr<Answer> answer = AnswerFrom(Parsed(R"({"id":3,"ok":[1]})"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->id, 3);
  EXPECT_EQ(std::get<Json>(answer->outcome).dump(), "[1]");

  answer = AnswerFrom(
      Parsed(R"({"id":4,"error":{"kind":"Empty","type":"E","message":""}})"));
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(IsEmpty(std::get<absl::Status>(answer->outcome)));
}

TEST_F(MessageTest, WhatIsNoAnswerIsAViolation) {
  for (const char* text :
       {"{}", R"({"id":3})", R"({"ok":1})", R"({"id":"3","ok":1})",
        R"({"id":3.0,"ok":1})", R"({"id":3,"ok":1,"x":1})",
        R"({"id":3,"ok":1,"error":{"kind":"Full","type":"","message":""}})",
        R"({"id":3,"error":null})", R"({"id":3,"error":"no"})"}) {
    EXPECT_THAT(AnswerFrom(Parsed(text)), IsAViolation()) << text;
  }
}

TEST_F(MessageTest, AViolationTellsWhatShouldHaveCome) {
  EXPECT_THAT(std::string(BoolFrom(Parsed("1")).status().message()),
              HasSubstr("expected a bool, not 1"));
  const std::string long_text(100'000, 'x');
  const absl::Status violation = BoolFrom(Json(long_text)).status();
  EXPECT_LT(violation.message().size(), 1000u);
  EXPECT_FALSE(IsViolation(ValueError("wire: expected")));
}

}  // namespace
}  // namespace procspec::wire
