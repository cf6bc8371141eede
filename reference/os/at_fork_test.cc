// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/at_fork.h"

#include <gtest/gtest.h>

#include <string>

namespace procspec::os {
namespace {

AtFork::Hooks LogAs(const std::string& name, std::string& log) {
  return {.before = [name, &log] { log += name + " before, "; },
          .in_parent =
              [name, &log](bool forked) {
                log += name + (forked ? " parent, " : " refused, ");
              },
          .in_child = [name, &log] { log += name + " child, "; }};
}

TEST(AtForkTest, BeforeRunsInReverseOrderOfRegistration) {
  std::string log;
  AtFork a(LogAs("a", log));
  AtFork b(LogAs("b", log));
  RunHooksBeforeFork();
  RunHooksInParent(true);
  EXPECT_EQ(log, "b before, a before, a parent, b parent, ");
}

TEST(AtForkTest, LastIsInnermost) {
  std::string log;
  AtFork a(LogAs("a", log));
  AtFork last(LogAs("last", log), AtFork::Order::kLast);
  AtFork b(LogAs("b", log));
  RunHooksBeforeFork();
  RunHooksInChild();
  EXPECT_EQ(log,
            "b before, a before, last before, last child, a child, b child, ");
}

TEST(AtForkTest, ParentLearnsOfARefusal) {
  std::string log;
  AtFork a(LogAs("a", log));
  RunHooksBeforeFork();
  RunHooksInParent(false);
  EXPECT_EQ(log, "a before, a refused, ");
}

TEST(AtForkTest, UnregisteredHooksDoNotRun) {
  std::string log;
  { AtFork a(LogAs("a", log)); }
  RunHooksBeforeFork();
  RunHooksInParent(true);
  EXPECT_EQ(log, "");
}

TEST(AtForkTest, HooksAreOptional) {
  AtFork a({});
  RunHooksBeforeFork();
  RunHooksInParent(true);
}

}  // namespace
}  // namespace procspec::os
