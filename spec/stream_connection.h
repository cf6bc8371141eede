// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_STREAM_CONNECTION_H_
#define PROCSPEC_SPEC_STREAM_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "spec/connection.h"
#include "spec/value.h"

namespace procspec {

// One end of a two-way stream of bytes between processes: a socket, say. Its
// destructor closes this process's copy. Reads and writes are those of POSIX,
// so that most are one call.
//
// Thread-safety: one writer, one reader and one poller at a time.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  // As send(2): waits for room, and returns how many of the bytes it took, at
  // least one, or -1 with errno. EPIPE: no reader is left; never a signal.
  virtual int64_t Write(std::string_view bytes) = 0;

  // As recv(2): waits for something, and returns how many bytes it put into the
  // buffer, which is not empty; 0: the other end is closed and nothing is left,
  // again each time; or -1 with errno.
  virtual int64_t Read(absl::Span<char> buffer) = 0;

  // Whether a Read would not wait. Waits for that, at most so long, which is
  // never negative; may give up earlier.
  virtual bool Poll(absl::Duration timeout) = 0;
};

// A Connection over a stream, with messages, limits, directions and closing
// made here:
//
//   int fds[2];
//   socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
//   return StreamPair<MySocket>(fds[0], fds[1], duplex);
//
// A message is a tag, its length and its bytes. What a process that died left
// of one counts as the end of file, as does what was not made here.
//
// Thread-safety: as Connection, within a process. Two processes that send, or
// receive, through copies of one end take turns; a child forked while another
// thread is inside a call must not use that end.
class StreamConnection : public Connection {
 public:
  StreamConnection(std::unique_ptr<ByteStream> stream, bool readable,
                   bool writable);

  absl::Status Send(const Value& value) override;
  absl::StatusOr<Value> Recv() override;
  absl::Status SendBytes(std::string_view message) override;
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length = std::nullopt) override;
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset = 0) override;
  absl::StatusOr<bool> Poll(
      absl::Duration timeout = absl::ZeroDuration()) override;

  // The stream itself is closed when the last call that uses it returns.
  absl::Status Close() override;

  bool closed() const override;
  bool readable() const override;
  bool writable() const override;

  // For a backend that hands it to a child. Null once closed.
  std::shared_ptr<ByteStream> stream() const;

 private:
  enum class Tag : char { kValue = 'v', kBytes = 'b' };
  struct Header {
    Tag tag;
    size_t length;
  };

  // The stream, or Closed or WrongDirection.
  absl::StatusOr<std::shared_ptr<ByteStream>> ForSending() const;
  absl::StatusOr<std::shared_ptr<ByteStream>> ForReceiving() const;

  absl::Status Write(Tag tag, std::string_view message);
  absl::StatusOr<Header> ReadHeader(ByteStream& stream);
  absl::StatusOr<std::string> ReadBody(ByteStream& stream, size_t length);
  // The rest of the stream is not to be trusted.
  void StopReading();

  // One message at a time.
  std::mutex sending_;
  std::mutex receiving_;

  mutable std::mutex mutex_;  // guards what is below; no call waits under it
  std::shared_ptr<ByteStream> stream_;
  bool readable_;
  const bool writable_;
};

// What NewPipe gives, over the two ends of a stream, each a Stream made of one
// of these.
template <typename Stream, typename Native>
ConnectionPair StreamPair(Native first, Native second, bool duplex) {
  return {std::make_shared<StreamConnection>(std::make_unique<Stream>(first),
                                             /*readable=*/true, duplex),
          std::make_shared<StreamConnection>(std::make_unique<Stream>(second),
                                             duplex, /*writable=*/true)};
}

}  // namespace procspec

#endif  // PROCSPEC_SPEC_STREAM_CONNECTION_H_
