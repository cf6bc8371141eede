// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What no case of the suite can bring about; examples/own_backend is judged by
// all the others.

#include "spec/backend_base.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/capability.h"
#include "spec/error.h"
#include "spec/process.h"
#include "spec/status_macros.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The system is the test: children are numbers, and end when it says so.
class FakeBackend : public BackendBase {
 public:
  std::string_view name() const override { return "fake"; }
  CapabilitySet capabilities() const override { return {}; }
  absl::StatusOr<int64_t> Pid() override { return 1; }
  absl::Status Print(StandardStream, std::string_view text) override {
    printed += text;
    return absl::OkStatus();
  }
  using BackendBase::RunChild;

  absl::StatusOr<int64_t> StartChild(const ChildPlan& plan) override {
    if (!trouble.ok()) return trouble;
    plans.push_back(plan);
    return ++last_pid;
  }
  std::optional<int> ObserveChild(int64_t pid) override {
    auto it = ended.find(pid);
    if (it == ended.end()) return std::nullopt;
    const int code = it->second;
    ended.erase(it);  // asked again, it would be running
    return code;
  }
  absl::Status EndChild(int64_t pid, EndBy how) override {
    signals.emplace_back(pid, how);
    if (how == EndBy::kKill || !deaf) ended[pid] = -1;
    return absl::OkStatus();
  }

  absl::Status trouble;
  bool deaf = false;  // children do not heed kTerminate
  int64_t last_pid = 100;
  std::vector<ChildPlan> plans;
  std::map<int64_t, int> ended;
  std::vector<std::pair<int64_t, EndBy>> signals;
  std::string printed;
};

// What the last target did.
std::function<absl::StatusOr<Value>(Backend&)> act;
PROCSPEC_TARGET(Act) { return act(backend); }
std::vector<std::string> handled;
PROCSPEC_TARGET(Handle) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string name, arguments.Get<std::string>(0));
  handled.push_back(name);
  if (name == "raises") return RaisedError("Fault", "of a handler");
  return Value();
}

class BackendBaseTest : public testing::Test {
 protected:
  std::shared_ptr<Process> New(ProcessOptions options = {}) {
    return *backend_.NewProcess(std::move(options));
  }

  FakeBackend backend_;
};

TEST_F(BackendBaseTest, AfterARefusedStartAnotherMaySucceed) {
  const auto process = New();
  backend_.trouble = OsError("fork", 11);
  EXPECT_TRUE(IsKind(process->Start(), ErrorKind::kOs));
  EXPECT_EQ(*process->Pid(), std::nullopt);
  EXPECT_TRUE(backend_.ActiveChildren()->empty());
  backend_.trouble = absl::OkStatus();
  EXPECT_TRUE(process->Start().ok());
  EXPECT_EQ(*process->Pid(), 101);
}

TEST_F(BackendBaseTest, UnknownNamesAreRefusedBeforeAnythingStarts) {
  EXPECT_TRUE(IsKind(New({.target = "Nothing"})->Start(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(New({.type = "Nothing"})->Start(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(backend_.AtExit("Nothing"), ErrorKind::kValue));
  EXPECT_TRUE(backend_.plans.empty());
}

TEST_F(BackendBaseTest, ThePlanIsWhatTheObjectIsAtItsStart) {
  const auto process =
      New({.target = "Act", .arguments = {.args = {1}}, .daemon = true});
  ASSERT_TRUE(process->SetName("late").ok());
  ASSERT_TRUE(process->SetAttribute("key", "value").ok());
  ASSERT_TRUE(process->Start().ok());
  const ChildPlan& plan = backend_.plans.at(0);
  EXPECT_EQ(plan.target, "Act");
  EXPECT_EQ(plan.arguments.args, List{1});
  EXPECT_EQ(plan.name, "late");
  EXPECT_TRUE(plan.daemon);
  EXPECT_EQ(plan.attributes, (Dict{{"key", "value"}}));
  // Kept here it could hold a pipe open.
  EXPECT_TRUE(process->arguments().args.empty());
}

TEST_F(BackendBaseTest, AnEndIsObservedOnce) {
  const auto process = New();
  ASSERT_TRUE(process->Start().ok());
  backend_.ended[101] = 7;
  EXPECT_TRUE(process->Join().ok());
  EXPECT_EQ(*process->ExitCode(), 7);
  EXPECT_FALSE(*process->IsAlive());
  EXPECT_TRUE(process->Terminate().ok());
  EXPECT_TRUE(backend_.signals.empty());
}

TEST_F(BackendBaseTest, AClosedObjectKnowsItsNameAndFlagOnly) {
  const auto process = New({.name = "n"});
  ASSERT_TRUE(process->Close().ok());
  EXPECT_TRUE(process->Close().ok());
  EXPECT_EQ(process->Name(), "n");
  EXPECT_FALSE(process->Daemon());
  const absl::Status outcomes[] = {
      process->Start(),
      process->Run(),
      process->Join(),
      process->IsAlive().status(),
      process->ExitCode().status(),
      process->Terminate(),
      process->Kill(),
      process->Pid().status(),
      process->SetName("m"),
      process->SetDaemon(true),
      process->SetAttribute("key", 1),
      process->Attribute("key").status(),
  };
  for (const absl::Status& outcome : outcomes) {
    EXPECT_TRUE(IsKind(outcome, ErrorKind::kValue)) << outcome;
  }
}

TEST_F(BackendBaseTest, TheCurrentProcessIsNoChild) {
  const auto current = *backend_.CurrentProcess();
  EXPECT_EQ(current, *backend_.CurrentProcess());
  EXPECT_TRUE(*current->IsAlive());
  EXPECT_TRUE(IsKind(current->Start(), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(current->Join(), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(current->Terminate(), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(current->SetDaemon(true), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(current->Close(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(current->SetName(""), ErrorKind::kValue));
}

TEST_F(BackendBaseTest, TheExitWorkIsDoneOnceAndInOrder) {
  handled.clear();
  for (const char* name : {"first", "raises", "last"}) {
    ASSERT_TRUE(backend_.AtExit("Handle", {.args = {name}}).ok());
  }
  ASSERT_TRUE(New({.daemon = true})->Start().ok());
  const auto other = New();
  ASSERT_TRUE(other->Start().ok());
  backend_.ended[102] = 3;
  EXPECT_EQ(backend_.FinishProgram(5), 5);
  EXPECT_THAT(handled, ElementsAre("last", "raises", "first"));
  EXPECT_THAT(backend_.printed, HasSubstr("Fault: of a handler"));
  EXPECT_THAT(backend_.signals,
              ElementsAre(std::pair(int64_t{101}, EndBy::kTerminate)));
  EXPECT_EQ(*other->ExitCode(), 3);

  ASSERT_TRUE(backend_.AtExit("Handle", {.args = {"late"}}).ok());
  EXPECT_EQ(backend_.FinishProgram(6), 6);
  EXPECT_EQ(handled.size(), 3);
}

TEST_F(BackendBaseTest, ADaemonThatDoesNotHeedIsKilled) {
  backend_.deaf = true;
  ASSERT_TRUE(New({.daemon = true})->Start().ok());
  EXPECT_EQ(backend_.FinishProgram(0), 0);
  EXPECT_THAT(backend_.signals,
              ElementsAre(std::pair(int64_t{101}, EndBy::kTerminate),
                          std::pair(int64_t{101}, EndBy::kKill)));
}

TEST_F(BackendBaseTest, AChildIsWhatItsPlanSays) {
  act = [](Backend& backend) -> absl::StatusOr<Value> {
    const auto current = *backend.CurrentProcess();
    EXPECT_EQ(current->Name(), "n");
    EXPECT_TRUE(current->Daemon());
    EXPECT_EQ(*current->Attribute("key"), Value(1));
    return ExitRequest(300);
  };
  EXPECT_EQ(backend_.RunChild({.target = "Act",
                               .name = "n",
                               .daemon = true,
                               .attributes = {{"key", 1}}}),
            300 & 0xff);
  EXPECT_EQ(backend_.printed, "");
}

TEST_F(BackendBaseTest, AChildReportsWhatItsTargetRaised) {
  act = [](Backend&) { return RaisedError("Fault", "on purpose"); };
  EXPECT_EQ(backend_.RunChild({.target = "Act", .name = "n"}), 1);
  EXPECT_EQ(backend_.printed, "Process n:\nFault: on purpose\n");

  act = [](Backend&) -> absl::StatusOr<Value> {
    throw std::out_of_range("too far");
  };
  EXPECT_EQ(backend_.RunChild({.target = "Act", .name = "n"}), 1);
  EXPECT_THAT(backend_.printed, HasSubstr("too far"));
}

TEST_F(BackendBaseTest, AChildHasCopiesOfVariablesAndNothingElse) {
  const auto started = New();
  ASSERT_TRUE(started->Start().ok());
  const auto unstarted = New();
  handled.clear();
  ASSERT_TRUE(backend_.AtExit("Handle", {.args = {"parent's"}}).ok());
  ASSERT_TRUE(backend_.SetGlobal("variable", 1).ok());
  act = [&](Backend& backend) -> absl::StatusOr<Value> {
    EXPECT_EQ(*backend.Global("variable"), Value(1));
    EXPECT_TRUE(backend.ActiveChildren()->empty());
    EXPECT_TRUE(IsKind(unstarted->Start(), ErrorKind::kMisuse));
    EXPECT_TRUE(IsKind(started->Join(), ErrorKind::kMisuse));
    EXPECT_TRUE(IsKind(started->IsAlive().status(), ErrorKind::kMisuse));
    EXPECT_TRUE(IsKind(started->ExitCode().status(), ErrorKind::kMisuse));
    EXPECT_EQ((*backend.NewProcess({}))->Name(), "Process-1");
    return Value();
  };
  EXPECT_EQ(backend_.RunChild({.target = "Act"}), 0);
  EXPECT_TRUE(handled.empty());
}

}  // namespace
}  // namespace procspec
