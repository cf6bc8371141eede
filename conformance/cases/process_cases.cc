// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases of spec/clauses/process.md, in its order.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/harness/case.h"
#include "conformance/harness/matchers.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/program.h"
#include "conformance/harness/stage.h"
#include "conformance/harness/timing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/backend.h"
#include "spec/connection.h"
#include "spec/error.h"
#include "spec/process.h"
#include "spec/status_macros.h"
#include "spec/sync.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::harness {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

#ifdef _WIN32
constexpr int kExitCodeOfKill = -15;
#else
constexpr int kExitCodeOfKill = -9;
#endif

// --- Targets -----------------------------------------------------------------
// The first argument of each is the stage's address, the second the name under
// which it acts.

absl::StatusOr<Actor> ActorOf(const Arguments& arguments) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string name,
                            arguments.Get<std::string>(1));
  return Actor(arguments.Get<std::string>(0), name);
}

// Does what the case says, until it is told how to end: by an exit request, or
// by returning.
absl::StatusOr<Value> Obey(Actor& actor) {
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value order, actor.Await());
    if (const int64_t* code = order.get_if<int64_t>()) {
      return ExitRequest(static_cast<int>(*code));
    }
    if (order == Value("end")) return Value();
    PROCSPEC_RETURN_IF_ERROR(actor.Say(order));  // shows that it is there
  }
}

// Runs until the case lets it end.
PROCSPEC_TARGET(ProcessPuppet) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  return Obey(actor);
}

PROCSPEC_PROCESS_TYPE(ProcessPuppetType) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(self.arguments()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  return Obey(actor);
}

// Says one word and ends.
PROCSPEC_TARGET(ProcessSay) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string word,
                            arguments.Get<std::string>(2));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(word));
  return Value();
}

PROCSPEC_TARGET(ProcessSayPid) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(backend.Pid()));
  return Value();
}

PROCSPEC_TARGET(ProcessSayArguments) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_RETURN_IF_ERROR(
      actor.Say(List(arguments.args.begin() + 2, arguments.args.end())));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(arguments.kwargs));
  return Value();
}

// Name, daemon flag and pid of its current process, and the pid it has.
PROCSPEC_TARGET(ProcessSayCurrent) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto current, backend.CurrentProcess());
  PROCSPEC_RETURN_IF_ERROR(actor.Say(current->Name()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(current->Daemon()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(current->Pid()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(backend.Pid()));
  return Value();
}

// Ends as its third argument tells, once it has said that it is there.
PROCSPEC_TARGET(ProcessReturn) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  return arguments.args.at(2);
}

PROCSPEC_TARGET(ProcessExit) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t code, arguments.Get<int64_t>(2));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  return ExitRequest(static_cast<int>(code));
}

PROCSPEC_TARGET(ProcessRaise) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string kind,
                            arguments.Get<std::string>(2));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  if (kind == "raised") return RaisedError("Fault", "on purpose");
  if (kind == "value") return ValueError("on purpose");
  return absl::InternalError("on purpose, and of no kind");
}

// For where Crash returns, because the target runs elsewhere than in the
// process that has ended.
absl::StatusOr<Value> EndBy(Backend& backend, CrashKind kind, int code = 0) {
  PROCSPEC_RETURN_IF_ERROR(backend.Crash(kind, code));
  return Value();
}

PROCSPEC_TARGET(ProcessCrash) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string kind,
                            arguments.Get<std::string>(2));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  if (kind == "kill") return EndBy(backend, CrashKind::kKill);
  if (kind == "abort") return EndBy(backend, CrashKind::kAbort);
  return EndBy(backend, CrashKind::kSegmentation);
}

PROCSPEC_TARGET(ProcessLeave) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t code, arguments.Get<int64_t>(2));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  return EndBy(backend, CrashKind::kImmediateExit, static_cast<int>(code));
}

// A process with children of its own: puppets, one for each [name, daemon] of
// its third argument. Says their pids, waits for its cue, and ends as the
// fourth argument tells.
PROCSPEC_TARGET(ProcessParent) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string address,
                            arguments.Get<std::string>(0));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string name,
                            arguments.Get<std::string>(1));
  PROCSPEC_ASSIGN_OR_RETURN(const List children, arguments.Get<List>(2));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string ending,
                            arguments.Get<std::string>(3));
  List pids;
  for (const Value& child : children) {
    PROCSPEC_ASSIGN_OR_RETURN(const List pair, child.As<List>());
    ProcessOptions options;
    options.target = "ProcessPuppet";
    options.arguments.args = {address, pair.at(0)};
    PROCSPEC_ASSIGN_OR_RETURN(options.daemon, pair.at(1).As<bool>());
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              backend.NewProcess(std::move(options)));
    PROCSPEC_RETURN_IF_ERROR(process->Start());
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, process->Pid());
    pids.push_back(pid.value_or(0));
  }
  PROCSPEC_RETURN_IF_ERROR(actor.Say(pids));
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  if (ending == "exit-request") return ExitRequest(7);
  if (ending == "error") return RaisedError("Fault", "on purpose");
  if (ending == "return") return Value();
  PROCSPEC_RETURN_IF_ERROR(
      backend.AtExit("ProcessSay", {.args = {address, name, "handler"}}));
  if (ending == "return-with-handler") return Value();
  return EndBy(backend, CrashKind::kImmediateExit, 7);
}

// --- Helpers of cases --------------------------------------------------------

class ProcessCase : public Case {
 protected:
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(std::string_view target,
                                                      List args) {
    ProcessOptions options;
    options.target = std::string(target);
    options.arguments.args = std::move(args);
    return backend().NewProcess(std::move(options));
  }

  absl::StatusOr<std::shared_ptr<Process>> NewPuppet(std::string_view name) {
    return NewProcess("ProcessPuppet", {stage().address(), name});
  }

  // Running, and waiting for what the case tells it.
  absl::StatusOr<std::shared_ptr<Process>> StartPuppet(std::string_view name) {
    PROCSPEC_ASSIGN_OR_RETURN(
        auto process, StartProcess("ProcessPuppet", {stage().address(), name}));
    PROCSPEC_RETURN_IF_ERROR(stage().Expect(name).status());
    return process;
  }

  absl::StatusOr<std::shared_ptr<Process>> StartParent(
      std::string_view name, List children, std::string_view ending) {
    return StartProcess("ProcessParent",
                        {stage().address(), name, children, ending});
  }

  // Waits for its end; what Join reports is judged elsewhere.
  static absl::StatusOr<std::optional<int>> EndOf(Process& process) {
    (void)process.Join(Guard());
    return process.ExitCode();
  }

  // Leaves nothing behind; judges nothing.
  void Release(Process& puppet, std::string_view name) {
    (void)stage().Cue(name, "end");
    (void)puppet.Join(Guard());
  }

  // A puppet that is nobody's child any more.
  void ReleaseOrphan(std::string_view name) {
    (void)stage().Cue(name, "end");
    (void)stage().ExpectGone(name);
  }

  // That the puppet is still there.
  testing::AssertionResult Answers(std::string_view name) {
    const absl::Status cued = stage().Cue(name, "still here");
    if (!cued.ok()) return testing::AssertionFailure() << cued;
    const absl::StatusOr<Value> answer = stage().Expect(name);
    if (answer.ok() && *answer == Value("still here")) {
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << name << ": " << answer.status();
  }

  // That the actor's process ends, and has not said more than was expected.
  testing::AssertionResult EndsSilently(std::string_view name) {
    const absl::Status gone = stage().ExpectGone(name);
    if (!gone.ok()) return testing::AssertionFailure() << gone;
    const absl::StatusOr<Value> more = stage().Expect(name);
    if (absl::IsUnavailable(more.status())) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << name << " also said " << testing::PrintToString(more);
  }
};

// The pids that a ProcessParent said.
std::vector<int64_t> PidsFrom(const absl::StatusOr<Value>& said) {
  std::vector<int64_t> pids;
  if (!said.ok()) return pids;
  const List* list = said->get_if<List>();
  if (list == nullptr) return pids;
  for (const Value& value : *list) {
    if (const int64_t* pid = value.get_if<int64_t>()) pids.push_back(*pid);
  }
  return pids;
}

int CountOf(std::string_view text, std::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

// --- Target and arguments ----------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.target.runs-in-child") {
  ASSERT_OK_AND_ASSIGN(const int64_t own_pid, backend().Pid());
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartProcess("ProcessSayPid", {stage().address(), "child"}));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Not(Value(own_pid))));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.target.args-kwargs.positional") {
  const List given = {
      Value(),
      true,
      std::numeric_limits<int64_t>::min(),
      std::numeric_limits<int64_t>::max(),
      0.1,
      "",
      std::string("text \xc3\xa9\0 with a zero", 20),
      Bytes{std::string("\x00\xff\x80", 3)},
      List{1, List{}, List{"nested", Dict{{"key", List{false}}}}},
      Dict{{"", Value()}, {"b", 2}},
      1,
      1.0,
  };
  List args = {stage().address(), "child"};
  args.insert(args.end(), given.begin(), given.end());
  ASSERT_OK_AND_ASSIGN(auto process,
                       StartProcess("ProcessSayArguments", std::move(args)));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(given)));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.target.args-kwargs.keyword") {
  const Dict given = {
      {"first", 1},
      {"second", "two"},
      {"third", List{Bytes{"3"}}},
      {"with space", Value()},
  };
  ProcessOptions options;
  options.target = "ProcessSayArguments";
  options.arguments.args = {stage().address(), "child"};
  options.arguments.kwargs = given;
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess(std::move(options)));
  ASSERT_OK(process->Start());
  ASSERT_OK(stage().Expect("child"));  // the positional ones
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(given)));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.ctor.no-side-effect") {
  ASSERT_OK_AND_ASSIGN(auto constructed, NewPuppet("constructed"));
  EXPECT_THAT(constructed->Pid(), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(constructed->ExitCode(), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(constructed->IsAlive(), IsOkAndHolds(false));
  EXPECT_THAT(backend().ActiveChildren(), IsOkAndHolds(IsEmpty()));

  ASSERT_OK_AND_ASSIGN(auto started, StartPuppet("started"));
  EXPECT_THAT(stage().Actors(), ElementsAre("started"));
  Release(*started, "started");
}

// --- Start -------------------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.start.returns-before-end") {
  ASSERT_OK_AND_ASSIGN(auto process, NewPuppet("child"));
  ASSERT_OK(process->Start());
  // The target ends only when it is told to, which has not happened yet.
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  EXPECT_TRUE(Answers("child"));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.start.returns-before-end", "type") {
  ProcessOptions options;
  options.type = "ProcessPuppetType";
  options.arguments.args = {stage().address(), "child"};
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess(std::move(options)));
  ASSERT_OK(process->Start());
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  EXPECT_TRUE(Answers("child"));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.start.concurrent") {
  constexpr int kCount = 8;
  std::vector<std::shared_ptr<Process>> processes;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_OK_AND_ASSIGN(auto process, NewPuppet(absl::StrCat("child ", i)));
    ASSERT_OK(process->Start());
    processes.push_back(std::move(process));
  }
  for (int i = 0; i < kCount; ++i) {
    ASSERT_THAT(stage().Expect(absl::StrCat("child ", i)),
                IsOkAndHolds("running"));
  }
  // All have come, and none has been told to end.
  for (int i = 0; i < kCount; ++i) {
    EXPECT_TRUE(Answers(absl::StrCat("child ", i)));
  }
  for (int i = 0; i < kCount; ++i) {
    Release(*processes[i], absl::StrCat("child ", i));
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.start.twice.running") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  EXPECT_THAT(process->Start(), Raises(ErrorKind::kMisuse));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.start.twice.ended") {
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartProcess("ProcessSay", {stage().address(), "child", "running"}));
  ASSERT_OK(stage().Expect("child"));
  ASSERT_OK(process->Join(Guard()));
  ASSERT_OK(stage().ExpectGone("child"));
  EXPECT_THAT(process->Start(), Raises(ErrorKind::kMisuse));
}

PROCSPEC_CASE_F(ProcessCase, "process.start.twice.harmless") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK_AND_ASSIGN(const auto pid, process->Pid());
  (void)process->Start();
  EXPECT_THAT(process->Pid(), IsOkAndHolds(pid));
  EXPECT_TRUE(Answers("child"));
  (void)stage().Cue("child", 3);
  EXPECT_THAT(EndOf(*process), IsOkAndHolds(3));
  (void)process->Start();
  EXPECT_THAT(process->Pid(), IsOkAndHolds(pid));
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(3));
  EXPECT_TRUE(EndsSilently("child"));
}

// --- Run ---------------------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.run.default") {
  ASSERT_OK_AND_ASSIGN(const int64_t own_pid, backend().Pid());
  ASSERT_OK_AND_ASSIGN(
      auto process, NewProcess("ProcessSayPid", {stage().address(), "here"}));
  EXPECT_OK(process->Run());
  EXPECT_THAT(stage().Expect("here"), IsOkAndHolds(Value(own_pid)));

  // That it has returned with the target's own outcome shows that the target
  // has ended.
  ASSERT_OK_AND_ASSIGN(
      auto raising,
      NewProcess("ProcessRaise", {stage().address(), "raising", "raised"}));
  EXPECT_THAT(raising->Run(), Raises(ErrorKind::kRaised));
}

PROCSPEC_PROCESS_TYPE(ProcessSayRun) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(self.arguments()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("run"));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.run.override") {
  ProcessOptions options;
  options.type = "ProcessSayRun";
  options.target = "ProcessSay";  // whose place the type's run function takes
  options.arguments.args = {stage().address(), "child", "target"};
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess(std::move(options)));
  ASSERT_OK(process->Start());
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("run"));
  EXPECT_THAT(stage().PidOf("child"),
              IsOkAndHolds(Not(backend().Pid().value_or(OwnPid()))));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.run.direct-not-joinable") {
  ASSERT_OK_AND_ASSIGN(
      auto process,
      NewProcess("ProcessSay", {stage().address(), "here", "ran"}));
  ASSERT_OK(process->Run());
  ASSERT_THAT(stage().Expect("here"), IsOkAndHolds("ran"));
  EXPECT_THAT(process->Join(Guard()), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(process->Pid(), IsOkAndHolds(std::nullopt));
}

PROCSPEC_PROCESS_TYPE(ProcessWithResult) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(self.arguments()));
  PROCSPEC_RETURN_IF_ERROR(self.SetAttribute("result", 42));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(self.Attribute("result")));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.run.attrs-lost") {
  ProcessOptions options;
  options.type = "ProcessWithResult";
  options.arguments.args = {stage().address(), "child"};
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess(std::move(options)));
  ASSERT_OK(process->Start());
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds(Value(42)));
  (void)process->Join(Guard());
  EXPECT_THAT(process->Attribute("result"), Raises(ErrorKind::kValue));
}

// --- Name --------------------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.name.assigned-later") {
  ASSERT_OK_AND_ASSIGN(auto process, NewProcess("ProcessSayCurrent",
                                                {stage().address(), "child"}));
  ASSERT_OK(process->SetName("later"));
  EXPECT_EQ(process->Name(), "later");
  ASSERT_OK(process->Start());
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("later"));
  (void)process->Join(Guard());
  EXPECT_EQ(process->Name(), "later");
}

// Whether it is the prefix, a hyphen and a number.
bool IsNumbered(std::string_view name, std::string_view prefix) {
  if (name.substr(0, prefix.size()) != prefix) return false;
  name.remove_prefix(prefix.size());
  return name.size() > 1 && name[0] == '-' &&
         name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

PROCSPEC_CASE_F(ProcessCase, "process.name.default.form") {
  ASSERT_OK_AND_ASSIGN(auto plain, backend().NewProcess({}));
  EXPECT_TRUE(IsNumbered(plain->Name(), "Process")) << plain->Name();
  ASSERT_OK_AND_ASSIGN(auto typed,
                       backend().NewProcess({.type = "ProcessPuppetType"}));
  EXPECT_TRUE(IsNumbered(typed->Name(), "ProcessPuppetType")) << typed->Name();
}

// What follows the last hyphen; -1 if that is no number.
int NumberIn(std::string_view name) {
  int number = -1;
  const size_t digits = name.find_last_not_of("0123456789") + 1;
  if (!absl::SimpleAtoi(name.substr(digits), &number)) return -1;
  return number;
}

PROCSPEC_CASE_F(ProcessCase, "process.name.default.counting") {
  ASSERT_OK_AND_ASSIGN(auto first, backend().NewProcess({}));
  ASSERT_OK_AND_ASSIGN(auto named, backend().NewProcess({.name = "named"}));
  ASSERT_OK_AND_ASSIGN(auto typed,
                       backend().NewProcess({.type = "ProcessPuppetType"}));
  ASSERT_OK_AND_ASSIGN(auto started, backend().NewProcess({}));
  (void)started->Start();
  ASSERT_OK_AND_ASSIGN(auto last, backend().NewProcess({}));
  EXPECT_EQ(NumberIn(first->Name()), 1) << first->Name();
  EXPECT_EQ(NumberIn(typed->Name()), 3) << typed->Name();
  EXPECT_EQ(NumberIn(started->Name()), 4) << started->Name();
  EXPECT_EQ(NumberIn(last->Name()), 5) << last->Name();
  (void)started->Join(Guard());
}

// Longer than what systems keep for a thread or a program.
constexpr std::string_view kName =
    "a name with spaces, a hyphen - and 60 or more characters in all";

PROCSPEC_CASE_F(ProcessCase, "process.name.explicit.kept") {
  ProcessOptions options;
  options.name = std::string(kName);
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess(std::move(options)));
  EXPECT_EQ(process->Name(), kName);
  (void)process->Start();
  EXPECT_EQ(process->Name(), kName);
  (void)process->Join(Guard());
  EXPECT_EQ(process->Name(), kName);
}

PROCSPEC_CASE_F(ProcessCase, "process.name.explicit.in-child") {
  ProcessOptions options;
  options.target = "ProcessSayCurrent";
  options.arguments.args = {stage().address(), "child"};
  options.name = std::string(kName);
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess(std::move(options)));
  ASSERT_OK(process->Start());
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(kName));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.name.explicit.not-unique") {
  const auto start = [this](std::string_view actor) {
    ProcessOptions options;
    options.target = "ProcessPuppet";
    options.arguments.args = {stage().address(), actor};
    options.name = "twin";
    auto process = backend().NewProcess(std::move(options));
    if (process.ok()) (void)(*process)->Start();
    return process;
  };
  ASSERT_OK_AND_ASSIGN(auto first, start("first"));
  ASSERT_THAT(stage().Expect("first"), IsOkAndHolds("running"));
  ASSERT_OK_AND_ASSIGN(auto second, start("second"));
  EXPECT_THAT(stage().Expect("second"), IsOkAndHolds("running"));
  EXPECT_EQ(first->Name(), second->Name());
  Release(*first, "first");
  Release(*second, "second");
}

// --- Pid ---------------------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.pid.lifecycle.before-start") {
  ASSERT_OK_AND_ASSIGN(auto process, NewPuppet("child"));
  EXPECT_THAT(process->Pid(), IsOkAndHolds(std::nullopt));
  ASSERT_OK(process->Start());
  ASSERT_OK(stage().Expect("child"));
  EXPECT_THAT(process->Pid(), IsOkAndHolds(Not(std::optional<int64_t>())));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.pid.lifecycle.started") {
  ASSERT_OK_AND_ASSIGN(
      auto process, NewProcess("ProcessSayPid", {stage().address(), "child"}));
  ASSERT_OK(process->Start());
  ASSERT_OK_AND_ASSIGN(const std::optional<int64_t> pid, process->Pid());
  ASSERT_TRUE(pid.has_value());
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(*pid)));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.pid.lifecycle.ended") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK_AND_ASSIGN(const std::optional<int64_t> pid, process->Pid());
  ASSERT_TRUE(pid.has_value());
  Release(*process, "child");
  ASSERT_OK(stage().ExpectGone("child"));
  EXPECT_THAT(process->Pid(), IsOkAndHolds(pid));
}

// --- IsAlive -----------------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.is-alive.lifecycle.before-start") {
  ASSERT_OK_AND_ASSIGN(auto process, NewPuppet("child"));
  EXPECT_THAT(process->IsAlive(), IsOkAndHolds(false));
  // The call has not spoilt it.
  ASSERT_OK(process->Start());
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.is-alive.lifecycle.running") {
  ASSERT_OK_AND_ASSIGN(auto process, NewPuppet("child"));
  ASSERT_OK(process->Start());
  EXPECT_THAT(process->IsAlive(), IsOkAndHolds(true));
  ASSERT_OK(stage().Expect("child"));
  EXPECT_THAT(process->IsAlive(), IsOkAndHolds(true));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.is-alive.lifecycle.ended") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  Release(*process, "child");
  ASSERT_OK(stage().ExpectGone("child"));
  EXPECT_THAT(process->IsAlive(), IsOkAndHolds(false));
}

// --- Join --------------------------------------------------------------------

// Starts puppets and joins them, in the order given, without a timeout. Says
// "joining" before, and the name of each when its join has returned.
PROCSPEC_TARGET(ProcessJoiner) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const List names, arguments.Get<List>(2));
  std::vector<std::shared_ptr<Process>> processes;
  for (const Value& name : names) {
    ProcessOptions options;
    options.target = "ProcessPuppet";
    options.arguments.args = {arguments.args[0], name};
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              backend.NewProcess(std::move(options)));
    PROCSPEC_RETURN_IF_ERROR(process->Start());
    processes.push_back(std::move(process));
  }
  PROCSPEC_RETURN_IF_ERROR(actor.Say("joining"));
  for (size_t i = 0; i < names.size(); ++i) {
    PROCSPEC_RETURN_IF_ERROR(processes[i]->Join());
    PROCSPEC_RETURN_IF_ERROR(actor.Say(names[i]));
  }
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.join.waits") {
  ASSERT_OK_AND_ASSIGN(
      auto joiner, StartProcess("ProcessJoiner",
                                {stage().address(), "joiner", List{"joined"}}));
  ASSERT_THAT(stage().Expect("joined"), IsOkAndHolds("running"));
  ASSERT_THAT(stage().Expect("joiner"), IsOkAndHolds("joining"));
  EXPECT_TRUE(stage().IsSilent("joiner", Observation()));
  ASSERT_OK(stage().Cue("joined", "end"));
  EXPECT_THAT(stage().Expect("joiner"), IsOkAndHolds("joined"));
  (void)joiner->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.join.timeout-expires.returns") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  Stopwatch watch;
  EXPECT_OK(process->Join(Deadline()));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.join.timeout-expires.still-running") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  (void)process->Join(Deadline());
  EXPECT_THAT(process->IsAlive(), IsOkAndHolds(true));
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(std::nullopt));
  EXPECT_TRUE(Answers("child"));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.join.timeout-early") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK(stage().Cue("child", "end"));
  Stopwatch watch;
  EXPECT_OK(process->Join(2 * Guard()));
  EXPECT_TRUE(watch.Before(Guard()));
  EXPECT_TRUE(EndsSilently("child"));
}

PROCSPEC_CASE_F(ProcessCase, "process.join.zero-negative.zero") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  EXPECT_OK(process->Join(absl::ZeroDuration()));
  EXPECT_TRUE(Answers("child"));  // it runs, and nobody waited for it
  Release(*process, "child");
  EXPECT_OK(process->Join(absl::ZeroDuration()));
}

PROCSPEC_CASE_F(ProcessCase, "process.join.zero-negative.negative") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  EXPECT_OK(process->Join(-Deadline()));
  EXPECT_OK(process->Join(-absl::InfiniteDuration()));
  EXPECT_TRUE(Answers("child"));
  Release(*process, "child");
  EXPECT_OK(process->Join(-Deadline()));
}

PROCSPEC_CASE_F(ProcessCase, "process.join.repeat") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  Release(*process, "child");
  ASSERT_OK(stage().ExpectGone("child"));
  EXPECT_OK(process->Join());
  EXPECT_OK(process->Join(Guard()));
  EXPECT_OK(process->Join());
}

PROCSPEC_CASE_F(ProcessCase, "process.join.unstarted") {
  ASSERT_OK_AND_ASSIGN(auto process, NewPuppet("child"));
  EXPECT_THAT(process->Join(absl::ZeroDuration()), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(process->Join(Guard()), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(process->Join(), Raises(ErrorKind::kMisuse));
}

PROCSPEC_CASE_F(ProcessCase, "process.join.order-independent") {
  ASSERT_OK_AND_ASSIGN(
      auto joiner, StartProcess("ProcessJoiner", {stage().address(), "joiner",
                                                  List{"first", "second"}}));
  ASSERT_THAT(stage().Expect("first"), IsOkAndHolds("running"));
  ASSERT_THAT(stage().Expect("second"), IsOkAndHolds("running"));
  ASSERT_THAT(stage().Expect("joiner"), IsOkAndHolds("joining"));
  // The one that is joined second ends first.
  EXPECT_TRUE(Answers("second"));
  ASSERT_OK(stage().Cue("second", "end"));
  EXPECT_OK(stage().ExpectGone("second"));
  ASSERT_OK(stage().Cue("first", "end"));
  EXPECT_THAT(stage().Expect("joiner"), IsOkAndHolds("first"));
  EXPECT_THAT(stage().Expect("joiner"), IsOkAndHolds("second"));
  (void)joiner->Join(Guard());
}

// --- Exit codes --------------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.exitcode.none-while-running") {
  ASSERT_OK_AND_ASSIGN(auto process, NewPuppet("child"));
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(std::nullopt));
  ASSERT_OK(process->Start());
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(std::nullopt));
  ASSERT_OK(stage().Expect("child"));
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(std::nullopt));
  Release(*process, "child");
}

PROCSPEC_CASE_F(ProcessCase, "process.exitcode.normal") {
  for (const Value& returned :
       {Value(), Value(5), Value(true), Value("text"), Value(List{1})}) {
    const std::string name = absl::StrCat("child ", DebugString(returned));
    ASSERT_OK_AND_ASSIGN(
        auto process,
        StartProcess("ProcessReturn", {stage().address(), name, returned}));
    ASSERT_OK(stage().Expect(name));
    EXPECT_THAT(EndOf(*process), IsOkAndHolds(0)) << DebugString(returned);
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.exitcode.sys-exit-int") {
  for (const int code : {0, 1, 3, 127, 128, 255}) {
    const std::string name = absl::StrCat("child ", code);
    ASSERT_OK_AND_ASSIGN(
        auto process,
        StartProcess("ProcessExit", {stage().address(), name, code}));
    ASSERT_OK(stage().Expect(name));
    EXPECT_THAT(EndOf(*process), IsOkAndHolds(code));
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.exitcode.exception") {
  for (const std::string_view kind : {"raised", "value", "of no kind"}) {
    const std::string name = absl::StrCat("child ", kind);
    ASSERT_OK_AND_ASSIGN(
        auto process,
        StartProcess("ProcessRaise", {stage().address(), name, kind}));
    ASSERT_OK(stage().Expect(name));
    EXPECT_THAT(EndOf(*process), IsOkAndHolds(1)) << kind;
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.exitcode.immediate-exit.code") {
  for (const int code : {0, 1, 7, 255}) {
    const std::string name = absl::StrCat("child ", code);
    ASSERT_OK_AND_ASSIGN(
        auto process,
        StartProcess("ProcessLeave", {stage().address(), name, code}));
    ASSERT_OK(stage().Expect(name));
    EXPECT_THAT(EndOf(*process), IsOkAndHolds(code));
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.exitcode.immediate-exit.no-cleanup") {
  // What would be done otherwise.
  ASSERT_OK_AND_ASSIGN(auto orderly,
                       StartParent("orderly", {}, "return-with-handler"));
  ASSERT_OK(stage().Expect("orderly"));
  ASSERT_OK(stage().Cue("orderly"));
  ASSERT_THAT(stage().Expect("orderly"), IsOkAndHolds("handler"));
  (void)orderly->Join(Guard());

  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartParent("parent", {List{"child", false}, List{"daemon", true}},
                  "leave-with-handler"));
  ASSERT_OK(stage().Expect("parent"));
  ASSERT_OK(stage().Expect("child"));
  ASSERT_OK(stage().Expect("daemon"));
  ASSERT_OK(stage().Cue("parent"));
  EXPECT_TRUE(EndsSilently("parent"));
  EXPECT_TRUE(Answers("child"));
  EXPECT_TRUE(Answers("daemon"));
  ReleaseOrphan("child");
  ReleaseOrphan("daemon");
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.exception.not-propagated") {
  ASSERT_OK_AND_ASSIGN(
      auto process,
      NewProcess("ProcessRaise", {stage().address(), "child", "raised"}));
  EXPECT_OK(process->Start());
  ASSERT_OK(stage().Expect("child"));
  ASSERT_OK(stage().ExpectGone("child"));
  EXPECT_OK(process->Join(Guard()));
}

PROCSPEC_CASE_F(ProcessCase, "process.exitcode.signal") {
  const std::pair<std::string_view, int> kCrashes[] = {
      {"kill", -9}, {"abort", -6}, {"segmentation", -11}};
  for (const auto& [kind, code] : kCrashes) {
    const std::string name = absl::StrCat("child ", kind);
    ASSERT_OK_AND_ASSIGN(
        auto process,
        StartProcess("ProcessCrash", {stage().address(), name, kind}));
    ASSERT_OK(stage().Expect(name));
    EXPECT_THAT(EndOf(*process), IsOkAndHolds(code)) << kind;
  }
}

// --- Terminate and Kill ------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.terminate.ends.stops") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  EXPECT_OK(process->Terminate());
  EXPECT_TRUE(EndsSilently("child"));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.terminate.ends.stops", "daemon") {
  ASSERT_OK_AND_ASSIGN(auto process, NewPuppet("child"));
  ASSERT_OK(process->SetDaemon(true));
  ASSERT_OK(process->Start());
  ASSERT_OK(stage().Expect("child"));
  EXPECT_OK(process->Terminate());
  EXPECT_TRUE(EndsSilently("child"));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.terminate.ends.exitcode") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK(process->Terminate());
  EXPECT_THAT(EndOf(*process), IsOkAndHolds(-15));
}

PROCSPEC_CASE_F(ProcessCase, "process.terminate.asynchronous") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK_AND_ASSIGN(const int64_t pid, stage().PidOf("child"));
  // As it is now, it cannot act on the request.
  ASSERT_OK(Stop(pid));
  EXPECT_OK(process->Terminate());
  EXPECT_EQ(StateOf(pid), ProcessState::kRunning);
  ASSERT_OK(Continue(pid));
  Release(*process, "child");
}

// Registers an exit handler, and has something to do after its wait.
PROCSPEC_TARGET(ProcessTidy) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_RETURN_IF_ERROR(backend.AtExit(
      "ProcessSay",
      {.args = {arguments.args[0], arguments.args[1], "handler"}}));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  (void)actor.Await();
  PROCSPEC_RETURN_IF_ERROR(actor.Say("clean-up"));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.terminate.no-cleanup") {
  // What would be done otherwise.
  ASSERT_OK_AND_ASSIGN(
      auto orderly,
      StartProcess("ProcessTidy", {stage().address(), "orderly"}));
  ASSERT_THAT(stage().Expect("orderly"), IsOkAndHolds("running"));
  ASSERT_OK(stage().Cue("orderly"));
  ASSERT_THAT(stage().Expect("orderly"), IsOkAndHolds("clean-up"));
  ASSERT_THAT(stage().Expect("orderly"), IsOkAndHolds("handler"));
  (void)orderly->Join(Guard());

  ASSERT_OK_AND_ASSIGN(
      auto process, StartProcess("ProcessTidy", {stage().address(), "child"}));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  ASSERT_OK(process->Terminate());
  EXPECT_TRUE(EndsSilently("child"));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.terminate.descendants-survive") {
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartParent("child", {Value(List{"grandchild", false})}, "return"));
  ASSERT_OK(stage().Expect("child"));
  ASSERT_OK(stage().Expect("grandchild"));
  ASSERT_OK(process->Terminate());
  ASSERT_TRUE(EndsSilently("child"));
  EXPECT_TRUE(Answers("grandchild"));
  ReleaseOrphan("grandchild");
  (void)process->Join(Guard());
}

PROCSPEC_TARGET(ProcessHoldLock) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(2));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(lock->Acquire(Guard())));
  return actor.Await();
}

PROCSPEC_CASE_F(ProcessCase, "process.terminate.lock-lost") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartProcess("ProcessHoldLock", {stage().address(), "child", lock}));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds(Value(true)));
  ASSERT_OK(process->Terminate());
  ASSERT_TRUE(EndsSilently("child"));
  (void)process->Join(Guard());
  EXPECT_THAT(lock->Acquire(Deadline()), IsOkAndHolds(false));
}

PROCSPEC_CASE_F(ProcessCase, "process.terminate.after-exit") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK(stage().Cue("child", 3));
  ASSERT_OK(stage().ExpectGone("child"));
  ASSERT_OK_AND_ASSIGN(const std::optional<int> exit_code, EndOf(*process));
  EXPECT_OK(process->Terminate());
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(exit_code));
  EXPECT_OK(process->Kill());
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(exit_code));
}

PROCSPEC_CASE_F(ProcessCase, "process.kill.ends.stops") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK_AND_ASSIGN(const int64_t pid, stage().PidOf("child"));
  // A stopped process acts on nothing.
  ASSERT_OK(Stop(pid));
  EXPECT_OK(process->Kill());
  EXPECT_TRUE(EndsSilently("child"));
  (void)Continue(pid);
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.kill.ends.exitcode") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  ASSERT_OK(process->Kill());
  EXPECT_THAT(EndOf(*process), IsOkAndHolds(kExitCodeOfKill));
}

// --- Daemonic processes ------------------------------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.daemon.default.main") {
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess({}));
  EXPECT_FALSE(process->Daemon());
  ASSERT_OK_AND_ASSIGN(auto daemon, backend().NewProcess({.daemon = true}));
  EXPECT_TRUE(daemon->Daemon());
}

PROCSPEC_TARGET(ProcessSayDefaultDaemon) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto process, backend.NewProcess({}));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(process->Daemon()));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.daemon.default.inherited") {
  for (const bool daemon : {true, false}) {
    const std::string name = absl::StrCat("child ", daemon);
    ProcessOptions options;
    options.target = "ProcessSayDefaultDaemon";
    options.arguments.args = {stage().address(), name};
    options.daemon = daemon;
    ASSERT_OK_AND_ASSIGN(auto process,
                         backend().NewProcess(std::move(options)));
    ASSERT_OK(process->Start());
    EXPECT_THAT(stage().Expect(name), IsOkAndHolds(Value(daemon)));
    (void)process->Join(Guard());
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.daemon.default.settable") {
  // At construction.
  ASSERT_OK_AND_ASSIGN(auto given, backend().NewProcess({.daemon = true}));
  EXPECT_TRUE(given->Daemon());
  EXPECT_OK(given->SetDaemon(false));
  EXPECT_FALSE(given->Daemon());
  // By assignment, and seen by the child.
  for (const bool daemon : {true, false}) {
    const std::string name = absl::StrCat("child ", daemon);
    ProcessOptions options;
    options.target = "ProcessSayCurrent";
    options.arguments.args = {stage().address(), name};
    options.daemon = !daemon;
    ASSERT_OK_AND_ASSIGN(auto process,
                         backend().NewProcess(std::move(options)));
    EXPECT_OK(process->SetDaemon(daemon));
    EXPECT_EQ(process->Daemon(), daemon);
    ASSERT_OK(process->Start());
    ASSERT_OK(stage().Expect(name));  // the name
    EXPECT_THAT(stage().Expect(name), IsOkAndHolds(Value(daemon)));
    (void)process->Join(Guard());
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.daemon.set-after-start") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  const bool before = process->Daemon();
  EXPECT_THAT(process->SetDaemon(true), Raises(ErrorKind::kMisuse));
  EXPECT_EQ(process->Daemon(), before);
  EXPECT_THAT(process->SetDaemon(false), Raises(ErrorKind::kMisuse));
  EXPECT_EQ(process->Daemon(), before);
  Release(*process, "child");
}

// Says what its start of a puppet, named in the third argument, comes to.
PROCSPEC_TARGET(ProcessTryStart) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  ProcessOptions options;
  options.target = "ProcessPuppet";
  options.arguments.args = {arguments.args[0], arguments.args.at(2)};
  options.daemon = false;
  PROCSPEC_ASSIGN_OR_RETURN(auto process,
                            backend.NewProcess(std::move(options)));
  const absl::Status outcome = process->Start();
  PROCSPEC_RETURN_IF_ERROR(actor.Say(outcome));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(process->Pid()));
  if (outcome.ok()) (void)process->Join(Guard());
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.daemon.no-children") {
  // What another process may do.
  ASSERT_OK_AND_ASSIGN(
      auto other, StartProcess("ProcessTryStart",
                               {stage().address(), "other", "grandchild"}));
  ASSERT_OK(stage().Expect("other"));
  ASSERT_THAT(stage().Expect("grandchild"), IsOkAndHolds("running"));
  ReleaseOrphan("grandchild");
  (void)other->Join(Guard());

  ASSERT_OK_AND_ASSIGN(
      auto daemon,
      NewProcess("ProcessTryStart", {stage().address(), "daemon", "refused"}));
  ASSERT_OK(daemon->SetDaemon(true));
  ASSERT_OK(daemon->Start());
  EXPECT_THAT(stage().Expect("daemon"), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(stage().Expect("daemon"), IsOkAndHolds(Value()));
  EXPECT_THAT(stage().Actors(), Not(Contains("refused")));
  (void)daemon->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.daemon.terminated-at-exit") {
  ASSERT_OK_AND_ASSIGN(
      auto program,
      StartProgram("ProcessParent",
                   {.args = {stage().address(), "main",
                             List{Value(List{"daemon", true})}, "return"}}));
  const std::vector<int64_t> pids = PidsFrom(stage().Expect("main"));
  ASSERT_EQ(pids.size(), 1);
  ASSERT_THAT(stage().Expect("daemon"), IsOkAndHolds("running"));
  ASSERT_EQ(StateOf(pids[0]), ProcessState::kRunning);
  ASSERT_OK(stage().Cue("main"));
  ASSERT_OK(program->Wait());
  EXPECT_NE(StateOf(pids[0]), ProcessState::kRunning);
}

PROCSPEC_CASE_F(ProcessCase,
                "process.daemon.terminated-before-joining-others") {
  ASSERT_OK_AND_ASSIGN(
      auto program,
      StartProgram("ProcessParent",
                   {.args = {stage().address(), "main",
                             List{List{"child", false}, List{"daemon", true}},
                             "return"}}));
  ASSERT_OK(stage().Expect("main"));
  ASSERT_THAT(stage().Expect("daemon"), IsOkAndHolds("running"));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  ASSERT_OK(stage().Cue("main"));
  EXPECT_TRUE(EndsSilently("daemon"));
  EXPECT_TRUE(Answers("child"));
  ReleaseOrphan("child");
  (void)program->Wait();
}

// --- Exit --------------------------------------------------------------------

class ProgramExitCase : public ProcessCase {
 protected:
  // The program ends its main function as told and has a child.
  void ExpectWaits(std::string_view ending) {
    ASSERT_OK_AND_ASSIGN(
        auto program,
        StartProgram("ProcessParent",
                     {.args = {stage().address(), "main",
                               List{Value(List{"child", false})}, ending}}));
    ASSERT_OK(stage().Expect("main"));
    ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
    ASSERT_OK(stage().Cue("main"));
    EXPECT_TRUE(stage().IsSilent("main", Observation()));  // and alive
    EXPECT_TRUE(Answers("child"));
    ASSERT_OK(stage().Cue("child", "end"));
    EXPECT_OK(program->Wait());
  }
};

PROCSPEC_CASE_F(ProgramExitCase, "process.exit.joins-non-daemon.waits",
                "return") {
  ExpectWaits("return");
}

PROCSPEC_CASE_F(ProgramExitCase, "process.exit.joins-non-daemon.waits",
                "exit-request") {
  ExpectWaits("exit-request");
}

PROCSPEC_CASE_F(ProgramExitCase, "process.exit.joins-non-daemon.waits",
                "error") {
  ExpectWaits("error");
}

PROCSPEC_CASE_F(ProcessCase, "process.exit.joins-non-daemon.status") {
  const std::pair<std::string_view, int> kEndings[] = {
      {"return", 0}, {"exit-request", 7}, {"error", 1}};
  for (const auto& [ending, status] : kEndings) {
    const std::string main = absl::StrCat("main: ", ending);
    const std::string child = absl::StrCat("child: ", ending);
    ASSERT_OK_AND_ASSIGN(
        auto program,
        StartProgram("ProcessParent",
                     {.args = {stage().address(), main,
                               List{Value(List{child, false})}, ending}}));
    ASSERT_OK(stage().Expect(main));
    ASSERT_THAT(stage().Expect(child), IsOkAndHolds("running"));
    ASSERT_OK(stage().Cue(main));
    (void)stage().Cue(child, 5);  // it may have been ended
    ASSERT_OK_AND_ASSIGN(const ProgramResult result, program->Wait());
    EXPECT_EQ(result.exit_code, status) << ending << "\n"
                                        << testing::PrintToString(result);
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.exit.child-waits-own-children.waits") {
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartParent("child", {Value(List{"grandchild", false})}, "return"));
  ASSERT_OK(stage().Expect("child"));
  ASSERT_THAT(stage().Expect("grandchild"), IsOkAndHolds("running"));
  ASSERT_OK(stage().Cue("child"));
  EXPECT_TRUE(stage().IsSilent("child", Observation()));  // and alive
  EXPECT_TRUE(Answers("grandchild"));
  ASSERT_OK(stage().Cue("grandchild", "end"));
  EXPECT_TRUE(EndsSilently("child"));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase,
                "process.exit.child-waits-own-children.terminates-daemons") {
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartParent("child", {Value(List{"grandchild", true})}, "return"));
  const std::vector<int64_t> pids = PidsFrom(stage().Expect("child"));
  ASSERT_EQ(pids.size(), 1);
  ASSERT_THAT(stage().Expect("grandchild"), IsOkAndHolds("running"));
  ASSERT_OK(stage().Cue("child"));
  ASSERT_TRUE(EndsSilently("child"));
  EXPECT_NE(StateOf(pids[0]), ProcessState::kRunning);
  (void)process->Join(Guard());
}

// --- Close, current process, active children ---------------------------------

PROCSPEC_CASE_F(ProcessCase, "process.close.running") {
  ASSERT_OK_AND_ASSIGN(auto process, StartPuppet("child"));
  EXPECT_THAT(process->Close(), Raises(ErrorKind::kValue));
  EXPECT_TRUE(Answers("child"));
  ASSERT_OK(stage().Cue("child", 3));
  EXPECT_OK(process->Join(Guard()));
  EXPECT_THAT(process->ExitCode(), IsOkAndHolds(3));
}

PROCSPEC_CASE_F(ProcessCase, "process.current.pid") {
  ASSERT_OK_AND_ASSIGN(auto current, backend().CurrentProcess());
  ASSERT_OK_AND_ASSIGN(const std::optional<int64_t> pid, current->Pid());
  EXPECT_THAT(backend().Pid(), IsOkAndHolds(pid));

  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartProcess("ProcessSayCurrent", {stage().address(), "child"}));
  ASSERT_OK(stage().Expect("child"));  // the name
  ASSERT_OK(stage().Expect("child"));  // the flag
  ASSERT_OK_AND_ASSIGN(const Value current_pid, stage().Expect("child"));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(current_pid));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.current.main") {
  ASSERT_OK_AND_ASSIGN(auto current, backend().CurrentProcess());
  EXPECT_EQ(current->Name(), "MainProcess");
  EXPECT_THAT(current->ExitCode(), IsOkAndHolds(std::nullopt));
  EXPECT_FALSE(current->Daemon());
}

PROCSPEC_CASE_F(ProcessCase, "process.active-children.list") {
  ASSERT_OK_AND_ASSIGN(auto unstarted, NewPuppet("unstarted"));
  ASSERT_OK_AND_ASSIGN(
      auto parent,
      StartParent("parent", {Value(List{"grandchild", false})}, "return"));
  ASSERT_OK(stage().Expect("parent"));
  ASSERT_OK(stage().Expect("grandchild"));
  ASSERT_OK_AND_ASSIGN(auto ended, StartPuppet("ended"));
  ASSERT_OK_AND_ASSIGN(auto other, StartPuppet("other"));
  ASSERT_OK(stage().Cue("ended", "end"));
  ASSERT_OK_AND_ASSIGN(const std::optional<int64_t> ended_pid, ended->Pid());
  ASSERT_TRUE(ended_pid.has_value());
  ASSERT_OK(WaitUntilDead(*ended_pid));
  EXPECT_THAT(backend().ActiveChildren(),
              IsOkAndHolds(UnorderedElementsAre(parent, other)));

  (void)stage().Cue("grandchild", "end");
  (void)stage().Cue("parent");
  (void)parent->Join(Guard());
  Release(*other, "other");
}

// --- Zombies -----------------------------------------------------------------

class ZombieCase : public ProcessCase {
 protected:
  // A child that has ended, and the end of which nobody has observed.
  void MakeZombie(bool daemon = false) {
    ASSERT_OK_AND_ASSIGN(process_, NewPuppet("child"));
    if (daemon) {
      ASSERT_OK(process_->SetDaemon(true));
    }
    ASSERT_OK(process_->Start());
    ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
    ASSERT_OK_AND_ASSIGN(const std::optional<int64_t> pid, process_->Pid());
    ASSERT_TRUE(pid.has_value());
    pid_ = *pid;
    ASSERT_EQ(StateOf(pid_), ProcessState::kRunning);
    ASSERT_OK(stage().Cue("child", "end"));
    ASSERT_OK(WaitUntilDead(pid_));
  }

  std::shared_ptr<Process> process_;
  int64_t pid_ = 0;
};

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.remains") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie());
  EXPECT_EQ(StateOf(pid_), ProcessState::kZombie);
  (void)process_->Join(Guard());
}

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.remains", "daemon") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie(/*daemon=*/true));
  EXPECT_EQ(StateOf(pid_), ProcessState::kZombie);
  (void)process_->Join(Guard());
}

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.reaped", "join") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie());
  (void)process_->Join(Guard());
  EXPECT_EQ(StateOf(pid_), ProcessState::kGone);
}

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.reaped",
                "join-zero") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie());
  (void)process_->Join(absl::ZeroDuration());
  EXPECT_EQ(StateOf(pid_), ProcessState::kGone);
}

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.reaped",
                "is-alive") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie());
  (void)process_->IsAlive();
  EXPECT_EQ(StateOf(pid_), ProcessState::kGone);
}

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.reaped",
                "exit-code") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie());
  (void)process_->ExitCode();
  EXPECT_EQ(StateOf(pid_), ProcessState::kGone);
}

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.reaped",
                "active-children") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie());
  (void)backend().ActiveChildren();
  EXPECT_EQ(StateOf(pid_), ProcessState::kGone);
}

PROCSPEC_CASE_F(ZombieCase, "process.zombie.until-observed.reaped-by-start") {
  ASSERT_NO_FATAL_FAILURE(MakeZombie());
  ASSERT_OK_AND_ASSIGN(auto another, NewPuppet("another"));
  ASSERT_OK(another->Start());
  EXPECT_EQ(StateOf(pid_), ProcessState::kGone);
  Release(*another, "another");
}

// --- Memory, streams, files, connections -------------------------------------

PROCSPEC_TARGET(ProcessSetGlobal) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_RETURN_IF_ERROR(backend.SetGlobal("variable", "child's"));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(backend.Global("variable")));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.memory.isolated.child") {
  ASSERT_OK(backend().SetGlobal("variable", "creator's"));
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartProcess("ProcessSetGlobal", {stage().address(), "child"}));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("child's"));
  EXPECT_THAT(backend().Global("variable"), IsOkAndHolds("creator's"));
  (void)process->Join(Guard());
}

PROCSPEC_TARGET(ProcessSayGlobal) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  PROCSPEC_RETURN_IF_ERROR(actor.Say(backend.Global("variable")));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.memory.isolated.creator") {
  ASSERT_OK(backend().SetGlobal("variable", "before"));
  ASSERT_OK_AND_ASSIGN(
      auto process,
      StartProcess("ProcessSayGlobal", {stage().address(), "child"}));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  ASSERT_OK(backend().SetGlobal("variable", "after"));
  ASSERT_OK(stage().Cue("child"));
  // Whether the child knows the old value is up to the start method.
  EXPECT_THAT(stage().Expect("child"),
              AnyOf(IsOkAndHolds(Value("before")), Raises(ErrorKind::kValue)));
  (void)process->Join(Guard());
}

PROCSPEC_TARGET(ProcessPrint) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string text,
                            arguments.Get<std::string>(0));
  PROCSPEC_RETURN_IF_ERROR(
      backend.Print(StandardStream::kOut, absl::StrCat(text, " to out\n")));
  PROCSPEC_RETURN_IF_ERROR(
      backend.Print(StandardStream::kErr, absl::StrCat(text, " to err\n")));
  return Value();
}

// Prints itself, and has two children that print.
PROCSPEC_TARGET(ProcessPrintAll) {
  PROCSPEC_RETURN_IF_ERROR(backend.Print(StandardStream::kOut, "main\n"));
  for (const std::string_view name : {"first", "second"}) {
    ProcessOptions options;
    options.target = "ProcessPrint";
    options.arguments.args = {name};
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              backend.NewProcess(std::move(options)));
    PROCSPEC_RETURN_IF_ERROR(process->Start());
    PROCSPEC_RETURN_IF_ERROR(process->Join(Guard()));
  }
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.stdio.shared") {
  ASSERT_OK_AND_ASSIGN(const ProgramResult result,
                       RunProgram("ProcessPrintAll"));
  for (const std::string_view name : {"first", "second"}) {
    EXPECT_EQ(CountOf(result.out, absl::StrCat(name, " to out\n")), 1);
    EXPECT_EQ(CountOf(result.out, absl::StrCat(name, " to err\n")), 0);
    EXPECT_EQ(CountOf(result.err, absl::StrCat(name, " to err\n")), 1);
    EXPECT_EQ(CountOf(result.err, absl::StrCat(name, " to out\n")), 0);
  }
  EXPECT_EQ(CountOf(result.out, "main\n"), 1);
  if (HasFailure()) ADD_FAILURE() << testing::PrintToString(result);
}

absl::Status WriteText(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return absl::InternalError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (!std::getline(file, text)) {
    return absl::InternalError(absl::StrCat("cannot read ", path));
  }
  return text;
}

// Reads one file and writes another.
PROCSPEC_TARGET(ProcessReadAndWrite) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string in,
                            arguments.Get<std::string>(2));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string out,
                            arguments.Get<std::string>(3));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(ReadText(in)));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(WriteText(out, "from the child")));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.files.shared.visible", "absolute-names") {
  const std::string in = directory() + "/in.txt";
  const std::string out = directory() + "/out.txt";
  ASSERT_OK(WriteText(in, "from the creator"));
  ASSERT_OK_AND_ASSIGN(auto process,
                       StartProcess("ProcessReadAndWrite",
                                    {stage().address(), "child", in, out}));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("from the creator"));
  ASSERT_OK(stage().Expect("child"));
  EXPECT_THAT(ReadText(out), IsOkAndHolds("from the child"));
  (void)process->Join(Guard());
}

PROCSPEC_CASE_F(ProcessCase, "process.files.shared.visible", "relative-names") {
  const auto relative = [this](const char* name) {
    const std::filesystem::path path = directory();
    return std::filesystem::relative(path / name).generic_string();
  };
  const std::string in = relative("in.txt");
  const std::string out = relative("out.txt");
  ASSERT_TRUE(std::filesystem::path(in).is_relative()) << in;
  ASSERT_OK(WriteText(in, "from the creator"));
  ASSERT_OK_AND_ASSIGN(auto process,
                       StartProcess("ProcessReadAndWrite",
                                    {stage().address(), "child", in, out}));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("from the creator"));
  ASSERT_OK(stage().Expect("child"));
  EXPECT_THAT(ReadText(out), IsOkAndHolds("from the child"));
  (void)process->Join(Guard());
}

constexpr int kTicketsEach = 20;

// Draws the next ticket. `held` runs between the read and the write.
template <typename Held>
absl::StatusOr<int64_t> DrawTicket(Lock& lock, const std::string& path,
                                   const Held& held) {
  PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, lock.Acquire(Guard()));
  if (!acquired) return absl::DeadlineExceededError("no lock");
  PROCSPEC_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  PROCSPEC_RETURN_IF_ERROR(held());
  int64_t ticket = 0;
  if (!absl::SimpleAtoi(text, &ticket)) return absl::InternalError(text);
  PROCSPEC_RETURN_IF_ERROR(WriteText(path, absl::StrCat(ticket + 1)));
  PROCSPEC_RETURN_IF_ERROR(lock.Release());
  return ticket;
}

// Draws tickets, says them, and draws one more when it is told to: if it is
// told "hold", with a pause in the middle until the next cue.
PROCSPEC_TARGET(ProcessDrawTickets) {
  PROCSPEC_ASSIGN_OR_RETURN(Actor actor, ActorOf(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(const std::string path,
                            arguments.Get<std::string>(2));
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(3));
  List tickets;
  for (int i = 0; i < kTicketsEach; ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t ticket, DrawTicket(*lock, path, [] {
                                return absl::OkStatus();
                              }));
    tickets.push_back(ticket);
  }
  PROCSPEC_RETURN_IF_ERROR(actor.Say(tickets));
  PROCSPEC_ASSIGN_OR_RETURN(const Value order, actor.Await());
  if (order == Value("go")) {
    PROCSPEC_RETURN_IF_ERROR(actor.Say("about to draw"));
  }
  const auto hold = [&] {
    if (order == Value("go")) return absl::OkStatus();
    PROCSPEC_RETURN_IF_ERROR(actor.Say("holding"));
    return actor.Await().status();
  };
  PROCSPEC_RETURN_IF_ERROR(actor.Say(DrawTicket(*lock, path, hold)));
  return Value();
}

PROCSPEC_CASE_F(ProcessCase, "process.files.shared.locked") {
  const std::vector<std::string> names = {"first", "second", "third"};
  const std::string path = directory() + "/ticket.txt";
  ASSERT_OK(WriteText(path, "0"));
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  std::vector<std::shared_ptr<Process>> processes;
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(auto process,
                         StartProcess("ProcessDrawTickets",
                                      {stage().address(), name, path, lock}));
    processes.push_back(std::move(process));
  }
  // As they come.
  List tickets;
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(const Value said, stage().Expect(name));
    ASSERT_OK_AND_ASSIGN(const List drawn, said.As<List>());
    tickets.insert(tickets.end(), drawn.begin(), drawn.end());
  }
  // One in the middle of its update while another wants to make one.
  ASSERT_OK(stage().Cue("first", "hold"));
  ASSERT_THAT(stage().Expect("first"), IsOkAndHolds("holding"));
  ASSERT_OK(stage().Cue("second", "go"));
  ASSERT_THAT(stage().Expect("second"), IsOkAndHolds("about to draw"));
  EXPECT_TRUE(stage().IsSilent("second", Observation()));
  ASSERT_OK(stage().Cue("first"));
  ASSERT_OK(stage().Cue("third", "go"));
  ASSERT_THAT(stage().Expect("third"), IsOkAndHolds("about to draw"));
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(const Value ticket, stage().Expect(name));
    tickets.push_back(ticket);
  }

  const int count = static_cast<int>(names.size()) * (kTicketsEach + 1);
  EXPECT_THAT(ReadText(path), IsOkAndHolds(absl::StrCat(count)));
  std::vector<int64_t> numbers;
  for (const Value& ticket : tickets) {
    ASSERT_OK_AND_ASSIGN(const int64_t number, ticket.As<int64_t>());
    numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (int i = 0; i < count; ++i) ASSERT_EQ(numbers.at(i), i);
  for (const auto& process : processes) (void)process->Join(Guard());
}

absl::StatusOr<Value> ReceiveSoon(Connection& connection) {
  PROCSPEC_ASSIGN_OR_RETURN(const bool ready, connection.Poll(Guard()));
  if (!ready) return absl::DeadlineExceededError("no message came");
  return connection.Recv();
}

// Answers each request by its own name and the request, until it is told
// "stop".
PROCSPEC_TARGET(ProcessServe) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string name,
                            arguments.Get<std::string>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto connection, arguments.Get<Connection>(1));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value request, ReceiveSoon(*connection));
    if (request == Value("stop")) return Value();
    PROCSPEC_RETURN_IF_ERROR(connection->Send(List{name, request}));
  }
}

PROCSPEC_CASE_F(ProcessCase, "process.socket-inherit") {
  const std::vector<std::string> names = {"first", "second", "third"};
  std::vector<std::shared_ptr<Connection>> clients;
  std::vector<std::shared_ptr<Process>> servers;
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pair, backend().NewPipe());
    ASSERT_OK_AND_ASSIGN(auto server,
                         StartProcess("ProcessServe", {name, pair.second}));
    clients.push_back(pair.first);
    servers.push_back(std::move(server));
  }
  // Each dialogue begins before another one ends.
  for (const int round : {1, 2}) {
    for (size_t i = 0; i < names.size(); ++i) {
      ASSERT_OK(clients[i]->Send(List{names[i], round}));
    }
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_THAT(ReceiveSoon(*clients[i]),
                  IsOkAndHolds(Value(List{names[i], List{names[i], round}})));
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    (void)clients[i]->Send("stop");
    (void)servers[i]->Join(Guard());
  }
}

}  // namespace
}  // namespace procspec::harness
