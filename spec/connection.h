// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_CONNECTION_H_
#define PROCSPEC_SPEC_CONNECTION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "spec/shareable.h"
#include "spec/value.h"

namespace procspec {

// One end of a pipe that carries whole messages, in order, reliably.
//
// Copies: a child that inherits an end has a copy of its own. The other end
// sees end of file, or a broken pipe, only when every copy is closed: by Close,
// by dropping the last reference, or by the end of the process that held it,
// however it ended (pipe.recv.eof, pipe.recv.eof-on-peer-exit,
// pipe.recv.no-eof-while-copy-open). Under fork a child holds copies of both
// ends, also of those that are not in its arguments.
//
// Thread-safety: one sender and one receiver at a time may use an end. Several
// at once do not corrupt a message, but who gets which is open.
//
// A process killed inside an operation loses at most the message it was sending
// or receiving; the other end is never wedged or given half a message.
//
// Every operation on a closed end reports Closed.
class Connection : public Shareable {
 public:
  HandleKind handle_kind() const final { return HandleKind::kConnection; }

  // Sends a copy of the value, as it is now. Blocks while the pipe is full.
  //   BrokenPipe      no reader is left; never a signal
  //   WrongDirection  the end only receives
  //   Sharing, Serialisation  the value cannot travel; nothing was sent
  virtual absl::Status Send(const Value& value) = 0;

  // Blocks for the next message.
  //   EndOfFile       nothing is left and nobody can send; again each time
  //   WrongDirection  the end only sends
  //   Serialisation   the message was not made by Send; it is consumed
  virtual absl::StatusOr<Value> Recv() = 0;

  // The same without values: one message of exactly these bytes; may be empty.
  virtual absl::Status SendBytes(std::string_view message) = 0;

  // MessageTooLong: the next message is longer than `max_length`. The end is
  // then unreadable from now on: a duplex end reports WrongDirection to
  // receivers and stays writable, a receive-only end is closed.
  virtual absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length = std::nullopt) = 0;

  // Writes the message into `buffer` from `offset` on, leaves the rest of the
  // buffer alone and returns the length. No allocation.
  //   BufferTooShort  it did not fit; it is consumed, and the error carries it
  //                   whole (MessageOf)
  //   Value           `offset` beyond the buffer; nothing is consumed
  virtual absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                               size_t offset = 0) = 0;

  // True as soon as a receive would not block: a message is there, or the end
  // of file. False after `timeout`; zero or negative: an immediate answer.
  // Consumes nothing. WrongDirection: the end only sends.
  virtual absl::StatusOr<bool> Poll(
      absl::Duration timeout = absl::ZeroDuration()) = 0;

  // Closes this process's copy. Again: no effect.
  virtual absl::Status Close() = 0;

  virtual bool closed() const = 0;
  virtual bool readable() const = 0;
  virtual bool writable() const = 0;
};

// What Backend::NewPipe gives. Duplex: both ends send and receive. Otherwise
// `first` only receives and `second` only sends.
struct ConnectionPair {
  std::shared_ptr<Connection> first;
  std::shared_ptr<Connection> second;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_CONNECTION_H_
