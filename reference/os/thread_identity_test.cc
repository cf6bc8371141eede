// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/thread_identity.h"

#include <atomic>
#include <thread>

#include "gtest/gtest.h"
#include "reference/os/shared_memory.h"
#include "reference/os/test_process.h"

namespace procspec::os {
namespace {

// What the child writes.
using Bits = std::atomic<uint64_t>;
Bits& BitsIn(SharedMemory& memory) {
  return *static_cast<Bits*>(memory.data());
}

PROCSPEC_TEST_BODY(TellWhoIAm) {
  BitsIn(memory).store(CurrentThread().bits);
  Park();
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

TEST(ThreadIdentity, ThreadOfAChildIsAnother) {
  const ThreadIdentity me = CurrentThread();  // known before a fork
  SharedMemory memory = *SharedMemory::New(sizeof(Bits));
  ThreadIdentity other;
  {
    TestProcess child(TellWhoIAm, memory);
    ASSERT_TRUE(Await(BitsIn(memory), uint64_t{1}));
    other.bits = BitsIn(memory);
    EXPECT_NE(other, me);
    EXPECT_TRUE(MayBeAlive(other));
    child.Kill();
    EXPECT_FALSE(MayBeAlive(other));
  }
  EXPECT_FALSE(MayBeAlive(other));
}

TEST(ThreadIdentity, SameNumberBornAtAnotherTimeIsNotAlive) {
  ThreadIdentity before = CurrentThread();
  before.bits ^= uint64_t{1} << 40;
  EXPECT_FALSE(MayBeAlive(before));
}

}  // namespace
}  // namespace procspec::os
