// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire_testee/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace procspec::wire_testee {
namespace {

struct OpenSockets {
  std::mutex mutex;
  std::set<int> fds;
};

// Never destroyed: threads and exit handlers use it to the end.
OpenSockets& All() {
  static auto& sockets = *new OpenSockets;
  return sockets;
}

absl::Status SystemFault(std::string_view call, int code) {
  return absl::InternalError(absl::StrCat(call, ": ", std::strerror(code)));
}

// Connects `fd` to an address of at most 107 bytes.
int ConnectTo(int fd, const std::string& name) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path)) return ENAMETOOLONG;
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  int result;
  do {
    result = connect(fd, reinterpret_cast<const sockaddr*>(&address),
                     sizeof(address));
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

// A longer path is reached through a descriptor of its directory.
int ConnectToPath(int fd, const std::string& path) {
  const size_t slash = path.rfind('/');
  if (path.size() < sizeof(sockaddr_un::sun_path) ||
      slash == std::string::npos) {
    return ConnectTo(fd, path);
  }
  const int directory =
      open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return errno;
  const int code = ConnectTo(
      fd, absl::StrCat("/proc/self/fd/", directory, path.substr(slash)));
  close(directory);
  return code;
}

}  // namespace

void Socket::PrepareForForks() {
  pthread_atfork([] { All().mutex.lock(); }, [] { All().mutex.unlock(); },
                 [] {
                   for (int fd : All().fds) close(fd);
                   All().fds.clear();
                   All().mutex.unlock();
                 });
}

absl::StatusOr<std::unique_ptr<Socket>> Socket::Connect(
    const std::string& path) {
  // Under the mutex: a fork in between would leave a copy in the child.
  std::lock_guard lock(All().mutex);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemFault("socket", errno);
  if (const int code = ConnectToPath(fd, path); code != 0) {
    close(fd);
    return SystemFault(absl::StrCat("connect to ", path), code);
  }
  All().fds.insert(fd);
  return std::unique_ptr<Socket>(new Socket(fd));
}

Socket::Socket(int fd) : fd_(fd), owner_(getpid()) {}

Socket::~Socket() {
  if (owner_ != getpid()) return;
  std::lock_guard lock(All().mutex);
  All().fds.erase(fd_);
  close(fd_);
}

bool Socket::Write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    data.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool Socket::Read(std::string& buffer) {
  char chunk[65536];
  ssize_t n;
  do {
    n = recv(fd_, chunk, sizeof(chunk), 0);
  } while (n < 0 && errno == EINTR);
  if (n <= 0) return false;
  buffer.append(chunk, static_cast<size_t>(n));
  return true;
}

void Socket::Shutdown() { shutdown(fd_, SHUT_RDWR); }

}  // namespace procspec::wire_testee
