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
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/harness/stage.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

// On the wire, in both directions: a frame is four bytes of length, big-endian,
// and one encoded Value.
//   actor to case: first its name; then [0, value] or [1, error detail]
//   case to actor: the value of a cue

namespace procspec::harness {
namespace {

constexpr uint32_t kMaxFrame = 16 << 20;
constexpr size_t kHeader = 4;
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
  // The lines of this process by address and name.
  std::map<std::pair<std::string, std::string>,
           std::shared_ptr<stage_internal::Line>>
      lines;
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

// --- Frames -----------------------------------------------------------------

absl::StatusOr<std::string> Frame(const Value& value) {
  std::string frame(kHeader, '\0');
  PROCSPEC_RETURN_IF_ERROR(Encode(value, frame));
  const size_t size = frame.size() - kHeader;
  if (size > kMaxFrame) {
    return absl::InvalidArgumentError(
        absl::StrCat("stage: a message of ", size, " bytes is too long"));
  }
  for (size_t i = 0; i < kHeader; ++i) {
    frame[i] = static_cast<char>(size >> (24 - 8 * i));
  }
  return frame;
}

// Takes the first whole frame off `buffer`: its value; nullopt: there is none
// yet. An error leaves the connection unusable.
absl::StatusOr<std::optional<Value>> TakeFrame(std::string& buffer) {
  if (buffer.size() < kHeader) return std::nullopt;
  uint32_t size = 0;
  for (size_t i = 0; i < kHeader; ++i) {
    size = size << 8 | static_cast<unsigned char>(buffer[i]);
  }
  if (size > kMaxFrame) {
    return absl::DataLossError("stage: a message of impossible length");
  }
  if (buffer.size() - kHeader < size) return std::nullopt;
  absl::StatusOr<Value> value =
      Decode(std::string_view(buffer).substr(kHeader, size));
  buffer.erase(0, kHeader + size);
  if (!value.ok()) {
    return absl::DataLossError(
        absl::StrCat("stage: ", value.status().message()));
  }
  return std::optional<Value>(*std::move(value));
}

enum class ReadOutcome { kData, kNothing, kEnd };

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

}  // namespace

// --- The actor --------------------------------------------------------------

namespace stage_internal {

// A connection of this process to a stage. Kept in the table until the process
// ends, for its end is what tells the case that the process has ended, or until
// the stage is gone, if this is the case's own process.
class Line {
 public:
  ~Line() {
    if (owned_ && owner_ == getpid()) CloseOwned(fd_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // Of this process to that stage.
  static void ForgetAll(const std::string& address) {
    std::vector<std::shared_ptr<Line>> forgotten;  // dropped after the lock
    std::unique_lock<std::mutex> lock = LockTable();
    auto& lines = Table().lines;
    for (auto it = lines.begin(); it != lines.end();) {
      if (it->first.first == address) {
        forgotten.push_back(std::move(it->second));
        it = lines.erase(it);
      } else {
        ++it;
      }
    }
    lock.unlock();
  }

  static absl::StatusOr<std::shared_ptr<Line>> Get(const std::string& address,
                                                   std::string_view name) {
    std::unique_lock<std::mutex> lock = LockTable();
    std::shared_ptr<Line>& line = Table().lines[{address, std::string(name)}];
    if (line == nullptr) {
      absl::StatusOr<std::shared_ptr<Line>> fresh = Connect(address, name);
      if (!fresh.ok()) return fresh;
      line = *std::move(fresh);
    }
    return line;
  }

  absl::Status Send(const Value& value) {
    PROCSPEC_RETURN_IF_ERROR(CheckOwner());
    PROCSPEC_ASSIGN_OR_RETURN(const std::string frame, Frame(value));
    size_t sent = 0;
    while (sent < frame.size()) {
      const ssize_t n =
          send(fd_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Over();
      sent += static_cast<size_t>(n);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Value> Receive() {
    PROCSPEC_RETURN_IF_ERROR(CheckOwner());
    while (true) {
      PROCSPEC_ASSIGN_OR_RETURN(std::optional<Value> value, TakeFrame(buffer_));
      if (value.has_value()) return *std::move(value);
      if (ReadInto(buffer_, fd_, 0) == ReadOutcome::kEnd) return Over();
    }
  }

 private:
  Line(int fd, pid_t owner) : fd_(fd), owner_(owner) {}

  // Requires the table's lock.
  static absl::StatusOr<std::shared_ptr<Line>> Connect(
      const std::string& address, std::string_view name) {
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
    std::shared_ptr<Line> line(new Line(fd, getpid()));
    if (absl::Status status = line->Send(name); !status.ok()) {
      close(fd);
      return status;
    }
    Own(fd);
    line->owned_ = true;
    return line;
  }

  static absl::Status Over() {
    return absl::UnavailableError("stage: the case is over");
  }

  absl::Status CheckOwner() const {
    if (owner_ == getpid()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "stage: this Actor belongs to the process that forked this one; "
        "construct another");
  }

  const int fd_;
  const pid_t owner_;
  bool owned_ = false;  // its descriptor is in the table, and closed with it
  std::string buffer_;
};

}  // namespace stage_internal

Actor::Actor(const absl::StatusOr<std::string>& address,
             std::string_view name) {
  if (!address.ok()) {
    error_ = address.status();
    return;
  }
  absl::StatusOr<std::shared_ptr<stage_internal::Line>> line =
      stage_internal::Line::Get(*address, name);
  if (line.ok()) {
    line_ = *std::move(line);
  } else {
    error_ = line.status();
  }
}

absl::Status Actor::Say(const Value& value) {
  PROCSPEC_RETURN_IF_ERROR(error_);
  return line_->Send(List{0, value});
}

absl::Status Actor::Say(const absl::Status& outcome) {
  PROCSPEC_RETURN_IF_ERROR(error_);
  if (outcome.ok()) return line_->Send(List{0, Value()});
  return line_->Send(List{1, procspec::ToValue(DetailOf(outcome))});
}

absl::StatusOr<Value> Actor::Await() {
  PROCSPEC_RETURN_IF_ERROR(error_);
  return line_->Receive();
}

// --- The stage --------------------------------------------------------------

namespace {

// The case's end of an actor's line.
struct Peer {
  int fd = -1;
  int64_t pid = 0;
  std::string name;  // empty until it said it
  bool ended = false;
  absl::Status broken;  // what came was not a message
  std::string buffer;
  // With the number of its arrival, over all peers.
  std::vector<std::pair<uint64_t, absl::StatusOr<Value>>> said;
};

absl::StatusOr<Value> OutcomeFrom(const Value& message, bool& malformed) {
  const List* pair = message.get_if<List>();
  const int64_t* tag =
      pair && pair->size() == 2 ? (*pair)[0].get_if<int64_t>() : nullptr;
  if (tag != nullptr && *tag == 0) return (*pair)[1];
  if (tag != nullptr && *tag == 1) {
    absl::StatusOr<ErrorDetail> detail = ErrorDetailFrom((*pair)[1]);
    if (detail.ok()) return ErrorFrom(*detail);
  }
  malformed = true;
  return absl::DataLossError("stage: a malformed message");
}

class PosixStage : public Stage {
 public:
  PosixStage(std::string address, int listener)
      : address_(std::move(address)), listener_(listener) {}

  ~PosixStage() override {
    for (const std::unique_ptr<Peer>& peer : peers_) ClosePeer(*peer);
    stage_internal::Line::ForgetAll(address_);
    CloseOwned(listener_);
    unlink(address_.c_str());
  }

  const std::string& address() const override { return address_; }

  absl::StatusOr<Value> Expect(std::string_view actor,
                               absl::Duration patience) override {
    PROCSPEC_ASSIGN_OR_RETURN(Said said,
                              ExpectAny({std::string(actor)}, patience));
    return std::move(said.outcome);
  }

  absl::StatusOr<Said> ExpectAny(const std::vector<std::string>& actors,
                                 absl::Duration patience) override {
    absl::Status trouble;
    Peer* speaker = nullptr;
    const bool found = PumpUntil(patience, [&] {
      trouble = CheckNames(actors);
      if (!trouble.ok()) return true;
      speaker = NextSpeaker(actors);
      if (speaker != nullptr) return true;
      trouble = AllHaveEnded(actors);
      return !trouble.ok();
    });
    if (!trouble.ok()) return trouble;
    if (!found) {
      return absl::DeadlineExceededError(
          absl::StrCat("stage: ", NamesOf(actors), " said nothing within ",
                       absl::FormatDuration(patience), Present()));
    }
    Said said{speaker->name, std::move(speaker->said.front().second)};
    speaker->said.erase(speaker->said.begin());
    return said;
  }

  absl::Status Cue(std::string_view actor, const Value& value) override {
    PROCSPEC_ASSIGN_OR_RETURN(Peer * peer, WaitFor(actor, Guard()));
    PROCSPEC_ASSIGN_OR_RETURN(const std::string frame, Frame(value));
    Stopwatch watch;
    size_t sent = 0;
    while (sent < frame.size()) {
      if (peer->ended) return Ended(actor);
      const ssize_t n = send(peer->fd, frame.data() + sent, frame.size() - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n >= 0) {
        sent += static_cast<size_t>(n);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return Ended(actor);
      if (watch.Elapsed() > Guard()) {
        return absl::DeadlineExceededError(
            absl::StrCat("stage: '", actor, "' takes no cue"));
      }
      // It may itself be waiting for us to read.
      Drain();
      pollfd writable = {peer->fd, POLLOUT, 0};
      poll(&writable, 1, /*timeout=*/5);
    }
    return absl::OkStatus();
  }

  testing::AssertionResult IsSilent(std::string_view actor,
                                    absl::Duration duration) override {
    Drain();
    Peer* peer = Latest(actor);
    if (peer == nullptr) {
      return testing::AssertionFailure()
             << "'" << actor << "' has never connected" << Present();
    }
    const std::vector<std::string> actors = {std::string(actor)};
    Peer* speaker = nullptr;
    PumpUntil(duration, [&] {
      speaker = NextSpeaker(actors);
      return speaker != nullptr || peer->ended;
    });
    if (speaker != nullptr) {
      const absl::StatusOr<Value>& said = speaker->said.front().second;
      return testing::AssertionFailure()
             << "'" << actor << "' was to be silent and said "
             << (said.ok() ? DebugString(*said) : said.status().ToString());
    }
    if (peer->ended) {
      return testing::AssertionFailure()
             << "'" << actor << "' was to be blocked and has ended";
    }
    return testing::AssertionSuccess();
  }

  absl::Status ExpectGone(std::string_view actor,
                          absl::Duration patience) override {
    Stopwatch watch;
    PROCSPEC_ASSIGN_OR_RETURN(Peer * peer, WaitFor(actor, patience));
    if (PumpUntil(patience - watch.Elapsed(), [&] { return peer->ended; })) {
      return absl::OkStatus();
    }
    return absl::DeadlineExceededError(
        absl::StrCat("stage: the process of '", actor, "' still lives after ",
                     absl::FormatDuration(patience)));
  }

  absl::StatusOr<int64_t> PidOf(std::string_view actor) override {
    PROCSPEC_ASSIGN_OR_RETURN(Peer * peer, WaitFor(actor, Guard()));
    return peer->pid;
  }

  std::vector<std::string> Actors() override {
    Drain();
    std::vector<std::string> names;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (!peer->name.empty() &&
          std::find(names.begin(), names.end(), peer->name) == names.end()) {
        names.push_back(peer->name);
      }
    }
    return names;
  }

 private:
  // Takes in what is there, then waits for more, until `done` or the time is
  // over; whether it was done. What has happened before the call is seen even
  // with no time at all.
  template <typename Predicate>
  bool PumpUntil(absl::Duration patience, Predicate done) {
    Stopwatch watch;
    while (true) {
      Drain();
      if (done()) return true;
      const absl::Duration left = patience - watch.Elapsed();
      if (left <= absl::ZeroDuration()) return false;
      WaitForInput(left);
    }
  }

  std::vector<pollfd> Watched() const {
    std::vector<pollfd> watched = {{listener_, POLLIN, 0}};
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (!peer->ended) watched.push_back({peer->fd, POLLIN, 0});
    }
    return watched;
  }

  bool WaitForInput(absl::Duration patience) {
    std::vector<pollfd> watched = Watched();
    // Rounded up, so that it does not spin in the last millisecond.
    const absl::Duration capped =
        std::min(absl::Ceil(patience, absl::Milliseconds(1)), absl::Hours(1));
    return poll(watched.data(), watched.size(),
                static_cast<int>(absl::ToInt64Milliseconds(capped))) > 0;
  }

  // Everything that has arrived, so that the end of one process is seen before
  // the beginning of the next one of its name.
  void Drain() {
    do {
      Accept();
      for (const std::unique_ptr<Peer>& peer : peers_) {
        if (!peer->ended) Read(*peer);
      }
    } while (WaitForInput(absl::ZeroDuration()));
  }

  void Accept() {
    while (true) {
      const int fd =
          accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        // Out of descriptors: going on would spin.
        std::perror("procspec: the judge failed: accept");
        std::abort();
      }
      {
        std::unique_lock<std::mutex> lock = LockTable();
        Own(fd);
      }
      auto peer = std::make_unique<Peer>();
      peer->fd = fd;
      ucred credentials = {};
      socklen_t size = sizeof credentials;
      if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
        peer->pid = credentials.pid;
      }
      peers_.push_back(std::move(peer));
    }
  }

  void Read(Peer& peer) {
    while (true) {
      const ReadOutcome outcome = ReadInto(peer.buffer, peer.fd, MSG_DONTWAIT);
      if (outcome == ReadOutcome::kNothing) return;
      TakeMessages(peer);
      if (outcome == ReadOutcome::kEnd || !peer.broken.ok()) {
        ClosePeer(peer);
        return;
      }
    }
  }

  void TakeMessages(Peer& peer) {
    while (peer.broken.ok()) {
      absl::StatusOr<std::optional<Value>> message = TakeFrame(peer.buffer);
      if (!message.ok()) {
        peer.broken = message.status();
      } else if (!message->has_value()) {
        return;
      } else if (peer.name.empty()) {
        const auto* name = (*message)->get_if<std::string>();
        if (name == nullptr || name->empty()) {
          peer.broken = absl::DataLossError("stage: an actor without a name");
        } else {
          peer.name = *name;
        }
      } else {
        bool malformed = false;
        absl::StatusOr<Value> outcome = OutcomeFrom(**message, malformed);
        if (malformed) {
          peer.broken = outcome.status();
        } else {
          peer.said.emplace_back(next_arrival_++, std::move(outcome));
        }
      }
    }
  }

  void ClosePeer(Peer& peer) {
    if (peer.ended) return;
    CloseOwned(peer.fd);
    peer.ended = true;
  }

  static bool IsAmong(const std::string& name,
                      const std::vector<std::string>& actors) {
    return actors.empty() ||
           std::find(actors.begin(), actors.end(), name) != actors.end();
  }

  // Of these actors, the one whose unread word arrived first.
  Peer* NextSpeaker(const std::vector<std::string>& actors) {
    Peer* next = nullptr;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (peer->said.empty() || !IsAmong(peer->name, actors)) continue;
      if (next == nullptr ||
          peer->said.front().first < next->said.front().first) {
        next = peer.get();
      }
    }
    return next;
  }

  // The latest process of that name.
  Peer* Latest(std::string_view name) {
    Peer* latest = nullptr;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (peer->name == name) latest = peer.get();
    }
    return latest;
  }

  absl::StatusOr<Peer*> WaitFor(std::string_view actor,
                                absl::Duration patience) {
    if (!PumpUntil(patience, [&] { return Latest(actor) != nullptr; })) {
      return absl::DeadlineExceededError(
          absl::StrCat("stage: '", actor, "' has not connected within ",
                       absl::FormatDuration(patience), Present()));
    }
    PROCSPEC_RETURN_IF_ERROR(CheckNames({std::string(actor)}));
    return Latest(actor);
  }

  // FailedPrecondition when two live processes use one of the names; what a
  // broken connection reported.
  absl::Status CheckNames(const std::vector<std::string>& actors) const {
    std::set<std::string_view> live;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (!peer->broken.ok()) {
        return absl::Status(
            peer->broken.code(),
            absl::StrCat(peer->broken.message(), ", from '", peer->name, "'"));
      }
      if (peer->name.empty() || peer->ended || !IsAmong(peer->name, actors)) {
        continue;
      }
      if (!live.insert(peer->name).second) {
        return absl::FailedPreconditionError(
            absl::StrCat("stage: two live processes are '", peer->name, "'"));
      }
    }
    return absl::OkStatus();
  }

  // Unavailable when every one of these has come and gone.
  absl::Status AllHaveEnded(const std::vector<std::string>& actors) {
    if (actors.empty()) return absl::OkStatus();  // others may still come
    for (const std::string& actor : actors) {
      Peer* peer = Latest(actor);
      if (peer == nullptr || !peer->ended) return absl::OkStatus();
    }
    return Ended(NamesOf(actors));
  }

  static absl::Status Ended(std::string_view who) {
    return absl::UnavailableError(
        absl::StrCat("stage: ", who, " has ended and said no more"));
  }

  static std::string NamesOf(const std::vector<std::string>& actors) {
    if (actors.empty()) return "anyone";
    return absl::StrCat("'", absl::StrJoin(actors, "', '"), "'");
  }

  // For messages: who is there.
  std::string Present() {
    std::vector<std::string> present;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (peer->name.empty()) continue;
      present.push_back(
          absl::StrCat("'", peer->name, peer->ended ? "' (ended)" : "'"));
    }
    if (present.empty()) return "; nobody has connected";
    return absl::StrCat("; connected: ", absl::StrJoin(present, ", "));
  }

  const std::string address_;
  const int listener_;
  uint64_t next_arrival_ = 0;
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Stage>> Stage::Open(std::string_view directory) {
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
  return std::make_unique<PosixStage>(std::move(address), fd);
}

}  // namespace procspec::harness
