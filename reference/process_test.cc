// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "reference/backend.h"
#include "reference/os/process.h"
#include "reference/os/time.h"
#include "reference/testing_board.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

using std::shared_ptr;

// --- What children do
// ---------------------------------------------------------

PROCSPEC_TARGET(Nothing) { return Value(); }

PROCSPEC_TARGET(ReturnSeven) { return Value(7); }

PROCSPEC_TARGET(ExitWith) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t code, arguments.Get<int64_t>(0));
  return ExitRequest(static_cast<int>(code));
}

PROCSPEC_TARGET(Raise) { return RaisedError("OutOfCheese", "no cheese left"); }

PROCSPEC_TARGET(Throw) { throw std::runtime_error("thrown"); }

PROCSPEC_TARGET(CrashAs) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t kind, arguments.Get<int64_t>(0));
  return backend.Crash(static_cast<CrashKind>(kind), 77);
}

// Cell 0 says that it runs; cell 1 lets it go.
PROCSPEC_TARGET(Gated) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  board->Set(0, pid);
  if (!board->Await(1, 1)) return RaisedError("Guard", "never let go");
  return Value();
}

// Says in cell 2 how each operation on a sibling's object ended.
PROCSPEC_TARGET(TouchSibling) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto children, backend.ActiveChildren());
  board->Set(3, static_cast<int64_t>(children.size()));
  return Value();
}

PROCSPEC_TARGET(CheckArguments) {
  Arguments expected;
  expected.args = {Value(1), Value("two"), Value(List{Value(3.5), Value()})};
  expected.kwargs = {{"key", Value(Bytes{std::string("\0x", 2)})}};
  PROCSPEC_ASSIGN_OR_RETURN(auto self, backend.CurrentProcess());
  const bool same = arguments.args == expected.args &&
                    arguments.kwargs == expected.kwargs &&
                    self->arguments().args == expected.args;
  return ExitRequest(same ? 3 : 4);
}

// Everything that a child can say about itself, as an exit code.
PROCSPEC_TARGET(CheckIdentity) {
  PROCSPEC_ASSIGN_OR_RETURN(auto self, backend.CurrentProcess());
  PROCSPEC_ASSIGN_OR_RETURN(auto again, backend.CurrentProcess());
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  PROCSPEC_ASSIGN_OR_RETURN(std::optional<int64_t> own_pid, self->Pid());
  PROCSPEC_ASSIGN_OR_RETURN(bool alive, self->IsAlive());
  PROCSPEC_ASSIGN_OR_RETURN(std::optional<int> exit_code, self->ExitCode());
  PROCSPEC_ASSIGN_OR_RETURN(auto children, backend.ActiveChildren());
  PROCSPEC_ASSIGN_OR_RETURN(auto first, backend.NewProcess({}));
  PROCSPEC_ASSIGN_OR_RETURN(auto second, backend.NewProcess({.daemon = false}));
  int wrong = 0;
  int check = 0;
  for (bool ok : {
           self == again,
           own_pid == pid,
           alive,
           !exit_code.has_value(),
           children.empty(),
           self->Name() == "the child",
           self->Daemon(),
           first->Name().ends_with(":1"),
           second->Name().ends_with(":2"),
           first->Daemon(),
           !second->Daemon(),
           IsKind(self->Start(), ErrorKind::kMisuse),
           IsKind(self->Join(), ErrorKind::kMisuse),
           IsKind(self->SetDaemon(false), ErrorKind::kMisuse),
           IsKind(self->Close(), ErrorKind::kValue),
           IsKind(first->Start(), ErrorKind::kMisuse),
       }) {
    ++check;
    if (!ok) wrong = check;
  }
  return ExitRequest(wrong);
}

PROCSPEC_PROCESS_TYPE(Counter) {
  PROCSPEC_ASSIGN_OR_RETURN(Value start, self.Attribute("start"));
  PROCSPEC_RETURN_IF_ERROR(self.SetAttribute("result", Value(1)));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t code, start.As<int64_t>());
  return ExitRequest(static_cast<int>(code) + 1);
}

// A child that starts children: a daemon that would stay, and another one that
// says in cell 2 when it is done.
PROCSPEC_TARGET(SayDone) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  if (!board->Await(1, 1)) return RaisedError("Guard", "never let go");
  board->Set(2, 1);
  return Value();
}

PROCSPEC_TARGET(SayAndStay) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  board->Set(0, pid);
  board->Park();
  return Value();
}

PROCSPEC_TARGET(Parent) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  const Arguments same{.args = {Value(board)}, .kwargs = {}};
  PROCSPEC_ASSIGN_OR_RETURN(
      auto daemon,
      backend.NewProcess(
          {.target = "SayAndStay", .arguments = same, .daemon = true}));
  PROCSPEC_ASSIGN_OR_RETURN(
      auto other, backend.NewProcess({.target = "SayDone", .arguments = same}));
  PROCSPEC_RETURN_IF_ERROR(daemon->Start());
  PROCSPEC_RETURN_IF_ERROR(other->Start());
  return Value();
}

PROCSPEC_TARGET(AppendDigit) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t digit, arguments.Get<int64_t>(1));
  board->Set(0, board->Get(0) * 10 + digit);
  return Value();
}

PROCSPEC_TARGET(RegisterHandlers) {
  for (int64_t digit : {1, 2, 3}) {
    PROCSPEC_RETURN_IF_ERROR(backend.AtExit(
        "AppendDigit",
        Arguments{.args = {arguments.args[0], Value(digit)}, .kwargs = {}}));
  }
  return ExitRequest(5);
}

PROCSPEC_TARGET(TellGlobal) {
  absl::StatusOr<Value> value = backend.Global("colour");
  if (!value.ok()) {
    return ExitRequest(IsKind(value.status(), ErrorKind::kValue) ? 1 : 2);
  }
  PROCSPEC_RETURN_IF_ERROR(backend.SetGlobal("colour", Value("green")));
  return ExitRequest(*value == Value("red") ? 3 : 4);
}

PROCSPEC_TARGET(SameBoardTwice) {
  PROCSPEC_ASSIGN_OR_RETURN(auto first, arguments.Get<Board>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto second, arguments.Get<Board>(1));
  first->Set(0, 9);
  return ExitRequest(first == second ? 3 : 4);
}

PROCSPEC_TARGET(TakesLocal) {
  PROCSPEC_ASSIGN_OR_RETURN(auto local, arguments.Get<LocalObject>(0));
  return ExitRequest(local != nullptr ? 3 : 4);
}

// --- Tests
// ----------------------------------------------------------------------

class ProcessTest : public testing::TestWithParam<StartMethod> {
 protected:
  ~ProcessTest() override {
    absl::StatusOr<std::vector<shared_ptr<Process>>> left =
        backend_->ActiveChildren();
    for (const auto& process : *left) {
      ADD_FAILURE() << "left running: " << process->Name();
      (void)process->Kill();
      (void)process->Join();
    }
  }

  shared_ptr<Process> NewWith(ProcessOptions options) {
    return *backend_->NewProcess(std::move(options));
  }
  shared_ptr<Process> New(std::string target, List arguments = {}) {
    return NewWith({.target = std::move(target),
                    .arguments = {.args = std::move(arguments), .kwargs = {}}});
  }

  std::optional<int> RunToEnd(const shared_ptr<Process>& process) {
    const absl::Status started = process->Start();
    EXPECT_TRUE(started.ok()) << started;
    const absl::Status joined = process->Join();
    EXPECT_TRUE(joined.ok()) << joined;
    return *process->ExitCode();
  }

  const shared_ptr<Backend> backend_ = NewBackend(GetParam());
  const shared_ptr<Board> board_ = Board::New();
};

std::string MethodName(const testing::TestParamInfo<StartMethod>& info) {
  return std::string(StartMethodName(info.param));
}

INSTANTIATE_TEST_SUITE_P(All, ProcessTest, testing::ValuesIn(StartMethods()),
                         MethodName);

// Ends the case at once when a child hangs.
#define ASSERT_OK(expression)                  \
  do {                                         \
    const absl::Status status_ = (expression); \
    ASSERT_TRUE(status_.ok()) << status_;      \
  } while (false)

// A pipe would have no end if the object of a child held its arguments.
TEST_P(ProcessTest, AStartedObjectHoldsNothingForItsChild) {
  auto board = Board::New();
  auto process = New("Gated", {Value(board)});
  ASSERT_TRUE(process->Start().ok());
  board->Set(1, 1);
  const std::weak_ptr<Board> mine = board;
  board.reset();
  EXPECT_TRUE(mine.expired());
  EXPECT_TRUE(IsKind(process->Run(), ErrorKind::kMisuse));
  EXPECT_TRUE(process->Join().ok());
  EXPECT_EQ(*process->ExitCode(), 0);
}

TEST_P(ProcessTest, ExitCodes) {
  EXPECT_EQ(RunToEnd(New("")), 0);
  EXPECT_EQ(RunToEnd(New("ReturnSeven")), 0);
  EXPECT_EQ(RunToEnd(New("ExitWith", {Value(0)})), 0);
  EXPECT_EQ(RunToEnd(New("ExitWith", {Value(255)})), 255);
  EXPECT_EQ(RunToEnd(New("ExitWith", {Value(300)})), 44);
  EXPECT_EQ(RunToEnd(New("ExitWith", {Value(-1)})), 255);
}

TEST_P(ProcessTest, CrashesGiveTheirSignal) {
  const auto crash = [&](CrashKind kind) {
    return RunToEnd(New("CrashAs", {Value(static_cast<int64_t>(kind))}));
  };
  for (const CrashKind kind :
       {CrashKind::kKill, CrashKind::kAbort, CrashKind::kSegmentation}) {
    EXPECT_EQ(crash(kind), CrashExitCode(kind));
  }
  EXPECT_EQ(crash(CrashKind::kImmediateExit), 77);
}

TEST_P(ProcessTest, ErrorsGiveOneAndAreReported) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunToEnd(NewWith({.target = "Raise", .name = "Zed"})), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "Process Zed:\nOutOfCheese: no cheese left\n");
}

TEST_P(ProcessTest, ExceptionsGiveOne) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunToEnd(New("Throw")), 1);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("thrown"),
            std::string::npos);
}

TEST_P(ProcessTest, ArgumentsArrive) {
  EXPECT_EQ(
      RunToEnd(NewWith(
          {.target = "CheckArguments",
           .arguments = {.args = {Value(1), Value("two"),
                                  Value(List{Value(3.5), Value()})},
                         .kwargs = {{"key",
                                     Value(Bytes{std::string("\0x", 2)})}}}})),
      3);
}

TEST_P(ProcessTest, AChildKnowsItself) {
  EXPECT_EQ(
      RunToEnd(NewWith(
          {.target = "CheckIdentity", .name = "the child", .daemon = true})),
      0);
}

TEST_P(ProcessTest, OneObjectStaysOne) {
  EXPECT_EQ(RunToEnd(New("SameBoardTwice", {Value(board_), Value(board_)})), 3);
  EXPECT_EQ(board_->Get(0), 9);
}

TEST_P(ProcessTest, UnstartedObject) {
  shared_ptr<Process> process = New("Nothing");
  EXPECT_EQ(*process->Pid(), std::nullopt);
  EXPECT_EQ(*process->ExitCode(), std::nullopt);
  EXPECT_FALSE(*process->IsAlive());
  EXPECT_TRUE(backend_->ActiveChildren()->empty());
  EXPECT_TRUE(IsKind(process->Join(), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(process->Terminate(), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(process->SetName(""), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(process->Attribute("a").status(), ErrorKind::kValue));
  ASSERT_OK(process->Run());
  EXPECT_TRUE(IsKind(process->Join(), ErrorKind::kMisuse));
  ASSERT_OK(process->Close());
  ASSERT_OK(process->Close());
  EXPECT_TRUE(IsKind(process->Start(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(process->Join(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(process->IsAlive().status(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(process->ExitCode().status(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(process->Pid().status(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(process->Kill(), ErrorKind::kValue));
}

TEST_P(ProcessTest, UnknownTargetIsRefused) {
  shared_ptr<Process> process = New("NoSuchTarget");
  EXPECT_TRUE(IsKind(process->Start(), ErrorKind::kValue));
  EXPECT_TRUE(
      IsKind(NewWith({.type = "NoSuchType"})->Start(), ErrorKind::kValue));
  EXPECT_EQ(*process->Pid(), std::nullopt);
  ASSERT_OK(process->SetDaemon(true));
}

TEST_P(ProcessTest, RunningObject) {
  shared_ptr<Process> process = New("Gated", {Value(board_)});
  ASSERT_OK(process->Start());
  const std::optional<int64_t> pid = *process->Pid();
  ASSERT_TRUE(pid.has_value());
  ASSERT_TRUE(board_->Await(0, *pid));
  EXPECT_TRUE(*process->IsAlive());
  EXPECT_EQ(*process->ExitCode(), std::nullopt);
  EXPECT_EQ(*backend_->ActiveChildren(),
            std::vector<shared_ptr<Process>>{process});
  EXPECT_TRUE(IsKind(process->Start(), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(process->SetDaemon(true), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(process->Close(), ErrorKind::kValue));
  ASSERT_OK(process->SetName("renamed"));
  ASSERT_OK(process->Join(absl::ZeroDuration()));
  ASSERT_OK(process->Join(absl::Seconds(-1)));
  EXPECT_TRUE(*process->IsAlive());

  board_->Set(1, 1);
  ASSERT_OK(process->Join());
  EXPECT_FALSE(*process->IsAlive());
  EXPECT_EQ(*process->ExitCode(), 0);
  EXPECT_EQ(*process->Pid(), pid);
  EXPECT_TRUE(backend_->ActiveChildren()->empty());
  EXPECT_TRUE(IsKind(process->Start(), ErrorKind::kMisuse));
  ASSERT_OK(process->Join());
  ASSERT_OK(process->Terminate());
  ASSERT_OK(process->Kill());
  EXPECT_EQ(*process->ExitCode(), 0);
  ASSERT_OK(process->Close());
  EXPECT_EQ(process->Name(), "renamed");
}

TEST_P(ProcessTest, TimedJoinIsNeverEarly) {
  for (bool with_handle : {true, false}) {
    os::ChildEnd::AllowHandleForTesting(with_handle);
    shared_ptr<Process> process = New("SayAndStay", {Value(board_)});
    ASSERT_OK(process->Start());
    const int64_t start = os::MonotonicNanoseconds();
    ASSERT_OK(process->Join(absl::Milliseconds(50)));
    EXPECT_GE(os::MonotonicNanoseconds() - start, 50'000'000);
    EXPECT_TRUE(*process->IsAlive());
    ASSERT_OK(process->Terminate());
    ASSERT_OK(process->Join(absl::Seconds(30)));
    EXPECT_EQ(*process->ExitCode(), -15);
  }
  os::ChildEnd::AllowHandleForTesting(true);
}

TEST_P(ProcessTest, JoinWithoutHandles) {
  os::ChildEnd::AllowHandleForTesting(false);
  EXPECT_EQ(RunToEnd(New("ExitWith", {Value(3)})), 3);
  os::ChildEnd::AllowHandleForTesting(true);
}

TEST_P(ProcessTest, KillEnds) {
  shared_ptr<Process> process = New("SayAndStay", {Value(board_)});
  ASSERT_OK(process->Start());
  ASSERT_OK(process->Kill());
  ASSERT_OK(process->Join());
  EXPECT_EQ(*process->ExitCode(), CrashExitCode(CrashKind::kKill));
}

TEST_P(ProcessTest, ManyThreadsJoinOne) {
  shared_ptr<Process> process = New("Gated", {Value(board_)});
  ASSERT_OK(process->Start());
  std::atomic<int> ended = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      EXPECT_TRUE(process->Join().ok());
      EXPECT_EQ(*process->ExitCode(), 0);
      ++ended;
    });
  }
  EXPECT_EQ(ended, 0);
  board_->Set(1, 1);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended, 4);
}

TEST_P(ProcessTest, NamesCountConstructedObjects) {
  shared_ptr<Process> first = New("");
  shared_ptr<Process> named = NewWith({.name = "named"});
  shared_ptr<Process> third = NewWith({.type = "Counter"});
  EXPECT_EQ(named->Name(), "named");
  const std::string name = first->Name();
  ASSERT_TRUE(name.starts_with("Process-")) << name;
  const int number = std::stoi(name.substr(8));
  EXPECT_EQ(third->Name(), absl::StrCat("Counter-", number + 2));
}

TEST_P(ProcessTest, TypesRunWithTheirAttributes) {
  shared_ptr<Process> process = NewWith({.type = "Counter"});
  ASSERT_OK(process->SetAttribute("start", Value(41)));
  ASSERT_OK(process->SetAttribute("board", Value(board_)));
  EXPECT_EQ(RunToEnd(process), 42);
  EXPECT_FALSE(process->Attribute("result").ok());
  EXPECT_EQ(*process->Attribute("start"), Value(41));
}

TEST_P(ProcessTest, AChildWaitsForItsChildren) {
  shared_ptr<Process> process = New("Parent", {Value(board_)});
  ASSERT_OK(process->Start());
  ASSERT_OK(process->Join(absl::Milliseconds(20)));
  EXPECT_TRUE(*process->IsAlive());
  board_->Set(1, 1);
  ASSERT_OK(process->Join());
  EXPECT_EQ(*process->ExitCode(), 0);
  EXPECT_EQ(board_->Get(2), 1);
}

TEST_P(ProcessTest, ExitHandlersRunLastFirst) {
  EXPECT_EQ(RunToEnd(New("RegisterHandlers", {Value(board_)})), 5);
  EXPECT_EQ(board_->Get(0), 321);
}

TEST_P(ProcessTest, Globals) {
  EXPECT_TRUE(IsKind(backend_->Global("no").status(), ErrorKind::kValue));
  ASSERT_OK(backend_->SetGlobal("colour", Value("red")));
  EXPECT_EQ(RunToEnd(New("TellGlobal")),
            GetParam() == StartMethod::kFork ? 3 : 1);
  EXPECT_EQ(*backend_->Global("colour"), Value("red"));
}

TEST_P(ProcessTest, LocalObject) {
  shared_ptr<Process> process =
      New("TakesLocal", {Value(*backend_->NewLocalObject())});
  if (GetParam() == StartMethod::kFork) {
    EXPECT_EQ(RunToEnd(process), 3);
    return;
  }
  EXPECT_TRUE(IsKind(process->Start(), ErrorKind::kSerialisation));
  EXPECT_EQ(*process->Pid(), std::nullopt);
  EXPECT_FALSE(*process->IsAlive());
  EXPECT_TRUE(IsKind(process->Join(), ErrorKind::kMisuse));
  ASSERT_OK(process->SetDaemon(true));
  EXPECT_TRUE(backend_->ActiveChildren()->empty());
}

TEST_P(ProcessTest, ForeignObjectsAreRefused) {
  EXPECT_EQ(RunToEnd(New("TouchSibling", {Value(board_)})), 0);
  EXPECT_EQ(board_->Get(3), 0);
}

TEST_P(ProcessTest, ALargeArgumentDoesNotBlockStart) {
  shared_ptr<Process> process =
      New("Nothing", {Value(std::string(8 << 20, 'x'))});
  EXPECT_EQ(RunToEnd(process), 0);
}

TEST_P(ProcessTest, ManyHandlesOverlapWithTheirPlaces) {
  // Enough that sources and destinations overlap.
  List boards;
  for (int i = 0; i < 40; ++i) boards.push_back(Value(Board::New()));
  boards.push_back(Value(board_));
  std::reverse(boards.begin(), boards.end());
  EXPECT_EQ(RunToEnd(New("AppendDigit",
                         {boards[0], Value(4), Value(std::move(boards))})),
            0);
  EXPECT_EQ(board_->Get(0), 4);
}

TEST_P(ProcessTest, FinishedChildrenStayZombiesUntilAnotherStart) {
  if (!os::HasFork()) GTEST_SKIP() << "no zombies: a handle is all that stays";
  shared_ptr<Process> process = New("Nothing");
  ASSERT_OK(process->Start());
  const int64_t pid = **process->Pid();
  ASSERT_TRUE(os::ChildEnd(pid).Wait(os::Deadline::Never()));
  const std::string stat = absl::StrCat("/proc/", pid, "/stat");
  EXPECT_TRUE(std::ifstream(stat).good());
  shared_ptr<Process> other = New("Nothing");
  ASSERT_OK(other->Start());
  EXPECT_FALSE(std::ifstream(stat).good());
  EXPECT_EQ(*process->ExitCode(), 0);
  ASSERT_OK(other->Join());
}

TEST_P(ProcessTest, DroppedObjectsStayActive) {
  shared_ptr<Process> process = New("Gated", {Value(board_)});
  ASSERT_OK(process->Start());
  const std::optional<int64_t> pid = *process->Pid();
  process.reset();
  std::vector<shared_ptr<Process>> active = *backend_->ActiveChildren();
  ASSERT_EQ(active.size(), 1u);
  EXPECT_EQ(*active[0]->Pid(), pid);
  board_->Set(1, 1);
  ASSERT_OK(active[0]->Join());
}

TEST(MainProcessTest, IsDescribed) {
  shared_ptr<Backend> backend = NewBackend(StartMethods().front());
  shared_ptr<Process> self = *backend->CurrentProcess();
  EXPECT_EQ(self, *backend->CurrentProcess());
  EXPECT_EQ(self->Name(), "MainProcess");
  EXPECT_EQ(*self->Pid(), *backend->Pid());
  EXPECT_FALSE(self->Daemon());
  EXPECT_TRUE(*self->IsAlive());
  EXPECT_EQ(*self->ExitCode(), std::nullopt);
  EXPECT_TRUE(IsKind(self->Start(), ErrorKind::kMisuse));
  EXPECT_TRUE(IsKind(self->Join(), ErrorKind::kMisuse));
  EXPECT_GE(*backend->CpuCount(), 1);
}

}  // namespace
}  // namespace procspec::reference
