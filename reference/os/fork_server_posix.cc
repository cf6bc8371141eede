// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "reference/os/at_fork.h"
#include "reference/os/copied.h"
#include "reference/os/fork_server.h"
#include "reference/os/never_destroyed.h"
#include "reference/os/posix.h"
#include "reference/os/spawn.h"
#include "reference/os/time.h"
#include "spec/error.h"
#include "spec/status_macros.h"

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif

namespace procspec::os {
namespace {

constexpr std::string_view kRole = "fork-server";

// Longer than any start and any load: who waits longer will wait for ever.
constexpr absl::Duration kPatience = absl::Minutes(1);
// How long a server may take to end that was told to; then it is killed.
constexpr absl::Duration kGrace = absl::Seconds(2);

// Has the dynamic linker look up every function of the server at its start:
// left for later, each copy would look up the same ones again, which takes it
// longer than all else. Copies do not have it. The value says that it is ours.
constexpr char kBindNow[] = "LD_BIND_NOW";
constexpr char kBindNowForServer[] = "LD_BIND_NOW=of-fork-server";

// --- What is said on the line ------------------------------------------------
//
// A line is a socket that keeps messages apart. The server and the copies that
// wait have one side of it, and only one copy waits at a time.

// There is a copy, which waits. Both the server and the copy say so: either may
// be killed before it has.
struct Ready {
  uint64_t number;  // of the copy, from 1 on
  pid_t pid;        // 0: there is none, and no more will be
  int error;        // why, an errno
};

// What the copy that waits is to be: one message or more, as the kernel passes
// no more than 253 descriptors with one. The first is this and then the bytes,
// and has as the first descriptors the working directory and the open ones of
// standard output and error; the others are one byte each.
struct Request {
  uint64_t descriptors;  // all that are passed
  pid_t creator;
  pid_t copy;
  bool has_output;
  bool has_errors;
  sigset_t signals;
};
constexpr size_t kMostInOneMessage = 250;
// More than any process may have open.
constexpr uint64_t kMostDescriptors = 1 << 20;

// A control message for descriptors.
class Passing {
 public:
  void Attach(msghdr& message, absl::Span<const int> descriptors) {
    const size_t size = descriptors.size() * sizeof(int);
    message.msg_control = bytes_;
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(header), descriptors.data(), size);
  }
  void Prepare(msghdr& message) {
    message.msg_control = bytes_;
    message.msg_controllen = sizeof(bytes_);
  }
  static void Detach(msghdr& message, std::vector<UniqueFile>& descriptors) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
        continue;
      }
      const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int descriptor;
        std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int),
                    sizeof(int));
        descriptors.emplace_back(descriptor);
      }
    }
  }

 private:
  alignas(cmsghdr) char bytes_[CMSG_SPACE(kMostInOneMessage * sizeof(int))];
};

// --- The server --------------------------------------------------------------

// What its request has brought to a copy.
struct Served {
  std::vector<UniqueFile> descriptors;  // in the end the handles
  size_t size = 0;
  char bytes[ForkServer::kMostBytes];
};

Served& TheServed() {
  static NeverDestroyed<Served> served;
  return *served;
}

// What glibc's fork does in the child beyond the system call, for a copy that
// is made without it. All of it is about the calling thread; of a process with
// one thread, in which no lock is held, nothing else needs repair. Handlers of
// pthread_atfork are not run: there is no way to.
class ThreadOfCopy {
 public:
  // In the server. The errno of what is missing, or 0.
  int Learn() {
    if (prctl(PR_GET_TID_ADDRESS, &number_) != 0 || number_ == nullptr) {
      return ENOSYS;
    }
    return syscall(SYS_get_robust_list, 0, &locks_, &size_of_locks_) == 0
               ? 0
               : errno;
  }

  // The pid of the copy, 0 in it, -1 with errno.
  //
  // CLONE_PARENT: its parent is the server's. The kernel gives it the server's
  // way to tell its end, SIGCHLD.
  //
  // glibc keeps the thread's number where its own fork has the kernel write it
  // and, at the thread's end, clear it; recursive and robust mutexes say by it
  // who owns them. The place is the fourth argument of the system call on
  // x86-64 and the fifth on Arm; what is then the other one is not looked at.
  pid_t Copy() const {
    constexpr unsigned long kFlags =  // NOLINT: as the system call has it
        CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
    const auto pid = static_cast<pid_t>(
        syscall(SYS_clone, kFlags, nullptr, nullptr, number_, number_));
    // A process begins without a list of the robust mutexes that it holds: the
    // kernel would free none of them at its end.
    if (pid == 0) syscall(SYS_set_robust_list, locks_, size_of_locks_);
    return pid;
  }

 private:
  int* number_ = nullptr;
  void* locks_ = nullptr;
  size_t size_of_locks_ = 0;
};

class Server {
 public:
  Server() {
    // Whoever a signal to the group means is the creator; when that ends, so
    // does this. Copies get the mask of their request.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    // So it holds nobody's output open, and no descriptor that a copy is passed
    // comes to lie among the standard streams.
    dup2(STDIN_FILENO, STDOUT_FILENO);
    dup2(STDIN_FILENO, STDERR_FILENO);
    fcntl(line_.get(), F_SETFD, FD_CLOEXEC);
#ifdef SYS_pidfd_open
    // The end of the line tells of its end too, but not while somebody else has
    // a copy of the other side, as what the program forks by itself does.
    creator_end_.reset(static_cast<int>(syscall(SYS_pidfd_open, creator_, 0)));
#endif
    const char* const bind_now = getenv(kBindNow);
    if (bind_now != nullptr &&
        kBindNowForServer + sizeof(kBindNow) == std::string_view(bind_now)) {
      unsetenv(kBindNow);
    }
    int error = thread_.Learn();
    if (error == 0 && HasMoreThreads()) error = EDEADLK;
    if (error != 0) GiveUp(error);
  }

  // Returns in copies only, once they have their request: they know what they
  // were given, and are otherwise like a program that has just begun.
  void Serve() {
    while (true) {
      ++copies_;
      // What a copy says on this one, or that it has died.
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        GiveUp(errno);
      }
      UniqueFile copys(ends[0]);
      UniqueFile servers(ends[1]);
      RunHooksBeforeFork();
      const pid_t pid = thread_.Copy();
      if (pid == 0) {
        copys.reset();
        // By name: what registers itself before main may not have done so yet.
        ForgetOwnPid();
        RunHooksInChild();
        RunWhenCopied();
        Say({copies_, getpid(), 0});
        BecomeCopy(std::move(servers));
        return;
      }
      const int error = errno;
      RunHooksInParent(pid > 0);
      if (pid < 0) GiveUp(error);
      Say({copies_, pid, 0});
      servers.reset();
      // The next one is made while this one works.
      char taken;
      if (Await(copys.get()).creator_ended ||
          RetryOnInterrupt([&] { return read(copys.get(), &taken, 1); }) != 1) {
        ExitNow(0);
      }
    }
  }

 private:
  static bool HasMoreThreads() {
#ifdef ABSL_HAVE_THREAD_SANITIZER
    return false;  // its own does not count
#else
    // A directory is linked from itself, from above and from each within.
    constexpr nlink_t kLinksWithOne = 3;
    struct stat status {};
    return stat("/proc/self/task", &status) == 0 &&
           status.st_nlink > kLinksWithOne;
#endif
  }

  void Say(const Ready& ready) const {
    RetryOnInterrupt(
        [&] { return send(line_.get(), &ready, sizeof(ready), MSG_NOSIGNAL); });
  }

  [[noreturn]] void GiveUp(int error) const {
    Say({copies_, 0, error});
    ExitNow(1);
  }

  struct Event {
    bool readable;  // the descriptor: there is something, or its end
    bool creator_ended;
  };
  // Also over once there is something on `other`, if that is one.
  Event Await(int descriptor, int other = -1) const {
    pollfd events[] = {
        {.fd = descriptor, .events = POLLIN, .revents = 0},
        {.fd = creator_end_.get(), .events = POLLIN, .revents = 0},
        {.fd = other, .events = POLLIN, .revents = 0}};
    RetryOnInterrupt([&] { return poll(events, std::size(events), -1); });
    return {events[0].revents != 0, events[1].revents != 0};
  }

  // --- In a copy -------------------------------------------------------------

  // Signals that were sent before there is a request are not meant for what the
  // copy will be: Ctrl-C in the meantime would end the next child. Those that
  // come later are, from Terminate for one.
  void AwaitRequest() const {
    sigset_t all;
    sigfillset(&all);
    const UniqueFile signals(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    while (true) {
      const Event event = Await(line_.get(), signals.get());
      if (event.readable || event.creator_ended) return;
      signalfd_siginfo unmeant;
      RetryOnInterrupt(
          [&] { return read(signals.get(), &unmeant, sizeof(unmeant)); });
    }
  }

  // The length of the next message. When the server is no longer wanted, and
  // for what no creator sends, it does not return.
  size_t ReceiveMessage(absl::Span<iovec> content) {
    // What its creator sent before it ended is to be done.
    if (!Await(line_.get()).readable) ExitNow(0);
    Passing passing;
    msghdr message{};
    message.msg_iov = content.data();
    message.msg_iovlen = content.size();
    passing.Prepare(message);
    ssize_t length = 0;
    do {
      length = RetryOnInterrupt(
          [&] { return recvmsg(line_.get(), &message, MSG_CMSG_CLOEXEC); });
      // Once, when the creator had not heard all: before what it has sent.
    } while (length < 0 && errno == ECONNRESET);
    if (length <= 0 || (message.msg_flags & MSG_TRUNC) != 0) ExitNow(0);
    Passing::Detach(message, TheServed().descriptors);
    if ((message.msg_flags & MSG_CTRUNC) != 0) lost_descriptors_ = true;
    return static_cast<size_t>(length);
  }

  void Receive(Request& request) {
    Served& served = TheServed();
    iovec first[] = {
        {.iov_base = &request, .iov_len = sizeof(request)},
        {.iov_base = served.bytes, .iov_len = sizeof(served.bytes)}};
    const size_t size = ReceiveMessage(absl::MakeSpan(first));
    if (size < sizeof(request) || request.creator != creator_ ||
        request.copy != getpid() || request.descriptors > kMostDescriptors ||
        request.descriptors < 1u + request.has_output + request.has_errors) {
      ExitNow(1);
    }
    served.size = size - sizeof(request);
    for (uint64_t i = kMostInOneMessage; i < request.descriptors;
         i += kMostInOneMessage) {
      char more;
      iovec other{.iov_base = &more, .iov_len = sizeof(more)};
      ReceiveMessage(absl::MakeSpan(&other, 1));
    }
    if (!lost_descriptors_ &&
        served.descriptors.size() != request.descriptors) {
      ExitNow(1);
    }
  }

  // Waits for its request. Nobody waits for an answer to it: what goes wrong
  // here is told as in a spawned child that cannot read what it is to run.
  void BecomeCopy(UniqueFile server) {
    AwaitRequest();
    Request request;
    Receive(request);
    const char taken = 0;
    RetryOnInterrupt(
        [&] { return send(server.get(), &taken, 1, MSG_NOSIGNAL); });
    server.reset();
    line_.reset();
    creator_end_.reset();

    std::vector<UniqueFile>& descriptors = TheServed().descriptors;
    if (descriptors.size() < 1u + request.has_output + request.has_errors) {
      ExitNow(1);  // lost, too
    }
    auto next = descriptors.begin() + 1;  // behind the working directory
    for (const auto& [is_open, stream] :
         {std::pair(request.has_output, STDOUT_FILENO),
          std::pair(request.has_errors, STDERR_FILENO)}) {
      if (is_open) {
        dup2((next++)->get(), stream);
      } else {
        close(stream);
      }
    }
    if (lost_descriptors_) Fail("too many descriptors");
    if (fchdir(descriptors.front().get()) != 0) {
      Fail("the working directory cannot be entered");
    }
    descriptors.erase(descriptors.begin(), next);
    pthread_sigmask(SIG_SETMASK, &request.signals, nullptr);
  }

  [[noreturn]] static void Fail(const char* why) {
    dprintf(STDERR_FILENO, "procspec: a child cannot begin: %s\n", why);
    ExitNow(1);
  }

  UniqueFile line_{kFirstInherited};
  const pid_t creator_ = getppid();
  UniqueFile creator_end_;
  ThreadOfCopy thread_;
  uint64_t copies_ = 0;
  bool lost_descriptors_ = false;
};

// Before main: with whatever of this program is initialised by then, a copy has
// it too, and begins its main like any program. glibc passes the arguments of
// main.
[[gnu::constructor]] void ServeIfThatIsMyRole(int argc, char** argv) {
  if (RoleOf(argc, argv) != kRole) return;
  NameAfterProgram(argv);
  Server().Serve();
}

// --- Its creator -------------------------------------------------------------

bool IsOpen(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

void SetPatience(const UniqueFile& line, absl::Duration patience) {
  const timeval time = absl::ToTimeval(patience);
  for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    setsockopt(line.get(), SOL_SOCKET, which, &time, sizeof(time));
  }
}

std::vector<std::string> CopyOfEnvironment() {
  std::vector<std::string> copy;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    copy.emplace_back(*entry);
  }
  return copy;
}

}  // namespace

absl::Status CheckForkServer() {
  if (ThreadOfCopy().Learn() == 0) return absl::OkStatus();
  return NotImplementedError(
      "a fork server: this kernel does not tell a thread where its number is "
      "kept (PR_GET_TID_ADDRESS)");
}

absl::StatusOr<std::unique_ptr<ForkServer>> ForkServer::New() {
  PROCSPEC_RETURN_IF_ERROR(CheckForkServer());
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return OsError("socketpair", errno);
  }
  UniqueFile line(ends[0]);
  const UniqueFile other(ends[1]);
  SetPatience(line, kPatience);
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    environment.push_back(*entry);
  }
  std::string bind_now = kBindNowForServer;
  if (getenv(kBindNow) == nullptr) environment.push_back(bind_now.data());
  environment.push_back(nullptr);
  PROCSPEC_ASSIGN_OR_RETURN(
      Child server, SpawnSelfAs(kRole, {other.get()}, environment.data()));
  return std::unique_ptr<ForkServer>(
      new ForkServer(std::move(line), std::move(server)));
}

ForkServer::ForkServer(UniqueFile line, Child server)
    : line_(std::move(line)),
      server_(std::move(server)),
      environment_(CopyOfEnvironment()) {}

ForkServer::~ForkServer() {
  if (!line_.valid()) return;
  // The copy that waits ends by that, and the server by its end. Whatever was
  // said until then is heard, so that no copy is left that nobody reaps.
  shutdown(line_.get(), SHUT_WR);
  SetPatience(line_, kGrace);
  if (!Hear(/*to_the_end=*/true).ok()) {
    server_.Kill();
    if (waiting_ > 0) Child(waiting_).Kill();
    SetPatience(line_, kPatience);
    (void)Hear(/*to_the_end=*/true);
  }
  Reap(server_);
  if (waiting_ > 0) {
    Child waiting(waiting_);
    Reap(waiting);
  }
}

void ForkServer::Forget() { line_.reset(); }

bool ForkServer::HasOurEnvironment() const {
  char** entry = environ;
  for (const std::string& known : environment_) {
    if (*entry == nullptr || known != *entry) return false;
    ++entry;
  }
  return *entry == nullptr;
}

absl::StatusOr<std::optional<Child>> ForkServer::Start(
    std::string_view bytes, absl::Span<const NativeHandle> handles) {
  if (bytes.size() > kMostBytes) return ValueError("too many bytes for a copy");
  const UniqueFile directory(RetryOnInterrupt(
      [] { return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!directory.valid()) return OsError("open(\".\")", errno);
  if (waiting_ == 0) {
    PROCSPEC_RETURN_IF_ERROR(Hear(/*to_the_end=*/false));
    if (waiting_ == 0) return std::nullopt;
  }
  Request request{};
  request.creator = getpid();
  request.copy = static_cast<pid_t>(waiting_);
  request.has_output = IsOpen(STDOUT_FILENO);
  request.has_errors = IsOpen(STDERR_FILENO);
  pthread_sigmask(SIG_SETMASK, nullptr, &request.signals);
  std::vector<int> descriptors = {directory.get()};
  if (request.has_output) descriptors.push_back(STDOUT_FILENO);
  if (request.has_errors) descriptors.push_back(STDERR_FILENO);
  descriptors.insert(descriptors.end(), handles.begin(), handles.end());
  request.descriptors = descriptors.size();

  Passing passing;
  char more = 0;
  for (size_t i = 0; i < descriptors.size(); i += kMostInOneMessage) {
    iovec first[] = {
        {.iov_base = &request, .iov_len = sizeof(request)},
        {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()}};
    iovec other{.iov_base = &more, .iov_len = sizeof(more)};
    msghdr message{};
    message.msg_iov = i == 0 ? first : &other;
    message.msg_iovlen = i == 0 ? std::size(first) : 1;
    passing.Attach(message,
                   absl::MakeSpan(descriptors).subspan(i, kMostInOneMessage));
    if (RetryOnInterrupt([&] {
          return sendmsg(line_.get(), &message, MSG_NOSIGNAL);
        }) >= 0) {
      continue;
    }
    const int error = errno;
    if (error == EPIPE || error == ECONNRESET) return std::nullopt;
    // With a part of its request a copy would wait for the rest for ever.
    if (i > 0) Child(waiting_).Kill();
    return OsError("sendmsg", error);
  }
  return std::optional<Child>(Child(std::exchange(waiting_, 0)));
}

absl::Status ForkServer::Hear(bool to_the_end) {
  bool too_late = false;
  while (true) {
    Ready ready;
    const ssize_t length = RetryOnInterrupt(
        [&] { return recv(line_.get(), &ready, sizeof(ready), 0); });
    if (length == 0) {
      return too_late ? OsError("the fork server", ETIMEDOUT)
                      : absl::OkStatus();
    }
    if (length < 0 && errno == ECONNRESET) continue;  // it tells so once
    if (length < 0) {
      if (to_the_end || too_late) return OsError("recv", errno);
      too_late = true;
      server_.Kill();
      continue;
    }
    // Each copy is told of twice.
    if (length != sizeof(ready) || ready.number <= copies_) continue;
    if (ready.pid == 0) {
      // Of a server that has made some before, the next will say whether that
      // still holds.
      if (copies_ > 0 || to_the_end) continue;
      return OsError("the fork server", ready.error);
    }
    copies_ = ready.number;
    waiting_ = ready.pid;
    if (!to_the_end) return absl::OkStatus();
  }
}

void ForkServer::Reap(Child& child) {
  if (child.Observe() != Child::State::kRunning) return;
  child.End()->Wait(Deadline::Never());
  child.Observe();
}

bool IsFromForkServer(int argc, char** argv) {
  return RoleOf(argc, argv) == kRole;
}

std::string_view ServedBytes() { return {TheServed().bytes, TheServed().size}; }

std::vector<UniqueFile> TakeServedHandles() {
  return std::exchange(TheServed().descriptors, {});
}

}  // namespace procspec::os
