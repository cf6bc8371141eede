// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "absl/time/time.h"
#include "reference/os/doorbell.h"
#include "reference/os/posix.h"
#include "spec/error.h"

namespace procspec::os {

absl::StatusOr<std::pair<Doorbell, Doorbell>> Doorbell::NewPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return OsError("socketpair", errno);
  }
  return std::pair(Doorbell(UniqueFile(ends[0])),
                   Doorbell(UniqueFile(ends[1])));
}

void Doorbell::PrepareThread() {}

bool Doorbell::Ring() const {
  const char ring = 0;
  const auto sent = RetryOnInterrupt(
      [&] { return send(handle(), &ring, 1, MSG_DONTWAIT | MSG_NOSIGNAL); });
  // When the line is full of rings, one more makes no difference.
  return sent == 1 || errno == EAGAIN || errno == EWOULDBLOCK;
}

void Doorbell::Wait(Deadline deadline) const {
  pollfd line{.fd = handle(), .events = POLLIN | POLLRDHUP, .revents = 0};
  const timespec left = absl::ToTimespec(deadline.Remaining());
  if (ppoll(&line, 1, deadline.IsNever() ? nullptr : &left, nullptr) != 1) {
    return;
  }
  if ((line.revents & POLLIN) == 0) return;
  // What has rung is over: the caller looks now.
  char rings[64];
  (void)recv(handle(), rings, sizeof(rings), MSG_DONTWAIT);
}

bool Doorbell::OtherEndGone() const {
  pollfd line{.fd = handle(), .events = POLLRDHUP, .revents = 0};
  return RetryOnInterrupt([&] { return poll(&line, 1, 0); }) == 1 &&
         (line.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace procspec::os
