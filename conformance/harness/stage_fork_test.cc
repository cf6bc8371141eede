// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Actors that fork, and what else only POSIX has: descriptors, sockets.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "conformance/harness/matchers.h"
#include "conformance/harness/stage.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

// Nothing here is expected to take this long.
constexpr absl::Duration kShort = absl::Milliseconds(50);

class StageForkTest : public testing::Test {
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

TEST_F(StageForkTest, AKilledActorIsGoneWhileItsChildLivesOn) {
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

TEST_F(StageForkTest, AChildThatIsNoActorHoldsNothingUp) {
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

TEST_F(StageForkTest, AChildThatWasClonedGivesUpWhenItBecomesAnActor) {
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

TEST_F(StageForkTest, AnInheritedActorIsRefused) {
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

TEST_F(StageForkTest, ActorsEndWhenTheCaseIsKilledAlthoughTheyAreSiblings) {
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

TEST_F(StageForkTest, TheDirectoryMayHaveAVeryLongName) {
  std::string directory = directory_;
  for (int i = 0; i < 4; ++i) {
    directory += "/" + std::string(100, 'd');
    ASSERT_EQ(mkdir(directory.c_str(), 0700), 0);
  }
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<Stage> far, Stage::Open(directory));
  Fork([&] { (void)Actor(far->address(), "a").Say("here"); });
  EXPECT_THAT(far->Expect("a"), IsOkAndHolds("here"));
}

TEST_F(StageForkTest, ItsDescriptorsAreNotInheritedByPrograms) {
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

TEST_F(StageForkTest, TheDirectoryMayHaveAShortName) {
  std::string directory = "/tmp/stage-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  {
    ASSERT_OK_AND_ASSIGN(std::unique_ptr<Stage> near, Stage::Open(directory));
    Fork([&] { (void)Actor(near->address(), "a").Say("here"); });
    EXPECT_THAT(near->Expect("a"), IsOkAndHolds("here"));
  }
  EXPECT_EQ(rmdir(directory.c_str()), 0) << "it left something behind";
}

}  // namespace
}  // namespace procspec::harness
