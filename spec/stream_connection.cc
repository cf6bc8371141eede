// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/stream_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec {
namespace {

// A tag and eight bytes of length in the machine's order: both ends are on it.
constexpr size_t kHeaderSize = 1 + sizeof(uint64_t);

// A length comes from another process: memory is taken as the bytes arrive.
constexpr size_t kPiece = size_t{1} << 20;

// Fills the buffer. EndOfFile: the stream ended before.
absl::Status ReadAll(ByteStream& stream, absl::Span<char> buffer) {
  while (!buffer.empty()) {
    const int64_t count = stream.Read(buffer);
    if (count > 0) {
      buffer.remove_prefix(static_cast<size_t>(count));
    } else if (count == 0 || errno == ECONNRESET) {
      // Reset: the other end went without reading what it was sent.
      return EndOfFileError();
    } else if (errno != EINTR) {
      return OsError("read", errno);
    }
  }
  return absl::OkStatus();
}

absl::Status WriteAll(ByteStream& stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const int64_t count = stream.Write(bytes);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return BrokenPipeError();
    } else if (errno != EINTR) {
      return OsError("write", errno);
    }
  }
  return absl::OkStatus();
}

}  // namespace

StreamConnection::StreamConnection(std::unique_ptr<ByteStream> stream,
                                   bool readable, bool writable)
    : stream_(std::move(stream)), readable_(readable), writable_(writable) {}

absl::Status StreamConnection::Send(const Value& value) {
  PROCSPEC_RETURN_IF_ERROR(ForSending().status());
  std::string frame;
  PROCSPEC_RETURN_IF_ERROR(Encode(value, frame));
  return Write(Tag::kValue, frame);
}

absl::StatusOr<Value> StreamConnection::Recv() {
  std::lock_guard lock(receiving_);
  PROCSPEC_ASSIGN_OR_RETURN(const auto stream, ForReceiving());
  PROCSPEC_ASSIGN_OR_RETURN(const Header header, ReadHeader(*stream));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string frame,
                            ReadBody(*stream, header.length));
  if (header.tag != Tag::kValue) {
    return SerialisationError("the message was not made by Send");
  }
  return Decode(frame);
}

absl::Status StreamConnection::SendBytes(std::string_view message) {
  return Write(Tag::kBytes, message);
}

absl::StatusOr<std::string> StreamConnection::RecvBytes(
    std::optional<size_t> max_length) {
  std::lock_guard lock(receiving_);
  PROCSPEC_ASSIGN_OR_RETURN(const auto stream, ForReceiving());
  PROCSPEC_ASSIGN_OR_RETURN(const Header header, ReadHeader(*stream));
  if (max_length.has_value() && header.length > *max_length) {
    StopReading();
    return MessageTooLongError(absl::StrCat(
        "a message of ", header.length, " bytes, and at most ", *max_length));
  }
  return ReadBody(*stream, header.length);
}

absl::StatusOr<size_t> StreamConnection::RecvBytesInto(absl::Span<char> buffer,
                                                       size_t offset) {
  std::lock_guard lock(receiving_);
  PROCSPEC_ASSIGN_OR_RETURN(const auto stream, ForReceiving());
  if (offset > buffer.size()) {
    return ValueError("the offset is beyond the buffer");
  }
  PROCSPEC_ASSIGN_OR_RETURN(const Header header, ReadHeader(*stream));
  if (header.length > buffer.size() - offset) {
    PROCSPEC_ASSIGN_OR_RETURN(const std::string message,
                              ReadBody(*stream, header.length));
    return BufferTooShortError(message);
  }
  PROCSPEC_RETURN_IF_ERROR(
      ReadAll(*stream, buffer.subspan(offset, header.length)));
  return header.length;
}

absl::StatusOr<bool> StreamConnection::Poll(absl::Duration timeout) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto stream, ForReceiving());
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  absl::Duration left = std::max(timeout, absl::ZeroDuration());
  while (!stream->Poll(left)) {
    left = timeout - absl::FromChrono(Clock::now() - start);
    if (left <= absl::ZeroDuration()) return false;
  }
  return true;
}

absl::Status StreamConnection::Close() {
  std::shared_ptr<ByteStream> dropped;  // after the mutex
  std::lock_guard lock(mutex_);
  std::swap(dropped, stream_);
  return absl::OkStatus();
}

bool StreamConnection::closed() const { return stream() == nullptr; }

bool StreamConnection::readable() const {
  std::lock_guard lock(mutex_);
  return readable_;
}

bool StreamConnection::writable() const { return writable_; }

std::shared_ptr<ByteStream> StreamConnection::stream() const {
  std::lock_guard lock(mutex_);
  return stream_;
}

absl::StatusOr<std::shared_ptr<ByteStream>> StreamConnection::ForSending()
    const {
  std::lock_guard lock(mutex_);
  if (stream_ == nullptr) return ClosedError("the connection is closed");
  if (!writable_) return WrongDirectionError("this end only receives");
  return stream_;
}

absl::StatusOr<std::shared_ptr<ByteStream>> StreamConnection::ForReceiving()
    const {
  std::lock_guard lock(mutex_);
  if (stream_ == nullptr) return ClosedError("the connection is closed");
  if (!readable_) return WrongDirectionError("this end does not receive");
  return stream_;
}

absl::Status StreamConnection::Write(Tag tag, std::string_view message) {
  std::lock_guard lock(sending_);
  PROCSPEC_ASSIGN_OR_RETURN(const auto stream, ForSending());
  const uint64_t length = message.size();
  std::string bytes(kHeaderSize, '\0');
  bytes[0] = static_cast<char>(tag);
  std::memcpy(bytes.data() + 1, &length, sizeof(length));
  // A short message goes with its header in one piece.
  if (message.size() > kPiece) {
    PROCSPEC_RETURN_IF_ERROR(WriteAll(*stream, bytes));
    return WriteAll(*stream, message);
  }
  bytes += message;
  return WriteAll(*stream, bytes);
}

absl::StatusOr<StreamConnection::Header> StreamConnection::ReadHeader(
    ByteStream& stream) {
  std::array<char, kHeaderSize> bytes;
  PROCSPEC_RETURN_IF_ERROR(ReadAll(stream, absl::MakeSpan(bytes)));
  const Tag tag{bytes[0]};
  uint64_t length = 0;
  std::memcpy(&length, bytes.data() + 1, sizeof(length));
  if ((tag != Tag::kValue && tag != Tag::kBytes) ||
      length > std::string().max_size()) {
    StopReading();
    return EndOfFileError("what came is no message");
  }
  return Header{tag, static_cast<size_t>(length)};
}

absl::StatusOr<std::string> StreamConnection::ReadBody(ByteStream& stream,
                                                       size_t length) {
  std::string body;
  while (body.size() < length) {
    const size_t have = body.size();
    const size_t piece = std::min(kPiece, length - have);
    body.resize(have + piece);
    PROCSPEC_RETURN_IF_ERROR(
        ReadAll(stream, absl::MakeSpan(body).subspan(have)));
  }
  return body;
}

void StreamConnection::StopReading() {
  std::shared_ptr<ByteStream> dropped;  // after the mutex
  std::lock_guard lock(mutex_);
  if (writable_) {
    readable_ = false;
  } else {
    std::swap(dropped, stream_);
  }
}

}  // namespace procspec
