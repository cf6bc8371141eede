// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/child_watch.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "absl/time/time.h"

namespace procspec::os {
namespace {

constexpr absl::Duration kGuard = absl::Seconds(30);

// A child that stays until it is killed.
Child Stay() {
  absl::StatusOr<std::optional<Child>> child = Fork();
  EXPECT_TRUE(child.ok()) << child.status();
  if (!child->has_value()) {
    SleepUntil(Deadline(absl::Minutes(1)));
    ExitNow(0);
  }
  return **child;
}

// Counts calls.
class Told {
 public:
  void operator()() {
    std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int count() {
    std::lock_guard lock(mutex_);
    return count_;
  }
  // Until there were more than `seen`.
  bool AwaitMoreThan(int seen) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(kGuard),
                             [&] { return count_ > seen; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

void Bury(Child& child) {
  child.Kill();
  if (child.Observe() == Child::State::kRunning) {
    ASSERT_TRUE(child.End()->Wait(Deadline(kGuard)));
    ASSERT_EQ(child.Observe(), Child::State::kEnded);
  }
}

TEST(ChildWatchTest, TellsOfEachEndWhileTheOthersLive) {
  Told told;
  ChildWatch watch([&] { told(); });
  std::vector<Child> children;
  for (int i = 0; i < 5; ++i) {
    children.push_back(Stay());
    ASSERT_TRUE(watch.Add(children.back().End()));
  }
  for (size_t next : {3, 0, 4, 1, 2}) {
    const int seen = told.count();
    children[next].Kill();
    EXPECT_TRUE(told.AwaitMoreThan(seen)) << next;
    EXPECT_EQ(children[next].Observe(), Child::State::kEnded);
  }
  EXPECT_EQ(told.count(), 5);
}

TEST(ChildWatchTest, TellsOfAnEndBeforeItWasAdded) {
  Told told;
  ChildWatch watch([&] { told(); });
  Child child = Stay();
  const std::shared_ptr<const ChildEnd> end = child.End();
  Bury(child);
  ASSERT_TRUE(watch.Add(end));
  EXPECT_TRUE(told.AwaitMoreThan(0));
}

TEST(ChildWatchTest, AddsFromWithinACall) {
  Told told;
  Child first = Stay();
  Child second = Stay();
  ChildWatch* self = nullptr;
  ChildWatch watch([&] {
    if (told.count() == 0) {
      EXPECT_TRUE(self->Add(second.End()));
    }
    told();
  });
  self = &watch;
  ASSERT_TRUE(watch.Add(first.End()));
  first.Kill();
  EXPECT_TRUE(told.AwaitMoreThan(0));
  second.Kill();
  EXPECT_TRUE(told.AwaitMoreThan(1));
  Bury(first);
  Bury(second);
}

TEST(ChildWatchTest, IsSilentOnceItIsStopped) {
  Told told;
  Child child = Stay();
  Child late = Stay();
  {
    ChildWatch watch([&] { told(); });
    ASSERT_TRUE(watch.Add(child.End()));
    watch.Stop();
    EXPECT_FALSE(watch.Add(late.End()));
    Bury(child);
  }
  EXPECT_EQ(told.count(), 0);
  Bury(late);
}

TEST(ChildWatchTest, MayGoWhileChildrenLive) {
  Child child = Stay();
  {
    ChildWatch unused([] {});
    ChildWatch watch([] {});
    ASSERT_TRUE(watch.Add(child.End()));
  }
  Bury(child);
}

TEST(ChildWatchTest, RefusesAChildWithoutAHandle) {
  ChildEnd::AllowHandleForTesting(false);
  Child child = Stay();
  {
    ChildWatch watch([] {});
    EXPECT_FALSE(watch.Add(child.End()));
  }
  Bury(child);
  ChildEnd::AllowHandleForTesting(true);
}

}  // namespace
}  // namespace procspec::os
