// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/testee.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/backend.h"
#include "conformance/harness/matchers.h"
#include "conformance/harness/probe.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/queue.h"
#include "spec/status_macros.h"
#include "spec/target.h"

// With testing/fake_testee.py, whose path is the program's argument.

namespace procspec::wire {
namespace {

using harness::IsOkAndHolds;
using testing::HasSubstr;

std::string fake_testee;

// Before anything asks for the time: faults of the slow kind take two Guards.
[[maybe_unused]] const bool guard_is_short = [] {
  harness::SetEnvironment("PROCSPEC_GUARD_MS", "1000");
  return true;
}();

PROCSPEC_TARGET(WireAdd) {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t a, arguments.Get<int64_t>(0));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t b, arguments.Get<int64_t>(1));
  PROCSPEC_RETURN_IF_ERROR(backend.Pid().status());
  return Value(a + b);
}

PROCSPEC_TARGET(WireLeave) { return ExitRequest(4); }

class TesteeTest : public testing::Test {
 protected:
  void TearDown() override {
    testee_.reset();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  // Null: it could not be started.
  SessionBackend* Start(const std::string& behaviour,
                        std::shared_ptr<ProgramFront> front = nullptr) {
    std::string name = absl::StrCat(testing::TempDir(), "/wire-XXXXXX");
    directory_ = mkdtemp(name.data());
    entry_ = {.name = "fake",
              .command = {"/usr/bin/python3", "-I", fake_testee, behaviour},
              .capabilities = CapabilitySet::All()};
    absl::StatusOr<std::unique_ptr<Testee>> testee =
        Testee::Start(entry_, {.directory = directory_,
                               .front = std::move(front),
                               .report_infra = [this](std::string_view hint) {
                                 std::lock_guard<std::mutex> lock(mutex_);
                                 hint_ = std::string(hint);
                               }});
    if (!testee.ok()) {
      ADD_FAILURE() << testee.status();
      return nullptr;
    }
    testee_ = *std::move(testee);
    const absl::StatusOr<std::shared_ptr<Session>> main = testee_->Main();
    if (!main.ok()) return nullptr;
    backend_ =
        std::make_unique<SessionBackend>("fake", CapabilitySet::All(), *main);
    return backend_.get();
  }

  std::string hint() {
    std::lock_guard<std::mutex> lock(mutex_);
    return hint_;
  }

  WireBackendEntry entry_;
  std::string directory_;
  std::mutex mutex_;
  std::string hint_;
  std::unique_ptr<Testee> testee_;
  std::unique_ptr<SessionBackend> backend_;
};

TEST_F(TesteeTest, EndsAsItIsAskedTo) {
  SessionBackend* backend = Start("right");
  ASSERT_NE(backend, nullptr) << hint();
  EXPECT_OK(backend->Pid());
  const std::optional<ProcessEnd> end = testee_->Finish(7);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_THAT(testee_->Leftovers(), testing::IsEmpty());
  // What comes later neither waits nor is of a kind.
  EXPECT_FALSE(KindOf(backend->Pid().status()).has_value());
  EXPECT_EQ(hint(), "");
}

TEST_F(TesteeTest, TheSameObjectIsTheSameWhileItIsHeld) {
  SessionBackend* backend = Start("right");
  ASSERT_NE(backend, nullptr) << hint();
  ASSERT_OK_AND_ASSIGN(auto first, backend->NewQueue(0));
  ASSERT_OK_AND_ASSIGN(auto second, backend->NewQueue(0));
  EXPECT_EQ(first, second);
  EXPECT_THAT(backend->CpuCount(), IsOkAndHolds(0));  // drops so far
  first.reset();
  EXPECT_THAT(backend->CpuCount(), IsOkAndHolds(0));
  second.reset();
  EXPECT_THAT(backend->CpuCount(), IsOkAndHolds(2));
  testee_->Finish(0);
}

TEST_F(TesteeTest, AnObjectMayOutliveItsProcess) {
  SessionBackend* backend = Start("right");
  ASSERT_NE(backend, nullptr) << hint();
  ASSERT_OK_AND_ASSIGN(auto queue, backend->NewQueue(0));
  testee_->Finish(0);
  EXPECT_FALSE(KindOf(queue->Put(1)).has_value());
  testee_.reset();
  EXPECT_FALSE(queue->Put(1).ok());
  queue.reset();
  EXPECT_EQ(hint(), "");
}

TEST_F(TesteeTest, EachThreadHasALane) {
  SessionBackend* backend = Start("right");
  ASSERT_NE(backend, nullptr) << hint();
  for (int i = 0; i < 3; ++i) {
    std::thread([&] { EXPECT_OK(backend->Pid()); }).join();
  }
  testee_->Finish(0);
  EXPECT_EQ(hint(), "");
}

TEST_F(TesteeTest, ALateOperationIsWaitedForWhileItsProcessLives) {
  SessionBackend* backend = Start("right");
  ASSERT_NE(backend, nullptr) << hint();
  ASSERT_OK_AND_ASSIGN(auto queue, backend->NewQueue(0));
  EXPECT_THAT(queue->Get(), IsOkAndHolds("late"));
  testee_->Finish(0);
  EXPECT_EQ(hint(), "");
}

TEST_F(TesteeTest, RunsCallsAndEndsThem) {
  SessionBackend* backend = Start("right");
  ASSERT_NE(backend, nullptr) << hint();
  const auto end_of = [&](std::string_view name, std::string_view args) {
    return backend->Global(absl::StrCat(R"({"kind":"target","name":")", name,
                                        R"(","args":)", args,
                                        R"(,"kwargs":{}})"));
  };
  EXPECT_THAT(end_of("WireAdd", "[1,2]"),
              IsOkAndHolds(R"({"end": "return", "value": 3})"));
  EXPECT_THAT(end_of("WireLeave", "[]"),
              IsOkAndHolds(R"({"code": 4, "end": "exit"})"));
  EXPECT_THAT(end_of("WireAdd", "[]"),
              IsOkAndHolds(R"({"end": "raise", "error": {"kind": "Type", )"
                           R"("message": "missing positional argument 0", )"
                           R"("type": "Type"}})"));
  const absl::StatusOr<Value> unknown = end_of("WireAddd", "[]");
  ASSERT_OK(unknown);
  EXPECT_THAT(DebugString(*unknown), HasSubstr("Value"));
  testee_->Finish(0);
  EXPECT_EQ(hint(), "");
}

// --- Faults ------------------------------------------------------------------

struct Fault {
  const char* behaviour;
  const char* hint;
};

std::string NameOfFault(const testing::TestParamInfo<Fault>& info) {
  std::string name = info.param.behaviour;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class FaultTest : public TesteeTest,
                  public testing::WithParamInterface<Fault> {};

TEST_P(FaultTest, IsToldWithAHint) {
  if (SessionBackend* backend = Start(GetParam().behaviour)) {
    // Whichever of these shows it.
    (void)backend->Pid();
    (void)backend->NewQueue(0);
    std::thread([&] { (void)backend->Pid(); }).join();
  }
  EXPECT_FALSE(testee_->Finish(0).has_value());
  EXPECT_THAT(hint(), HasSubstr(GetParam().hint));
}

INSTANTIATE_TEST_SUITE_P(
    OfHello, FaultTest,
    testing::Values(Fault{"silent", "no hello of a process and of main"},
                    Fault{"mute", "no hello"},
                    Fault{"exits-early",
                          "has ended before it said hello: exit code 3"},
                    Fault{"version-2", "expected version 1 of the protocol"},
                    Fault{"no-process", "which has no process connection"},
                    Fault{"second-main", "a second hello of main"},
                    Fault{"second-process", "a second process is called"},
                    Fault{"unasked-lane", "on lane 5, for which it was not"},
                    Fault{"unknown-token", "the token 5, which is unknown"},
                    Fault{"unknown-handle", "no kind of object is called"}),
    NameOfFault);

INSTANTIATE_TEST_SUITE_P(
    OfAnswers, FaultTest,
    testing::Values(
        Fault{"wrong-id", "expected the answer to"},
        Fault{"more-fields", "a field 'note' that is not of the protocol"},
        Fault{"two-answers", "expected the answer to"},
        Fault{"no-json", "expected a line of JSON in UTF-8"},
        Fault{"wrong-type", "expected an integer"},
        Fault{"unknown-error", "expected a kind of error"},
        Fault{"unknown-kind", "expected a Queue, not a Gadget"},
        Fault{"wrong-kind", "expected a Queue, not a Lock"},
        Fault{"closes", "the end of the connection, and the process lives"},
        Fault{"frozen", "nor one to a ping"},
        Fault{"no-lane", "no connection with its hello came"},
        Fault{"wrong-ping", "expected an answer to what was asked"}),
    NameOfFault);

TEST_F(TesteeTest, ATesteeThatIsNotThereCannotBeStarted) {
  entry_.command = {"/nonexistent/testee"};
  const absl::StatusOr<std::unique_ptr<Testee>> testee =
      Testee::Start(entry_, {.directory = testing::TempDir()});
  EXPECT_THAT(std::string(testee.status().message()),
              HasSubstr("/nonexistent/testee"));
}

// --- The main process's end --------------------------------------------------

using TesteeDeathTest = TesteeTest;

TEST_F(TesteeDeathTest, ACaseDiesAsItsMainProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        if (SessionBackend* backend = Start("dies")) (void)backend->Pid();
        std::exit(9);
      },
      testing::KilledBySignal(SIGKILL), "has ended unasked: signal 9");
  EXPECT_EXIT(
      {
        if (SessionBackend* backend = Start("right")) {
          (void)backend->Crash(CrashKind::kImmediateExit, 5);
        }
        std::exit(9);
      },
      testing::KilledBySignal(SIGABRT), "has ended unasked: exit code 5");
}

TEST_F(TesteeDeathTest, AProgramEndsAsItsMainProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        if (SessionBackend* backend = Start("dies", *ProgramFront::Split())) {
          (void)backend->Pid();
          testee_->Finish(0);
        }
        std::exit(9);
      },
      testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(
      {
        if (SessionBackend* backend = Start("right", *ProgramFront::Split())) {
          (void)backend->Crash(CrashKind::kImmediateExit, 5);
          testee_->Finish(0);
        }
        std::exit(9);
      },
      testing::ExitedWithCode(5), "");
  // Of a judge that fails, too.
  EXPECT_EXIT(
      {
        (void)ProgramFront::Split();
        std::exit(6);
      },
      testing::ExitedWithCode(6), "");
}

}  // namespace
}  // namespace procspec::wire

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 2) return 2;
  procspec::wire::fake_testee = std::filesystem::absolute(argv[1]).string();
  return RUN_ALL_TESTS();
}
