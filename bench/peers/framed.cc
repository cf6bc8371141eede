// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/framed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>

#include "absl/status/status.h"
#include "bench/peers/children.h"

namespace procspec::bench {
namespace {

void WriteAll(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      Die("write");
    }
    bytes += written;
    size -= written;
  }
}

void ReadAll(int fd, void* buffer, size_t size) {
  char* to = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = read(fd, to, size);
    if (got <= 0) {
      if (got < 0 && errno == EINTR) continue;
      Die("read");
    }
    to += got;
    size -= got;
  }
}

}  // namespace

void Framed::Put(const char* message, size_t size) {
  uint32_t header = static_cast<uint32_t>(size);
  const iovec parts[] = {
      {.iov_base = &header, .iov_len = sizeof header},
      {.iov_base = const_cast<char*>(message), .iov_len = size}};
  ssize_t written;
  do {
    written = writev(write_fd_, parts, 2);
  } while (written < 0 && errno == EINTR);
  if (written < 0) Die("writev");
  size_t done = written;
  if (done < sizeof header) {
    WriteAll(write_fd_, reinterpret_cast<char*>(&header) + done,
             sizeof header - done);
    done = sizeof header;
  }
  done -= sizeof header;
  WriteAll(write_fd_, message + done, size - done);
}

size_t Framed::Get(char* buffer, size_t capacity) {
  uint32_t size;
  ReadAll(read_fd_, &size, sizeof size);
  if (size > capacity) {
    errno = EMSGSIZE;
    Die("read");
  }
  ReadAll(read_fd_, buffer, size);
  return size;
}

absl::StatusOr<std::unique_ptr<FramedPipe>> FramedPipe::Create(const Shape&) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  return std::make_unique<FramedPipe>(fds[0], fds[1]);
}

absl::StatusOr<std::unique_ptr<FramedSocketPair>> FramedSocketPair::Create(
    const Shape&) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return absl::ErrnoToStatus(errno, "socketpair");
  }
  return std::make_unique<FramedSocketPair>(fds[0], fds[1]);
}

}  // namespace procspec::bench
