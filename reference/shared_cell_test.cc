// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/shared_cell.h"

#include <atomic>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <vector>

#include "gtest/gtest.h"
#include "reference/os/test_child.h"

namespace procspec::reference {
namespace {

struct Word {
  std::atomic<int64_t> value{0};
};

TEST(SharedCell, IsSeenByAForkedChild) {
  const auto cell = *SharedCell<Word>::Create();
  os::TestChild child([&](os::TestLine&) { cell->value = 7; });
  EXPECT_TRUE(child.Join());
  EXPECT_EQ(cell->value, 7);
}

TEST(SharedCell, IsZeroedAndOnItsOwnCacheLine) {
  const auto a = *SharedCell<Word>::Create(100);
  std::memset(a.extra(), 1, 100);
  const auto b = *SharedCell<Word>::Create(100);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(&*b) % 64, 0u);
  EXPECT_EQ(b->value, 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(static_cast<char*>(b.extra())[i], 0);
}

TEST(SharedCell, ParentAndChildCutDifferentPieces) {
  const auto before = *SharedCell<Word>::Create();
  std::vector<SharedCell<Word>> mine;
  os::TestChild child([&](os::TestLine& line) {
    line.Hear();
    for (int i = 0; i < 1000; ++i) {
      mine.push_back(*SharedCell<Word>::Create());
      mine.back()->value = -1;
    }
    line.Say(0);
  });
  for (int i = 0; i < 1000; ++i) mine.push_back(*SharedCell<Word>::Create());
  child.line().Say(0);
  child.line().Hear();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(mine[i]->value, 0);
    mine.push_back(*SharedCell<Word>::Create());
    EXPECT_EQ(mine.back()->value, 0);
  }
}

size_t OpenFiles() {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                    std::filesystem::directory_iterator()));
}

// Nothing stays open for a process that has no piece any more.
TEST(SharedCell, WhatPiecesAreCutFromGoesWithTheLastOne) {
  const size_t before = OpenFiles();
  {
    const auto a = *SharedCell<Word>::Create();
    const auto b = *SharedCell<Word>::Create();
    EXPECT_EQ(OpenFiles(), before + 1);
  }
  EXPECT_EQ(OpenFiles(), before);
}

TEST(SharedCell, AKeeperKeepsWhatPiecesAreCutFrom) {
  const size_t before = OpenFiles();
  {
    const SegmentKeeper keeper;
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(SharedCell<Word>::Create().ok());
      EXPECT_EQ(OpenFiles(), before + 1);
    }
    const SegmentKeeper another;
  }
  EXPECT_EQ(OpenFiles(), before);
}

TEST(SharedCell, ManyOutgrowASegmentAndLargeOnesGetTheirOwn) {
  std::vector<SharedCell<Word>> cells;
  for (int i = 0; i < 40000; ++i) {
    cells.push_back(*SharedCell<Word>::Create());
    cells.back()->value = i;
  }
  for (int i = 0; i < 40000; ++i) ASSERT_EQ(cells[i]->value, i);
  const auto large = *SharedCell<Word>::Create(3 << 20);
  std::memset(large.extra(), 1, 3 << 20);
  EXPECT_EQ(large->value, 0);
}

}  // namespace
}  // namespace procspec::reference
