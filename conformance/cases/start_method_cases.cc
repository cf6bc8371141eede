// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases of spec/clauses/start_method.md, in its order.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/harness/case.h"
#include "conformance/harness/matchers.h"
#include "conformance/harness/program.h"
#include "conformance/harness/stage.h"
#include "conformance/harness/timing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/backend.h"
#include "spec/connection.h"
#include "spec/error.h"
#include "spec/process.h"
#include "spec/queue.h"
#include "spec/status_macros.h"
#include "spec/sync.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::harness {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// The first argument of every target is the stage's address.
Actor ActorOf(const Arguments& arguments, std::string_view name) {
  return Actor(arguments.Get<std::string>(0), name);
}

absl::StatusOr<Value> ReceiveSoon(Connection& connection) {
  PROCSPEC_ASSIGN_OR_RETURN(const bool ready, connection.Poll(Guard()));
  if (!ready) return absl::DeadlineExceededError("no message came");
  return connection.Recv();
}

// --- Globals -----------------------------------------------------------------

PROCSPEC_TARGET(StartMethodSayGlobals) {
  Actor actor = ActorOf(arguments, "child");
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(backend.Global("set once")));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(backend.Global("set twice")));
  return Value();
}

PROCSPEC_CASE("start-method.globals.fork") {
  ASSERT_OK(backend().SetGlobal("set once", 1));
  ASSERT_OK(backend().SetGlobal("set twice", 1));
  ASSERT_OK(backend().SetGlobal("set twice", 2));
  ASSERT_OK_AND_ASSIGN(
      auto process, StartProcess("StartMethodSayGlobals", {stage().address()}));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(1)));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(2)));
  (void)process->Join(Guard());
}

PROCSPEC_CASE("start-method.globals.spawn") {
  ASSERT_OK(backend().SetGlobal("set once", 1));
  ASSERT_OK_AND_ASSIGN(
      auto process, StartProcess("StartMethodSayGlobals", {stage().address()}));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("running"));
  EXPECT_THAT(stage().Expect("child"), Raises(ErrorKind::kValue));
  EXPECT_THAT(stage().Expect("child"), Raises(ErrorKind::kValue));
  (void)process->Join(Guard());
}

// --- A program without a main guard ------------------------------------------

PROCSPEC_TARGET(StartMethodSayRan) {
  Actor actor = ActorOf(arguments, "target");
  PROCSPEC_RETURN_IF_ERROR(actor.Say("ran"));
  return Value();
}

// The main function of an unguarded program: starts a process whatever it is
// itself. It acts under a name of its own in each process that comes here, and
// starts nothing before the case has let it: that one which never asks whether
// it is a child could go on for ever.
PROCSPEC_TARGET(StartMethodUnguardedMain) {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t pid, backend.Pid());
  Actor actor = ActorOf(arguments, absl::StrCat("main ", pid));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("about to start"));
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  ProcessOptions options;
  options.target = "StartMethodSayRan";
  options.arguments.args = {arguments.args[0]};
  PROCSPEC_ASSIGN_OR_RETURN(auto process,
                            backend.NewProcess(std::move(options)));
  const absl::Status started = process->Start();
  PROCSPEC_RETURN_IF_ERROR(actor.Say(started));
  if (!started.ok()) {
    PROCSPEC_RETURN_IF_ERROR(actor.Say(process->Pid()));
    return started;
  }
  PROCSPEC_RETURN_IF_ERROR(actor.Say(process->Join(Guard())));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(process->ExitCode()));
  return Value();
}

class UnguardedCase : public Case {
 protected:
  void StartUnguarded() {
    ASSERT_OK_AND_ASSIGN(program_, StartProgram("StartMethodUnguardedMain",
                                                {.args = {stage().address()}},
                                                {.unguarded = true}));
    ASSERT_OK_AND_ASSIGN(const Said said, stage().ExpectAny());
    ASSERT_THAT(said.outcome, IsOkAndHolds("about to start"));
    main_ = said.actor;
    ASSERT_OK(stage().Cue(main_));
    ASSERT_OK(stage().Expect(main_));  // what its start reported
  }

  // The child of the program comes to the main function, too.
  void ExpectChildInMain() {
    ASSERT_OK_AND_ASSIGN(const Said said, stage().ExpectAny());
    ASSERT_THAT(said.outcome, IsOkAndHolds("about to start"));
    ASSERT_NE(said.actor, main_);
    child_ = said.actor;
  }

  std::unique_ptr<Program> program_;
  std::string main_;
  std::string child_;
};

PROCSPEC_CASE_F(UnguardedCase, "start-method.spawn.main-guard.refused") {
  ASSERT_NO_FATAL_FAILURE(StartUnguarded());
  ASSERT_NO_FATAL_FAILURE(ExpectChildInMain());
  ASSERT_OK(stage().Cue(child_));
  EXPECT_THAT(stage().Expect(child_), Raises(ErrorKind::kBootstrapping));
  EXPECT_THAT(stage().Expect(child_), IsOkAndHolds(Value()));  // no pid
  (void)program_->Wait();
  EXPECT_THAT(stage().Actors(), UnorderedElementsAre(main_, child_));
}

PROCSPEC_CASE_F(UnguardedCase, "start-method.spawn.main-guard.exitcode") {
  ASSERT_NO_FATAL_FAILURE(StartUnguarded());
  ASSERT_NO_FATAL_FAILURE(ExpectChildInMain());
  ASSERT_OK(stage().Cue(child_));
  EXPECT_OK(stage().Expect(main_));  // its join
  EXPECT_THAT(stage().Expect(main_), IsOkAndHolds(Value(1)));
  (void)program_->Wait();
  EXPECT_THAT(stage().Actors(), Not(Contains("target")));
}

PROCSPEC_CASE_F(UnguardedCase, "start-method.fork.unguarded-main") {
  ASSERT_NO_FATAL_FAILURE(StartUnguarded());
  EXPECT_THAT(stage().Expect("target"), IsOkAndHolds("ran"));
  EXPECT_OK(stage().Expect(main_));  // its join
  EXPECT_THAT(stage().Expect(main_), IsOkAndHolds(Value(0)));
  ASSERT_OK_AND_ASSIGN(const ProgramResult result, program_->Wait());
  EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(result);
  EXPECT_THAT(stage().Actors(), UnorderedElementsAre(main_, "target"));
}

// --- What can travel ---------------------------------------------------------

// Says whether its second argument has come as a local object.
PROCSPEC_TARGET(StartMethodTakeLocal) {
  Actor actor = ActorOf(arguments, "child");
  PROCSPEC_ASSIGN_OR_RETURN(auto object, arguments.Get<LocalObject>(1));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(object != nullptr));
  return Value();
}

PROCSPEC_CASE("start-method.spawn.picklable.refused") {
  ASSERT_OK_AND_ASSIGN(auto object, backend().NewLocalObject());
  EXPECT_THAT(
      StartProcess("StartMethodTakeLocal", {stage().address(), Value(object)}),
      Raises(ErrorKind::kSerialisation));
  // Not only at the top.
  EXPECT_THAT(StartProcess("StartMethodTakeLocal",
                           {stage().address(), List{Dict{{"key", object}}}}),
              Raises(ErrorKind::kSerialisation));
}

PROCSPEC_CASE("start-method.spawn.picklable.unstarted") {
  ASSERT_OK_AND_ASSIGN(auto object, backend().NewLocalObject());
  ProcessOptions options;
  options.target = "StartMethodTakeLocal";
  options.arguments.args = {stage().address(), object};
  ASSERT_OK_AND_ASSIGN(auto process, backend().NewProcess(std::move(options)));
  ASSERT_FALSE(process->Start().ok());
  EXPECT_THAT(process->Pid(), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(process->IsAlive(), IsOkAndHolds(false));
  EXPECT_THAT(backend().ActiveChildren(), IsOkAndHolds(IsEmpty()));
}

PROCSPEC_PROCESS_TYPE(StartMethodTypeWithAttributes) {
  PROCSPEC_ASSIGN_OR_RETURN(const Value number, self.Attribute("number"));
  PROCSPEC_ASSIGN_OR_RETURN(const Value attribute,
                            self.Attribute("connection"));
  PROCSPEC_ASSIGN_OR_RETURN(auto connection, attribute.HandleAs<Connection>());
  PROCSPEC_RETURN_IF_ERROR(connection->Send(number));
  return Value();
}

PROCSPEC_CASE("start-method.spawn.subclass-picklable") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pair, backend().NewPipe());
  ASSERT_OK_AND_ASSIGN(
      auto process,
      backend().NewProcess({.type = "StartMethodTypeWithAttributes"}));
  ASSERT_OK(process->SetAttribute("number", 42));
  ASSERT_OK(process->SetAttribute("connection", pair.second));
  ASSERT_OK(process->Start());
  EXPECT_THAT(ReceiveSoon(*pair.first), IsOkAndHolds(Value(42)));
  (void)process->Join(Guard());
}

PROCSPEC_CASE("start-method.fork.local-object") {
  ASSERT_OK_AND_ASSIGN(auto object, backend().NewLocalObject());
  ASSERT_OK_AND_ASSIGN(auto process, StartProcess("StartMethodTakeLocal",
                                                  {stage().address(), object}));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(true)));
  (void)process->Join(Guard());
}

// --- Objects among the arguments ---------------------------------------------

// [address, lock, semaphore, event, event]
PROCSPEC_TARGET(StartMethodUseSync) {
  Actor actor = ActorOf(arguments, "child");
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto semaphore, arguments.Get<Semaphore>(2));
  PROCSPEC_ASSIGN_OR_RETURN(auto event, arguments.Get<Event>(3));
  PROCSPEC_ASSIGN_OR_RETURN(auto answer, arguments.Get<Event>(4));
  // As the creator has left them.
  PROCSPEC_RETURN_IF_ERROR(actor.Say(lock->TryAcquire()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(semaphore->TryAcquire()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(event->IsSet()));
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  // After the creator has changed them.
  PROCSPEC_RETURN_IF_ERROR(actor.Say(lock->TryAcquire()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(semaphore->TryAcquire()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(event->IsSet()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(answer->Set()));
  return actor.Await();
}

PROCSPEC_CASE("start-method.sync-objects-shareable.sync") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(0));
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  ASSERT_OK_AND_ASSIGN(auto answer, backend().NewEvent());
  ASSERT_THAT(lock->TryAcquire(), IsOkAndHolds(true));
  ASSERT_OK_AND_ASSIGN(auto process, StartProcess("StartMethodUseSync",
                                                  {stage().address(), lock,
                                                   semaphore, event, answer}));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(false)));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(false)));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(false)));
  ASSERT_OK(lock->Release());
  ASSERT_OK(semaphore->Release());
  ASSERT_OK(event->Set());
  ASSERT_OK(stage().Cue("child"));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(true)));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(true)));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds(Value(true)));
  ASSERT_OK(stage().Expect("child"));
  // What the child has done.
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(false));
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
  EXPECT_THAT(answer->IsSet(), IsOkAndHolds(true));
  (void)stage().Cue("child");
  (void)process->Join(Guard());
}

// [address, queue in, queue out, simple queue in, simple queue out]: gives back
// an item of each.
PROCSPEC_TARGET(StartMethodUseQueues) {
  Actor actor = ActorOf(arguments, "child");
  PROCSPEC_ASSIGN_OR_RETURN(auto in, arguments.Get<Queue>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto out, arguments.Get<Queue>(2));
  PROCSPEC_ASSIGN_OR_RETURN(auto simple_in, arguments.Get<SimpleQueue>(3));
  PROCSPEC_ASSIGN_OR_RETURN(auto simple_out, arguments.Get<SimpleQueue>(4));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(in->Get(Guard())));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(simple_in->Empty()));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(simple_in->Get()));
  PROCSPEC_RETURN_IF_ERROR(out->Put("answer", Guard()));
  PROCSPEC_RETURN_IF_ERROR(simple_out->Put("simple answer"));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("put"));
  return Value();
}

PROCSPEC_CASE("start-method.sync-objects-shareable.queues") {
  ASSERT_OK_AND_ASSIGN(auto in, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(auto out, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(auto simple_in, backend().NewSimpleQueue());
  ASSERT_OK_AND_ASSIGN(auto simple_out, backend().NewSimpleQueue());
  ASSERT_OK(in->Put("item", Guard()));
  ASSERT_OK(simple_in->Put("simple item"));
  ASSERT_OK_AND_ASSIGN(auto process, StartProcess("StartMethodUseQueues",
                                                  {stage().address(), in, out,
                                                   simple_in, simple_out}));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("item"));
  // It would block for ever on an empty one.
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds(Value(false)));
  EXPECT_THAT(stage().Expect("child"), IsOkAndHolds("simple item"));
  EXPECT_THAT(out->Get(Guard()), IsOkAndHolds("answer"));
  ASSERT_THAT(stage().Expect("child"), IsOkAndHolds("put"));
  ASSERT_THAT(simple_out->Empty(), IsOkAndHolds(false));
  EXPECT_THAT(simple_out->Get(), IsOkAndHolds("simple answer"));
  (void)process->Join(Guard());
}

// [address, connection, ...]: answers a message on each.
PROCSPEC_TARGET(StartMethodUseConnections) {
  for (size_t i = 1; i < arguments.args.size(); ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(auto connection, arguments.Get<Connection>(i));
    PROCSPEC_ASSIGN_OR_RETURN(const Value message, ReceiveSoon(*connection));
    PROCSPEC_RETURN_IF_ERROR(connection->Send(List{message, "answered"}));
  }
  return Value();
}

PROCSPEC_CASE("start-method.sync-objects-shareable.connection") {
  std::vector<std::shared_ptr<Connection>> kept;
  List args = {stage().address()};
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pair, backend().NewPipe());
    kept.push_back(pair.first);
    args.push_back(pair.second);
  }
  ASSERT_OK_AND_ASSIGN(
      auto process, StartProcess("StartMethodUseConnections", std::move(args)));
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(kept[i]->Send(i));
    EXPECT_THAT(ReceiveSoon(*kept[i]),
                IsOkAndHolds(Value(List{i, "answered"})));
  }
  (void)process->Join(Guard());
}

// --- Children of children ----------------------------------------------------

// [address, depth]: has a child of one depth less, down to none.
PROCSPEC_TARGET(StartMethodNest) {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t depth, arguments.Get<int64_t>(1));
  Actor actor = ActorOf(arguments, absl::StrCat("depth ", depth));
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  if (depth == 0) return Value();
  ProcessOptions options;
  options.target = "StartMethodNest";
  options.arguments.args = {arguments.args[0], depth - 1};
  PROCSPEC_ASSIGN_OR_RETURN(auto process,
                            backend.NewProcess(std::move(options)));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(process->Start()));
  return process->Join(Guard()).ok() ? Value() : Value("not joined");
}

PROCSPEC_CASE("start-method.nested") {
  constexpr int kDepth = 3;
  ASSERT_OK_AND_ASSIGN(auto process, StartProcess("StartMethodNest",
                                                  {stage().address(), kDepth}));
  for (int depth = kDepth; depth > 0; --depth) {
    const std::string name = absl::StrCat("depth ", depth);
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
    ASSERT_OK(stage().Expect(name));  // its start
  }
  EXPECT_THAT(stage().Expect("depth 0"), IsOkAndHolds("running"));
  (void)process->Join(Guard());
}

}  // namespace
}  // namespace procspec::harness
