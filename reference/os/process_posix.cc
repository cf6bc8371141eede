// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "reference/os/at_fork.h"
#include "reference/os/fork_server.h"
#include "reference/os/posix.h"
#include "reference/os/process.h"
#include "reference/os/spawn.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::os {
namespace {

constexpr char kSpawnedMark[] = "--procspec-child";
std::atomic<bool> handle_allowed = true;
std::atomic<uint64_t> children_ended = 0;

// Kept because the library does not: its getpid is a system call. 0: to be
// asked for anew.
constinit std::atomic<int64_t> own_pid = 0;
[[maybe_unused]] const int at_fork =
    pthread_atfork(nullptr, nullptr, &ForgetOwnPid);

// Blocks every signal of this thread, and restores what was on every path.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &saved_, nullptr); }

 private:
  sigset_t saved_;
};

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

pid_t ToPid(int64_t pid) { return static_cast<pid_t>(pid); }

// Whether the child has ended; leaves it to be reaped.
bool HasEnded(int64_t pid) {
  siginfo_t info{};
  const int result = RetryOnInterrupt([&] {
    return waitid(P_PID, static_cast<id_t>(pid), &info,
                  WEXITED | WNOHANG | WNOWAIT);
  });
  return result != 0 || info.si_pid != 0;
}

bool WaitForHandle(NativeHandle handle, Deadline deadline) {
  while (true) {
    timespec left{};
    if (!deadline.IsNever()) {
      left = ToTimespec(absl::ToInt64Nanoseconds(deadline.Remaining()));
    }
    pollfd entry{.fd = handle, .events = POLLIN, .revents = 0};
    const int ready =
        ppoll(&entry, 1, deadline.IsNever() ? nullptr : &left, nullptr);
    if (ready > 0) return true;
    if (deadline.HasPassed()) return false;
  }
}

// Where the system has no handle for a process. Trap: if another thread reaps
// the child meanwhile and its pid is given to another child of ours, this waits
// for the wrong one; the handle knows better.
bool WaitForPid(int64_t pid, Deadline deadline) {
  if (deadline.IsNever()) {
    siginfo_t info{};
    RetryOnInterrupt([&] {
      return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
    });
    return true;
  }
  absl::Duration pause = absl::Microseconds(100);
  while (!HasEnded(pid)) {
    if (deadline.HasPassed()) return false;
    SleepUntil(Deadline(std::min(pause, deadline.Remaining())));
    pause = std::min(2 * pause, absl::Milliseconds(10));
  }
  return true;
}

}  // namespace

void ForgetOwnPid() { own_pid.store(0, std::memory_order_relaxed); }

int64_t CurrentPid() {
  int64_t pid = own_pid.load(std::memory_order_relaxed);
  if (pid == 0) {
    pid = getpid();
    own_pid.store(pid, std::memory_order_relaxed);
  }
  return pid;
}
int64_t ParentPid() { return getppid(); }

int CpuCount() {
  return static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
}

void ExitNow(int status) { _exit(status); }

void Crash(CrashKind kind, int code) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  switch (kind) {
    case CrashKind::kKill:
      kill(getpid(), SIGKILL);
      break;
    case CrashKind::kAbort:
      signal(SIGABRT, SIG_DFL);
      abort();
    case CrashKind::kSegmentation: {
      // Sent to this thread like the real one; a real invalid access is what
      // sanitizers replace by their own exit.
      signal(SIGSEGV, SIG_DFL);
      sigset_t segv;
      sigemptyset(&segv);
      sigaddset(&segv, SIGSEGV);
      pthread_sigmask(SIG_UNBLOCK, &segv, nullptr);
      raise(SIGSEGV);
      break;
    }
    case CrashKind::kImmediateExit:
      break;
  }
  _exit(code);
}

ChildEnd::ChildEnd(int64_t pid) : pid_(pid) {
#ifdef SYS_pidfd_open
  // Refused by old kernels, by some sandboxes, and when descriptors run out:
  // Wait then does without.
  if (handle_allowed) {
    handle_.reset(static_cast<int>(syscall(SYS_pidfd_open, ToPid(pid), 0)));
  }
#endif
}

bool ChildEnd::Wait(Deadline deadline) const {
  return handle_.valid() ? WaitForHandle(handle_.get(), deadline)
                         : WaitForPid(pid_, deadline);
}

void ChildEnd::AllowHandleForTesting(bool allow) { handle_allowed = allow; }

uint64_t ChildrenSeenToEnd() {
  return children_ended.load(std::memory_order_acquire);
}

Child::State Child::Observe() {
  if (state_ != State::kRunning) return state_;
  int status = 0;
  const pid_t result =
      RetryOnInterrupt([&] { return waitpid(ToPid(pid_), &status, WNOHANG); });
  if (result == 0) return state_;
  if (result < 0) {
    state_ = State::kLost;
  } else {
    state_ = State::kEnded;
    exit_code_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  end_.reset();
  children_ended.fetch_add(1, std::memory_order_release);
  return state_;
}

std::shared_ptr<const ChildEnd> Child::End() {
  if (end_ == nullptr) end_ = std::make_shared<const ChildEnd>(pid_);
  return end_;
}

// Before the child is reaped its pid is safe to signal, also when it has ended.
void Child::Terminate() {
  if (state_ == State::kRunning) kill(ToPid(pid_), SIGTERM);
}

void Child::Kill() {
  if (state_ == State::kRunning) kill(ToPid(pid_), SIGKILL);
}

bool AnyChildEnded() {
  siginfo_t info{};
  const int result = RetryOnInterrupt(
      [&] { return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT); });
  // No children at all, after some were started: they were lost.
  return result != 0 || info.si_pid != 0;
}

bool HasFork() { return true; }

absl::StatusOr<std::optional<Child>> Fork() {
  RunHooksBeforeFork();
  SignalsBlocked blocked;
  const pid_t pid = fork();
  if (pid == 0) {
    RunHooksInChild();
    return std::nullopt;
  }
  const int error = errno;
  RunHooksInParent(pid > 0);
  if (pid < 0) return OsError("fork", error);
  return std::optional<Child>(Child(pid));
}

std::string_view SpawnName() { return "spawn"; }

absl::StatusOr<Child> SpawnSelf(absl::Span<const NativeHandle> handles) {
  return SpawnSelfAs(absl::StrCat(handles.size()), handles, environ);
}

absl::StatusOr<Child> SpawnSelfAs(std::string_view role,
                                  absl::Span<const NativeHandle> handles,
                                  char* const* environment) {
  const int count = static_cast<int>(handles.size());
  // Handle i becomes descriptor kFirstInherited + i. Those that already lie
  // where another one is to go are moved away first.
  std::vector<UniqueFile> moved;
  FileActions actions;
  int error = posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO,
                                               "/dev/null", O_RDONLY, 0);
  for (int i = 0; i < count && error == 0; ++i) {
    int source = handles[i];
    if (source < kFirstInherited + count) {
      moved.emplace_back(RetryOnInterrupt([&] {
        return fcntl(source, F_DUPFD_CLOEXEC, kFirstInherited + count);
      }));
      if (!moved.back().valid()) return OsError("fcntl", errno);
      source = moved.back().get();
    }
    error = posix_spawn_file_actions_adddup2(actions.get(), source,
                                             kFirstInherited + i);
  }
  if (error == 0) {
    error = posix_spawn_file_actions_addclosefrom_np(actions.get(),
                                                     kFirstInherited + count);
  }
  if (error != 0) return OsError("posix_spawn_file_actions", error);

  std::string mark = kSpawnedMark;
  std::string role_text(role);
  char* argv[] = {program_invocation_name, mark.data(), role_text.data(),
                  nullptr};
  pid_t pid = 0;
  // It waits until the new image runs, so a refused exec is an error here. The
  // link names the very file that runs, also if that one was replaced.
  error = posix_spawn(&pid, "/proc/self/exe", actions.get(), nullptr, argv,
                      environment);
  if (error != 0) return OsError("posix_spawn", error);
  return Child(pid);
}

std::string_view RoleOf(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != kSpawnedMark) return {};
  return argv[2];
}

void NameAfterProgram(char** argv) {
  std::string_view name = argv[0];
  name.remove_prefix(name.rfind('/') + 1);
  prctl(PR_SET_NAME, name.data());
}

bool IsSpawned(int argc, char** argv) { return !RoleOf(argc, argv).empty(); }

bool IsSpawned() {
  UniqueFile file(RetryOnInterrupt(
      [] { return open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC); }));
  if (!file.valid()) return false;
  std::string line;
  char buffer[4096];
  ssize_t length = 0;
  while ((length = RetryOnInterrupt(
              [&] { return read(file.get(), buffer, sizeof(buffer)); })) > 0) {
    line.append(buffer, static_cast<size_t>(length));
  }
  const size_t end_of_name = line.find('\0');
  return end_of_name != std::string::npos &&
         line.compare(end_of_name + 1, sizeof(kSpawnedMark), kSpawnedMark,
                      sizeof(kSpawnedMark)) == 0;
}

std::vector<UniqueFile> TakeInheritedHandles(int argc, char** argv) {
  if (IsFromForkServer(argc, argv)) return TakeServedHandles();
  NameAfterProgram(argv);
  int count = 0;
  std::vector<UniqueFile> handles;
  if (!absl::SimpleAtoi(RoleOf(argc, argv), &count)) return handles;
  for (int i = 0; i < count; ++i) {
    handles.emplace_back(kFirstInherited + i);
    fcntl(handles.back().get(), F_SETFD, FD_CLOEXEC);
  }
  return handles;
}

}  // namespace procspec::os
