// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "reference/backend.h"
#include "reference/os/process.h"
#include "reference/os/time.h"
#include "reference/testing_board.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

constexpr absl::Duration kGuard = absl::Seconds(30);

PROCSPEC_TARGET(PoolTestEcho) {
  return arguments.args.empty() ? Value() : arguments.args[0];
}

PROCSPEC_TARGET(PoolTestDouble) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(0));
  return Value(2 * n);
}

PROCSPEC_TARGET(PoolTestPid) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  return Value(pid);
}

PROCSPEC_TARGET(PoolTestRaise) { return RaisedError("OddNumber", "boom"); }

PROCSPEC_TARGET(PoolTestRaiseIfOdd) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(0));
  if (n % 2 == 1) return RaisedError("OddNumber", absl::StrCat(n));
  return Value(n);
}

PROCSPEC_TARGET(PoolTestDie) { return backend.Crash(CrashKind::kKill, 0); }

PROCSPEC_TARGET(PoolTestLeave) { return ExitRequest(3); }

PROCSPEC_TARGET(PoolTestFail) { return RaisedError("NoConfig", "missing"); }

// A board of the pool's own, for tasks that cannot be given one.
PROCSPEC_TARGET(PoolTestKeepBoard) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  PROCSPEC_RETURN_IF_ERROR(backend.SetGlobal("board", board));
  board->Add(2, 1);
  return Value();
}

// Counts its workers in cell 2, of which the first dies.
PROCSPEC_TARGET(PoolTestFirstDies) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  if (board->Add(2, 1) == 1) return backend.Crash(CrashKind::kKill, 0);
  return Value();
}

// Cell 0 counts those that run; cell 1 lets them go.
PROCSPEC_TARGET(PoolTestGated) {
  PROCSPEC_ASSIGN_OR_RETURN(Value kept, backend.Global("board"));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, kept.HandleAs<Board>());
  board->Add(0, 1);
  if (!board->Await(1, 1)) return RaisedError("Guard", "never let go");
  return Value("done");
}

class LongWatchInterval {
 public:
  ~LongWatchInterval() { SetPoolWatchIntervalForTesting(before_); }

 private:
  const absl::Duration before_ = SetPoolWatchIntervalForTesting(absl::Hours(1));
};

class PoolTest : public testing::TestWithParam<StartMethod> {
 protected:
  std::shared_ptr<Pool> New(PoolOptions options) {
    auto pool = backend_->NewPool(std::move(options));
    EXPECT_TRUE(pool.ok()) << pool.status();
    return *pool;
  }
  std::shared_ptr<Pool> New(int workers) {
    return New(PoolOptions{.workers = workers});
  }
  std::shared_ptr<Pool> NewGated(int workers) {
    return New(PoolOptions{
        .workers = workers,
        .initializer = "PoolTestKeepBoard",
        .initializer_arguments = {.args = {board_}},
    });
  }

  std::shared_ptr<Backend> backend_ = NewBackend(GetParam());
  std::shared_ptr<Board> board_ = Board::New();
};

TEST_P(PoolTest, AppliesInAWorker) {
  auto pool = New(2);
  auto pid = pool->Apply("PoolTestPid");
  ASSERT_TRUE(pid.ok()) << pid.status();
  EXPECT_NE(*pid, Value(os::CurrentPid()));
  EXPECT_EQ(*pool->Apply("PoolTestEcho", {.args = {"x"}}), Value("x"));
  EXPECT_EQ(*pool->Apply("PoolTestEcho"), Value());
}

TEST_P(PoolTest, MapsInOrderWhateverTheChunks) {
  auto pool = New(3);
  List items, expected;
  for (int i = 0; i < 1000; ++i) {
    items.push_back(i);
    expected.push_back(2 * i);
  }
  for (std::optional<int> chunk : {std::optional<int>(), std::optional(1),
                                   std::optional(7), std::optional(5000)}) {
    EXPECT_EQ(*pool->Map("PoolTestDouble", items, chunk), expected);
  }
  EXPECT_EQ(*pool->Map("PoolTestDouble", {}), List());
  EXPECT_TRUE(IsKind(pool->Map("PoolTestDouble", items, 0).status(),
                     ErrorKind::kValue));
}

TEST_P(PoolTest, TellsATasksErrorAsItWas) {
  auto pool = New(1);
  absl::StatusOr<Value> result = pool->Apply("PoolTestRaise");
  const ErrorDetail detail = DetailOf(result.status());
  EXPECT_EQ(detail.kind, ErrorKind::kRaised);
  EXPECT_EQ(detail.type, "OddNumber");
  EXPECT_EQ(detail.message, "boom");
  EXPECT_NE(detail.traceback.find("PoolTestRaise"), std::string::npos);
  EXPECT_EQ(DetailOf(pool->Map("PoolTestRaiseIfOdd", {0, 1, 2, 3}, 2).status())
                .message,
            "1");
  EXPECT_TRUE(
      IsKind(pool->Apply("PoolTestNoSuchTarget").status(), ErrorKind::kValue));
}

TEST_P(PoolTest, CallsBackOnAnotherThreadBeforeGetReturns) {
  auto pool = New(2);
  std::atomic<int> values = 0, errors = 0;
  std::thread::id thread;
  const PoolCallbacks callbacks = {
      .callback =
          [&](const Value&) {
            ++values;
            thread = std::this_thread::get_id();
          },
      .error_callback = [&](const absl::Status&) { ++errors; }};
  auto result = *pool->ApplyAsync("PoolTestEcho", {.args = {1}}, callbacks);
  EXPECT_EQ(*result->Get(kGuard), Value(1));
  EXPECT_EQ(values, 1);
  EXPECT_NE(thread, std::this_thread::get_id());
  result = *pool->ApplyAsync("PoolTestRaise", {}, callbacks);
  EXPECT_FALSE(result->Get(kGuard).ok());
  EXPECT_EQ(errors, 1);
  result = *pool->MapAsync("PoolTestEcho", {}, std::nullopt, callbacks);
  EXPECT_EQ(*result->Get(kGuard), Value(List()));
  EXPECT_EQ(values, 2);
}

TEST_P(PoolTest, GetTimesOutAndStaysObtainable) {
  auto pool = NewGated(1);
  auto result = *pool->ApplyAsync("PoolTestGated");
  ASSERT_TRUE(board_->Await(0, 1));
  EXPECT_TRUE(IsTimeout(result->Get(absl::Milliseconds(20)).status()));
  EXPECT_TRUE(IsTimeout(result->Get(absl::Seconds(-1)).status()));
  EXPECT_TRUE(IsKind(result->Successful().status(), ErrorKind::kValue));
  EXPECT_FALSE(*result->Ready());
  board_->Set(1, 1);
  EXPECT_EQ(*result->Get(kGuard), Value("done"));
  EXPECT_TRUE(*result->Successful());
}

TEST_P(PoolTest, CloseCompletesWhatWasSubmitted) {
  auto pool = NewGated(2);
  std::vector<std::shared_ptr<AsyncResult>> results;
  for (int i = 0; i < 20; ++i) {
    results.push_back(*pool->ApplyAsync("PoolTestGated"));
  }
  EXPECT_TRUE(IsKind(pool->Join(), ErrorKind::kValue));
  EXPECT_TRUE(pool->Close().ok());
  EXPECT_TRUE(pool->Close().ok());
  EXPECT_TRUE(
      IsKind(pool->ApplyAsync("PoolTestGated").status(), ErrorKind::kValue));
  board_->Set(1, 1);
  EXPECT_TRUE(pool->Join().ok());
  EXPECT_TRUE(pool->Join().ok());
  for (const auto& result : results) {
    EXPECT_EQ(*result->Get(absl::ZeroDuration()), Value("done"));
  }
  EXPECT_TRUE(backend_->ActiveChildren()->empty());
}

TEST_P(PoolTest, TerminateAbandonsTasks) {
  auto pool = NewGated(2);
  auto running = *pool->ApplyAsync("PoolTestGated");
  ASSERT_TRUE(board_->Await(0, 1));
  // More than the ring holds, so that there is a sender to end too.
  std::shared_ptr<AsyncResult> last;
  for (int i = 0; i < 40; ++i) {
    last = *pool->ApplyAsync(
        "PoolTestEcho", {.args = {std::string(100'000 + 30'000 * i, 'x')}});
  }
  EXPECT_TRUE(pool->Terminate().ok());
  EXPECT_TRUE(pool->Join().ok());
  EXPECT_FALSE(*running->Ready());
  EXPECT_TRUE(backend_->ActiveChildren()->empty());
}

TEST_P(PoolTest, PassesLargeAndManyTasksThroughABoundedRing) {
  auto pool = New(2);
  std::vector<std::shared_ptr<AsyncResult>> results;
  for (int i = 0; i < 60; ++i) {
    results.push_back(*pool->ApplyAsync(
        "PoolTestEcho",
        {.args = {std::string(i % 7 == 0 ? 3'000'000 : 50'000,
                              static_cast<char>('a' + i % 26))}}));
  }
  for (int i = 0; i < 60; ++i) {
    auto value = results[static_cast<size_t>(i)]->Get(kGuard);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(value->get_if<std::string>()->size(),
              i % 7 == 0 ? 3'000'000u : 50'000u);
  }
}

TEST_P(PoolTest, ADyingWorkerFailsItsTaskAlone) {
  auto pool = New(2);
  for (const char* target : {"PoolTestDie", "PoolTestLeave"}) {
    auto lost = *pool->ApplyAsync(target);
    std::vector<std::shared_ptr<AsyncResult>> others;
    for (int i = 0; i < 50; ++i) {
      others.push_back(*pool->ApplyAsync("PoolTestEcho", {.args = {i}}));
    }
    EXPECT_TRUE(IsKind(lost->Get(kGuard).status(), ErrorKind::kBrokenPool));
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(*others[static_cast<size_t>(i)]->Get(kGuard), Value(i));
    }
  }
  EXPECT_EQ(*pool->Apply("PoolTestEcho", {.args = {1}}), Value(1));
}

// Nothing but the word of a death moves these pools: their watch interval is
// longer than any guard.
TEST_P(PoolTest, ADeathIsNoticedWhenItHappens) {
  const LongWatchInterval interval;
  auto pool = New(PoolOptions{
      .workers = 2,
      .initializer = "PoolTestKeepBoard",
      .initializer_arguments = {.args = {board_}},
  });
  auto gated = *pool->ApplyAsync("PoolTestGated");
  ASSERT_TRUE(board_->Await(0, 1));
  // The other worker is busy: each answer comes from a replacement of the last.
  for (int i = 0; i < 10; ++i) {
    auto lost = *pool->ApplyAsync("PoolTestDie");
    auto next = *pool->ApplyAsync("PoolTestEcho", {.args = {i}});
    EXPECT_TRUE(IsKind(lost->Get(kGuard).status(), ErrorKind::kBrokenPool));
    EXPECT_EQ(*next->Get(kGuard), Value(i));
  }
  board_->Set(1, 1);
  EXPECT_EQ(*gated->Get(kGuard), Value("done"));
  EXPECT_TRUE(pool->Close().ok());
  EXPECT_TRUE(pool->Join().ok());
}

TEST_P(PoolTest, AnIdleWorkersDeathIsNoticedWhenItHappens) {
  const LongWatchInterval interval;
  auto pool = New(1);
  for (int i = 0; i < 5; ++i) {
    const auto pid = pool->Apply("PoolTestPid");
    ASSERT_TRUE(pid.ok()) << pid.status();
    const auto children = *backend_->ActiveChildren();
    for (const auto& child : children) {
      EXPECT_TRUE(child->Kill().ok());
      EXPECT_TRUE(child->Join().ok());
    }
    const auto next = pool->Apply("PoolTestPid");
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_NE(*next, *pid);
  }
}

// Where the system has no handle for a process: the interval is what is left.
TEST_P(PoolTest, ADeathIsNoticedWithoutHandles) {
  os::ChildEnd::AllowHandleForTesting(false);
  auto pool = New(1);
  EXPECT_TRUE(
      IsKind(pool->Apply("PoolTestDie").status(), ErrorKind::kBrokenPool));
  EXPECT_EQ(*pool->Apply("PoolTestEcho", {.args = {1}}), Value(1));
  os::ChildEnd::AllowHandleForTesting(true);
}

TEST_P(PoolTest, AWorkerThatDiesInItsInitializerIsReplacedLater) {
  {
    auto pool = New(PoolOptions{
        .workers = 1,
        .initializer = "PoolTestFirstDies",
        .initializer_arguments = {.args = {board_}},
    });
    EXPECT_EQ(*pool->Apply("PoolTestEcho", {.args = {1}}), Value(1));
    EXPECT_EQ(board_->Get(2), 2);
  }
  // Not at once: if each of them dies there, starting them is all that happens.
  board_->Set(2, 0);
  const LongWatchInterval interval;
  auto pool = New(PoolOptions{
      .workers = 2,
      .initializer = "PoolTestFirstDies",
      .initializer_arguments = {.args = {board_}},
  });
  ASSERT_TRUE(board_->Await(2, 2));
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(*pool->Apply("PoolTestEcho", {.args = {i}}), Value(i));
  }
  EXPECT_EQ(board_->Get(2), 2);
}

TEST_P(PoolTest, ReplacesWorkersAfterTheirShare) {
  auto pool = New(PoolOptions{
      .workers = 1,
      .initializer = "PoolTestKeepBoard",
      .initializer_arguments = {.args = {board_}},
      .max_tasks_per_worker = 2,
  });
  std::vector<Value> pids;
  for (int i = 0; i < 6; ++i) pids.push_back(*pool->Apply("PoolTestPid"));
  EXPECT_EQ(pids[0], pids[1]);
  EXPECT_NE(pids[1], pids[2]);
  EXPECT_EQ(pids[2], pids[3]);
  EXPECT_NE(pids[3], pids[4]);
  EXPECT_GE(board_->Get(2), 3);
}

TEST_P(PoolTest, AFailingInitializerBreaksThePool) {
  auto pool = New(PoolOptions{.workers = 2, .initializer = "PoolTestFail"});
  auto result = *pool->ApplyAsync("PoolTestPid");
  EXPECT_TRUE(IsKind(result->Get(kGuard).status(), ErrorKind::kBrokenPool));
  EXPECT_TRUE(
      IsKind(pool->Apply("PoolTestPid").status(), ErrorKind::kBrokenPool));
  EXPECT_TRUE(pool->Close().ok());
  EXPECT_TRUE(pool->Join().ok());
}

TEST_P(PoolTest, RefusesHandlesInTasksAndResults) {
  auto pool = NewGated(1);
  EXPECT_TRUE(IsKind(pool->Apply("PoolTestEcho", {.args = {board_}}).status(),
                     ErrorKind::kSharing));
  auto local = *backend_->NewLocalObject();
  EXPECT_TRUE(IsKind(pool->Apply("PoolTestEcho", {.args = {local}}).status(),
                     ErrorKind::kSerialisation));
  EXPECT_EQ(*pool->Apply("PoolTestEcho", {.args = {1}}), Value(1));
}

TEST_P(PoolTest, RefusesBadOptions) {
  EXPECT_TRUE(
      IsKind(backend_->NewPool({.workers = 0}).status(), ErrorKind::kValue));
  EXPECT_TRUE(IsKind(
      backend_->NewPool({.workers = 1, .max_tasks_per_worker = 0}).status(),
      ErrorKind::kValue));
  EXPECT_TRUE(IsKind(
      backend_->NewPool({.workers = 1, .initializer = "Nowhere"}).status(),
      ErrorKind::kValue));
}

TEST_P(PoolTest, ACallbackMayDropThePool) {
  auto pool = New(1);
  std::atomic<bool> dropped = false;
  auto result =
      *pool->ApplyAsync("PoolTestEcho", {}, {.callback = [&](const Value&) {
                          pool.reset();
                          dropped = true;
                        }});
  EXPECT_TRUE(result->Get(kGuard).ok());
  EXPECT_TRUE(dropped);
}

// A caller that waits for its result takes those of others, too.
class WaitingCaller {
 public:
  WaitingCaller(Pool& pool, const Board& board) {
    const int64_t running = board.Get(0);
    thread_ =
        std::thread([this, &pool] { outcome_ = pool.Apply("PoolTestGated"); });
    EXPECT_TRUE(board.Await(0, running + 1));
  }
  absl::StatusOr<Value> Join() {
    thread_.join();
    return outcome_;
  }
  std::thread::id id() const { return thread_.get_id(); }

 private:
  std::thread thread_;
  absl::StatusOr<Value> outcome_;
};

TEST_P(PoolTest, OthersGetTheirResultsWhileACallerWaits) {
  auto pool = NewGated(2);
  WaitingCaller caller(*pool, *board_);
  for (int i = 0; i < 50; ++i) {
    auto result = *pool->ApplyAsync("PoolTestEcho", {.args = {i}});
    if (i % 2 == 0) {
      const os::Deadline guard(kGuard);
      while (!*result->Ready() && !guard.HasPassed()) std::this_thread::yield();
    }
    EXPECT_EQ(*result->Get(kGuard), Value(i));
    EXPECT_EQ(*pool->Apply("PoolTestEcho", {.args = {-i}}), Value(-i));
  }
  EXPECT_EQ(*pool->Map("PoolTestDouble", {1, 2, 3}, 1), List({2, 4, 6}));
  EXPECT_EQ(*pool->Map("PoolTestDouble", {}), List());
  board_->Set(1, 1);
  EXPECT_EQ(*caller.Join(), Value("done"));
}

TEST_P(PoolTest, ACallerLeavesCallbacksToTheirThread) {
  auto pool = NewGated(2);
  WaitingCaller caller(*pool, *board_);
  std::set<std::thread::id> threads;
  for (int i = 0; i < 20; ++i) {
    auto result =
        *pool->ApplyAsync("PoolTestEcho", {}, {.callback = [&](const Value&) {
                            threads.insert(std::this_thread::get_id());
                          }});
    EXPECT_TRUE(result->Get(kGuard).ok());
  }
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
  EXPECT_FALSE(threads.contains(caller.id()));
  board_->Set(1, 1);
  EXPECT_EQ(*caller.Join(), Value("done"));
}

TEST_P(PoolTest, ADeathIsNoticedWhileACallerWaits) {
  const LongWatchInterval interval;
  auto pool = NewGated(2);
  WaitingCaller caller(*pool, *board_);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(
        IsKind(pool->Apply("PoolTestDie").status(), ErrorKind::kBrokenPool));
    EXPECT_EQ(*pool->Apply("PoolTestEcho", {.args = {i}}), Value(i));
  }
  board_->Set(1, 1);
  EXPECT_EQ(*caller.Join(), Value("done"));
}

TEST_P(PoolTest, TerminatesWhileACallerWaits) {
  auto pool = NewGated(2);
  auto running = *pool->ApplyAsync("PoolTestGated");
  ASSERT_TRUE(board_->Await(0, 1));
  std::thread caller([&] {
    EXPECT_TRUE(IsTimeout(running->Get(absl::Milliseconds(300)).status()));
  });
  EXPECT_TRUE(pool->Terminate().ok());
  EXPECT_TRUE(pool->Join().ok());
  caller.join();
}

// For the next: what a forked child finds in its memory.
AsyncResult* inherited = nullptr;

PROCSPEC_TARGET(PoolTestGetInherited) {
  if (!IsTimeout(inherited->Get(absl::Milliseconds(20)).status())) {
    return RaisedError("Stolen", "a result of the parent's pool");
  }
  return Value();
}

TEST(PoolForkTest, AChildTakesNoResultOfItsParents) {
  if (!os::HasFork()) GTEST_SKIP() << "a spawned child has nothing to take";
  auto backend = NewBackend(StartMethod::kFork);
  auto board = Board::New();
  auto pool = *backend->NewPool({.workers = 1,
                                 .initializer = "PoolTestKeepBoard",
                                 .initializer_arguments = {.args = {board}}});
  auto gated = *pool->ApplyAsync("PoolTestGated");
  ASSERT_TRUE(board->Await(0, 1));
  inherited = gated.get();
  auto child = *backend->NewProcess({.target = "PoolTestGetInherited"});
  ASSERT_TRUE(child->Start().ok());
  board->Set(1, 1);
  EXPECT_TRUE(child->Join().ok());
  EXPECT_EQ(**child->ExitCode(), 0);
  EXPECT_EQ(*gated->Get(kGuard), Value("done"));
}

TEST_P(PoolTest, SubmitsFromSeveralThreads) {
  auto pool = New(2);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        auto value = pool->Apply("PoolTestDouble", {.args = {100 * t + i}});
        if (value.ok() && *value == Value(2 * (100 * t + i))) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
}

INSTANTIATE_TEST_SUITE_P(, PoolTest, testing::ValuesIn(StartMethods()),
                         [](const auto& tested) {
                           return std::string(StartMethodName(tested.param));
                         });

}  // namespace
}  // namespace procspec::reference
