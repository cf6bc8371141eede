// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/process.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "reference/os/at_fork.h"

namespace procspec::os {
namespace {

// A child that ends with that status.
absl::StatusOr<Child> ForkToExit(int status) {
  absl::StatusOr<std::optional<Child>> child = Fork();
  if (!child.ok()) return child.status();
  if (!child->has_value()) ExitNow(status);
  return **child;
}

// A child that stays until it is killed.
absl::StatusOr<Child> ForkToStay() {
  absl::StatusOr<std::optional<Child>> child = Fork();
  if (!child.ok()) return child.status();
  if (!child->has_value()) {
    SleepUntil(Deadline(absl::Minutes(1)));
    ExitNow(0);
  }
  return **child;
}

class ChildTest : public testing::TestWithParam<bool> {
 protected:
  ChildTest() { ChildEnd::AllowHandleForTesting(GetParam()); }
  ~ChildTest() override { ChildEnd::AllowHandleForTesting(true); }
};

INSTANTIATE_TEST_SUITE_P(All, ChildTest, testing::Bool(),
                         [](const auto& handle) {
                           return handle.param ? "WithHandle" : "WithoutHandle";
                         });

TEST_P(ChildTest, IsObservedOnceItHasEnded) {
  absl::StatusOr<Child> child = ForkToExit(5);
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_GT(child->pid(), 0);
  EXPECT_TRUE(child->End()->Wait(Deadline::Never()));
  EXPECT_TRUE(AnyChildEnded());
  EXPECT_EQ(child->Observe(), Child::State::kEnded);
  EXPECT_EQ(child->exit_code(), 5);
  EXPECT_EQ(child->Observe(), Child::State::kEnded);
}

TEST_P(ChildTest, IsRunningUntilKilled) {
  absl::StatusOr<Child> child = ForkToStay();
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_EQ(child->Observe(), Child::State::kRunning);
  EXPECT_FALSE(AnyChildEnded());
  EXPECT_FALSE(child->End()->Wait(Deadline::Immediate()));
  const Deadline deadline(absl::Milliseconds(5));
  EXPECT_FALSE(child->End()->Wait(deadline));
  EXPECT_TRUE(deadline.HasPassed());
  child->Kill();
  EXPECT_TRUE(child->End()->Wait(Deadline(absl::Seconds(30))));
  EXPECT_EQ(child->Observe(), Child::State::kEnded);
  EXPECT_EQ(child->exit_code(), -9);
  child->Terminate();  // no effect
}

TEST_P(ChildTest, IsLostWhenAnotherReapsIt) {
  absl::StatusOr<Child> child = ForkToExit(0);
  ASSERT_TRUE(child.ok()) << child.status();
  Child thief(child->pid());
  ASSERT_TRUE(thief.End()->Wait(Deadline::Never()));
  ASSERT_EQ(thief.Observe(), Child::State::kEnded);
  EXPECT_EQ(child->Observe(), Child::State::kLost);
}

TEST(ForkTest, HooksRunOnBothSides) {
  std::string log;
  AtFork hooks({.before = [&] { log += "before "; },
                .in_parent = [&](bool forked) { log += forked ? "p " : "r "; },
                .in_child = [&] { log += "child "; }});
  absl::StatusOr<std::optional<Child>> child = Fork();
  ASSERT_TRUE(child.ok()) << child.status();
  if (!child->has_value()) ExitNow(log == "before child " ? 3 : 4);
  EXPECT_EQ(log, "before p ");
  EXPECT_TRUE((*child)->End()->Wait(Deadline::Never()));
  EXPECT_EQ((*child)->Observe(), Child::State::kEnded);
  EXPECT_EQ((*child)->exit_code(), 3);
}

TEST(ForkTest, AMutexThatOthersUseIsFreeInTheChild) {
  std::mutex mutex;
  AtFork hooks({.before = [&] { mutex.lock(); },
                .in_parent = [&](bool) { mutex.unlock(); },
                .in_child = [&] { mutex.unlock(); }});
  std::atomic<bool> stop = false;
  std::thread user([&] {
    while (!stop) std::lock_guard lock(mutex);
  });
  for (int i = 0; i < 50; ++i) {
    absl::StatusOr<std::optional<Child>> child = Fork();
    ASSERT_TRUE(child.ok()) << child.status();
    if (!child->has_value()) ExitNow(mutex.try_lock() ? 3 : 4);
    EXPECT_TRUE((*child)->End()->Wait(Deadline(absl::Seconds(30))));
    EXPECT_EQ((*child)->Observe(), Child::State::kEnded);
    EXPECT_EQ((*child)->exit_code(), 3);
  }
  stop = true;
  user.join();
}

TEST(SpawnTest, ThisProcessWasNotSpawned) { EXPECT_FALSE(IsSpawned()); }

TEST(SelfTest, Numbers) {
  EXPECT_GT(CurrentPid(), 0);
  EXPECT_GE(ParentPid(), 0);
  EXPECT_GE(CpuCount(), 1);
}

}  // namespace
}  // namespace procspec::os
