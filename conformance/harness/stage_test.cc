// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/stage.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/matchers.h"
#include "gtest/gtest.h"
#include "spec/sync.h"

namespace procspec::harness {
namespace {

// Nothing here is expected to take this long.
constexpr absl::Duration kShort = absl::Milliseconds(50);

class StageTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "/stage-XXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    ASSERT_OK_AND_ASSIGN(stage_, Stage::Open(directory_));
  }

  void TearDown() override {
    stage_.reset();  // lets those go that wait
    for (pid_t pid : children_) waitpid(pid, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }

  // Runs `body` in a forked child, which exits 0.
  pid_t Fork(const std::function<void()>& body) {
    const pid_t pid = fork();
    if (pid == 0) {
      body();
      _exit(0);
    }
    children_.push_back(pid);
    return pid;
  }

  // A child that becomes the actor `name`, and leaves when the case is over.
  pid_t ForkActor(const std::string& name,
                  const std::function<void(Actor&)>& body) {
    return Fork([&] {
      Actor actor(stage_->address(), name);
      body(actor);
      Stay(actor);
    });
  }

  // Until the case is over.
  static void Stay(Actor& actor) {
    while (actor.Await().ok()) {
    }
  }

  Stage& stage() { return *stage_; }

  std::string directory_;
  std::unique_ptr<Stage> stage_;
  std::vector<pid_t> children_;
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

TEST_F(StageTest, WhatIsSaidArrivesAsItsOutcome) {
  ForkActor("a", [](Actor& actor) {
    (void)actor.Say("text");
    (void)actor.Say(List{1, Value()});
    (void)actor.Say(absl::OkStatus());
    (void)actor.Say(FullError());
    (void)actor.Say(absl::StatusOr<Value>("held"));
    (void)actor.Say(absl::StatusOr<bool>(true));
    (void)actor.Say(absl::StatusOr<std::optional<int>>(std::optional<int>()));
    (void)actor.Say(absl::StatusOr<int>(RaisedError("Mine", "why")));
    (void)actor.Say(absl::InternalError("a fault"));
  });
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
  ForkActor("a", [](Actor& actor) {
    (void)actor.Say(actor.Await());
    (void)actor.Say(actor.Await());
  });
  ASSERT_OK(stage().Cue("a", "one"));
  ASSERT_OK(stage().Cue("a", 2));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("one"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(2));
}

TEST_F(StageTest, ActorsAreKeptApart) {
  ForkActor("a", [](Actor& actor) { (void)actor.Say("from a"); });
  ForkActor("b", [](Actor& actor) { (void)actor.Say("from b"); });
  EXPECT_THAT(stage().Expect("b"), IsOkAndHolds("from b"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("from a"));
}

TEST_F(StageTest, ExpectAnyTakesWhoSpeaksFirst) {
  for (const char* name : {"a", "b", "c"}) {
    ForkActor(name, [](Actor& actor) {
      (void)actor.Await();
      (void)actor.Say("word");
    });
  }
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
  ForkActor("a", [](Actor& actor) { (void)actor.Say("word"); });
  EXPECT_THAT(stage().Expect("a"), IsOk());
  Stopwatch watch;
  EXPECT_EQ(CodeOf(stage().Expect("a", kShort)),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(watch.NotBefore(kShort));
}

TEST_F(StageTest, ExpectKnowsThatTheActorEnded) {
  Fork([&] { (void)Actor(stage().address(), "a").Say("last word"); });
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("last word"));
  EXPECT_EQ(CodeOf(stage().Expect("a")), absl::StatusCode::kUnavailable);
  EXPECT_EQ(stage().Cue("a").code(), absl::StatusCode::kUnavailable);
}

TEST_F(StageTest, LastWordsOutliveTheActor) {
  Fork([&] {
    Actor actor(stage().address(), "a");
    (void)actor.Say(1);
    (void)actor.Say(2);
  });
  ASSERT_OK(stage().ExpectGone("a"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(1));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds(2));
}

TEST_F(StageTest, SilenceNeedsALiveActorWithoutAWord) {
  EXPECT_FALSE(stage().IsSilent("a", kShort)) << "never connected";
  ForkActor("a", [](Actor& actor) {
    (void)actor.Say("ready");
    (void)actor.Await();
    (void)actor.Say("woken");
  });
  EXPECT_THAT(stage().Expect("a"), IsOk());
  Stopwatch watch;
  EXPECT_TRUE(stage().IsSilent("a", kShort));
  EXPECT_TRUE(watch.NotBefore(kShort));

  ASSERT_OK(stage().Cue("a"));
  EXPECT_FALSE(stage().IsSilent("a", Guard())) << "it spoke";
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("woken")) << "and is heard";

  ASSERT_OK_AND_ASSIGN(const int64_t pid, stage().PidOf("a"));
  kill(static_cast<pid_t>(pid), SIGKILL);
  EXPECT_FALSE(stage().IsSilent("a", Guard())) << "it died";
}

TEST_F(StageTest, GoneIsTheProcessAndNotTheObject) {
  int go[2];
  ASSERT_EQ(pipe2(go, O_CLOEXEC), 0);
  Fork([&] {
    close(go[1]);
    { (void)Actor(stage().address(), "a").Say("one"); }
    { (void)Actor(stage().address(), "a").Say("two"); }
    char byte;
    (void)!read(go[0], &byte, 1);
  });
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("one"));
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("two"));
  EXPECT_TRUE(stage().IsSilent("a", kShort));
  EXPECT_EQ(stage().ExpectGone("a", kShort).code(),
            absl::StatusCode::kDeadlineExceeded);
  close(go[1]);
  EXPECT_OK(stage().ExpectGone("a"));
  close(go[0]);
}

TEST_F(StageTest, AKilledActorIsGoneWhileItsChildLivesOn) {
  const pid_t parent = ForkActor("parent", [&](Actor& actor) {
    if (fork() == 0) {
      Actor child(stage().address(), "child");
      (void)child.Say("here");
      Stay(child);
      _exit(0);
    }
    (void)actor.Say("forked");
  });
  EXPECT_THAT(stage().Expect("parent"), IsOk());
  EXPECT_THAT(stage().Expect("child"), IsOk());
  kill(parent, SIGKILL);
  EXPECT_OK(stage().ExpectGone("parent"));
  EXPECT_TRUE(stage().IsSilent("child", kShort));
}

TEST_F(StageTest, AChildThatIsNoActorHoldsNothingUp) {
  int go[2];
  ASSERT_EQ(pipe2(go, O_CLOEXEC), 0);
  const pid_t parent = ForkActor("parent", [&](Actor& actor) {
    close(go[1]);
    if (fork() == 0) {
      char byte;
      (void)!read(go[0], &byte, 1);
      _exit(0);
    }
    (void)actor.Say("forked");
  });
  EXPECT_THAT(stage().Expect("parent"), IsOk());
  kill(parent, SIGKILL);
  EXPECT_OK(stage().ExpectGone("parent"));
  close(go[0]);
  close(go[1]);
}

TEST_F(StageTest, AChildThatWasClonedGivesUpWhenItBecomesAnActor) {
  const pid_t parent = ForkActor("parent", [&](Actor& actor) {
    // No atfork handlers run.
    if (syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0) {
      Actor child(stage().address(), "child");
      (void)child.Say("here");
      Stay(child);
      _exit(0);
    }
    (void)actor.Say("cloned");
  });
  EXPECT_THAT(stage().Expect("parent"), IsOk());
  EXPECT_THAT(stage().Expect("child"), IsOk());
  kill(parent, SIGKILL);
  EXPECT_OK(stage().ExpectGone("parent"));
}

TEST_F(StageTest, AnInheritedActorIsRefused) {
  ForkActor("parent", [&](Actor& actor) {
    (void)actor.Say("parent");
    const pid_t pid = fork();
    if (pid == 0) {
      const absl::Status said = actor.Say("not mine");
      _exit(said.ok() || actor.Await().ok() ? 1 : 0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    (void)actor.Say(status);
  });
  EXPECT_THAT(stage().Expect("parent"), IsOkAndHolds("parent"));
  EXPECT_THAT(stage().Expect("parent"), IsOkAndHolds(0));
}

TEST_F(StageTest, AwaitEndsWithTheStage) {
  const pid_t pid = Fork([&] {
    Actor actor(stage().address(), "a");
    (void)actor.Say("ready");
    _exit(actor.Await().ok() ? 1 : 7);
  });
  EXPECT_THAT(stage().Expect("a"), IsOk());
  stage_.reset();
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  children_.clear();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

TEST_F(StageTest, ActorsEndWhenTheCaseIsKilledAlthoughTheyAreSiblings) {
  // Every sibling was forked while the case held the lines of those before.
  int alive[2];
  ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
  const std::string directory = directory_ + "/inner";
  ASSERT_EQ(mkdir(directory.c_str(), 0700), 0);
  const pid_t inner_case = Fork([&] {
    auto inner = Stage::Open(directory);
    if (!inner.ok()) _exit(1);
    for (const char* name : {"a", "b", "c"}) {
      if (fork() == 0) {
        Actor actor((*inner)->address(), name);
        (void)actor.Say("ready");
        Stay(actor);
        _exit(0);
      }
      if (!(*inner)->Expect(name).ok()) _exit(1);
    }
    (void)!write(alive[1], "x", 1);
    pause();
  });
  char byte;
  ASSERT_EQ(read(alive[0], &byte, 1), 1);
  close(alive[1]);
  kill(inner_case, SIGKILL);
  // The end of file comes when the last of them has ended.
  EXPECT_EQ(read(alive[0], &byte, 1), 0);
  close(alive[0]);
}

// The case's process may be an actor too; it has nothing of it afterwards.
TEST_F(StageTest, NothingIsLeftInTheCasesProcess) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  stage_.reset();
  const auto before = open_files();
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
  EXPECT_EQ(open_files(), before);
}

TEST_F(StageTest, TwoLiveActorsOfOneNameAreAnError) {
  ForkActor("a", [](Actor& actor) { (void)actor.Say("one"); });
  EXPECT_THAT(stage().Expect("a"), IsOkAndHolds("one"));
  ForkActor("a", [](Actor& actor) { (void)actor.Say("two"); });
  const absl::StatusOr<Value> outcome = stage().Expect("a");
  EXPECT_EQ(CodeOf(outcome), absl::StatusCode::kFailedPrecondition);
}

TEST_F(StageTest, ASuccessorTakesOverTheName) {
  for (int i = 0; i < 3; ++i) {
    const pid_t pid =
        Fork([&] { (void)Actor(stage().address(), "worker").Say(i); });
    ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
    children_.clear();
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(stage().Expect("worker"), IsOkAndHolds(i));
  }
  EXPECT_EQ(CodeOf(stage().Expect("worker")), absl::StatusCode::kUnavailable);
  EXPECT_EQ(stage().Actors(), std::vector<std::string>{"worker"});
}

TEST_F(StageTest, PidsAreTheSystems) {
  const pid_t pid = ForkActor("a", [](Actor&) {});
  EXPECT_THAT(stage().PidOf("a"), IsOkAndHolds(pid));
}

TEST_F(StageTest, LongMessagesArriveOnceTheyAreExpected) {
  const std::string text(3 << 20, 'x');
  ForkActor("a", [&](Actor& actor) {
    (void)actor.Say(text);
    (void)actor.Say(actor.Await());
  });
  ASSERT_OK_AND_ASSIGN(const Value said, stage().Expect("a"));
  EXPECT_TRUE(said == Value(text));
  ASSERT_OK(stage().Cue("a", text));
  ASSERT_OK_AND_ASSIGN(const Value echoed, stage().Expect("a"));
  EXPECT_TRUE(echoed == Value(text));
}

TEST_F(StageTest, HandlesCannotBeSaid) {
  ForkActor("a", [](Actor& actor) {
    (void)actor.Say(actor.Say(std::make_shared<AnEvent>()));
  });
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

TEST_F(StageTest, TheDirectoryMayHaveAVeryLongName) {
  std::string directory = directory_;
  for (int i = 0; i < 4; ++i) {
    directory += "/" + std::string(100, 'd');
    ASSERT_EQ(mkdir(directory.c_str(), 0700), 0);
  }
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<Stage> far, Stage::Open(directory));
  Fork([&] { (void)Actor(far->address(), "a").Say("here"); });
  EXPECT_THAT(far->Expect("a"), IsOkAndHolds("here"));
}

TEST_F(StageTest, ItsDescriptorsAreNotInheritedByPrograms) {
  ForkActor("a", [](Actor& actor) { (void)actor.Say("x"); });
  EXPECT_THAT(stage().Expect("a"), IsOk());
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    struct stat what;
    const int fd = std::stoi(entry.path().filename());
    if (fstat(fd, &what) != 0 || !S_ISSOCK(what.st_mode)) continue;
    EXPECT_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC) << fd;
  }
}

TEST_F(StageTest, TheDirectoryMayHaveAShortName) {
  std::string directory = "/tmp/stage-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  {
    ASSERT_OK_AND_ASSIGN(std::unique_ptr<Stage> near, Stage::Open(directory));
    Fork([&] { (void)Actor(near->address(), "a").Say("here"); });
    EXPECT_THAT(near->Expect("a"), IsOkAndHolds("here"));
  }
  EXPECT_EQ(rmdir(directory.c_str()), 0) << "it left something behind";
}

TEST_F(StageTest, GarbageIsAnErrorAndNotAHang) {
  for (const std::string& garbage :
       {std::string("\xff\xff\xff\xff"),   // a length beyond reason
        std::string("\0\0\0\x01\xc1", 5),  // not a value
        std::string("\0\0\0\x01\x05", 5),  // not a name
        std::string("\0\0\0\x01\xa0", 5),  // an empty name
        std::string("\0\0\0\x02\xa1"
                    "a\0\0\0\x01\x05",
                    11)}) {  // not an outcome
    SCOPED_TRACE(testing::PrintToString(garbage));
    SetUp();
    const int directory =
        open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const std::string path =
        absl::StrCat("/proc/self/fd/", directory, "/stage");
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::strcpy(address.sun_path, path.c_str());
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(write(fd, garbage.data(), garbage.size()),
              static_cast<ssize_t>(garbage.size()));
    EXPECT_EQ(CodeOf(stage().Expect("a")), absl::StatusCode::kDataLoss);
    close(fd);
    close(directory);
    std::filesystem::remove_all(directory_);
  }
}

}  // namespace
}  // namespace procspec::harness
