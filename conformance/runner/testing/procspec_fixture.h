// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_TESTING_PROCSPEC_FIXTURE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_TESTING_PROCSPEC_FIXTURE_H_

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/testing/shell.h"
#include "gtest/gtest.h"

namespace procspec::runner {

// The program procspec, on the fake testee.
class ProcspecTest : public testing::Test {
 protected:
  void SetUp() override {
    auto root = MakePrivateRoot();
    ASSERT_TRUE(root.ok()) << root.status();
    root_ = *root;
    procspec_ = BuiltProgram("conformance/runner/procspec");
    testee_ = BuiltProgram("conformance/runner/testing/fake_testee");
    // This test's own.
    for (const char* name : {"XML_OUTPUT_FILE", "TEST_TIMEOUT",
                             "TESTBRIDGE_TEST_ONLY", "TEST_TOTAL_SHARDS"}) {
      SetVariable(name, std::nullopt);
    }
  }
  void TearDown() override { RemoveTree(root_); }

  // The exit code of a command line; what it printed is in output_.
  int Shell(const std::string& command) {
    const std::string file = root_ + "/output";
    const int code = RunLine(command, file);
    output_ = ReadFile(file);
    return code;
  }

  int Run(const std::string& arguments, const std::string& environment = "") {
    return Shell(absl::StrCat(environment, " ", procspec_, " run --testee=",
                              testee_, " --out=", root_, "/out ", arguments));
  }

  bool Printed(std::string_view text) const {
    return output_.find(text) != std::string::npos;
  }

  std::string root_;
  std::string procspec_;
  std::string testee_;
  std::string output_;
};

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_TESTING_PROCSPEC_FIXTURE_H_
