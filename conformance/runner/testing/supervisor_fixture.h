// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_TESTING_SUPERVISOR_FIXTURE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_TESTING_SUPERVISOR_FIXTURE_H_

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/process_tree.h"
#include "conformance/runner/supervisor.h"
#include "gtest/gtest.h"

// What the tests of the supervisor on all systems and those on one of them
// share.

namespace procspec::runner {

inline constexpr absl::Duration kShort = absl::Milliseconds(300);
// For what must happen, however slow the machine.
inline constexpr absl::Duration kGuard = absl::Seconds(60);

inline std::string FakeTestee() {
  return TextOf(std::filesystem::absolute(
      absl::StrCat("conformance/runner/testing/fake_testee", ProgramSuffix())));
}

// Whether there is such a process, and not only its end to be told.
inline bool Lives(int64_t pid) {
  const std::vector<ProcessInfo> all = AllProcesses();
  return std::any_of(all.begin(), all.end(), [pid](const ProcessInfo& p) {
    return p.pid == pid && p.state != 'Z';
  });
}

class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto root = MakePrivateRoot();
    ASSERT_TRUE(root.ok()) << root.status();
    root_ = *root;
    Use({});
  }

  // Another supervisor from here on.
  void Use(Supervisor::Options options) {
    options.leak_grace = kShort;
    auto supervisor = Supervisor::Create(options);
    ASSERT_TRUE(supervisor.ok()) << supervisor.status();
    supervisor_ = *std::move(supervisor);
  }

  void TearDown() override {
    supervisor_.reset();
    // Whatever a case did, nothing of it is left.
    EXPECT_TRUE(Descendants(ProcessId()).empty());
    RemoveTree(root_);
  }

  Command CommandFor(const std::string& behaviour,
                     absl::Duration deadline = kGuard) {
    const std::string dir = absl::StrCat(root_, "/", ++commands_);
    EXPECT_TRUE(MakePrivateDirectory(dir).ok());
    EXPECT_TRUE(MakePrivateDirectory(dir + "/t").ok());
    Command command;
    command.argv = {FakeTestee(), "run", "--backend=good",
                    "--case=x/" + behaviour, "--dir=" + dir};
    for (const std::string& name : TemporaryDirectoryVariables()) {
      command.environment.emplace_back(name, dir + "/t");
    }
    command.directory = dir + "/t";
    command.output = dir + ".out";
    command.deadline = deadline;
    return command;
  }

  Ending Run(const Command& command) {
    EXPECT_TRUE(supervisor_->Start(7, command).ok());
    std::vector<Ending> endings = supervisor_->Wait(kGuard);
    EXPECT_EQ(endings.size(), 1u);
    if (endings.empty()) return {};
    EXPECT_EQ(endings[0].token, 7);
    return endings[0];
  }

  std::string root_;
  std::unique_ptr<Supervisor> supervisor_;
  int commands_ = 0;
};

// What the fake testee's behaviours come to on this system.
struct OsFacts {
  int crash;     // the code by which "crash" ends
  char stopped;  // the state that shows of what stopped itself
  int storm;     // how many processes "fork-storm" leaves
  // How each ends of which one must not disturb the others.
  std::multimap<std::string, End> mixed;
};
extern const OsFacts kOsFacts;

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_TESTING_SUPERVISOR_FIXTURE_H_
