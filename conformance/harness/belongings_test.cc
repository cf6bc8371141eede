// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/belongings.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/strings/match.h"
#include "conformance/harness/timing.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

using Kind = Belonging::Kind;

constexpr absl::Duration kNoGrace = absl::ZeroDuration();

// A thread that stays until it is let go.
class WaitingThread {
 public:
  WaitingThread() : thread_([this] { Wait(); }) {
    pthread_setname_np(thread_.native_handle(), "waiting");
  }
  ~WaitingThread() {
    LetGo();
    thread_.join();
  }

  void LetGo() {
    const std::lock_guard<std::mutex> lock(mutex_);
    may_go_ = true;
    changed_.notify_all();
  }

 private:
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return may_go_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool may_go_ = false;
  std::thread thread_;  // the last: it uses what is above
};

TEST(Belongings, NothingNew) {
  const auto before = ListBelongings();
  EXPECT_GE(before.size(), 4u);  // a thread, three descriptors
  EXPECT_TRUE(NewBelongings(before, kNoGrace).empty());
}

TEST(Belongings, ANewThread) {
  const auto before = ListBelongings();
  WaitingThread thread;
  const auto fresh = NewBelongings(before, kNoGrace);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(KindName(fresh[0]), "thread");
  EXPECT_TRUE(absl::EndsWith(Describe(fresh[0]), " waiting"))
      << Describe(fresh[0]);
}

TEST(Belongings, AThreadThatWasThereMayTakeAnotherName) {
  WaitingThread thread;
  const auto before = ListBelongings();
  pthread_setname_np(pthread_self(), "another name");
  EXPECT_TRUE(NewBelongings(before, kNoGrace).empty());
}

TEST(Belongings, ANewDescriptor) {
  const auto before = ListBelongings();
  const int fd = open("/dev/null", O_RDONLY);
  const auto fresh = NewBelongings(before, kNoGrace);
  close(fd);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(Describe(fresh[0]), std::to_string(fd) + " -> /dev/null");
  EXPECT_TRUE(NewBelongings(before, kNoGrace).empty());
}

TEST(Belongings, ANumberUsedAgainIsNew) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const auto before = ListBelongings();
  close(ends[0]);
  const int fd = open("/dev/null", O_RDONLY);
  ASSERT_EQ(fd, ends[0]);
  EXPECT_EQ(NewBelongings(before, kNoGrace).size(), 1u);
  close(fd);
  close(ends[1]);
}

// Joining returns a little before the system forgets the thread.
TEST(Belongings, AJoinedThreadIsNotNew) {
  const auto before = ListBelongings();
  for (int i = 0; i < 200; ++i) {
    { WaitingThread thread; }
    const auto fresh = NewBelongings(before, Guard());
    ASSERT_TRUE(fresh.empty()) << i << ": " << Describe(fresh[0]);
  }
}

TEST(Belongings, TheGraceIsBounded) {
  const auto before = ListBelongings();
  WaitingThread thread;
  const Stopwatch watch;
  EXPECT_EQ(NewBelongings(before, Deadline()).size(), 1u);
  EXPECT_TRUE(watch.NotBefore(Deadline()));
  EXPECT_TRUE(watch.Before(Guard()));
}

}  // namespace
}  // namespace procspec::harness
