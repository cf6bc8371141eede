// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The main function of tests with os::TestProcess.

#include <gtest/gtest.h>

#include "reference/os/test_process.h"

int main(int argc, char** argv) {
  procspec::os::MaybeRunTestBody(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
