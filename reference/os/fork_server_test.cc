// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/fork_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "reference/os/process.h"
#include "reference/os/robust_mutex.h"
#include "reference/os/shared_memory.h"
#include "reference/os/thread_identity.h"
#include "reference/os/time.h"

namespace procspec::os {
namespace {

constexpr char kBytes[] = "some bytes";

enum class Task {
  kTellAboutItself,
  kExitWithFive,
  kAbort,
  kSayReady,
  kTakeMutexAndStay
};

// What a test shares with the copies that it has made: their first handle.
struct Board {
  std::atomic<Task> task;
  RobustMutex mutex;
  std::atomic<int> ready;
  // Processes of another one that are looked at.
  int64_t server;
  int64_t bystander;
  // What a copy is like.
  int64_t pid;
  int64_t parent;
  int64_t thread;
  bool has_bytes;
  bool output_is_errors;
  bool usr1_is_blocked;
  bool usr2_is_blocked;
  int handles;
  // Of the handles by turns the first and another file.
  int handles_in_order;
  // Of a descriptor that nobody passed.
  int stray_descriptors;
  char directory[1024];
  char variable[64];
  bool binds_now;
};

bool SameFile(int a, int b) {
  struct stat first {};
  struct stat second {};
  return fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

void TellAboutItself(Board& board, const std::vector<UniqueFile>& handles) {
  board.pid = CurrentPid();
  board.parent = ParentPid();
  board.thread = CurrentThread().number();
  board.has_bytes = ServedBytes() == kBytes;
  board.output_is_errors = SameFile(STDOUT_FILENO, STDERR_FILENO);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  board.usr1_is_blocked = sigismember(&mask, SIGUSR1) == 1;
  board.usr2_is_blocked = sigismember(&mask, SIGUSR2) == 1;
  board.handles = static_cast<int>(handles.size());
  for (size_t i = 1; i < handles.size(); ++i) {
    if (SameFile(handles[i].get(), handles[i - 1].get())) break;
    ++board.handles_in_order;
  }
  // The mapping has closed nothing: the handles are all that it was given.
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    const int descriptor = std::stoi(entry.path().filename().string());
    bool known = descriptor <= STDERR_FILENO;
    for (const UniqueFile& handle : handles) {
      known |= handle.get() == descriptor;
    }
    std::error_code error;
    // What reads the directory is gone by now, or is in it.
    const auto target = std::filesystem::read_symlink(entry.path(), error);
    if (!known && target.string().find("/fd") == std::string::npos) {
      ++board.stray_descriptors;
    }
  }
  if (getcwd(board.directory, sizeof(board.directory)) == nullptr) ExitNow(7);
  board.binds_now = getenv("LD_BIND_NOW") != nullptr;
  const char* variable = getenv("FORK_SERVER_TEST");
  std::strncpy(board.variable, variable == nullptr ? "" : variable,
               sizeof(board.variable) - 1);
}

// The main function of a copy.
[[noreturn]] void RunCopy(std::vector<UniqueFile> handles) {
  if (handles.empty()) ExitNow(9);
  absl::StatusOr<UniqueFile> own = Duplicate(handles.front().get());
  if (!own.ok()) ExitNow(8);
  const int duplicate = own->get();
  absl::StatusOr<SharedMemory> memory = SharedMemory::Map(*std::move(own));
  if (!memory.ok()) ExitNow(8);
  auto& board = *static_cast<Board*>(memory->data());
  switch (board.task) {
    case Task::kTellAboutItself:
      close(duplicate);
      TellAboutItself(board, handles);
      break;
    case Task::kExitWithFive:
      ExitNow(5);
    case Task::kAbort:
      Crash(CrashKind::kAbort, 0);
    case Task::kSayReady:
      board.ready = 1;
      break;
    case Task::kTakeMutexAndStay:
      (void)board.mutex.Lock();
      board.ready = 1;
      SleepUntil(Deadline(absl::Minutes(1)));
      break;
  }
  ExitNow(0);
}

// Of this process, ended ones too.
std::vector<int64_t> Children() {
  std::vector<int64_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    int64_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    // "pid (name) state parent ..."
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) continue;
    if (std::stoll(stat.substr(name_end + 4)) == CurrentPid()) {
      children.push_back(pid);
    }
  }
  return children;
}

bool HasPendingSignals(int64_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("ShdPnd:")) {
      return line.find_first_not_of("0\t ", sizeof("ShdPnd")) !=
             std::string::npos;
    }
  }
  return false;
}

class ForkServerTest : public testing::Test {
 protected:
  ForkServerTest() {
    new (memory_.data()) Board();
    board().mutex.Init();
  }

  Board& board() { return *static_cast<Board*>(memory_.data()); }

  // A copy that the server makes for this task.
  std::optional<Child> Start(Task task, std::vector<NativeHandle> more = {}) {
    board().task = task;
    more.insert(more.begin(), memory_.handle());
    absl::StatusOr<std::optional<Child>> child = server_->Start(kBytes, more);
    EXPECT_TRUE(child.ok()) << child.status();
    return child.ok() ? *child : std::nullopt;
  }

  static int ExitCodeOf(Child child) {
    EXPECT_TRUE(child.End()->Wait(Deadline(absl::Seconds(30))));
    EXPECT_EQ(child.Observe(), Child::State::kEnded);
    return child.exit_code();
  }

  // Of a copy that is made for it.
  int ExitCode(Task task, std::vector<NativeHandle> more = {}) {
    const std::optional<Child> child = Start(task, std::move(more));
    return child.has_value() ? ExitCodeOf(*child) : -1000;
  }

  // The other child while nothing has been started; 0: it does not come.
  int64_t AwaitWaitingCopy() {
    const Deadline guard(absl::Seconds(30));
    while (!guard.HasPassed()) {
      for (const int64_t pid : Children()) {
        if (pid != server_->pid()) return pid;
      }
    }
    return 0;
  }

  bool AwaitReady() {
    const Deadline guard(absl::Seconds(30));
    while (board().ready == 0) {
      if (guard.HasPassed()) return false;
      SleepUntil(Deadline(absl::Milliseconds(1)));
    }
    return true;
  }

  SharedMemory memory_ = *SharedMemory::New(sizeof(Board));
  std::unique_ptr<ForkServer> server_ = *ForkServer::New();
};

TEST_F(ForkServerTest, ACopyIsAChildOfItsCreatorAndAFreshProgram) {
  const std::optional<Child> child = Start(Task::kTellAboutItself);
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(ExitCodeOf(*child), 0);
  EXPECT_EQ(board().pid, child->pid());
  EXPECT_EQ(board().parent, CurrentPid());
  EXPECT_EQ(board().thread, child->pid());
  EXPECT_TRUE(board().has_bytes);
  EXPECT_EQ(board().handles, 1);
  EXPECT_EQ(board().stray_descriptors, 0);
  EXPECT_NE(server_->pid(), child->pid());
}

TEST_F(ForkServerTest, ExitCodesAndSignalsAreSeen) {
  EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
  EXPECT_EQ(ExitCode(Task::kAbort), -SIGABRT);
  std::optional<Child> child = Start(Task::kTakeMutexAndStay);
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(child->Observe(), Child::State::kRunning);
  EXPECT_FALSE(child->End()->Wait(Deadline::Immediate()));
  child->Terminate();
  EXPECT_EQ(ExitCodeOf(*child), -SIGTERM);
}

// What was sent to all of a group is not meant for a child that does not exist
// yet; what is sent to a child that does is.
TEST_F(ForkServerTest, SignalsOfBeforeAreNotOfTheChild) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
    const int64_t waiting = AwaitWaitingCopy();
    ASSERT_GT(waiting, 0);
    kill(static_cast<pid_t>(waiting), SIGINT);
    kill(static_cast<pid_t>(waiting), SIGTERM);
    const Deadline guard(absl::Seconds(30));
    while (HasPendingSignals(waiting)) {
      ASSERT_FALSE(guard.HasPassed());
    }
    EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
    std::optional<Child> child = Start(Task::kTakeMutexAndStay);
    ASSERT_TRUE(child.has_value());
    child->Terminate();
    EXPECT_EQ(ExitCodeOf(*child), -SIGTERM);
  }
}

TEST_F(ForkServerTest, TheServerIsNoChildThatEnds) {
  const std::optional<Child> child = Start(Task::kExitWithFive);
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(ExitCodeOf(*child), 5);
  EXPECT_FALSE(AnyChildEnded());
}

// Without the kernel's list of its robust mutexes, or with the server's number
// for its thread's, the mutex would stay locked for ever.
TEST_F(ForkServerTest, AMutexThatAKilledCopyHoldsIsTold) {
  std::optional<Child> child = Start(Task::kTakeMutexAndStay);
  ASSERT_TRUE(child.has_value());
  ASSERT_TRUE(AwaitReady());
  EXPECT_EQ(board().mutex.TryLock(), RobustMutex::LockResult::kTimedOut);
  child->Kill();
  EXPECT_EQ(ExitCodeOf(*child), -SIGKILL);
  ASSERT_EQ(board().mutex.TryLock(), RobustMutex::LockResult::kOwnerDied);
  board().mutex.MarkRepaired();
  board().mutex.Unlock();
}

// More than the kernel passes with one message, and exactly as many, and one
// more: the working directory and two streams come before.
TEST_F(ForkServerTest, ManyHandlesKeepTheirOrder) {
  const UniqueFile other(open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const int count : {2, 246, 247, 248, 253, 254, 600}) {
    std::vector<NativeHandle> handles;
    while (static_cast<int>(handles.size()) + 1 < count) {
      handles.push_back(handles.size() % 2 == 0 ? other.get()
                                                : memory_.handle());
    }
    board().handles_in_order = 0;
    EXPECT_EQ(ExitCode(Task::kTellAboutItself, handles), 0);
    EXPECT_EQ(board().handles, count);
    EXPECT_EQ(board().handles_in_order, count - 1);
    EXPECT_EQ(board().stray_descriptors, 0);
  }
}

TEST_F(ForkServerTest, MoreHandlesThanAProcessMayHaveAreRefused) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit low{300, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  server_ = *ForkServer::New();  // with that limit
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(ExitCode(Task::kExitWithFive,
                     std::vector<NativeHandle>(400, memory_.handle())),
            1);
  // It is none the worse for it.
  EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
}

TEST_F(ForkServerTest, ABadHandleIsRefused) {
  const absl::StatusOr<std::optional<Child>> child =
      server_->Start("", {1000000});
  EXPECT_FALSE(child.ok());
  EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
}

TEST_F(ForkServerTest, ACopyHasWhatItsCreatorHasNow) {
  EXPECT_EQ(ExitCode(Task::kTellAboutItself), 0);
  EXPECT_EQ(board().directory, std::filesystem::current_path().string());
  EXPECT_FALSE(board().usr1_is_blocked);

  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path("/proc");
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
  const UniqueFile output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  dup2(STDERR_FILENO, STDOUT_FILENO);

  EXPECT_EQ(ExitCode(Task::kTellAboutItself), 0);

  dup2(output.get(), STDOUT_FILENO);
  pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
  std::filesystem::current_path(before);
  EXPECT_STREQ(board().directory, "/proc");
  EXPECT_TRUE(board().usr1_is_blocked);
  EXPECT_FALSE(board().usr2_is_blocked);
  EXPECT_TRUE(board().output_is_errors);
}

TEST_F(ForkServerTest, AClosedStreamIsClosed) {
  const UniqueFile output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  close(STDOUT_FILENO);
  const int code = ExitCode(Task::kTellAboutItself);
  dup2(output.get(), STDOUT_FILENO);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(board().handles, 1);
  EXPECT_FALSE(board().output_is_errors);
}

TEST_F(ForkServerTest, TheEnvironmentIsThatOfTheServer) {
  EXPECT_TRUE(server_->HasOurEnvironment());
  setenv("FORK_SERVER_TEST", "new", 1);
  EXPECT_FALSE(server_->HasOurEnvironment());
  EXPECT_EQ(ExitCode(Task::kTellAboutItself), 0);
  EXPECT_STREQ(board().variable, "");
  EXPECT_FALSE(board().binds_now);
  server_ = *ForkServer::New();
  EXPECT_TRUE(server_->HasOurEnvironment());
  EXPECT_EQ(ExitCode(Task::kTellAboutItself), 0);
  EXPECT_STREQ(board().variable, "new");
  unsetenv("FORK_SERVER_TEST");
  EXPECT_FALSE(server_->HasOurEnvironment());
  // What the server is started with of its own is not taken for the creator's.
  setenv("LD_BIND_NOW", "1", 1);
  server_ = *ForkServer::New();
  unsetenv("LD_BIND_NOW");
  EXPECT_EQ(ExitCode(Task::kTellAboutItself), 0);
  EXPECT_TRUE(board().binds_now);
}

TEST_F(ForkServerTest, OneThatHasDiedSaysSo) {
  EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
  Child itself(server_->pid());
  itself.Kill();
  ASSERT_TRUE(itself.End()->Wait(Deadline(absl::Seconds(30))));
  // A copy that waits already is as good as ever.
  const std::optional<Child> last = Start(Task::kExitWithFive);
  if (last.has_value()) {
    EXPECT_EQ(ExitCodeOf(*last), 5);
  }
  EXPECT_EQ(Start(Task::kExitWithFive), std::nullopt);
  EXPECT_EQ(Start(Task::kExitWithFive), std::nullopt);
  server_ = *ForkServer::New();
  EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
}

TEST_F(ForkServerTest, NoChildIsLeftWhenItGoes) {
  EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
  EXPECT_FALSE(Children().empty());
  server_.reset();
  EXPECT_EQ(Children(), std::vector<int64_t>());
  // Nor when it has not come up yet, or has a copy that has not begun.
  server_ = *ForkServer::New();
  server_.reset();
  EXPECT_EQ(Children(), std::vector<int64_t>());
  server_ = *ForkServer::New();
  const std::optional<Child> child = Start(Task::kExitWithFive);
  ASSERT_TRUE(child.has_value());
  server_.reset();
  EXPECT_EQ(Children(), std::vector<int64_t>({child->pid()}));
  EXPECT_EQ(ExitCodeOf(*child), 5);
}

// Whichever of its processes is killed at whatever instant: a child that Start
// has given runs or has been killed, and there is no other.
TEST_F(ForkServerTest, KilledAtAnyInstantItHidesNoCopy) {
  int copies = 0;
  for (int i = 0; i < 100; ++i) {
    server_ = *ForkServer::New();
    EXPECT_EQ(ExitCode(Task::kExitWithFive), 5);
    // One of the two. With both at the instant of its birth nobody would know
    // of the copy.
    const bool kills_server = i % 2 == 0;
    const auto victim =
        static_cast<pid_t>(kills_server ? server_->pid() : AwaitWaitingCopy());
    ASSERT_GT(victim, 0);
    std::thread killer([victim, i] {
      const Deadline end(absl::Microseconds(5 * i));
      while (!end.HasPassed()) {
      }
      kill(victim, SIGKILL);
    });
    const std::optional<Child> child = Start(Task::kExitWithFive);
    killer.join();
    if (child.has_value()) {
      ++copies;
      const int code = ExitCodeOf(*child);
      EXPECT_TRUE(code == 5 || (code == -SIGKILL && !kills_server)) << code;
    }
    server_.reset();
    EXPECT_EQ(Children(), std::vector<int64_t>());
  }
  EXPECT_GT(copies, 0);
}

// Start has said that there is a child: it runs, although its creator has ended
// before it could begin.
TEST_F(ForkServerTest, ACopyOutlivesItsCreator) {
  for (int i = 0; i < 20; ++i) {
    board().ready = 0;
    absl::StatusOr<std::optional<Child>> creator = Fork();
    ASSERT_TRUE(creator.ok()) << creator.status();
    if (!creator->has_value()) {
      server_->Forget();
      server_ = *ForkServer::New();
      ExitNow(Start(Task::kSayReady).has_value() ? 0 : 1);
    }
    EXPECT_EQ(ExitCodeOf(**creator), 0);
    EXPECT_TRUE(AwaitReady());
  }
}

// Although somebody else holds a copy of its creator's side of the line.
TEST_F(ForkServerTest, ItEndsWithItsCreator) {
  absl::StatusOr<std::optional<Child>> creator = Fork();
  ASSERT_TRUE(creator.ok()) << creator.status();
  if (!creator->has_value()) {
    server_->Forget();
    server_ = *ForkServer::New();
    if (ExitCode(Task::kExitWithFive) != 5) ExitNow(1);
    const int64_t bystander = fork();
    if (bystander != 0) {
      board().server = server_->pid();
      board().bystander = bystander;
      board().ready = 1;
    }
    SleepUntil(Deadline(absl::Minutes(1)));
    ExitNow(0);
  }
  ASSERT_TRUE(AwaitReady());
  const auto server = static_cast<pid_t>(board().server);
  EXPECT_EQ(kill(server, 0), 0);
  (*creator)->Kill();
  EXPECT_EQ(ExitCodeOf(**creator), -SIGKILL);
  const Deadline guard(absl::Seconds(30));
  const ThreadIdentity it{static_cast<uint64_t>(server)};
  while (MayBeAlive(it) && !guard.HasPassed()) {
    SleepUntil(Deadline(absl::Milliseconds(1)));
  }
  EXPECT_FALSE(MayBeAlive(it));
  kill(static_cast<pid_t>(board().bystander), SIGKILL);
}

}  // namespace
}  // namespace procspec::os

int main(int argc, char** argv) {
  using namespace procspec::os;  // NOLINT
  if (IsSpawned(argc, argv)) RunCopy(TakeInheritedHandles(argc, argv));
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
