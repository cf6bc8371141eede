// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// A test that is not a case, linked into a testee by mistake.

#include "gtest/gtest.h"

TEST(Stray, Test) {}
