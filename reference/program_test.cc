// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What happens when a program ends, seen from outside: the tests start
// program_under_test, read what it and its children write until none of them is
// left, and look at its exit status.

#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace procspec::reference {
namespace {

struct Result {
  std::string output;  // standard output and error
  int exit_code = -1;
};

// Returns once every process that holds the output is gone.
Result RunCommand(const std::string& command) {
  Result result;
  FILE* stream = popen(command.c_str(), "r");
  if (stream == nullptr) return result;
  char buffer[256];
  size_t length = 0;
  while ((length = fread(buffer, 1, sizeof(buffer), stream)) > 0) {
    result.output.append(buffer, length);
  }
  const int status = pclose(stream);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

class ProgramTest : public testing::TestWithParam<const char*> {
 protected:
  Result Run(const std::string& scenario, const std::string& input = "") {
    return RunCommand(absl::StrCat("echo '", input,
                                   "' | exec reference/program_under_test ",
                                   GetParam(), " ", scenario, " 2>&1"));
  }
  Result RunUnguarded(const std::string& how) {
    return RunCommand(absl::StrCat("PROGRAM_UNGUARDED=", GetParam(), "-", how,
                                   " reference/program_under_test 2>&1"));
  }
  bool IsFork() const { return std::string(GetParam()) == "fork"; }
};

INSTANTIATE_TEST_SUITE_P(All, ProgramTest,
                         testing::Values("fork", "spawn", "forkserver"),
                         [](const auto& method) { return method.param; });

TEST_P(ProgramTest, DaemonsEndWithTheProgram) {
  for (const char* scenario :
       {"daemon-ends", "daemon-ends-by-exit", "daemon-ends-by-finish"}) {
    const Result result = Run(scenario);
    EXPECT_EQ(result.exit_code, 7) << scenario << ": " << result.output;
    EXPECT_EQ(result.output, "") << scenario;
  }
}

TEST_P(ProgramTest, OthersAreJoinedAfterTheHandlers) {
  const Result result = Run("others-are-joined");
  EXPECT_EQ(result.exit_code, 0);
  // The child may be anywhere, but once.
  std::string without_child = result.output;
  const size_t at = without_child.find("child\n");
  ASSERT_NE(at, std::string::npos) << result.output;
  without_child.erase(at, 6);
  EXPECT_EQ(without_child,
            "main\nlast handler\n"
            "Exit handler RaiseInHandler:\nHandler: failed\n"
            "first handler\n");
}

TEST_P(ProgramTest, DaemonsEndBeforeTheOthersAreJoined) {
  const Result result = Run("daemons-first");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "");
}

TEST_P(ProgramTest, BufferedTextComesOutOnce) {
  const Result result = Run("buffered");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "buffered");
}

TEST_P(ProgramTest, ChildrenHaveNoInput) {
  const Result result = Run("input", "hello");
  EXPECT_EQ(result.output, "[-1]\nh\n");
}

TEST_P(ProgramTest, StartBeforeMaybeRunAsChild) {
  const Result result = RunUnguarded("guarded-late");
  EXPECT_EQ(result.exit_code, 0);
  if (IsFork()) {
    EXPECT_EQ(result.output, "child exited 0\n");
  } else {
    EXPECT_EQ(result.output,
              "Bootstrapping\n"
              "procspec: a spawned process started processes before it called "
              "MaybeRunAsChild; its target does not run\n"
              "child exited 1\n");
  }
}

TEST_P(ProgramTest, MissedMaybeRunAsChild) {
  const Result result = RunUnguarded("never");
  EXPECT_EQ(result.exit_code, 0);
  if (IsFork()) {
    EXPECT_EQ(result.output, "child exited 0\n");
  } else {
    EXPECT_EQ(result.output,
              "Bootstrapping\n"
              "procspec: a spawned process ended without having called "
              "MaybeRunAsChild; its target did not run\n"
              "child exited 1\n");
  }
}

}  // namespace
}  // namespace procspec::reference
