// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_ERROR_H_
#define PROCSPEC_SPEC_ERROR_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace procspec {

// What went wrong, as the specification names it. Closed; every kind has one
// canonical absl::StatusCode (see error.cc). A status made by this library
// carries its kind; a status without one is a fault of the machinery.
enum class ErrorKind {
  kFull,            // a bounded queue had no room in time
  kEmpty,           // a queue had no item in time
  kTimeout,         // a result or a wait was late
  kEndOfFile,       // every copy of the other end is closed, nothing is left
  kBrokenPipe,      // nobody can read what is sent
  kBufferTooShort,  // the message did not fit; MessageOf() has all of it
  kMessageTooLong,  // longer than the receiver's limit
  kClosed,          // the object was closed in this process
  kWrongDirection,  // send on a receive-only end, or the reverse
  kMisuse,          // a call that the object's state forbids
  kValue,           // an argument or a state out of range
  kType,            // an argument of the wrong type
  kSharing,         // a handle where only inheritance is allowed
  kSerialisation,   // a value that cannot travel
  kBootstrapping,   // starting children while being started oneself
  kBrokenBarrier,   // the barrier was broken, aborted or reset
  kBrokenPool,      // the worker that held the task died
  kRaised,          // a target's own error; DetailOf() has type and arguments
  kExitRequest,     // a target asks its process to exit; ExitCodeOf()
  kNotImplemented,  // the backend lacks this
  kOs,              // the operating system refused
};

// "Full" for kFull, as clauses spell it.
std::string_view ErrorKindName(ErrorKind kind);
std::optional<ErrorKind> ParseErrorKind(std::string_view name);
std::span<const ErrorKind> AllErrorKinds();

// The kind that a status carries; nullopt for OK and for foreign statuses.
std::optional<ErrorKind> KindOf(const absl::Status& status);
bool IsKind(const absl::Status& status, ErrorKind kind);

// A status of the given kind with its canonical code.
absl::Status MakeError(ErrorKind kind, std::string_view message);

// Hot outcomes are shared constants: returning one allocates nothing.
const absl::Status& FullError();
const absl::Status& EmptyError();
const absl::Status& TimeoutError();

absl::Status EndOfFileError(std::string_view message = "end of file");
absl::Status BrokenPipeError(std::string_view message = "no reader is left");
absl::Status BufferTooShortError(std::string_view whole_message);
absl::Status MessageTooLongError(std::string_view message);
absl::Status ClosedError(std::string_view message);
absl::Status WrongDirectionError(std::string_view message);
absl::Status MisuseError(std::string_view message);
absl::Status ValueError(std::string_view message);
absl::Status TypeError(std::string_view message);
absl::Status SharingError(std::string_view message);
absl::Status SerialisationError(std::string_view message);
absl::Status BootstrappingError(std::string_view message);
absl::Status BrokenBarrierError(std::string_view message = "broken barrier");
absl::Status BrokenPoolError(std::string_view message);
absl::Status NotImplementedError(std::string_view message);

// An operating system failure: errno on POSIX, GetLastError() on Windows, with
// its text. `call` is what was tried: "memfd_create".
absl::Status OsError(std::string_view call, int code);

// What a target returns to "raise" an error of its own: a type name chosen by
// the target and a message. It reaches the caller of a pool unchanged.
absl::Status RaisedError(std::string_view type, std::string_view message);

// What a target returns to end its process with this exit code, as
// sys.exit(code) does: exit handlers run, children are joined.
absl::Status ExitRequest(int code);
std::optional<int> ExitCodeOf(const absl::Status& status);

inline bool IsFull(const absl::Status& s) {
  return IsKind(s, ErrorKind::kFull);
}
inline bool IsEmpty(const absl::Status& s) {
  return IsKind(s, ErrorKind::kEmpty);
}
inline bool IsTimeout(const absl::Status& s) {
  return IsKind(s, ErrorKind::kTimeout);
}
inline bool IsEndOfFile(const absl::Status& s) {
  return IsKind(s, ErrorKind::kEndOfFile);
}
inline bool IsBrokenPipe(const absl::Status& s) {
  return IsKind(s, ErrorKind::kBrokenPipe);
}

// The whole message that a BufferTooShort error carries.
std::optional<std::string> MessageOf(const absl::Status& status);

// An error as data: how what happened in one process is told in another.
struct ErrorDetail {
  // nullopt: a foreign status (a fault); `code` still tells its canonical code.
  std::optional<ErrorKind> kind;
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string type;  // the raiser's type name; ErrorKindName otherwise
  std::string message;
  std::string traceback;  // where it happened, as text; empty if local
  int exit_code = 0;      // for kExitRequest

  friend bool operator==(const ErrorDetail&, const ErrorDetail&) = default;
};

ErrorDetail DetailOf(const absl::Status& status);

// The inverse: DetailOf(ErrorFrom(d)) == d.
absl::Status ErrorFrom(const ErrorDetail& detail);

// The text of where a remote error happened; empty for a local one.
std::string TracebackOf(const absl::Status& status);

}  // namespace procspec

#endif  // PROCSPEC_SPEC_ERROR_H_
