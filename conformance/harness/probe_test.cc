// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/probe.h"

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/matchers.h"
#include "conformance/harness/stage.h"
#include "conformance/harness/system.h"
#include "conformance/harness/testing/child.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(20);

const ChildFunction waits("waits", [](const std::vector<std::string>&) -> int {
  WaitForEver();
});

// An actor that says what it is cued.
const ChildFunction echoes(
    "echoes", [](const std::vector<std::string>& arguments) -> int {
      Actor actor(arguments[0], "echo");
      (void)actor.Say("ready");
      while (true) {
        const absl::StatusOr<Value> cue = actor.Await();
        if (!cue.ok()) return 0;
        (void)actor.Say(cue);
      }
    });

const ChildFunction knows_its_parent(
    "knows-its-parent", [](const std::vector<std::string>& arguments) -> int {
      const absl::StatusOr<int64_t> parent = ParentOf(OwnPid());
      return parent.ok() && absl::StrCat(*parent) == arguments[0] ? 0 : 1;
    });

const ChildFunction has_a_variable(
    "has-a-variable", [](const std::vector<std::string>& arguments) -> int {
      const char* value = std::getenv("PROBE_TEST");
      return value != nullptr && value == arguments[0] ? 0 : 1;
    });

class ProbeTest : public testing::Test {
 protected:
  void SetUp() override {
    child_ = waits.Start();
    pid_ = child_->pid();
  }

  std::unique_ptr<Child> child_;
  int64_t pid_ = 0;
};

TEST_F(ProbeTest, SeesAChildLiveAndDie) {
  EXPECT_EQ(StateOf(pid_), ProcessState::kRunning);
  Stopwatch watch;
  EXPECT_EQ(WaitUntilDead(pid_, kShort).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(watch.NotBefore(kShort));

  ASSERT_OK(KillHard(pid_));
  EXPECT_OK(WaitUntilDead(pid_));
  EXPECT_NE(StateOf(pid_), ProcessState::kRunning);

  EXPECT_EQ(child_->Wait(),
            ThisPlatform() == ClausePlatform::kWindows ? kKilledExitCode : -1);
  EXPECT_EQ(StateOf(pid_), ProcessState::kGone);
  EXPECT_OK(WaitUntilDead(pid_));
  EXPECT_OK(WaitUntilGone(pid_));
}

TEST_F(ProbeTest, KnowsParents) {
  EXPECT_THAT(ParentOf(pid_), IsOkAndHolds(OwnPid()));
  EXPECT_EQ(knows_its_parent.Start({absl::StrCat(OwnPid())})->Wait(), 0);
}

TEST_F(ProbeTest, CountsThreads) {
  // One that has just begun may not be counted yet, and a system may have
  // threads of its own in it.
  const absl::StatusOr<int64_t> of_child = ThreadCountOf(pid_);
  ASSERT_OK(of_child);
  EXPECT_GE(*of_child, 1);
  // Counted while a first one lives: with it a sanitizer starts its own, and
  // one that was joined may still be counted.
  std::promise<void> end;
  std::shared_future<void> ended = end.get_future().share();
  std::thread first([ended] { ended.wait(); });
  const absl::StatusOr<int64_t> before = ThreadCountOf(OwnPid());
  std::thread second([ended] { ended.wait(); });
  const absl::StatusOr<int64_t> after = ThreadCountOf(OwnPid());
  end.set_value();
  first.join();
  second.join();
  ASSERT_OK(before);
  EXPECT_THAT(after, IsOkAndHolds(*before + 1));
}

TEST(ProbeStopTest, AStoppedProcessDoesNothingUntilItIsLetGoOn) {
  const std::string directory = NewDirectory();
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<Stage> stage, Stage::Open(directory));
  const std::unique_ptr<Child> child = echoes.Start({stage->address()});
  EXPECT_THAT(stage->Expect("echo"), IsOkAndHolds("ready"));

  ASSERT_OK(Stop(child->pid()));
  EXPECT_EQ(StateOf(child->pid()), ProcessState::kRunning);
  ASSERT_OK(stage->Cue("echo", "cue"));
  EXPECT_TRUE(stage->IsSilent("echo", Observation()));

  ASSERT_OK(Continue(child->pid()));
  EXPECT_THAT(stage->Expect("echo"), IsOkAndHolds("cue"));

  ASSERT_OK(Stop(child->pid()));
  ASSERT_OK(KillHard(child->pid()));
  EXPECT_OK(WaitUntilDead(child->pid()));
  stage.reset();
  std::filesystem::remove_all(directory);
}

TEST_F(ProbeTest, AbsentProcessesAreNotFound) {
  ASSERT_OK(KillHard(pid_));
  child_->Wait();
  EXPECT_EQ(ParentOf(pid_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ThreadCountOf(pid_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(KillHard(pid_).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Stop(pid_).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Continue(pid_).code(), absl::StatusCode::kNotFound);
}

TEST_F(ProbeTest, GroupsAreNeverSignalled) {
  EXPECT_FALSE(KillHard(0).ok());
  EXPECT_FALSE(KillHard(-1).ok());
  EXPECT_FALSE(Stop(-pid_).ok());
  EXPECT_EQ(StateOf(pid_), ProcessState::kRunning);
}

TEST(ProbeEnvironmentTest, AVariableIsSetHereAndInPrograms) {
  for (const char* value : {"one", "two words"}) {
    SetEnvironment("PROBE_TEST", value);
    EXPECT_STREQ(std::getenv("PROBE_TEST"), value);
    EXPECT_EQ(has_a_variable.Start({value})->Wait(), 0);
  }
}

}  // namespace
}  // namespace procspec::harness

int main(int argc, char** argv) {
  if (std::optional<int> code =
          procspec::harness::RunChildFunction(argc, argv)) {
    return *code;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
