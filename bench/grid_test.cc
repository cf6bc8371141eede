// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/grid.h"

#include "gtest/gtest.h"

namespace procspec::bench {
namespace {

TEST(Grid, AlignsColumns) {
  Grid grid({{"row", Grid::Align::kLeft}, {"time"}, {"", Grid::Align::kLeft}});
  EXPECT_TRUE(grid.empty());
  grid.Add({"a", "1.25 us", "x|y"});
  grid.Add({"longer", "7 ns"});
  EXPECT_EQ(grid.Text(),
            "row        time\n"
            "a       1.25 us  x|y\n"
            "longer     7 ns\n");
  EXPECT_EQ(grid.Markdown(),
            "| row | time |  |\n"
            "|---|--:|---|\n"
            "| a | 1.25 us | x\\|y |\n"
            "| longer | 7 ns |  |\n");
}

TEST(MarkdownCell, EscapesWhatWouldEndIt) {
  EXPECT_EQ(MarkdownCell("a\nb|c<d>*`"), "a b\\|c\\<d\\>\\*\\`");
}

}  // namespace
}  // namespace procspec::bench
