// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/system.h"

#include "absl/strings/match.h"

namespace procspec::harness {

bool IsOfTestFramework(std::string_view name) {
  return absl::StartsWith(name, "GTEST_") ||
         absl::StartsWith(name, "TEST_SHARD") || name == "TEST_TOTAL_SHARDS" ||
         name == "TESTBRIDGE_TEST_ONLY" || name == "XML_OUTPUT_FILE" ||
         name == "TEST_PREMATURE_EXIT_FILE";
}

}  // namespace procspec::harness
