// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "reference/os/posix.h"
#include "reference/os/stream.h"
#include "spec/error.h"

namespace procspec::os {

absl::Status Write(StandardStream stream, std::string_view text) {
  const int file =
      stream == StandardStream::kOut ? STDOUT_FILENO : STDERR_FILENO;
  while (!text.empty()) {
    const ssize_t written =
        RetryOnInterrupt([&] { return write(file, text.data(), text.size()); });
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody who shares the file made it non-blocking.
      pollfd entry{.fd = file, .events = POLLOUT, .revents = 0};
      poll(&entry, 1, -1);
    } else {
      return OsError("write", errno);
    }
  }
  return absl::OkStatus();
}

void FlushStandardStreams() {
  // These two go by their own buffers unless they are synchronised with C.
  std::cout.flush();
  std::clog.flush();
  std::fflush(stdout);
  std::fflush(stderr);
}

void EmptyStandardInput() {
  const int file =
      RetryOnInterrupt([] { return open("/dev/null", O_RDONLY | O_CLOEXEC); });
  if (file < 0) {
    close(STDIN_FILENO);  // not ours to read
  } else if (file == STDIN_FILENO) {
    fcntl(file, F_SETFD, 0);
  } else {
    RetryOnInterrupt([&] { return dup2(file, STDIN_FILENO); });
    close(file);
  }
}

}  // namespace procspec::os
