// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/target.h"

#include <string>

#include "gtest/gtest.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/process.h"
#include "spec/sync.h"

namespace procspec {
namespace {

class ABackend : public Backend {
 public:
  explicit ABackend(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  CapabilitySet capabilities() const override { return {}; }

 private:
  const std::string_view name_;
};

class AnEvent : public Event {
 public:
  absl::StatusOr<bool> IsSet() override { return false; }
  absl::Status Set() override { return absl::OkStatus(); }
  absl::Status Clear() override { return absl::OkStatus(); }
  absl::StatusOr<bool> Wait(absl::Duration) override { return false; }
};

PROCSPEC_TARGET(TargetTestEcho) {
  return List{backend.name(), arguments.args, arguments.kwargs};
}

PROCSPEC_TARGET(TargetTestExit) { return ExitRequest(3); }

// Shows another backend to what it calls.
class OtherBackend : public CallInterposer {
 public:
  absl::StatusOr<Value> Call(Backend&, FoundTarget target,
                             const Arguments& arguments) override {
    return target(other_, arguments);
  }
  absl::StatusOr<Value> Call(Backend&, FoundRunFunction run,
                             Process& self) override {
    return run(other_, self);
  }

 private:
  ABackend other_{"other"};
};

TEST(TargetTest, ATargetIsCalledByItsName) {
  ABackend backend("mine");
  absl::StatusOr<Value> result =
      CallTarget(backend, "TargetTestEcho", {{1, "two"}, {{"three", 3}}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, Value(List{"mine", List{1, "two"}, Dict{{"three", 3}}}));
  EXPECT_EQ(ExitCodeOf(CallTarget(backend, "TargetTestExit", {}).status()), 3);
}

TEST(TargetTest, AnUnknownNameIsAValueErrorThatNamesWhatIsNear) {
  ABackend backend("mine");
  EXPECT_TRUE(CheckTarget("TargetTestEcho").ok());
  for (const absl::Status& status :
       {CheckTarget("TargetTestEcko"),
        CallTarget(backend, "TargetTestEcko", {}).status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kValue);
    EXPECT_NE(std::string(status.message()).find("TargetTestEcho"),
              std::string::npos)
        << status;
  }
  EXPECT_EQ(KindOf(CheckTarget("")), ErrorKind::kValue);
  EXPECT_EQ(KindOf(CheckProcessType("NoSuchType")), ErrorKind::kValue);
}

TEST(TargetTest, TheInterposerStandsBetween) {
  ABackend backend("mine");
  OtherBackend interposer;
  SetCallInterposer(&interposer);
  absl::StatusOr<Value> result = CallTarget(backend, "TargetTestEcho", {});
  SetCallInterposer(nullptr);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, Value(List{"other", List{}, Dict{}}));
}

// Runs what is registered nowhere: tells what it was asked for.
class Elsewhere : public ForeignFunctions {
 public:
  absl::StatusOr<Value> CallTarget(Backend& backend, std::string_view name,
                                   const Arguments& arguments) override {
    return List{"target", name, backend.name(), arguments.args};
  }
  absl::StatusOr<Value> CallProcessType(Backend& backend, std::string_view name,
                                        Process&) override {
    return List{"type", name, backend.name()};
  }
};

TEST(TargetTest, WithForeignFunctionsEveryNameIsKnown) {
  ABackend backend("mine");
  Elsewhere elsewhere;
  SetForeignFunctions(&elsewhere);
  const absl::Status known = CheckTarget("NoSuchTarget");
  const absl::Status known_type = CheckProcessType("NoSuchType");
  const absl::Status nameless = CheckTarget("");
  const absl::StatusOr<Value> foreign =
      CallTarget(backend, "NoSuchTarget", {{1}, {}});
  const absl::StatusOr<Value> own = CallTarget(backend, "TargetTestEcho", {});
  OtherBackend interposer;
  SetCallInterposer(&interposer);
  const absl::StatusOr<Value> interposed =
      CallTarget(backend, "NoSuchTarget", {});
  SetCallInterposer(nullptr);
  SetForeignFunctions(nullptr);

  EXPECT_TRUE(known.ok()) << known;
  EXPECT_TRUE(known_type.ok()) << known_type;
  EXPECT_EQ(KindOf(nameless), ErrorKind::kValue);
  ASSERT_TRUE(foreign.ok()) << foreign.status();
  EXPECT_EQ(*foreign, Value(List{"target", "NoSuchTarget", "mine", List{1}}));
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(*own, Value(List{"mine", List{}, Dict{}}));
  ASSERT_TRUE(interposed.ok()) << interposed.status();
  EXPECT_EQ(*interposed,
            Value(List{"target", "NoSuchTarget", "other", List{}}));
  EXPECT_EQ(KindOf(CheckTarget("NoSuchTarget")), ErrorKind::kValue);
}

TEST(TargetTest, ArgumentsAreGotByTypeOrAreTypeErrors) {
  const auto event = std::make_shared<AnEvent>();
  const Arguments arguments{{1, "two", event}, {}};
  EXPECT_EQ(*arguments.Get<int64_t>(0), 1);
  EXPECT_EQ(*arguments.Get<std::string>(1), "two");
  EXPECT_EQ(*arguments.Get<Event>(2), event);
  EXPECT_EQ(KindOf(arguments.Get<std::string>(0).status()), ErrorKind::kType);
  EXPECT_EQ(KindOf(arguments.Get<Event>(0).status()), ErrorKind::kType);
  EXPECT_EQ(KindOf(arguments.Get<Lock>(2).status()), ErrorKind::kType);
  EXPECT_EQ(KindOf(arguments.Get<int64_t>(3).status()), ErrorKind::kType);
  EXPECT_EQ(KindOf(arguments.Get<Event>(3).status()), ErrorKind::kType);
}

TEST(TargetDeathTest, ANameIsRegisteredOnce) {
  EXPECT_DEATH(RegisterTarget("TargetTestEcho", nullptr),
               "'TargetTestEcho' is registered twice");
}

}  // namespace
}  // namespace procspec
