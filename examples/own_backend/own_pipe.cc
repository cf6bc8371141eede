// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Pipes over pairs of sockets.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "own_areas.h"
#include "spec/error.h"
#include "spec/stream_connection.h"

class Socket : public procspec::ByteStream {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() override { close(fd_); }
  int64_t Write(std::string_view bytes) override {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  int64_t Read(absl::Span<char> buffer) override {
    return recv(fd_, buffer.data(), buffer.size(), 0);
  }
  bool Poll(absl::Duration timeout) override {
    pollfd entry = {fd_, POLLIN, 0};
    const timespec limit = absl::ToTimespec(timeout);
    return ppoll(&entry, 1, &limit, nullptr) > 0;
  }

 private:
  const int fd_;
};

absl::StatusOr<procspec::ConnectionPair> own::NewPipe(bool duplex) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return procspec::OsError("socketpair", errno);
  }
  return procspec::StreamPair<Socket>(fds[0], fds[1], duplex);
}
