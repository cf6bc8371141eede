// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What only POSIX has: zombies, and a main thread that ends before the others.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include "conformance/harness/matchers.h"
#include "conformance/harness/probe.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(20);

class ProbeForkTest : public testing::Test {
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

TEST_F(ProbeForkTest, SeesTheLifeOfAChildWithoutReapingIt) {
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

}  // namespace
}  // namespace procspec::harness
