// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/thread_identity.h"

#include <thread>

#include "gtest/gtest.h"
#include "reference/os/test_child.h"

namespace procspec::os {
namespace {

ThreadIdentity FromLine(int64_t bits) {
  return ThreadIdentity{static_cast<uint64_t>(bits)};
}

TEST(ThreadIdentity, IsTheSameEachTime) {
  EXPECT_EQ(CurrentThread(), CurrentThread());
  EXPECT_NE(CurrentThread().number(), 0u);
  EXPECT_NE(CurrentThread().birth(), 0u);
  EXPECT_EQ(CurrentThread().bits >> 31 & 1, 0u);
}

TEST(ThreadIdentity, CallerIsAlive) {
  EXPECT_TRUE(MayBeAlive(CurrentThread()));
}

TEST(ThreadIdentity, EndedThreadIsNotAlive) {
  ThreadIdentity other;
  std::thread([&] {
    other = CurrentThread();
    EXPECT_TRUE(MayBeAlive(other));
  }).join();
  EXPECT_NE(other, CurrentThread());
  EXPECT_FALSE(MayBeAlive(other));
}

TEST(ThreadIdentity, ForkedChildIsAnother) {
  const ThreadIdentity me = CurrentThread();  // known before the fork
  TestChild child([](TestLine& line) {
    line.Say(static_cast<int64_t>(CurrentThread().bits));
    line.Hear();
  });
  const ThreadIdentity other = FromLine(child.line().Hear());
  EXPECT_NE(other, me);
  EXPECT_TRUE(MayBeAlive(other));
  child.KillWithoutReaping();
  EXPECT_FALSE(MayBeAlive(other));
  child.Kill();
  EXPECT_FALSE(MayBeAlive(other));
}

TEST(ThreadIdentity, SameNumberBornAtAnotherTimeIsNotAlive) {
  ThreadIdentity before = CurrentThread();
  before.bits ^= uint64_t{1} << 40;
  EXPECT_FALSE(MayBeAlive(before));
}

}  // namespace
}  // namespace procspec::os
