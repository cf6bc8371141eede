// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// When there is a fork server. What it does: os/fork_server_test.cc.

#include "reference/fork_server.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/types.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "reference/backend.h"
#include "reference/os/process.h"
#include "reference/os/time.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/process.h"
#include "spec/status_macros.h"
#include "spec/target.h"

namespace procspec::reference {
namespace {

constexpr char kVariable[] = "FORK_SERVER_TEST";

// Exits with the variable's number; 0 if there is none.
PROCSPEC_TARGET(TellVariable) {
  const char* const variable = getenv(kVariable);
  return ExitRequest(variable == nullptr ? 0 : std::atoi(variable));
}

absl::StatusOr<int> RunOne(Backend& backend, std::string_view target) {
  PROCSPEC_ASSIGN_OR_RETURN(
      auto process, backend.NewProcess({.target = std::string(target)}));
  PROCSPEC_RETURN_IF_ERROR(process->Start());
  PROCSPEC_RETURN_IF_ERROR(process->Join(absl::Seconds(30)));
  PROCSPEC_ASSIGN_OR_RETURN(const std::optional<int> code, process->ExitCode());
  return code.value_or(-1000);
}

// A forked child that uses a fork server and leaves, as any child does, by the
// exit work.
PROCSPEC_TARGET(RunOneByForkServer) {
  const auto own = NewBackend(StartMethod::kForkServer);
  PROCSPEC_ASSIGN_OR_RETURN(const int code, RunOne(*own, "TellVariable"));
  return ExitRequest(code);
}

// The oldest first: the server is older than the copy that waits.
std::vector<pid_t> Children() {
  std::ifstream file(
      absl::StrCat("/proc/self/task/", os::CurrentPid(), "/children"));
  EXPECT_TRUE(file.good()) << "this kernel does not list children";
  std::vector<pid_t> children;
  pid_t pid = 0;
  while (file >> pid) children.push_back(pid);
  return children;
}

class ForkServerTest : public testing::Test {
 protected:
  ForkServerTest() { setenv(kVariable, "1", 1); }
  ~ForkServerTest() override { unsetenv(kVariable); }

  int Run() {
    const absl::StatusOr<int> code = RunOne(*backend_, "TellVariable");
    EXPECT_TRUE(code.ok()) << code.status();
    return code.value_or(-1);
  }

  std::shared_ptr<Backend> backend_ = NewBackend(StartMethod::kForkServer);
};

TEST_F(ForkServerTest, IsThereFromTheFirstStartToTheLastBackend) {
  const std::shared_ptr<Backend> other = NewBackend(StartMethod::kForkServer);
  EXPECT_TRUE(Children().empty());
  EXPECT_EQ(Run(), 1);
  EXPECT_FALSE(Children().empty());
  EXPECT_TRUE(backend_->ActiveChildren()->empty());
  backend_.reset();
  EXPECT_FALSE(Children().empty());
  EXPECT_EQ(*RunOne(*other, "TellVariable"), 1);
}

TEST_F(ForkServerTest, GoesWithTheLastBackend) {
  EXPECT_EQ(Run(), 1);
  backend_.reset();
  EXPECT_TRUE(Children().empty());
}

TEST_F(ForkServerTest, IsMadeAgainWhenItHasDied) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Run(), 1);
    const pid_t server = Children().front();
    os::Child(server).Kill();
    EXPECT_TRUE(os::ChildEnd(server).Wait(os::Deadline(absl::Seconds(30))));
  }
  EXPECT_EQ(Run(), 1);
  backend_.reset();
  EXPECT_TRUE(Children().empty());
}

TEST_F(ForkServerTest, FollowsTheEnvironment) {
  EXPECT_EQ(Run(), 1);
  setenv(kVariable, "2", 1);
  EXPECT_EQ(Run(), 2);
  unsetenv(kVariable);
  EXPECT_EQ(Run(), 0);
}

TEST_F(ForkServerTest, IsNotSharedWithAForkedChild) {
  EXPECT_EQ(Run(), 1);
  const pid_t server = Children().front();
  const auto fork = NewBackend(StartMethod::kFork);
  EXPECT_EQ(*RunOne(*fork, "RunOneByForkServer"), 1);
  EXPECT_EQ(Children().front(), server);
  EXPECT_EQ(Run(), 1);
  EXPECT_EQ(Children().front(), server);
}

}  // namespace
}  // namespace procspec::reference
