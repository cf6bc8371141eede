// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/table.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace procspec::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Row RowOf(const std::string& name, double ns) {
  Row row{.name = name};
  for (int i = 0; i < 10; ++i) row.samples.push_back({.round = i, .ns = ns});
  return row;
}

Results ARun() {
  Results run;
  run.rows = {RowOf("lock.pair/cpython-fork", 50),
              RowOf("lock.pair/reference-fork", 14),
              RowOf("lock.pair/pthread-mutex", 11.9),
              RowOf("lock.pair/posix-sem", 21),
              RowOf("lock.pair/limit-futex", 10),
              RowOf("queue.throughput/64B/1x1/reference-fork", 25),
              RowOf("queue.throughput/64B/1x1/reference-spawn", 20),
              RowOf("event.isset/cpython-fork", 353)};
  Row withheld = RowOf("lock.pair/reference-spawn", 1.111);
  withheld.withheld = "lock.mutual-exclusion: FAIL";
  run.rows.push_back(withheld);
  return run;
}

TEST(Table, HasALineForEachOfOurs) {
  EXPECT_EQ(
      TableText(ARun()),
      R"(                                              ours              best peer                       limit                      CPython
queue.throughput/64B/1x1  reference-spawn 50.0 M/s                      -      -                    -      -                     -      -
queue.throughput/64B/1x1   reference-fork 40.0 M/s                      -      -                    -      -                     -      -
lock.pair                   reference-fork 14.0 ns  pthread-mutex 11.9 ns  0.85x  limit-futex 10.0 ns  0.71x  cpython-fork 50.0 ns  3.57x
event.isset                                      -                      -      -                    -      -   cpython-fork 353 ns      -
lock.pair/reference-spawn: withheld, lock.mutual-exclusion: FAIL
)");
}

// No figure of what is withheld is anywhere, though the file had it.
TEST(Table, HasNoFigureOfWhatIsWithheld) {
  for (const std::string& text : {TableText(ARun()), TableMarkdown(ARun())}) {
    EXPECT_THAT(text, HasSubstr("withheld"));
    EXPECT_THAT(text, Not(HasSubstr("1.11")));
  }
  EXPECT_THAT(
      TableMarkdown(ARun()),
      HasSubstr("| lock.pair | reference-fork 14.0 ns | pthread-mutex 11.9 "
                "ns | 0.85x |"));
}

}  // namespace
}  // namespace procspec::bench
