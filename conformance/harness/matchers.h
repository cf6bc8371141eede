// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_MATCHERS_H_
#define PROCSPEC_CONFORMANCE_HARNESS_MATCHERS_H_

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/error.h"
#include "spec/status_macros.h"

// What cases say about outcomes. Each works on absl::Status and StatusOr<T>:
//
//   EXPECT_THAT(queue->Put(1), IsOk());
//   EXPECT_THAT(queue->Get(), IsOkAndHolds(1));
//   EXPECT_THAT(queue->Get(Deadline()), Raises(ErrorKind::kEmpty));
//   ASSERT_OK(queue->Put(1));
//   ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(1));

namespace procspec::harness {

// "Full: the queue is full"; a foreign status: "a fault, INTERNAL: ...".
std::string Describe(const absl::Status& status);

namespace matchers_internal {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

class IsOkMatcher {
 public:
  using is_gtest_matcher = void;
  void DescribeTo(std::ostream* os) const { *os << "is OK"; }
  void DescribeNegationTo(std::ostream* os) const { *os << "is not OK"; }
  template <typename Outcome>
  bool MatchAndExplain(const Outcome& outcome,
                       testing::MatchResultListener*) const {
    return StatusOf(outcome).ok();
  }
};

class RaisesMatcher {
 public:
  using is_gtest_matcher = void;
  explicit RaisesMatcher(ErrorKind kind) : kind_(kind) {}
  void DescribeTo(std::ostream* os) const {
    *os << "reports " << ErrorKindName(kind_);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "does not report " << ErrorKindName(kind_);
  }
  template <typename Outcome>
  bool MatchAndExplain(const Outcome& outcome,
                       testing::MatchResultListener*) const {
    return IsKind(StatusOf(outcome), kind_);
  }

 private:
  ErrorKind kind_;
};

template <typename Inner>
class IsOkAndHoldsMatcher {
 public:
  explicit IsOkAndHoldsMatcher(Inner inner) : inner_(std::move(inner)) {}

  template <typename StatusOrT>
  operator testing::Matcher<StatusOrT>() const {  // NOLINT
    return testing::Matcher<StatusOrT>(new Impl<StatusOrT>(inner_));
  }

 private:
  template <typename StatusOrT>
  class Impl : public testing::MatcherInterface<StatusOrT> {
   public:
    using T = typename std::remove_cvref_t<StatusOrT>::value_type;

    explicit Impl(const Inner& inner)
        : inner_(testing::SafeMatcherCast<const T&>(inner)) {}
    void DescribeTo(std::ostream* os) const override {
      *os << "is OK with a value that ";
      inner_.DescribeTo(os);
    }
    void DescribeNegationTo(std::ostream* os) const override {
      *os << "is an error or has a value that ";
      inner_.DescribeNegationTo(os);
    }
    bool MatchAndExplain(StatusOrT outcome,
                         testing::MatchResultListener*) const override {
      return outcome.ok() && inner_.Matches(*outcome);
    }

   private:
    const testing::Matcher<const T&> inner_;
  };

  const Inner inner_;
};

}  // namespace matchers_internal

// Any success.
inline matchers_internal::IsOkMatcher IsOk() { return {}; }

// A success whose value matches: a matcher, or what the value must equal.
template <typename Inner>
auto IsOkAndHolds(Inner&& inner) {
  // Decayed, so that a literal is held as a pointer and not as an array.
  return matchers_internal::IsOkAndHoldsMatcher<std::decay_t<Inner>>(
      std::forward<Inner>(inner));
}

// An error of this kind. A fault of the machinery, the judge's own included,
// has no kind and never matches.
inline matchers_internal::RaisesMatcher Raises(ErrorKind kind) {
  return matchers_internal::RaisesMatcher(kind);
}

}  // namespace procspec::harness

// How GoogleTest prints an outcome; it would print the bytes of a StatusOr, and
// the payloads of a Status. A namespace of theirs, because the types are not
// ours.
namespace testing::internal {

template <>
class UniversalPrinter<absl::Status> {
 public:
  static void Print(const absl::Status& status, std::ostream* os) {
    *os << procspec::harness::Describe(status);
  }
};

template <typename T>
class UniversalPrinter<absl::StatusOr<T>> {
 public:
  static void Print(const absl::StatusOr<T>& result, std::ostream* os) {
    *os << procspec::harness::Describe(result.status());
    if (result.ok()) *os << " with value " << PrintToString(*result);
  }
};

}  // namespace testing::internal

#define EXPECT_OK(expression) \
  EXPECT_THAT(expression, ::procspec::harness::IsOk())
#define ASSERT_OK(expression) \
  ASSERT_THAT(expression, ::procspec::harness::IsOk())

// Assigns the value of a StatusOr, or ends the case with its error. The
// declaration must not contain a comma outside parentheses.
#define ASSERT_OK_AND_ASSIGN(declaration, expression)               \
  PROCSPEC_ASSERT_OK_AND_ASSIGN_IMPL_(                              \
      PROCSPEC_CONCAT_(procspec_status_or_, __LINE__), declaration, \
      expression, #expression)
#define PROCSPEC_ASSERT_OK_AND_ASSIGN_IMPL_(temporary, declaration, \
                                            expression, text)       \
  auto temporary = (expression);                                    \
  if (!temporary.ok())                                              \
    FAIL() << text << "\n  reports "                                \
           << ::procspec::harness::Describe(temporary.status());    \
  declaration = *std::move(temporary)

#endif  // PROCSPEC_CONFORMANCE_HARNESS_MATCHERS_H_
