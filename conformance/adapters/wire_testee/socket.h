// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_SOCKET_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_SOCKET_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace procspec::wire_testee {

// A connection of this process to a Unix stream socket. No other process ever
// holds a copy: a fresh program image gets none, and a forked child closes its
// parent's before fork returns in it. So its end means the process's end.
//
// Thread-safety: one reader and one writer at a time.
class Socket {
 public:
  // Before the process has threads: arranges the above.
  static void PrepareForForks();

  // A path of any length. The error has no ErrorKind.
  static absl::StatusOr<std::unique_ptr<Socket>> Connect(
      const std::string& path);

  // Closes it; in a forked child, which has closed its copy, does nothing.
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // False: the other end is gone.
  bool Write(std::string_view data);

  // Waits until something has arrived, and appends it. False: the end.
  bool Read(std::string& buffer);

  // Wakes a reader of this process, for whom it has ended.
  void Shutdown();

 private:
  explicit Socket(int fd);

  const int fd_;
  const pid_t owner_;
};

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_SOCKET_H_
