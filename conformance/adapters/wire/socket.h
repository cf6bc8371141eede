// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_SOCKET_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_SOCKET_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The operating system's part of the transport: lines over Unix sockets. No
// descriptor here is inherited by a program that is started.

namespace procspec::wire {

// When patience is over, on the monotonic clock.
class Patience {
 public:
  explicit Patience(absl::Duration duration);

  // Never negative.
  absl::Duration Left() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

// The judge's end of a connection. One thread at a time uses it, but for
// ShutDown.
class Channel {
 public:
  enum class Outcome { kOk, kLate, kEnd, kTooLong };

  // Takes the socket.
  explicit Channel(int fd);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Takes off `line` what it has sent: after kLate it can go on.
  Outcome Write(std::string_view& line, const Patience& patience);

  // The next line, without its line break. kTooLong: longer than kMaxLine; the
  // channel is then of no more use.
  Outcome Read(std::string& line, const Patience& patience);

  // The other end sees this one's end; both calls above, on other threads too,
  // return kEnd. Any thread.
  void ShutDown();

  // For logs and hints: whose it is.
  void set_label(std::string label) { label_ = std::move(label); }
  const std::string& label() const { return label_; }

  int fd() const { return fd_; }

 private:
  const int fd_;
  std::string label_;
  std::string buffer_;
  size_t searched_ = 0;  // of the buffer: holds no line break
};

// Where the testee's processes connect.
class Listener {
 public:
  // In a directory that only this user may enter.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(
      const std::string& path);

  // Removes the socket.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::string& path() const { return path_; }

  // Null: nobody has come. Who is of another user is sent away.
  std::shared_ptr<Channel> Accept();

  // Waits until somebody has come, something has arrived on one of `channels`
  // or Wake was called. The indices of those on which something has arrived, in
  // order; an end counts.
  std::vector<size_t> Wait(const std::vector<const Channel*>& channels,
                           const Patience& patience);

  // Any thread.
  void Wake();

 private:
  Listener(std::string path, int fd, int wake_fd);

  const std::string path_;
  const int fd_;
  const int wake_fd_;
};

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_SOCKET_H_
