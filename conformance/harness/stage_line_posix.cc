// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "conformance/harness/stage_line.h"
#include "spec/status_macros.h"

// A socket in the case's directory.

namespace procspec::harness::stage_internal {
namespace {

constexpr int kBacklog = 1024;

absl::Status SystemFault(std::string_view call, int code) {
  return absl::InternalError(
      absl::StrCat("stage: ", call, ": ", std::strerror(code)));
}

// --- Sockets that a forked child gives up ----------------------------------
//
// A copy of a socket in a child would hide the end of the process that it
// belongs to. So a child closes what it inherits, both the case's ends and its
// parent's own lines: at once in an atfork handler, or when it becomes an
// actor, for the backend that does not fork by fork(3). By then its numbers may
// be in use for something else, hence the identity.

struct OwnedSocket {
  int fd;
  dev_t device;
  ino_t inode;
};

struct SocketTable {
  std::mutex mutex;
  pid_t owner = 0;
  std::vector<OwnedSocket> sockets;
  Lines lines;
};

// Never destroyed: other threads and exit handlers use it to the end.
SocketTable& Table() {
  static auto& table = *new SocketTable;
  return table;
}

// Requires the mutex.
void GiveUpInherited(SocketTable& table) {
  if (table.owner == getpid()) return;
  for (const OwnedSocket& socket : table.sockets) {
    struct stat now;
    if (fstat(socket.fd, &now) == 0 && now.st_dev == socket.device &&
        now.st_ino == socket.inode) {
      close(socket.fd);
    }
  }
  table.sockets.clear();
  table.lines.clear();
  table.owner = getpid();
}

// The table, locked, and its owner the calling process.
std::unique_lock<std::mutex> LockTable() {
  [[maybe_unused]] static const bool once = [] {
    Table().owner = getpid();
    pthread_atfork([] { Table().mutex.lock(); }, [] { Table().mutex.unlock(); },
                   [] {
                     GiveUpInherited(Table());
                     Table().mutex.unlock();
                   });
    return true;
  }();
  std::unique_lock<std::mutex> lock(Table().mutex);
  GiveUpInherited(Table());
  return lock;
}

// Requires the lock.
void Own(int fd) {
  struct stat identity;
  if (fstat(fd, &identity) != 0) return;
  Table().sockets.push_back({fd, identity.st_dev, identity.st_ino});
}

void CloseOwned(int fd) {
  std::unique_lock<std::mutex> lock = LockTable();
  std::vector<OwnedSocket>& sockets = Table().sockets;
  auto place = std::find_if(sockets.begin(), sockets.end(),
                            [fd](const OwnedSocket& s) { return s.fd == fd; });
  if (place == sockets.end()) return;  // inherited, and given up
  sockets.erase(place);
  close(fd);
}

// --- Addresses --------------------------------------------------------------

// A socket's path may have 107 bytes, a directory's far more. Long ones are
// reached through a descriptor of the directory, which lives as long as this.
class SocketPath {
 public:
  static absl::StatusOr<SocketPath> For(const std::string& path) {
    SocketPath result;
    std::string name = path;
    if (path.size() >= sizeof(result.address_.sun_path)) {
      const size_t slash = path.rfind('/');
      if (slash == std::string::npos) {
        return absl::InvalidArgumentError("stage: the name is too long");
      }
      const std::string directory = path.substr(0, slash);
      result.directory_ =
          open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (result.directory_ < 0) {
        return SystemFault(absl::StrCat("open ", directory), errno);
      }
      name =
          absl::StrCat("/proc/self/fd/", result.directory_, path.substr(slash));
      if (name.size() >= sizeof(result.address_.sun_path)) {
        return absl::InvalidArgumentError("stage: the name is too long");
      }
    }
    result.address_.sun_family = AF_UNIX;
    std::memcpy(result.address_.sun_path, name.c_str(), name.size() + 1);
    return result;
  }

  SocketPath(SocketPath&& other)
      : address_(other.address_),
        directory_(std::exchange(other.directory_, -1)) {}
  ~SocketPath() {
    if (directory_ >= 0) close(directory_);
  }

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&address_);
  }
  static socklen_t size() { return sizeof(sockaddr_un); }

 private:
  SocketPath() = default;

  sockaddr_un address_ = {};
  int directory_ = -1;
};

// --- Bytes ------------------------------------------------------------------

// Appends what has arrived. A connection that was reset has ended, too.
ReadOutcome ReadInto(std::string& buffer, int fd, int flags) {
  char chunk[16384];
  ssize_t n;
  do {
    n = recv(fd, chunk, sizeof chunk, flags);
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    buffer.append(chunk, static_cast<size_t>(n));
    return ReadOutcome::kData;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return ReadOutcome::kNothing;
  }
  return ReadOutcome::kEnd;
}

class PosixActorEnd : public ActorEnd {
 public:
  // Takes the socket, which is in the table.
  explicit PosixActorEnd(int fd) : fd_(fd), owner_(getpid()) {}
  ~PosixActorEnd() override {
    if (IsOfThisProcess()) CloseOwned(fd_);
  }

  bool IsOfThisProcess() const override { return owner_ == getpid(); }

  bool Write(std::string_view data) override {
    while (!data.empty()) {
      const ssize_t n = send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      data.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  ReadOutcome Read(std::string& buffer) override {
    return ReadInto(buffer, fd_, 0);
  }

 private:
  const int fd_;
  const pid_t owner_;
};

class PosixCaseEnd : public CaseEnd {
 public:
  PosixCaseEnd(int fd, int64_t pid) : fd_(fd), pid_(pid) {}
  ~PosixCaseEnd() override { CloseOwned(fd_); }

  int fd() const { return fd_; }
  int64_t pid() const override { return pid_; }

  ReadOutcome Read(std::string& buffer) override {
    return ReadInto(buffer, fd_, MSG_DONTWAIT);
  }

  std::optional<size_t> Write(std::string_view data) override {
    ssize_t n;
    do {
      n = send(fd_, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    return std::nullopt;
  }

  void WaitUntilWritable() override {
    pollfd writable = {fd_, POLLOUT, 0};
    poll(&writable, 1, /*timeout=*/5);
  }

 private:
  const int fd_;
  const int64_t pid_;
};

class PosixListener : public Listener {
 public:
  PosixListener(std::string address, int fd)
      : address_(std::move(address)), fd_(fd) {}
  ~PosixListener() override {
    CloseOwned(fd_);
    unlink(address_.c_str());
  }

  const std::string& address() const override { return address_; }

  std::unique_ptr<CaseEnd> Accept() override {
    int fd;
    do {
      fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return nullptr;
      // Out of descriptors: going on would spin.
      std::perror("procspec: the judge failed: accept");
      std::abort();
    }
    {
      std::unique_lock<std::mutex> lock = LockTable();
      Own(fd);
    }
    ucred credentials = {};
    socklen_t size = sizeof credentials;
    int64_t pid = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
      pid = credentials.pid;
    }
    return std::make_unique<PosixCaseEnd>(fd, pid);
  }

  bool Wait(const std::vector<CaseEnd*>& ends,
            absl::Duration patience) override {
    std::vector<pollfd> watched = {{fd_, POLLIN, 0}};
    for (const CaseEnd* end : ends) {
      watched.push_back(
          {static_cast<const PosixCaseEnd*>(end)->fd(), POLLIN, 0});
    }
    // Rounded up, so that it does not spin in the last millisecond.
    const absl::Duration capped =
        std::min(absl::Ceil(patience, absl::Milliseconds(1)), absl::Hours(1));
    return poll(watched.data(), watched.size(),
                static_cast<int>(absl::ToInt64Milliseconds(capped))) > 0;
  }

 private:
  const std::string address_;
  const int fd_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ActorEnd>> ActorEnd::Connect(
    const std::string& address) {
  PROCSPEC_ASSIGN_OR_RETURN(const SocketPath path, SocketPath::For(address));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemFault("socket", errno);
  int result;
  do {
    result = connect(fd, path.get(), SocketPath::size());
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    const int code = errno;
    close(fd);
    return SystemFault(absl::StrCat("connect to ", address), code);
  }
  Own(fd);
  return std::make_unique<PosixActorEnd>(fd);
}

LockedLines LockLines() { return {LockTable(), Table().lines}; }

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(
    std::string_view directory) {
  std::string address = absl::StrCat(directory, "/stage");
  PROCSPEC_ASSIGN_OR_RETURN(const SocketPath path, SocketPath::For(address));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemFault("socket", errno);
  if (bind(fd, path.get(), SocketPath::size()) != 0 ||
      listen(fd, kBacklog) != 0) {
    const int code = errno;
    close(fd);
    return SystemFault(absl::StrCat("listen at ", address), code);
  }
  {
    std::unique_lock<std::mutex> lock = LockTable();
    Own(fd);
  }
  return std::make_unique<PosixListener>(std::move(address), fd);
}

}  // namespace procspec::harness::stage_internal
