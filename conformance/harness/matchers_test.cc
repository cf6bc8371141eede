// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/matchers.h"

#include <memory>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "spec/value.h"

namespace procspec::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

absl::StatusOr<Value> Held(Value value) { return value; }

TEST(MatchersTest, IsOk) {
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(Held(1), IsOk());
  EXPECT_THAT(FullError(), Not(IsOk()));
  EXPECT_THAT(absl::StatusOr<int>(FullError()), Not(IsOk()));
}

TEST(MatchersTest, IsOkAndHoldsTakesValuesAndMatchers) {
  EXPECT_THAT(Held("item"), IsOkAndHolds("item"));
  EXPECT_THAT(Held(5), IsOkAndHolds(5));
  EXPECT_THAT(Held(List{1, "a"}), IsOkAndHolds(List{1, "a"}));
  EXPECT_THAT(Held(5), IsOkAndHolds(testing::Ne(Value(6))));
  EXPECT_THAT(absl::StatusOr<bool>(true), IsOkAndHolds(true));
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAndHolds(testing::Gt(2)));
  EXPECT_THAT(absl::StatusOr<std::string>("abc"), IsOkAndHolds(HasSubstr("b")));

  EXPECT_THAT(Held("item"), Not(IsOkAndHolds("other")));
  EXPECT_THAT(Held(1), Not(IsOkAndHolds(true)));
  EXPECT_THAT(absl::StatusOr<Value>(FullError()), Not(IsOkAndHolds("item")));
}

TEST(MatchersTest, IsOkAndHoldsWorksOnWhatCannotBeCopied) {
  const absl::StatusOr<std::unique_ptr<int>> outcome = std::make_unique<int>(1);
  EXPECT_THAT(outcome, IsOkAndHolds(testing::Pointee(1)));
}

TEST(MatchersTest, RaisesMatchesTheKindOnly) {
  EXPECT_THAT(FullError(), Raises(ErrorKind::kFull));
  EXPECT_THAT(absl::StatusOr<int>(EmptyError()), Raises(ErrorKind::kEmpty));
  EXPECT_THAT(FullError(), Not(Raises(ErrorKind::kEmpty)));
  EXPECT_THAT(absl::OkStatus(), Not(Raises(ErrorKind::kFull)));
  // The same canonical code, and no kind.
  EXPECT_THAT(absl::Status(FullError().code(), "foreign"),
              Not(Raises(ErrorKind::kFull)));
}

TEST(MatchersTest, PrintsWhatItWas) {
  EXPECT_THAT(testing::PrintToString(EmptyError()), HasSubstr("Empty: "));
  EXPECT_THAT(testing::PrintToString(absl::InternalError("broken")),
              "a fault, INTERNAL: broken");
  EXPECT_EQ(testing::PrintToString(Held("surprise")),
            "OK with value \"surprise\"");
  EXPECT_EQ(testing::PrintToString(absl::StatusOr<int>(3)), "OK with value 3");
  EXPECT_NONFATAL_FAILURE(
      EXPECT_THAT(Held("surprise"), Raises(ErrorKind::kFull)),
      "Actual: OK with value \"surprise\"");
}

TEST(MatchersTest, AssignsOrFails) {
  ASSERT_OK_AND_ASSIGN(const Value value, Held(7));
  EXPECT_EQ(value, Value(7));
  EXPECT_OK(absl::OkStatus());
  ASSERT_OK(absl::OkStatus());

  EXPECT_NONFATAL_FAILURE(EXPECT_OK(FullError()), "Full");
  EXPECT_FATAL_FAILURE(ASSERT_OK(FullError()), "Full");
  EXPECT_FATAL_FAILURE(
      {
        ASSERT_OK_AND_ASSIGN(Value unused, absl::StatusOr<Value>(EmptyError()));
        (void)unused;
      },
      "Empty");
}

}  // namespace
}  // namespace procspec::harness
