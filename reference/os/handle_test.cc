// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/handle.h"

#include <gtest/gtest.h>

#include <vector>

namespace procspec::os {
namespace {

std::vector<int>& Closed() {
  static std::vector<int> closed;
  return closed;
}

struct CountingTraits {
  using Type = int;
  static Type Invalid() { return -1; }
  static void Close(Type handle) noexcept { Closed().push_back(handle); }
};
using Counted = UniqueHandle<CountingTraits>;
using Numbers = std::vector<int>;

class UniqueHandleTest : public testing::Test {
 protected:
  UniqueHandleTest() { Closed().clear(); }
};

TEST_F(UniqueHandleTest, DestructionClosesOnce) {
  { Counted handle(0); }
  EXPECT_EQ(Closed(), Numbers({0}));
}

TEST_F(UniqueHandleTest, MovedFromClosesNothing) {
  {
    Counted first(5);
    Counted second(std::move(first));
    EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(second.get(), 5);
  }
  EXPECT_EQ(Closed(), Numbers({5}));
}

TEST_F(UniqueHandleTest, MoveAssignmentClosesWhatItHeld) {
  Counted target(1);
  target = Counted(2);
  EXPECT_EQ(Closed(), Numbers({1}));
  EXPECT_EQ(target.get(), 2);
}

TEST_F(UniqueHandleTest, SelfAssignmentKeeps) {
  Counted handle(3);
  Counted& same = handle;
  handle = std::move(same);
  EXPECT_EQ(handle.get(), 3);
  EXPECT_TRUE(Closed().empty());
}

TEST_F(UniqueHandleTest, ReleaseGivesUpOwnership) {
  {
    Counted handle(4);
    EXPECT_EQ(handle.release(), 4);
  }
  EXPECT_TRUE(Closed().empty());
}

TEST_F(UniqueHandleTest, DuplicateOfNothingReportsOs) {
  EXPECT_FALSE(Duplicate(FileTraits::Invalid()).ok());
}

}  // namespace
}  // namespace procspec::os
