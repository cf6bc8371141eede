// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/stage.h"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/actor_host.h"
#include "conformance/harness/belongings.h"
#include "conformance/harness/matchers.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/stage_line.h"
#include "conformance/harness/testing/child.h"
#include "gtest/gtest.h"
#include "spec/sync.h"

namespace procspec::harness {
namespace {

// Nothing here is expected to take this long.
constexpr absl::Duration kShort = absl::Milliseconds(50);

// Until the case is over.
void Stay(Actor& actor) {
  while (actor.Await().ok()) {
  }
}

// A child that becomes an actor, does what follows, and leaves when the case is
// over.
#define STAGE_TEST_ACTOR(Name)                                      \
  void Name##Body(Actor& actor);                                    \
  const ChildFunction Name(                                         \
      #Name, [](const std::vector<std::string>& arguments) -> int { \
        Actor actor(arguments[0], arguments[1]);                    \
        Name##Body(actor);                                          \
        Stay(actor);                                                \
        return 0;                                                   \
      });                                                           \
  void Name##Body(Actor& actor)

// A child that does what follows, with the address and a name.
#define STAGE_TEST_CHILD(Name)                                         \
  int Name##Body(const std::string& address, const std::string& name); \
  const ChildFunction Name(                                            \
      #Name, [](const std::vector<std::string>& arguments) -> int {    \
        return Name##Body(arguments[0], arguments[1]);                 \
      });                                                              \
  int Name##Body(const std::string& address, const std::string& name)

class StageTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = NewDirectory();
    ASSERT_OK_AND_ASSIGN(stage_, Stage::Open(directory_));
  }

  void TearDown() override {
    stage_.reset();  // lets those go that wait
    for (const std::unique_ptr<Child>& child : children_) child->Wait();
    std::filesystem::remove_all(directory_);
  }

  Child& Start(const ChildFunction& function, const std::string& name) {
    children_.push_back(function.Start({stage_->address(), name}));
    return *children_.back();
  }

  Stage& stage() { return *stage_; }

  std::string directory_;
  std::unique_ptr<Stage> stage_;
  std::vector<std::unique_ptr<Child>> children_;
};

absl::StatusCode CodeOf(const absl::StatusOr<Value>& outcome) {
  return outcome.status().code();
}

class AnEvent : public Event {
 public:
  absl::StatusOr<bool> IsSet() override { return false; }
  absl::Status Set() override { return absl::OkStatus(); }
  absl::Status Clear() override { return absl::OkStatus(); }
  absl::StatusOr<bool> Wait(absl::Duration) override { return false; }
};

STAGE_TEST_ACTOR(SaysWord) { (void)actor.Say("word"); }
STAGE_TEST_ACTOR(SaysWordOnCue) {
  (void)actor.Await();
  (void)actor.Say("word");
}
STAGE_TEST_ACTOR(EchoesTwice) {
  (void)actor.Say(actor.Await());
  (void)actor.Say(actor.Await());
}
STAGE_TEST_CHILD(SaysItsNameAndEnds) {
  (void)Actor(address, name).Say(name);
  return 0;
}

STAGE_TEST_ACTOR(SaysAllKinds) {
  (void)actor.Say("text");
  (void)actor.Say(List{1, Value()});
  (void)actor.Say(absl::OkStatus());
  (void)actor.Say(FullError());
  (void)actor.Say(absl::StatusOr<Value>("held"));
  (void)actor.Say(absl::StatusOr<bool>(true));
  (void)actor.Say(absl::StatusOr<std::optional<int>>(std::optional<int>()));
  (void)actor.Say(absl::StatusOr<int>(RaisedError("Mine", "why")));
  (void)actor.Say(absl::InternalError("a fault"));
}

TEST_F(StageTest, WhatIsSaidArrivesAsItsOutcome) {
  Start(SaysAllKinds, "a");
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("text"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(List{1, Value()}));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(Value()));
  EXPECT_THAT(stage().Expect("a"), Raises(ErrorKind::kFull));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("held"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(true));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(Value()));
  const absl::Status raised = stage().Expect("a").status();
  EXPECT_EQ(DetailOf(raised).type, "Mine");
  EXPECT_EQ(raised.message(), "why");
  EXPECT_EQ(CodeOf(stage().Expect("a")), absl::StatusCode::kInternal);
}

TEST_F(StageTest, CuesReachTheActorInOrder) {
  Start(EchoesTwice, "a");
  ASSERT_OK(stage().Cue("a", "one"));
  ASSERT_OK(stage().Cue("a", 2));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("one"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(2));
}

TEST_F(StageTest, ActorsAreKeptApart) {
  Start(SaysItsNameAndEnds, "a");
  Start(SaysItsNameAndEnds, "b");
  EXPECT_THAT(stage().Expect("b"), IsOkAndHolds("b"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("a"));
}

TEST_F(StageTest, ExpectAnyTakesWhoSpeaksFirst) {
  for (const char* name : {"a", "b", "c"}) Start(SaysWordOnCue, name);
  ASSERT_OK(stage().Cue("b"));
  ASSERT_OK_AND_ASSIGN(const Said first, stage().ExpectAny({"a", "b"}));
  EXPECT_EQ(first.actor, "b");
  EXPECT_THAT(first.outcome, IsOkAndHolds("word"));

  ASSERT_OK(stage().Cue("c"));
  EXPECT_EQ(stage().ExpectAny({"a", "b"}, kShort).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_OK_AND_ASSIGN(const Said second, stage().ExpectAny());
  EXPECT_EQ(second.actor, "c");
}

TEST_F(StageTest, ExpectGivesUp) {
  EXPECT_EQ(CodeOf(stage().Expect("nobody", kShort)),
            absl::StatusCode::kDeadlineExceeded);
  Start(SaysWord, "a");
  EXPECT_THAT(stage().Expect("a"), IsOk());
  Stopwatch watch;
  EXPECT_EQ(CodeOf(stage().Expect("a", kShort)),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(watch.NotBefore(kShort));
}

TEST_F(StageTest, ExpectKnowsThatTheActorEnded) {
  Start(SaysItsNameAndEnds, "a");
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("a"));
  EXPECT_EQ(CodeOf(stage().Expect("a")), absl::StatusCode::kUnavailable);
  EXPECT_EQ(stage().Cue("a").code(), absl::StatusCode::kUnavailable);
}

STAGE_TEST_CHILD(SaysTwoAndEnds) {
  Actor actor(address, name);
  (void)actor.Say(1);
  (void)actor.Say(2);
  return 0;
}

TEST_F(StageTest, LastWordsOutliveTheActor) {
  Start(SaysTwoAndEnds, "a");
  ASSERT_OK(stage().ExpectGone("a"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(1));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(2));
}

// It has come and gone before the case looks for the first time.
TEST_F(StageTest, LastWordsWaitForTheCase) {
  EXPECT_EQ(Start(SaysTwoAndEnds, "a").Wait(), 0);
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(1));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(2));
  EXPECT_EQ(CodeOf(stage().Expect("a")), absl::StatusCode::kUnavailable);
}

STAGE_TEST_ACTOR(SaysWhenItIsWoken) {
  (void)actor.Say("ready");
  (void)actor.Await();
  (void)actor.Say("woken");
}

TEST_F(StageTest, SilenceNeedsALiveActorWithoutAWord) {
  EXPECT_FALSE(stage().IsSilent("a", kShort)) << "never connected";
  Start(SaysWhenItIsWoken, "a");
  EXPECT_THAT(stage().Expect("a"), IsOk());
  Stopwatch watch;
  EXPECT_TRUE(stage().IsSilent("a", kShort));
  EXPECT_TRUE(watch.NotBefore(kShort));

  ASSERT_OK(stage().Cue("a"));
  EXPECT_FALSE(stage().IsSilent("a", Guard())) << "it spoke";
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("woken")) << "and is heard";

  ASSERT_OK_AND_ASSIGN(const int64_t pid, stage().PidOf("a"));
  ASSERT_OK(KillHard(pid));
  EXPECT_FALSE(stage().IsSilent("a", Guard())) << "it died";
}

STAGE_TEST_CHILD(IsTheSameActorTwice) {
  { (void)Actor(address, name).Say("one"); }
  { (void)Actor(address, name).Say("two"); }
  WaitForEver();
}

TEST_F(StageTest, GoneIsTheProcessAndNotTheObject) {
  const int64_t pid = Start(IsTheSameActorTwice, "a").pid();
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("one"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("two"));
  EXPECT_TRUE(stage().IsSilent("a", kShort));
  EXPECT_EQ(stage().ExpectGone("a", kShort).code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_OK(KillHard(pid));
  EXPECT_OK(stage().ExpectGone("a"));
}

STAGE_TEST_CHILD(ExitsSevenWhenTheCaseIsOver) {
  Actor actor(address, name);
  (void)actor.Say("ready");
  return actor.Await().ok() ? 1 : 7;
}

TEST_F(StageTest, AwaitEndsWithTheStage) {
  Child& child = Start(ExitsSevenWhenTheCaseIsOver, "a");
  EXPECT_THAT(stage().Expect("a"), IsOk());
  stage_.reset();
  EXPECT_EQ(child.Wait(), 7);
}

STAGE_TEST_CHILD(IsACaseWithAnActor) {
  const absl::StatusOr<std::unique_ptr<Stage>> inner = Stage::Open(name);
  if (!inner.ok()) return 1;
  const std::unique_ptr<Child> child =
      SaysWord.Start({(*inner)->address(), "inner"});
  Actor actor(address, "case");
  if (!(*inner)->Expect("inner").ok()) return 1;
  (void)actor.Say(child->pid());
  WaitForEver();
}

TEST_F(StageTest, ActorsEndWhenTheCaseIsKilled) {
  const std::string directory = directory_ + "/inner";
  ASSERT_TRUE(std::filesystem::create_directory(directory));
  Child& inner = Start(IsACaseWithAnActor, directory);
  ASSERT_OK_AND_ASSIGN(const Value said, stage().Expect("case"));
  ASSERT_OK_AND_ASSIGN(const int64_t pid, said.As<int64_t>());
  EXPECT_EQ(StateOf(pid), ProcessState::kRunning);
  ASSERT_OK(KillHard(inner.pid()));
  EXPECT_OK(WaitUntilDead(pid));
}

// The case's process may be an actor too; it has nothing of it afterwards.
TEST_F(StageTest, NothingIsLeftInTheCasesProcess) {
  stage_.reset();
  const std::vector<Belonging> before = ListBelongings();
  ASSERT_OK_AND_ASSIGN(stage_, Stage::Open(directory_));
  {
    Actor here(stage().address(), "here");
    Actor again(stage().address(), "here");
    ASSERT_OK(again.Say("word"));
    EXPECT_THAT(stage().Expect("here"), IsOkAndHolds("word"));
    stage_.reset();
    // An actor that lives on has an error, not the descriptor of another file.
    EXPECT_FALSE(here.Await().ok());
  }
  for (const Belonging& left : NewBelongings(before, absl::ZeroDuration())) {
    ADD_FAILURE() << KindName(left) << " " << Describe(left);
  }
}

// --- Hosts ------------------------------------------------------------------

absl::StatusOr<std::unique_ptr<stage_internal::ActorEnd>> ConnectFromHere(
    const std::string& address) {
  const stage_internal::LockedLines locked = stage_internal::LockLines();
  return stage_internal::ActorEnd::Connect(address);
}

// Carries bytes for the test, as a foreign process does: it is told what to do
// on one stage and connects to another. Each order is [verb, argument], and
// each has an answer.
STAGE_TEST_CHILD(CarriesBytes) {
  Actor orders(address, name);
  (void)orders.Say("ready");
  std::vector<std::unique_ptr<stage_internal::ActorEnd>> ends;
  while (true) {
    const absl::StatusOr<Value> order = orders.Await();
    if (!order.ok()) return 0;
    const List& pair = *order->get_if<List>();
    const std::string verb = *pair[0].get_if<std::string>();
    if (verb == "connect") {
      auto end = ConnectFromHere(*pair[1].get_if<std::string>());
      (void)orders.Say(end.ok());
      if (end.ok()) ends.push_back(*std::move(end));
    } else if (verb == "write") {
      (void)orders.Say(ends.back()->Write(pair[1].get_if<Bytes>()->data));
    } else if (verb == "read") {
      std::string buffer;
      const bool some =
          ends.back()->Read(buffer) == stage_internal::ReadOutcome::kData;
      (void)orders.Say(some ? Value(Bytes{buffer}) : Value());
    } else {
      ends.pop_back();
      (void)orders.Say("closed");
    }
  }
}

// One connection at a time.
class Carrier : public ActorHost {
 public:
  Carrier(Stage& control, const std::string& name) : control_(control) {
    child_ = CarriesBytes.Start({control.address(), name});
    name_ = name;
    EXPECT_THAT(control.Expect(name), IsOkAndHolds("ready"));
  }
  ~Carrier() override { DropLines(); }

  int64_t pid() const { return child_->pid(); }
  int connections() const { return connections_; }

  absl::StatusOr<std::unique_ptr<stage_internal::ActorEnd>> Connect(
      const std::string& address) override {
    ++connections_;
    if (Ask("connect", address) != Value(true)) {
      return absl::InternalError("it cannot connect");
    }
    return std::make_unique<End>(*this);
  }

 private:
  class End : public stage_internal::ActorEnd {
   public:
    explicit End(Carrier& carrier) : carrier_(carrier) {}
    ~End() override { (void)carrier_.Ask("close", Value()); }
    bool IsOfThisProcess() const override { return true; }
    bool Write(std::string_view data) override {
      return carrier_.Ask("write", Bytes{std::string(data)}) == Value(true);
    }
    stage_internal::ReadOutcome Read(std::string& buffer) override {
      const Value said = carrier_.Ask("read", Value());
      const Bytes* bytes = said.get_if<Bytes>();
      if (bytes == nullptr) return stage_internal::ReadOutcome::kEnd;
      buffer += bytes->data;
      return stage_internal::ReadOutcome::kData;
    }

   private:
    Carrier& carrier_;
  };

  Value Ask(const std::string& verb, const Value& argument) {
    if (!control_.Cue(name_, List{verb, argument}).ok()) return Value();
    return control_.Expect(name_).value_or(Value());
  }

  Stage& control_;
  std::string name_;
  std::unique_ptr<Child> child_;
  int connections_ = 0;
};

class HostTest : public StageTest {
 protected:
  void SetUp() override {
    StageTest::SetUp();
    const std::string directory = directory_ + "/control";
    ASSERT_TRUE(std::filesystem::create_directory(directory));
    ASSERT_OK_AND_ASSIGN(control_, Stage::Open(directory));
  }

  std::unique_ptr<Stage> control_;
};

TEST_F(HostTest, AnActorIsTheProcessOfItsHost) {
  auto first = std::make_unique<Carrier>(*control_, "first");
  auto second = std::make_unique<Carrier>(*control_, "second");
  {
    const ScopedActorHost host(first.get());
    Actor actor(stage().address(), "a");
    ASSERT_OK(actor.Say("of the first"));
    ASSERT_OK(stage().Cue("a", "cue"));
    EXPECT_THAT(actor.Await(), IsOkAndHolds("cue"));
    ASSERT_OK(Actor(stage().address(), "a").Say("again"));
  }
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("of the first"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("again"));
  EXPECT_THAT(stage().PidOf("a"), IsOkAndHolds(first->pid()));
  EXPECT_EQ(first->connections(), 1);
  EXPECT_TRUE(stage().IsSilent("a", kShort)) << "it lives with its host";

  first.reset();
  EXPECT_OK(stage().ExpectGone("a"));
  {
    const ScopedActorHost host(second.get());
    ASSERT_OK(Actor(stage().address(), "a").Say("of the second"));
  }
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("of the second"));
  EXPECT_THAT(stage().PidOf("a"), IsOkAndHolds(second->pid()));

  // Each has its own line: now there are two of the name.
  ASSERT_OK(Actor(stage().address(), "a").Say("of this process"));
  EXPECT_EQ(CodeOf(stage().Expect("a")), absl::StatusCode::kFailedPrecondition);
}

TEST_F(HostTest, TheHostIsTheThreadsOrTheDefault) {
  Carrier usual(*control_, "usual");
  Carrier special(*control_, "special");
  EXPECT_EQ(CurrentActorHost(), nullptr);
  SetDefaultActorHost(&usual);
  EXPECT_EQ(CurrentActorHost(), &usual);
  {
    const ScopedActorHost one(&special);
    EXPECT_EQ(CurrentActorHost(), &special);
    {
      const ScopedActorHost none(nullptr);
      EXPECT_EQ(CurrentActorHost(), nullptr);
    }
    EXPECT_EQ(CurrentActorHost(), &special);
    std::thread([&usual] { EXPECT_EQ(CurrentActorHost(), &usual); }).join();
  }
  EXPECT_EQ(CurrentActorHost(), &usual);
  SetDefaultActorHost(nullptr);
  {
    Carrier brief(*control_, "brief");
    SetDefaultActorHost(&brief);
  }
  EXPECT_EQ(CurrentActorHost(), nullptr) << "it is gone";
}

// Another stage may have the address of one that is gone.
TEST_F(HostTest, AStageThatGoesIsForgotten) {
  Carrier carrier(*control_, "carrier");
  const ScopedActorHost host(&carrier);
  ASSERT_OK(Actor(stage().address(), "a").Say("one"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("one"));
  {
    Actor left(stage().address(), "a");
    stage_.reset();
    EXPECT_FALSE(left.Await().ok());
  }
  ASSERT_OK_AND_ASSIGN(stage_, Stage::Open(directory_));
  ASSERT_OK(Actor(stage().address(), "a").Say("two"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("two"));
  EXPECT_EQ(carrier.connections(), 2);
}

TEST_F(HostTest, AHostThatCannotConnectIsAnErrorOfEveryCall) {
  Carrier carrier(*control_, "carrier");
  const ScopedActorHost host(&carrier);
  Actor nowhere(directory_ + "/nothing", "a");
  EXPECT_FALSE(nowhere.Say("x").ok());
  EXPECT_FALSE(nowhere.Await().ok());
}

TEST_F(StageTest, TwoLiveActorsOfOneNameAreAnError) {
  Start(SaysWord, "a");
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("word"));
  Start(SaysWord, "a");
  EXPECT_EQ(CodeOf(stage().Expect("a")), absl::StatusCode::kFailedPrecondition);
}

STAGE_TEST_CHILD(IsAWorker) {
  (void)Actor(address, "worker").Say(name);
  return 0;
}

TEST_F(StageTest, ASuccessorTakesOverTheName) {
  for (const char* word : {"first", "second", "third"}) {
    ASSERT_EQ(Start(IsAWorker, word).Wait(), 0);
  }
  for (const char* word : {"first", "second", "third"}) {
    EXPECT_THAT(stage().Expect("worker"), IsOkAndHolds(word));
  }
  EXPECT_EQ(CodeOf(stage().Expect("worker")), absl::StatusCode::kUnavailable);
  EXPECT_EQ(stage().Actors(), std::vector<std::string>{"worker"});
}

constexpr int kMany = 100;

STAGE_TEST_CHILD(IsManyActors) {
  for (int i = 0; i < kMany; ++i) {
    Actor actor(address, absl::StrCat(name, i));
    if (!actor.Say(i).ok()) return 1;
  }
  return 0;
}

// More than can wait while the case does not look.
TEST_F(StageTest, ManyActorsAreHeard) {
  Child& child = Start(IsManyActors, "a");
  for (int i = 0; i < kMany; ++i) {
    EXPECT_THAT(stage().Expect(absl::StrCat("a", i)), IsOkAndHolds(i));
  }
  EXPECT_EQ(child.Wait(), 0);
  for (int i = 0; i < kMany; ++i) {
    EXPECT_OK(stage().ExpectGone(absl::StrCat("a", i)));
  }
}

TEST_F(StageTest, PidsAreTheSystems) {
  const int64_t pid = Start(SaysWord, "a").pid();
  EXPECT_THAT(stage().PidOf("a"), IsOkAndHolds(pid));
}

STAGE_TEST_ACTOR(SaysMuchAndEchoes) {
  (void)actor.Say(std::string(3 << 20, 'x'));
  (void)actor.Say(actor.Await());
}

TEST_F(StageTest, LongMessagesArriveOnceTheyAreExpected) {
  const std::string text(3 << 20, 'x');
  Start(SaysMuchAndEchoes, "a");
  ASSERT_OK_AND_ASSIGN(const Value said, stage().Expect("a"));
  EXPECT_TRUE(said == Value(text));
  ASSERT_OK(stage().Cue("a", text));
  ASSERT_OK_AND_ASSIGN(const Value echoed, stage().Expect("a"));
  EXPECT_TRUE(echoed == Value(text));
}

// The actor reads only when what it says has gone.
TEST_F(StageTest, ALongCueMeetsALongMessage) {
  const std::string text(3 << 20, 'x');
  Start(SaysMuchAndEchoes, "a");
  ASSERT_OK(stage().Cue("a", text));
  ASSERT_OK_AND_ASSIGN(const Value said, stage().Expect("a"));
  EXPECT_TRUE(said == Value(text));
  ASSERT_OK_AND_ASSIGN(const Value echoed, stage().Expect("a"));
  EXPECT_TRUE(echoed == Value(text));
}

STAGE_TEST_ACTOR(SaysAHandle) {
  (void)actor.Say(actor.Say(std::make_shared<AnEvent>()));
}

TEST_F(StageTest, HandlesCannotBeSaid) {
  Start(SaysAHandle, "a");
  EXPECT_THAT(stage().Expect("a"), Raises(ErrorKind::kSharing));
}

TEST_F(StageTest, AWrongAddressIsAnErrorOfEveryCall) {
  Actor nowhere(directory_ + "/nothing", "a");
  EXPECT_FALSE(nowhere.Say("x").ok());
  EXPECT_FALSE(nowhere.Await().ok());
  Actor mistyped(absl::StatusOr<std::string>(TypeError("no address")), "a");
  EXPECT_THAT(mistyped.Say("x"), Raises(ErrorKind::kType));
  EXPECT_FALSE(Stage::Open(directory_ + "/nothing").ok());
}

TEST_F(StageTest, GarbageIsAnErrorAndNotAHang) {
  int number = 0;
  for (const std::string& garbage :
       {std::string("\xff\xff\xff\xff"),   // a length beyond reason
        std::string("\0\0\0\x01\xc1", 5),  // not a value
        std::string("\0\0\0\x01\x05", 5),  // not a name
        std::string("\0\0\0\x01\xa0", 5),  // an empty name
        std::string("\0\0\0\x02\xa1"
                    "a\0\0\0\x01\x05",
                    11)}) {  // not an outcome
    SCOPED_TRACE(testing::PrintToString(garbage));
    const std::string directory = absl::StrCat(directory_, "/", number++);
    ASSERT_TRUE(std::filesystem::create_directory(directory));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Stage> other,
                         Stage::Open(directory));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<stage_internal::ActorEnd> end,
                         ConnectFromHere(other->address()));
    ASSERT_TRUE(end->Write(garbage));
    EXPECT_EQ(CodeOf(other->Expect("a")), absl::StatusCode::kDataLoss);
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
