// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <iostream>
#include <streambuf>

#include "reference/os/posix.h"
#include "reference/os/stream.h"
#include "spec/error.h"

namespace procspec::os {
namespace {

// Once open, for the life of the process.
std::atomic<int> empty_input = -1;

// Not as descriptor 0, also when that is free.
int OpenEmpty() {
  const int file =
      RetryOnInterrupt([] { return open("/dev/null", O_RDONLY | O_CLOEXEC); });
  if (file != STDIN_FILENO) return file;
  const int moved = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(file);
  return moved;
}

// Whether a C++ stream has text that it did not pass on yet.
bool HoldsBack(std::streambuf& buffer) {
  struct Peek : std::streambuf {
    static bool At(std::streambuf& other) {
      return (other.*(&Peek::pptr))() > (other.*(&Peek::pbase))();
    }
  };
  return Peek::At(buffer);
}

}  // namespace

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

// Nothing is written, not even a lock, where nothing is held back: a write
// after a fork is a page copied.
void FlushStandardStreams() {
  // These two have buffers of their own unless they are synchronised with C.
  if (HoldsBack(*std::cout.rdbuf())) std::cout.flush();
  if (HoldsBack(*std::clog.rdbuf())) std::clog.flush();
  if (__fpending(stdout) > 0) std::fflush(stdout);
  if (__fpending(stderr) > 0) std::fflush(stderr);
}

void PrepareEmptyStandardInput() {
  if (empty_input >= 0) return;
  const int file = OpenEmpty();
  int expected = -1;
  if (!empty_input.compare_exchange_strong(expected, file)) close(file);
}

void EmptyStandardInput() {
  if (RetryOnInterrupt([] { return dup2(empty_input, STDIN_FILENO); }) >= 0) {
    return;
  }
  // Not prepared, or somebody closed it.
  const int file = OpenEmpty();
  if (file < 0) {
    close(STDIN_FILENO);  // not ours to read
  } else {
    RetryOnInterrupt([&] { return dup2(file, STDIN_FILENO); });
    close(file);
  }
}

}  // namespace procspec::os
