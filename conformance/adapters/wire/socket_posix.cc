// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/message.h"
#include "conformance/adapters/wire/socket.h"
#include "spec/status_macros.h"

namespace procspec::wire {
namespace {

constexpr int kBacklog = 1024;

absl::Status SystemFault(std::string_view call, int code) {
  return absl::InternalError(
      absl::StrCat("wire: ", call, ": ", std::strerror(code)));
}

// Rounded up, so that nobody spins in the last millisecond.
int Milliseconds(absl::Duration duration) {
  const absl::Duration capped =
      std::min(absl::Ceil(duration, absl::Milliseconds(1)), absl::Hours(1));
  return static_cast<int>(absl::ToInt64Milliseconds(capped));
}

// True: something happened on it. False: not in time.
bool WaitFor(int fd, short events, const Patience& patience) {
  while (true) {
    pollfd watched = {fd, events, 0};
    const absl::Duration left = patience.Left();
    const int result = poll(&watched, 1, Milliseconds(left));
    if (result > 0) return true;
    if (result < 0 && errno != EINTR) return true;  // the call itself will tell
    if (patience.Left() <= absl::ZeroDuration()) return false;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd) {
    const int old = std::exchange(fd_, fd);
    if (old >= 0) close(old);
  }

 private:
  int fd_;
};

}  // namespace

Patience::Patience(absl::Duration duration)
    : end_(std::chrono::steady_clock::now() +
           absl::ToChronoNanoseconds(
               std::clamp(duration, absl::ZeroDuration(), absl::Hours(24)))) {}

absl::Duration Patience::Left() const {
  return std::max(absl::FromChrono(end_ - std::chrono::steady_clock::now()),
                  absl::ZeroDuration());
}

Channel::Channel(int fd) : fd_(fd) {}

Channel::~Channel() { close(fd_); }

Channel::Outcome Channel::Write(std::string_view& line,
                                const Patience& patience) {
  while (!line.empty()) {
    const ssize_t n =
        send(fd_, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      line.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!WaitFor(fd_, POLLOUT, patience)) return Outcome::kLate;
    } else if (errno != EINTR) {
      return Outcome::kEnd;
    }
  }
  return Outcome::kOk;
}

Channel::Outcome Channel::Read(std::string& line, const Patience& patience) {
  while (true) {
    const size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos) {
      line.assign(buffer_, 0, end);
      buffer_.erase(0, end + 1);
      searched_ = 0;
      return Outcome::kOk;
    }
    searched_ = buffer_.size();
    if (buffer_.size() >= kMaxLine) return Outcome::kTooLong;
    char chunk[65536];
    const ssize_t n = recv(fd_, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n > 0) {
      buffer_.append(chunk, static_cast<size_t>(n));
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!WaitFor(fd_, POLLIN, patience)) return Outcome::kLate;
    } else if (n == 0 || errno != EINTR) {
      return Outcome::kEnd;
    }
  }
}

void Channel::ShutDown() { shutdown(fd_, SHUT_RDWR); }

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(
    const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // Long paths are reached through a descriptor of the directory.
  Descriptor directory(-1);
  std::string name = path;
  if (name.size() >= sizeof(address.sun_path)) {
    const size_t slash = path.rfind('/');
    const std::string parent = path.substr(0, slash);
    directory.reset(open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) {
      return SystemFault(absl::StrCat("open ", parent), errno);
    }
    name = absl::StrCat("/proc/self/fd/", directory.get(), path.substr(slash));
  }
  if (name.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("wire: the name of the socket is too long: ", path));
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);

  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return SystemFault("socket", errno);
  // Before it listens nobody can connect.
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof address) != 0 ||
      chmod(name.c_str(), 0600) != 0 || listen(fd.get(), kBacklog) != 0) {
    return SystemFault(absl::StrCat("listen at ", path), errno);
  }
  Descriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0) return SystemFault("eventfd", errno);
  return std::unique_ptr<Listener>(
      new Listener(path, fd.release(), wake.release()));
}

Listener::Listener(std::string path, int fd, int wake_fd)
    : path_(std::move(path)), fd_(fd), wake_fd_(wake_fd) {}

Listener::~Listener() {
  close(wake_fd_);
  close(fd_);
  unlink(path_.c_str());
}

std::shared_ptr<Channel> Listener::Accept() {
  while (true) {
    Descriptor fd(accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (fd.get() < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return nullptr;
    }
    ucred credentials = {};
    socklen_t size = sizeof credentials;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) !=
            0 ||
        credentials.uid != geteuid()) {
      continue;
    }
    return std::make_shared<Channel>(fd.release());
  }
}

std::vector<size_t> Listener::Wait(const std::vector<const Channel*>& channels,
                                   const Patience& patience) {
  std::vector<pollfd> watched = {{wake_fd_, POLLIN, 0}, {fd_, POLLIN, 0}};
  const size_t first = watched.size();
  for (const Channel* channel : channels) {
    watched.push_back({channel->fd(), POLLIN, 0});
  }
  std::vector<size_t> arrived;
  if (poll(watched.data(), watched.size(), Milliseconds(patience.Left())) <=
      0) {
    return arrived;
  }
  uint64_t count;
  [[maybe_unused]] const ssize_t n = read(wake_fd_, &count, sizeof count);
  for (size_t i = first; i < watched.size(); ++i) {
    if (watched[i].revents != 0) arrived.push_back(i - first);
  }
  return arrived;
}

void Listener::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(wake_fd_, &one, sizeof one);
}

}  // namespace procspec::wire
