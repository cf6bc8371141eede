// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/belongings.h"

#include <algorithm>
#include <vector>

#include "conformance/harness/testing/waiting_thread.h"
#include "conformance/harness/timing.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

constexpr absl::Duration kNoGrace = absl::ZeroDuration();

// A thread may come with handles, which are belongings of their own.
int CountThreads(const std::vector<Belonging>& belongings) {
  return static_cast<int>(std::count_if(
      belongings.begin(), belongings.end(),
      [](const Belonging& b) { return KindName(b) == "thread"; }));
}

TEST(Belongings, NothingNew) {
  const auto before = ListBelongings();
  EXPECT_GE(before.size(), 4u);  // a thread, three streams
  EXPECT_TRUE(NewBelongings(before, kNoGrace).empty());
}

TEST(Belongings, ANewThread) {
  const auto before = ListBelongings();
  WaitingThread thread;
  EXPECT_EQ(CountThreads(NewBelongings(before, kNoGrace)), 1);
}

// Joining returns a little before the system forgets the thread.
TEST(Belongings, AJoinedThreadIsNotNew) {
  const auto before = ListBelongings();
  for (int i = 0; i < 200; ++i) {
    { WaitingThread thread; }
    const auto fresh = NewBelongings(before, Guard());
    ASSERT_TRUE(fresh.empty()) << i << ": " << Describe(fresh[0]);
  }
}

TEST(Belongings, TheGraceIsBounded) {
  const auto before = ListBelongings();
  WaitingThread thread;
  const Stopwatch watch;
  EXPECT_EQ(CountThreads(NewBelongings(before, Deadline())), 1);
  EXPECT_TRUE(watch.NotBefore(Deadline()));
  EXPECT_TRUE(watch.Before(Guard()));
}

}  // namespace
}  // namespace procspec::harness
