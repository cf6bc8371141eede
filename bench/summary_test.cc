// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/summary.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace procspec::bench {
namespace {

Row RowOf(const std::string& name, std::vector<double> ns) {
  Row row{.name = name};
  for (size_t i = 0; i < ns.size(); ++i) {
    row.samples.push_back({.round = static_cast<int>(i), .ns = ns[i]});
  }
  return row;
}

TEST(Summarize, GroupsRowsAndFindsWhomToCompareWith) {
  Results run;
  run.rows = {
      RowOf("process.start-join/small/reference-fork", {9}),
      RowOf("queue.put/64B/cpython-fork", {900, 1000, 1100}),
      RowOf("queue.put/64B/boost-mq", {300, 310, 320}),
      RowOf("queue.put/64B/raw-pipe", {200, 210, 220}),
      RowOf("queue.put/64B/reference-fork", {100, 110, 120}),
      RowOf("queue.put/64B/reference-fork@B", {100, 110, 120}),
      RowOf("queue.put/64B/limit-ring", {50, 60, 70}),
      RowOf("queue.put/8B/raw-pipe", {1}),
      RowOf("mine/own", {1}),
      RowOf("no row", {1}),
  };
  run.rows.push_back({.name = "queue.put/64B/sq", .failed = "it hung"});
  // Figures of a file that should not have them.
  run.rows.push_back(RowOf("queue.put/64B/reference-spawn", {1, 1, 1}));
  run.rows.back().withheld = "queue.qsize: FAIL";

  const std::vector<GroupSummary> groups = Summarize(run);
  ASSERT_EQ(groups.size(), 4u);
  EXPECT_EQ(groups[0].name, "queue.put/64B");
  EXPECT_EQ(groups[0].parameters, "64B");
  EXPECT_EQ(groups[0].Title(), "Queue, one put");
  EXPECT_EQ(groups[1].name, "queue.put/8B");
  EXPECT_EQ(groups[2].name, "process.start-join/small");
  EXPECT_EQ(groups[3].name, "mine");
  EXPECT_EQ(groups[3].Title(), "mine");

  const GroupSummary& group = groups[0];
  std::vector<std::string> order;
  for (const RowSummary& row : group.rows) order.push_back(row.name.subject);
  EXPECT_EQ(order, std::vector<std::string>(
                       {"limit-ring", "reference-fork", "raw-pipe", "boost-mq",
                        "cpython-fork", "sq", "reference-spawn"}));
  EXPECT_FALSE(group.rows.back().HasFigures());
  EXPECT_EQ(group.BestPeer()->name.subject, "raw-pipe");
  EXPECT_EQ(group.Limit()->name.subject, "limit-ring");
  EXPECT_EQ(group.Cpython()->name.subject, "cpython-fork");
  EXPECT_EQ(group.Fastest(IsOurs)->name.subject, "reference-fork");
  EXPECT_EQ(groups[1].Limit(), nullptr);
  EXPECT_NEAR(SpeedRatio(group.rows[1], *group.BestPeer()).value, 210.0 / 110,
              1e-9);
}

TEST(RatioByRound, IsTheMedianOfRoundsThatBothHave) {
  Row a{.name = "a"};
  Row b{.name = "b"};
  for (int i = 0; i < 21; ++i) {
    a.samples.push_back({.round = i, .ns = 3.0 * (i + 1)});
    b.samples.push_back({.round = i + 1, .ns = 1.0 * (i + 2)});
  }
  const Estimate ratio = RatioByRound(a, b, 0.95);
  EXPECT_EQ(ratio.count, 20);
  EXPECT_NEAR(ratio.value, 3, 1e-9);
  EXPECT_NEAR(ratio.low, 3, 1e-9);
  EXPECT_NEAR(ratio.high, 3, 1e-9);
}

TEST(Subjects, OursAreBackendsThatAreNoInterpreters) {
  EXPECT_TRUE(IsOurs("reference-fork"));
  EXPECT_FALSE(IsOurs("cpython-fork"));
  EXPECT_FALSE(IsOurs("boost-mq"));
  EXPECT_FALSE(IsOurs("limit-ring"));
}

}  // namespace
}  // namespace procspec::bench
