// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/supervisor.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/runner/cgroup.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(300);
// For what must happen, however slow the machine.
constexpr absl::Duration kGuard = absl::Seconds(60);

class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto root = MakePrivateRoot();
    ASSERT_TRUE(root.ok()) << root.status();
    root_ = *root;
    Use({});
  }

  // Another supervisor from here on.
  void Use(Supervisor::Options options) {
    options.leak_grace = kShort;
    auto supervisor = Supervisor::Create(options);
    ASSERT_TRUE(supervisor.ok()) << supervisor.status();
    supervisor_ = *std::move(supervisor);
  }

  void TearDown() override {
    supervisor_.reset();
    // Whatever a case did, nothing of it is left.
    EXPECT_TRUE(Descendants(getpid()).empty());
    RemoveTree(root_);
  }

  Command CommandFor(const std::string& behaviour,
                     absl::Duration deadline = kGuard) {
    const std::string dir = absl::StrCat(root_, "/", ++commands_);
    EXPECT_TRUE(MakePrivateDirectory(dir).ok());
    EXPECT_TRUE(MakePrivateDirectory(dir + "/t").ok());
    Command command;
    command.argv = {
        std::filesystem::absolute("conformance/runner/testing/fake_testee"),
        "run", "--backend=good", "--case=x/" + behaviour, "--dir=" + dir};
    command.environment = {{"TMPDIR", dir + "/t"}};
    command.directory = dir + "/t";
    command.output = dir + ".out";
    command.deadline = deadline;
    return command;
  }

  Ending Run(const Command& command) {
    EXPECT_TRUE(supervisor_->Start(7, command).ok());
    std::vector<Ending> endings = supervisor_->Wait(kGuard);
    EXPECT_EQ(endings.size(), 1u);
    if (endings.empty()) return {};
    EXPECT_EQ(endings[0].token, 7);
    return endings[0];
  }

  std::string root_;
  std::unique_ptr<Supervisor> supervisor_;
  int commands_ = 0;
};

TEST_F(SupervisorTest, ReportsHowAProgramEnded) {
  Ending e = Run(CommandFor("pass"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.leftover_count, 0);
  EXPECT_GT(e.wall, absl::ZeroDuration());

  e = Run(CommandFor("exit-odd"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 77);

  e = Run(CommandFor("crash"));
  EXPECT_EQ(e.end, End::kSignalled);
  EXPECT_EQ(e.code, SIGABRT);
}

TEST_F(SupervisorTest, AProgramThatCannotBeRunIsNotStarted) {
  Command command = CommandFor("pass");
  command.argv[0] = root_ + "/nothing";
  Ending e = Run(command);
  EXPECT_EQ(e.end, End::kNotStarted);
  EXPECT_NE(e.problem.find("nothing"), std::string::npos) << e.problem;

  command = CommandFor("pass");
  command.output = root_ + "/no/such/directory";
  e = Run(command);
  EXPECT_EQ(e.end, End::kNotStarted);
  EXPECT_NE(e.problem, "");
}

// Directory, session, signal mask, descriptors: the fake testee checks them.
TEST_F(SupervisorTest, GivesACleanEnvironment) {
  const Command command = CommandFor("env");
  const Ending e = Run(command);
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
}

TEST_F(SupervisorTest, TheDeadlineEndsWhatIgnoresSignals) {
  const absl::Time before = absl::Now();
  const Ending e = Run(CommandFor("hang", kShort));
  EXPECT_EQ(e.end, End::kDeadline);
  EXPECT_GE(absl::Now() - before, kShort);
  EXPECT_GE(e.wall, kShort);
  ASSERT_EQ(e.at_deadline.size(), 1u);
  EXPECT_NE(e.at_deadline[0].command.find("x/hang"), std::string::npos);
}

TEST_F(SupervisorTest, TheDeadlineEndsWhatStoppedItself) {
  const Ending e = Run(CommandFor("stop", kShort));
  EXPECT_EQ(e.end, End::kDeadline);
  ASSERT_EQ(e.at_deadline.size(), 1u);
  EXPECT_EQ(e.at_deadline[0].state, 'T');
}

// A double fork, a new session, an empty environment, the output held open.
TEST_F(SupervisorTest, AnEscapedGrandchildIsEnded) {
  const Ending e = Run(CommandFor("escape"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.leftover_count, 1);
  ASSERT_EQ(e.leftovers.size(), 1u);
  EXPECT_NE(kill(static_cast<pid_t>(e.leftovers[0].pid), 0), 0);
}

TEST_F(SupervisorTest, ALeftChildIsReportedAndEnded) {
  const Ending e = Run(CommandFor("leave-child"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.leftover_count, 1);
}

TEST_F(SupervisorTest, AHelperMayCleanUpAfterItsClient) {
  const Ending e = Run(CommandFor("helper"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.leftover_count, 0);
}

TEST_F(SupervisorTest, AForkStormIsEnded) {
  const Ending e = Run(CommandFor("fork-storm"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.leftover_count, 200);
  EXPECT_EQ(e.leftovers.size(), kProcessesKept);
  EXPECT_TRUE(e.tree_ended);
}

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

TEST_F(SupervisorTest, WhatNeverStopsForkingIsEnded) {
  const Ending e = Run(CommandFor("comet"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_GT(e.leftover_count, 0);
  EXPECT_TRUE(e.tree_ended);
  EXPECT_TRUE(Descendants(getpid()).empty());
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

TEST_F(SupervisorTest, OneBadProgramDoesNotDisturbTheOthers) {
  const std::vector<std::string> behaviours = {
      "pass", "kill-supervisor", "slow", "hang",  "pass", "leave-child",
      "slow", "stop-supervisor", "pass", "escape"};
  for (size_t i = 0; i < behaviours.size(); ++i) {
    const bool hang = behaviours[i] == "hang";
    ASSERT_TRUE(supervisor_
                    ->Start(static_cast<int>(i),
                            CommandFor(behaviours[i], hang ? kShort : kGuard))
                    .ok());
  }
  std::map<int, Ending> endings;
  while (supervisor_->running() > 0) {
    for (Ending& e : supervisor_->Wait(kGuard)) endings[e.token] = std::move(e);
  }
  ASSERT_EQ(endings.size(), behaviours.size());
  for (size_t i = 0; i < behaviours.size(); ++i) {
    const Ending& e = endings[static_cast<int>(i)];
    End expected = End::kExited;
    if (behaviours[i] == "hang") expected = End::kDeadline;
    if (behaviours[i].find("supervisor") != std::string::npos) {
      expected = End::kSupervisorLost;
    }
    EXPECT_EQ(e.end, expected) << behaviours[i];
    if (expected == End::kExited) {
      EXPECT_EQ(e.code, 0) << behaviours[i];
    }
  }
}

TEST_F(SupervisorTest, CancelEndsEverything) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(supervisor_->Start(i, CommandFor("hang")).ok());
  }
  EXPECT_TRUE(supervisor_->Wait(absl::Milliseconds(100)).empty());
  supervisor_->Cancel();
  size_t ended = 0;
  while (supervisor_->running() > 0) {
    for (const Ending& e : supervisor_->Wait(kGuard)) {
      EXPECT_EQ(e.end, End::kCancelled);
      ++ended;
    }
  }
  EXPECT_EQ(ended, 3u);
  EXPECT_FALSE(supervisor_->Start(9, CommandFor("pass")).ok());
}

TEST_F(SupervisorTest, OutputIsBoundedWhenRead) {
  const Command command = CommandFor("output");
  Run(command);
  const Excerpt excerpt = ReadExcerpt(command.output, 1000, 500);
  EXPECT_GT(excerpt.file_bytes, 1 << 20);
  EXPECT_LT(excerpt.text.size(), 1600u);
  EXPECT_NE(excerpt.text.find("bytes left out"), std::string::npos);
  EXPECT_NE(excerpt.text.find("line 0 of"), std::string::npos);
  EXPECT_NE(excerpt.text.find("the last line"), std::string::npos);
}

TEST_F(SupervisorTest, OutputIsBoundedOnDisk) {
  Supervisor::Options options;
  options.output_limit = 1 << 20;
  auto supervisor = Supervisor::Create(options);
  ASSERT_TRUE(supervisor.ok());
  const Command command = CommandFor("output");
  ASSERT_TRUE((*supervisor)->Start(1, command).ok());
  ASSERT_EQ((*supervisor)->Wait(kGuard).size(), 1u);
  EXPECT_LT(std::filesystem::file_size(command.output), 1u << 20);
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
