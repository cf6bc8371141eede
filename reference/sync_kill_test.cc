// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Processes killed while they use a primitive, with every start method: the
// others go on. The files of each primitive test more of it over a bare fork,
// where there is one.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "reference/backend.h"
#include "reference/os/time.h"
#include "reference/testing_board.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/status_macros.h"
#include "spec/target.h"

namespace procspec::reference {
namespace {

constexpr absl::Duration kGuard = absl::Seconds(20);
constexpr int kRounds = 20;

// Cells of the board.
enum : size_t { kTurns = 0, kInside = 1 };

class SyncKill : public testing::TestWithParam<StartMethod> {
 protected:
  std::shared_ptr<Process> Start(const char* target, List args) {
    ProcessOptions options;
    options.target = target;
    options.arguments.args = std::move(args);
    auto process = backend_->NewProcess(std::move(options));
    EXPECT_TRUE(process.ok()) << process.status();
    const absl::Status started = (*process)->Start();
    EXPECT_TRUE(started.ok()) << started;
    return *process;
  }
  void Kill(const std::shared_ptr<Process>& process) {
    ASSERT_TRUE(process->Kill().ok());
    ASSERT_TRUE(process->Join(kGuard).ok());
    ASSERT_EQ(*process->ExitCode(), CrashExitCode(CrashKind::kKill));
  }
  // Until so many more turns have been taken.
  [[nodiscard]] bool AwaitTurns(int64_t turns) {
    const int64_t enough = board_->Get(kTurns) + turns;
    const os::Deadline guard(kGuard);
    while (board_->Get(kTurns) < enough) {
      if (guard.HasPassed()) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::shared_ptr<Backend> backend_ = NewBackend(GetParam());
  std::shared_ptr<Board> board_ = Board::New();
};

INSTANTIATE_TEST_SUITE_P(All, SyncKill, testing::ValuesIn(StartMethods()),
                         [](const auto& method) {
                           return std::string(BackendName(method.param))
                               .substr(sizeof("reference-") - 1);
                         });

// Locks for ever and takes a turn each time.
PROCSPEC_TARGET(SyncKillTakeTurns) {
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const bool locked, lock->Acquire(kGuard));
    if (!locked) return ExitRequest(1);
    board->Add(kTurns, 1);
    PROCSPEC_RETURN_IF_ERROR(lock->Release());
  }
}

// An owner that is killed gives its lock to the next one, and a waiter that is
// killed keeps nobody from it.
TEST_P(SyncKill, RecursiveLockGoesOn) {
  auto lock = *backend_->NewRLock();
  const List args = {Value(lock), Value(board_)};
  auto survivor = Start("SyncKillTakeTurns", args);
  for (int i = 0; i < kRounds; ++i) {
    auto victim = Start("SyncKillTakeTurns", args);
    ASSERT_TRUE(AwaitTurns(100)) << i;
    Kill(victim);
    ASSERT_TRUE(AwaitTurns(100)) << i;
    ASSERT_TRUE(*survivor->IsAlive()) << i;
  }
  Kill(survivor);
  EXPECT_TRUE(*lock->Acquire(kGuard));
}

// Whoever dies keeps what it acquired.
PROCSPEC_TARGET(SyncKillPassUnits) {
  PROCSPEC_ASSIGN_OR_RETURN(auto from, arguments.Get<Semaphore>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto to, arguments.Get<Semaphore>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(2));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, from->Acquire(kGuard));
    if (!acquired) return ExitRequest(1);
    board->Add(kTurns, 1);
    PROCSPEC_RETURN_IF_ERROR(to->Release());
  }
}

TEST_P(SyncKill, SemaphoreLosesAtMostTheUnitOfTheDead) {
  auto a = *backend_->NewSemaphore(0);
  auto b = *backend_->NewSemaphore(0);
  auto forth = Start("SyncKillPassUnits", {Value(a), Value(b), Value(board_)});
  auto back = Start("SyncKillPassUnits", {Value(b), Value(a), Value(board_)});
  for (int i = 0; i < kRounds; ++i) {
    // Others that wait for the same units, of which there are few.
    auto victim =
        Start("SyncKillPassUnits", {Value(b), Value(a), Value(board_)});
    ASSERT_TRUE(a->Release().ok());
    ASSERT_TRUE(AwaitTurns(50)) << i;
    Kill(victim);
    // There may be none left now.
    ASSERT_TRUE(a->Release().ok());
    ASSERT_TRUE(AwaitTurns(50)) << i;
  }
  Kill(forth);
  Kill(back);
  EXPECT_LE(*a->Count() + *b->Count(), 2 * kRounds);
}

PROCSPEC_TARGET(SyncKillAwaitEvent) {
  PROCSPEC_ASSIGN_OR_RETURN(auto event, arguments.Get<Event>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  board->Add(kInside, 1);
  PROCSPEC_ASSIGN_OR_RETURN(const bool set, event->Wait(kGuard));
  return ExitRequest(set ? 0 : 1);
}

TEST_P(SyncKill, EventWakesTheLiving) {
  for (int i = 0; i < kRounds / 2; ++i) {
    auto event = *backend_->NewEvent();
    const List args = {Value(event), Value(board_)};
    auto victim = Start("SyncKillAwaitEvent", args);
    auto survivor = Start("SyncKillAwaitEvent", args);
    ASSERT_TRUE(board_->Await(kInside, 2 * (i + 1)));
    Kill(victim);
    ASSERT_TRUE(event->Set().ok());
    ASSERT_TRUE(survivor->Join(kGuard).ok());
    ASSERT_EQ(*survivor->ExitCode(), 0);
  }
}

PROCSPEC_TARGET(SyncKillAwaitNotification) {
  PROCSPEC_ASSIGN_OR_RETURN(auto condition, arguments.Get<Condition>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  PROCSPEC_ASSIGN_OR_RETURN(const bool locked, condition->Acquire(kGuard));
  if (!locked) return ExitRequest(1);
  board->Add(kInside, 1);
  PROCSPEC_ASSIGN_OR_RETURN(const bool notified, condition->Wait(kGuard));
  if (!notified) return ExitRequest(2);
  PROCSPEC_RETURN_IF_ERROR(condition->Release());
  return Value();
}

// One notification, and the one that has waited longer is dead.
TEST_P(SyncKill, ConditionNotifiesTheLiving) {
  auto condition = *backend_->NewCondition(nullptr);
  const List args = {Value(condition), Value(board_)};
  for (int i = 0; i < kRounds / 2; ++i) {
    auto victim = Start("SyncKillAwaitNotification", args);
    ASSERT_TRUE(board_->Await(kInside, 2 * i + 1));
    auto survivor = Start("SyncKillAwaitNotification", args);
    ASSERT_TRUE(board_->Await(kInside, 2 * i + 2));
    // Whoever has been inside waits once the lock is free.
    ASSERT_TRUE(*condition->Acquire(kGuard));
    Kill(victim);
    ASSERT_TRUE(condition->Notify().ok());
    ASSERT_TRUE(condition->Release().ok());
    ASSERT_TRUE(survivor->Join(kGuard).ok());
    ASSERT_EQ(*survivor->ExitCode(), 0) << i;
  }
}

PROCSPEC_TARGET(SyncKillMeet) {
  PROCSPEC_ASSIGN_OR_RETURN(auto barrier, arguments.Get<Barrier>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  while (true) {
    board->Add(kTurns, 1);
    PROCSPEC_RETURN_IF_ERROR(barrier->Wait(kGuard).status());
  }
}

// A party that was killed is replaced by another one, however far it had got.
TEST_P(SyncKill, BarrierGoesOnWithANewParty) {
  BarrierOptions options;
  options.parties = 2;
  auto barrier = *backend_->NewBarrier(options);
  const List args = {Value(barrier), Value(board_)};
  auto survivor = Start("SyncKillMeet", args);
  auto victim = Start("SyncKillMeet", args);
  for (int i = 0; i < kRounds; ++i) {
    ASSERT_TRUE(AwaitTurns(20)) << i;
    Kill(victim);
    victim = Start("SyncKillMeet", args);
    ASSERT_TRUE(AwaitTurns(20)) << i;
    ASSERT_TRUE(*survivor->IsAlive()) << i;
  }
  Kill(victim);
  Kill(survivor);
}

}  // namespace
}  // namespace procspec::reference
