// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/error.h"

#include <cerrno>
#include <optional>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace procspec {
namespace {

TEST(ErrorTest, EveryKindGoesThroughAStatusAndItsName) {
  std::set<std::string_view> names;
  for (ErrorKind kind : AllErrorKinds()) {
    const absl::Status status = MakeError(kind, "message");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(KindOf(status), kind);
    EXPECT_TRUE(IsKind(status, kind));
    EXPECT_EQ(status.message(), "message");
    EXPECT_EQ(ParseErrorKind(ErrorKindName(kind)), kind);
    EXPECT_TRUE(names.insert(ErrorKindName(kind)).second);
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(ErrorKind::kOs) + 1);
  EXPECT_EQ(ParseErrorKind("NoSuchKind"), std::nullopt);
}

TEST(ErrorTest, ForeignStatusesHaveNoKind) {
  EXPECT_EQ(KindOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(KindOf(absl::InternalError("x")), std::nullopt);
  EXPECT_EQ(KindOf(absl::Status(FullError().code(), "the queue is full")),
            std::nullopt);
}

TEST(ErrorTest, PredicatesMatchTheirKindOnly) {
  EXPECT_TRUE(IsFull(FullError()));
  EXPECT_TRUE(IsEmpty(EmptyError()));
  EXPECT_TRUE(IsTimeout(TimeoutError()));
  EXPECT_TRUE(IsEndOfFile(EndOfFileError()));
  EXPECT_TRUE(IsBrokenPipe(BrokenPipeError()));
  EXPECT_FALSE(IsFull(EmptyError()));
  EXPECT_FALSE(IsTimeout(EmptyError()));
}

TEST(ErrorTest, HotErrorsAreShared) {
  EXPECT_EQ(&FullError(), &FullError());
  EXPECT_EQ(&EmptyError(), &EmptyError());
  EXPECT_EQ(&TimeoutError(), &TimeoutError());
}

TEST(ErrorTest, BufferTooShortCarriesTheWholeMessage) {
  const std::string message("with\0nul", 8);
  EXPECT_EQ(MessageOf(BufferTooShortError(message)), message);
  EXPECT_EQ(MessageOf(FullError()), std::nullopt);
}

TEST(ErrorTest, OsErrorTellsCallAndReason) {
  const absl::Status status = OsError("memfd_create", EMFILE);
  EXPECT_EQ(KindOf(status), ErrorKind::kOs);
  const std::string message(status.message());
  EXPECT_NE(message.find("memfd_create"), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(EMFILE)), std::string::npos) << message;
}

TEST(ErrorTest, ExitRequestCarriesItsCode) {
  for (int code : {0, 1, -1, 255, 1 << 20}) {
    EXPECT_EQ(ExitCodeOf(ExitRequest(code)), code);
    EXPECT_FALSE(ExitRequest(code).ok()) << "also for 0: it must be seen";
  }
  EXPECT_EQ(ExitCodeOf(FullError()), std::nullopt);
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), std::nullopt);
}

TEST(ErrorTest, DetailOfARaisedErrorHasItsType) {
  const ErrorDetail detail = DetailOf(RaisedError("MyError", "why"));
  EXPECT_EQ(detail.kind, ErrorKind::kRaised);
  EXPECT_EQ(detail.type, "MyError");
  EXPECT_EQ(detail.message, "why");
  EXPECT_EQ(DetailOf(FullError()).type, "Full");
}

TEST(ErrorTest, DetailAndStatusAreInverse) {
  ErrorDetail remote = DetailOf(RaisedError("MyError", "why"));
  remote.traceback = "in worker 3";
  ErrorDetail typed = DetailOf(FullError());
  typed.type = "queue.Full";
  for (const ErrorDetail& detail :
       {DetailOf(FullError()), DetailOf(RaisedError("", "")),
        DetailOf(ExitRequest(3)), DetailOf(ExitRequest(0)),
        DetailOf(absl::InternalError("foreign")),
        DetailOf(OsError("open", ENOENT)), remote, typed}) {
    const absl::Status status = ErrorFrom(detail);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(DetailOf(status), detail) << status;
    EXPECT_EQ(TracebackOf(status), detail.traceback);
  }
  EXPECT_EQ(TracebackOf(FullError()), "");
}

}  // namespace
}  // namespace procspec
