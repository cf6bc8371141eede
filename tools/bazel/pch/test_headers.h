// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0
//
// As library_headers.h, for tests.

#include <filesystem>
#include <fstream>
#include <thread>

#include "gtest/gtest.h"
#include "tools/bazel/pch/library_headers.h"
