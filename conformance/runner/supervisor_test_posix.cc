// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/runner/cgroup.h"
#include "conformance/runner/testing/supervisor_fixture.h"
#include "gtest/gtest.h"

namespace procspec::runner {

const OsFacts kOsFacts = {
    .crash = SIGABRT,
    .stopped = 'T',
    .storm = 200,
    .mixed = {{"pass", End::kExited},
              {"kill-supervisor", End::kSupervisorLost},
              {"slow", End::kExited},
              {"hang", End::kDeadline},
              {"pass", End::kExited},
              {"leave-child", End::kExited},
              {"slow", End::kExited},
              {"stop-supervisor", End::kSupervisorLost},
              {"pass", End::kExited},
              {"escape", End::kExited}},
};

namespace {

// The same where there are no control groups.
TEST_F(SupervisorTest, WithoutCgroupsTreesEndToo) {
  Supervisor::Options options;
  options.cgroups = false;
  Use(options);
  for (const char* behaviour :
       {"fork-storm", "escape", "kill-supervisor", "comet"}) {
    const Ending e = Run(CommandFor(behaviour));
    EXPECT_GT(e.leftover_count, 0) << behaviour;
    EXPECT_TRUE(e.tree_ended) << behaviour;
    EXPECT_TRUE(Descendants(getpid()).empty()) << behaviour;
  }
}

TEST_F(SupervisorTest, LeavesNoCgroups) {
  const std::string parent = CgroupParent();
  if (parent.empty()) GTEST_SKIP() << "this system has none for us";
  for (const char* behaviour :
       {"pass", "fork-storm", "kill-supervisor", "stop-supervisor"}) {
    Run(CommandFor(behaviour));
  }
  Command command = CommandFor("pass");
  command.argv[0] = root_ + "/nothing";
  Run(command);
  const std::string prefix = absl::StrCat("procspec-", getpid(), "-");
  for (const auto& entry : std::filesystem::directory_iterator(parent)) {
    EXPECT_NE(entry.path().filename().string().substr(0, prefix.size()), prefix)
        << entry.path();
  }
}

class IpcTest : public SupervisorTest,
                public testing::WithParamInterface<IpcWatch> {
 protected:
  void SetUp() override {
    SupervisorTest::SetUp();
    Supervisor::Options options;
    options.ipc = GetParam();
    Use(options);
    before_ = ListIpc();
  }

  static std::vector<std::string> Lines(const std::vector<Leak>& leaks) {
    std::vector<std::string> lines;
    for (const Leak& leak : leaks) lines.push_back(Describe(leak));
    return lines;
  }

  std::vector<Leak> before_;
};

INSTANTIATE_TEST_SUITE_P(Watches, IpcTest,
                         testing::Values(IpcWatch::kPrivate,
                                         IpcWatch::kPrivateByUserNamespace));

TEST_P(IpcTest, FindsWhatAProgramLeavesAndFreesIt) {
  Ending e = Run(CommandFor("leave-ipc"));
  if (e.end == End::kNotStarted) GTEST_SKIP() << e.problem;
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.ipc_leak_count, 5);
  std::map<LeakKind, int> kinds;
  for (const Leak& leak : e.ipc_leaks) ++kinds[leak.kind];
  EXPECT_EQ(kinds[LeakKind::kSharedMemory], 3);  // a message queue among them
  EXPECT_EQ(kinds[LeakKind::kSemaphore], 2);

  // The next one starts clean, and nobody else has seen anything.
  e = Run(CommandFor("no-ipc"));
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(Lines(e.ipc_leaks), std::vector<std::string>());
  EXPECT_EQ(Lines(ListIpc()), Lines(before_));
}

// The environment is as it is without.
TEST_P(IpcTest, GivesACleanEnvironment) {
  const Ending e = Run(CommandFor("env"));
  if (e.end == End::kNotStarted) GTEST_SKIP() << e.problem;
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
}

TEST_P(IpcTest, AKilledSupervisorIsNoticedAndItsTreeEnded) {
  const Ending e = Run(CommandFor("kill-supervisor"));
  if (e.end == End::kNotStarted) GTEST_SKIP() << e.problem;
  EXPECT_EQ(e.end, End::kSupervisorLost);
  EXPECT_TRUE(e.tree_ended);
}

TEST_F(SupervisorTest, AKilledSupervisorIsNoticedAndItsTreeEnded) {
  const Ending e = Run(CommandFor("kill-supervisor"));
  EXPECT_EQ(e.end, End::kSupervisorLost);
  EXPECT_EQ(e.leftover_count, 2);
  EXPECT_TRUE(e.tree_ended);
}

TEST_F(SupervisorTest, AStoppedSupervisorIsNoticedAtOnce) {
  const absl::Time before = absl::Now();
  const Ending e = Run(CommandFor("stop-supervisor"));
  EXPECT_EQ(e.end, End::kSupervisorLost);
  EXPECT_LT(absl::Now() - before, kGuard);
}

// Nothing stays behind when the process with the supervisor is killed.
TEST_F(SupervisorTest, SurvivesTheDeathOfItsOwner) {
  const Command command = CommandFor("hang");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    auto supervisor = Supervisor::Create({});
    if (!supervisor.ok() || !(*supervisor)->Start(1, command).ok()) _exit(1);
    (*supervisor)->Wait(absl::Milliseconds(200));
    [[maybe_unused]] const ssize_t n = write(ready[1], "x", 1);
    (*supervisor)->Wait(absl::InfiniteDuration());
    _exit(0);
  }
  char c;
  ASSERT_EQ(read(ready[0], &c, 1), 1);
  // The owner, its supervisor and the program.
  EXPECT_EQ(Descendants(getpid()).size(), 3u);
  kill(owner, SIGKILL);
  // What is left comes to this process, a sub-reaper, and ends.
  const absl::Time limit = absl::Now() + kGuard;
  while (!Descendants(getpid()).empty() && absl::Now() < limit) {
    waitpid(-1, nullptr, WNOHANG);
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_TRUE(Descendants(getpid()).empty());
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace procspec::runner
