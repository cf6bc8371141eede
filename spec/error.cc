// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/error.h"

#include <array>
#include <cstdint>
#include <system_error>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace procspec {
namespace {

struct Row {
  ErrorKind kind;
  std::string_view name;
  absl::StatusCode code;
};

// The one table from kind to name and canonical code.
constexpr std::array kRows = {
    Row{ErrorKind::kFull, "Full", absl::StatusCode::kResourceExhausted},
    Row{ErrorKind::kEmpty, "Empty", absl::StatusCode::kNotFound},
    Row{ErrorKind::kTimeout, "Timeout", absl::StatusCode::kDeadlineExceeded},
    Row{ErrorKind::kEndOfFile, "EndOfFile", absl::StatusCode::kOutOfRange},
    Row{ErrorKind::kBrokenPipe, "BrokenPipe", absl::StatusCode::kUnavailable},
    Row{ErrorKind::kBufferTooShort, "BufferTooShort",
        absl::StatusCode::kOutOfRange},
    Row{ErrorKind::kMessageTooLong, "MessageTooLong",
        absl::StatusCode::kOutOfRange},
    Row{ErrorKind::kClosed, "Closed", absl::StatusCode::kFailedPrecondition},
    Row{ErrorKind::kWrongDirection, "WrongDirection",
        absl::StatusCode::kFailedPrecondition},
    Row{ErrorKind::kMisuse, "Misuse", absl::StatusCode::kFailedPrecondition},
    Row{ErrorKind::kValue, "Value", absl::StatusCode::kInvalidArgument},
    Row{ErrorKind::kType, "Type", absl::StatusCode::kInvalidArgument},
    Row{ErrorKind::kSharing, "Sharing", absl::StatusCode::kFailedPrecondition},
    Row{ErrorKind::kSerialisation, "Serialisation",
        absl::StatusCode::kInvalidArgument},
    Row{ErrorKind::kBootstrapping, "Bootstrapping",
        absl::StatusCode::kFailedPrecondition},
    Row{ErrorKind::kBrokenBarrier, "BrokenBarrier", absl::StatusCode::kAborted},
    Row{ErrorKind::kBrokenPool, "BrokenPool", absl::StatusCode::kAborted},
    Row{ErrorKind::kRaised, "Raised", absl::StatusCode::kUnknown},
    Row{ErrorKind::kExitRequest, "ExitRequest", absl::StatusCode::kCancelled},
    Row{ErrorKind::kNotImplemented, "NotImplemented",
        absl::StatusCode::kUnimplemented},
    Row{ErrorKind::kOs, "Os", absl::StatusCode::kInternal},
};

constexpr auto MakeKinds() {
  std::array<ErrorKind, kRows.size()> kinds{};
  for (size_t i = 0; i < kRows.size(); ++i) kinds[i] = kRows[i].kind;
  return kinds;
}
constexpr std::array<ErrorKind, kRows.size()> kKinds = MakeKinds();

// The enum is the index into the table.
constexpr bool RowsAreInOrder() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].kind) != i) return false;
  }
  return kRows.size() == static_cast<size_t>(ErrorKind::kOs) + 1;
}
static_assert(RowsAreInOrder());

// One short cord a payload: small enough to stay inline.
constexpr char kKindUrl[] = "procspec/kind";
constexpr char kTypeUrl[] = "procspec/type";
constexpr char kMessageUrl[] = "procspec/message";
constexpr char kTracebackUrl[] = "procspec/traceback";
constexpr char kExitCodeUrl[] = "procspec/exit-code";

const Row& RowOf(ErrorKind kind) { return kRows[static_cast<size_t>(kind)]; }

std::optional<std::string> TextPayload(const absl::Status& status,
                                       const char* url) {
  std::optional<absl::Cord> payload = status.GetPayload(url);
  if (!payload.has_value()) return std::nullopt;
  return std::string(*payload);
}

}  // namespace

std::string_view ErrorKindName(ErrorKind kind) { return RowOf(kind).name; }

std::optional<ErrorKind> ParseErrorKind(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

std::span<const ErrorKind> AllErrorKinds() { return kKinds; }

std::optional<ErrorKind> KindOf(const absl::Status& status) {
  if (status.ok()) return std::nullopt;
  std::optional<absl::Cord> payload = status.GetPayload(kKindUrl);
  if (!payload.has_value() || payload->size() != 1) return std::nullopt;
  const auto index = static_cast<uint8_t>((*payload)[0]);
  if (index >= kRows.size()) return std::nullopt;
  return kRows[index].kind;
}

bool IsKind(const absl::Status& status, ErrorKind kind) {
  return KindOf(status) == kind;
}

absl::Status MakeError(ErrorKind kind, std::string_view message) {
  absl::Status status(RowOf(kind).code, message);
  const char byte = static_cast<char>(kind);
  status.SetPayload(kKindUrl, absl::Cord(absl::string_view(&byte, 1)));
  return status;
}

// Never destroyed: a child may return them while the program is ending.
const absl::Status& FullError() {
  static const absl::Status& status =
      *new absl::Status(MakeError(ErrorKind::kFull, "the queue is full"));
  return status;
}

const absl::Status& EmptyError() {
  static const absl::Status& status =
      *new absl::Status(MakeError(ErrorKind::kEmpty, "the queue is empty"));
  return status;
}

const absl::Status& TimeoutError() {
  static const absl::Status& status =
      *new absl::Status(MakeError(ErrorKind::kTimeout, "timed out"));
  return status;
}

absl::Status EndOfFileError(std::string_view message) {
  return MakeError(ErrorKind::kEndOfFile, message);
}

absl::Status BrokenPipeError(std::string_view message) {
  return MakeError(ErrorKind::kBrokenPipe, message);
}

absl::Status BufferTooShortError(std::string_view whole_message) {
  absl::Status status =
      MakeError(ErrorKind::kBufferTooShort,
                absl::StrCat("the message has ", whole_message.size(),
                             " bytes: more than the buffer holds"));
  status.SetPayload(kMessageUrl, absl::Cord(whole_message));
  return status;
}

absl::Status MessageTooLongError(std::string_view message) {
  return MakeError(ErrorKind::kMessageTooLong, message);
}
absl::Status ClosedError(std::string_view message) {
  return MakeError(ErrorKind::kClosed, message);
}
absl::Status WrongDirectionError(std::string_view message) {
  return MakeError(ErrorKind::kWrongDirection, message);
}
absl::Status MisuseError(std::string_view message) {
  return MakeError(ErrorKind::kMisuse, message);
}
absl::Status ValueError(std::string_view message) {
  return MakeError(ErrorKind::kValue, message);
}
absl::Status TypeError(std::string_view message) {
  return MakeError(ErrorKind::kType, message);
}
absl::Status SharingError(std::string_view message) {
  return MakeError(ErrorKind::kSharing, message);
}
absl::Status SerialisationError(std::string_view message) {
  return MakeError(ErrorKind::kSerialisation, message);
}
absl::Status BootstrappingError(std::string_view message) {
  return MakeError(ErrorKind::kBootstrapping, message);
}
absl::Status BrokenBarrierError(std::string_view message) {
  return MakeError(ErrorKind::kBrokenBarrier, message);
}
absl::Status BrokenPoolError(std::string_view message) {
  return MakeError(ErrorKind::kBrokenPool, message);
}
absl::Status NotImplementedError(std::string_view message) {
  return MakeError(ErrorKind::kNotImplemented, message);
}

absl::Status OsError(std::string_view call, int code) {
  return MakeError(
      ErrorKind::kOs,
      absl::StrCat(call, ": ", std::system_category().message(code), " (", code,
                   ")"));
}

absl::Status RaisedError(std::string_view type, std::string_view message) {
  absl::Status status = MakeError(ErrorKind::kRaised, message);
  status.SetPayload(kTypeUrl, absl::Cord(type));
  return status;
}

absl::Status ExitRequest(int code) {
  absl::Status status = MakeError(ErrorKind::kExitRequest,
                                  absl::StrCat("exit requested: ", code));
  status.SetPayload(kExitCodeUrl, absl::Cord(absl::StrCat(code)));
  return status;
}

std::optional<int> ExitCodeOf(const absl::Status& status) {
  if (!IsKind(status, ErrorKind::kExitRequest)) return std::nullopt;
  std::optional<std::string> text = TextPayload(status, kExitCodeUrl);
  int code = 0;
  if (!text.has_value() || !absl::SimpleAtoi(*text, &code)) return std::nullopt;
  return code;
}

std::optional<std::string> MessageOf(const absl::Status& status) {
  return TextPayload(status, kMessageUrl);
}

ErrorDetail DetailOf(const absl::Status& status) {
  ErrorDetail detail;
  detail.kind = KindOf(status);
  detail.code = status.code();
  detail.message = std::string(status.message());
  detail.type = TextPayload(status, kTypeUrl)
                    .value_or(detail.kind.has_value()
                                  ? std::string(ErrorKindName(*detail.kind))
                                  : absl::StatusCodeToString(status.code()));
  detail.traceback = TracebackOf(status);
  detail.exit_code = ExitCodeOf(status).value_or(0);
  return detail;
}

absl::Status ErrorFrom(const ErrorDetail& detail) {
  absl::Status status = detail.kind.has_value()
                            ? MakeError(*detail.kind, detail.message)
                            : absl::Status(detail.code, detail.message);
  if (detail.kind == ErrorKind::kExitRequest) {
    status.SetPayload(kExitCodeUrl, absl::Cord(absl::StrCat(detail.exit_code)));
  }
  if (detail.type != DetailOf(status).type) {
    status.SetPayload(kTypeUrl, absl::Cord(detail.type));
  }
  if (!detail.traceback.empty()) {
    status.SetPayload(kTracebackUrl, absl::Cord(detail.traceback));
  }
  return status;
}

std::string TracebackOf(const absl::Status& status) {
  return TextPayload(status, kTracebackUrl).value_or("");
}

}  // namespace procspec
