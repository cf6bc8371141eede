// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/probe.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "conformance/harness/matchers.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(20);

class ProbeTest : public testing::Test {
 protected:
  void SetUp() override {
    child_ = fork();
    if (child_ == 0) {
      // A name that looks like the fields behind it.
      prctl(PR_SET_NAME, "a) Z 1 (b");
      while (true) pause();
    }
  }
  void TearDown() override {
    kill(child_, SIGKILL);
    Reap();
  }
  void Reap() { waitpid(child_, nullptr, 0); }

  pid_t child_ = 0;
};

TEST_F(ProbeTest, SeesTheLifeOfAChildWithoutReapingIt) {
  EXPECT_EQ(StateOf(child_), ProcessState::kRunning);
  EXPECT_FALSE(WaitUntilDead(child_, kShort).ok());

  ASSERT_OK(KillHard(child_));
  EXPECT_OK(WaitUntilDead(child_));
  EXPECT_EQ(StateOf(child_), ProcessState::kZombie);
  EXPECT_FALSE(WaitUntilGone(child_, kShort).ok());

  Reap();
  EXPECT_EQ(StateOf(child_), ProcessState::kGone);
  EXPECT_OK(WaitUntilDead(child_));
  EXPECT_OK(WaitUntilGone(child_));
}

// It is a zombie by name only while another thread of it lives.
TEST(ProbeThreadsTest, AProcessLivesAsLongAsAnyThreadOfIt) {
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(gate[1]);
    std::thread([descriptor = gate[0]] {
      char byte;
      (void)!read(descriptor, &byte, 1);
      _exit(0);
    }).detach();
    syscall(SYS_exit, 0);  // of this thread alone
  }
  close(gate[0]);
  const auto main_thread_has_ended = [&] {
    std::ifstream file("/proc/" + std::to_string(child) + "/stat");
    std::string text;
    std::getline(file, text);
    return text.find(") Z ") != std::string::npos;
  };
  const Stopwatch watch;
  while (!main_thread_has_ended() && watch.Before(Guard())) {
  }
  EXPECT_TRUE(main_thread_has_ended());
  EXPECT_EQ(StateOf(child), ProcessState::kRunning);
  close(gate[1]);
  EXPECT_OK(WaitUntilDead(child));
  EXPECT_EQ(waitpid(child, nullptr, WNOHANG), child);
}

TEST_F(ProbeTest, KnowsParents) {
  EXPECT_THAT(ParentOf(child_), IsOkAndHolds(OwnPid()));
  EXPECT_THAT(ParentOf(OwnPid()), IsOkAndHolds(getppid()));
}

TEST_F(ProbeTest, CountsThreads) {
  EXPECT_THAT(ThreadCountOf(child_), IsOkAndHolds(1));
  // Counted while a first one lives: with it a sanitizer starts its own, and
  // one that was joined may still be counted.
  std::promise<void> end;
  std::shared_future<void> ended = end.get_future().share();
  std::thread first([ended] { ended.wait(); });
  const absl::StatusOr<int64_t> before = ThreadCountOf(OwnPid());
  std::thread second([ended] { ended.wait(); });
  const absl::StatusOr<int64_t> after = ThreadCountOf(OwnPid());
  end.set_value();
  first.join();
  second.join();
  ASSERT_OK(before);
  EXPECT_THAT(after, IsOkAndHolds(*before + 1));
}

TEST_F(ProbeTest, StopsAndContinues) {
  ASSERT_OK(Stop(child_));
  EXPECT_EQ(StateOf(child_), ProcessState::kRunning);
  ASSERT_OK(Continue(child_));
}

TEST_F(ProbeTest, AbsentProcessesAreNotFound) {
  ASSERT_OK(KillHard(child_));
  Reap();
  EXPECT_EQ(ParentOf(child_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ThreadCountOf(child_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(KillHard(child_).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Stop(child_).code(), absl::StatusCode::kNotFound);
}

TEST_F(ProbeTest, GroupsAreNeverSignalled) {
  EXPECT_FALSE(KillHard(0).ok());
  EXPECT_FALSE(KillHard(-1).ok());
  EXPECT_FALSE(Stop(-child_).ok());
  EXPECT_EQ(StateOf(child_), ProcessState::kRunning);
}

}  // namespace
}  // namespace procspec::harness
