// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The main function of tests that start real processes.

#include <gtest/gtest.h>

#include <cstdio>

#include "reference/child.h"

int main(int argc, char** argv) {
  procspec::reference::MaybeRunAsChild(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  if (testing::UnitTest::GetInstance()->test_to_run_count() == 0) {
    std::fprintf(stderr, "no test was run\n");
    return 1;
  }
  return result;
}
