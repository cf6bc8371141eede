// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What the files of each primitive test over fork, here in short over both
// start methods: that an argument is the same object in the child.

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "reference/backend.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

constexpr absl::Duration kGuard = absl::Seconds(20);

class Sync : public testing::TestWithParam<StartMethod> {
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
  void ExpectExit(const std::shared_ptr<Process>& process, int code) {
    ASSERT_TRUE(process->Join(kGuard).ok());
    EXPECT_EQ(*process->ExitCode(), code);
  }

  std::shared_ptr<Backend> backend_ = NewBackend(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Sync, testing::ValuesIn(StartMethods()),
                         [](const auto& method) {
                           return std::string(BackendName(method.param))
                               .substr(sizeof("reference-") - 1);
                         });

// Exits with the number of the first line that is not as it should be.
#define EXIT_UNLESS(condition) \
  if (!(condition)) return ExitRequest(__LINE__ % 250 + 1)

PROCSPEC_TARGET(SyncUseAll) {
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto rlock, arguments.Get<Lock>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto semaphore, arguments.Get<Semaphore>(2));
  PROCSPEC_ASSIGN_OR_RETURN(auto bounded, arguments.Get<Semaphore>(3));
  PROCSPEC_ASSIGN_OR_RETURN(auto event, arguments.Get<Event>(4));
  EXIT_UNLESS(lock->handle_kind() == HandleKind::kLock);
  EXIT_UNLESS(!*lock->TryAcquire());
  EXIT_UNLESS(lock->Release().ok());
  EXIT_UNLESS(rlock->handle_kind() == HandleKind::kRLock);
  EXIT_UNLESS(!*rlock->TryAcquire());
  EXIT_UNLESS(IsKind(rlock->Release(), ErrorKind::kMisuse));
  EXIT_UNLESS(semaphore->handle_kind() == HandleKind::kSemaphore);
  EXIT_UNLESS(*semaphore->Count() == 2 && semaphore->Release().ok());
  EXIT_UNLESS(bounded->handle_kind() == HandleKind::kBoundedSemaphore);
  EXIT_UNLESS(IsKind(bounded->Release(), ErrorKind::kValue));
  EXIT_UNLESS(*bounded->TryAcquire());
  EXIT_UNLESS(*event->Wait(kGuard));
  EXIT_UNLESS(event->Clear().ok());
  return Value();
}

TEST_P(Sync, AllReachAChild) {
  auto lock = *backend_->NewLock();
  auto rlock = *backend_->NewRLock();
  auto semaphore = *backend_->NewSemaphore(2);
  auto bounded = *backend_->NewBoundedSemaphore(3);
  auto event = *backend_->NewEvent();
  ASSERT_TRUE(*lock->Acquire() && *rlock->Acquire());
  auto child = Start("SyncUseAll", {Value(lock), Value(rlock), Value(semaphore),
                                    Value(bounded), Value(event)});
  ASSERT_TRUE(event->Set().ok());
  ExpectExit(child, 0);
  EXPECT_TRUE(*lock->TryAcquire());
  EXPECT_TRUE(rlock->Release().ok());
  EXPECT_EQ(*semaphore->Count(), 3);
  EXPECT_EQ(*bounded->Count(), 2);
  EXPECT_FALSE(*event->IsSet());
}

// The condition's lock also comes by itself.
PROCSPEC_TARGET(SyncWaitOnCondition) {
  PROCSPEC_ASSIGN_OR_RETURN(auto condition, arguments.Get<Condition>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto waits, arguments.Get<Event>(2));
  EXIT_UNLESS(*lock->Acquire(kGuard));
  EXIT_UNLESS(waits->Set().ok());
  EXIT_UNLESS(*condition->Wait(kGuard));
  EXIT_UNLESS(!*lock->TryAcquire());
  EXIT_UNLESS(condition->Release().ok());
  return Value();
}

TEST_P(Sync, ConditionReachesAChildWithItsLock) {
  auto lock = *backend_->NewLock();
  auto condition = *backend_->NewCondition(lock);
  auto waits = *backend_->NewEvent();
  auto child = Start("SyncWaitOnCondition",
                     {Value(condition), Value(lock), Value(waits)});
  ASSERT_TRUE(*waits->Wait(kGuard));
  ASSERT_TRUE(*condition->Acquire(kGuard));
  ASSERT_TRUE(condition->Notify().ok());
  ASSERT_TRUE(condition->Release().ok());
  ExpectExit(child, 0);
}

PROCSPEC_TARGET(SyncAction) {
  PROCSPEC_ASSIGN_OR_RETURN(auto semaphore, arguments.Get<Semaphore>(0));
  PROCSPEC_RETURN_IF_ERROR(semaphore->Release());
  return Value();
}

PROCSPEC_TARGET(SyncMeet) {
  PROCSPEC_ASSIGN_OR_RETURN(auto barrier, arguments.Get<Barrier>(0));
  EXIT_UNLESS(*barrier->Parties() == 3);
  for (int i = 0; i < 5; ++i) {
    EXIT_UNLESS(barrier->Wait(kGuard).ok());
  }
  // The default timeout came along.
  EXIT_UNLESS(IsKind(barrier->Wait().status(), ErrorKind::kBrokenBarrier));
  return Value();
}

TEST_P(Sync, BarrierReachesAChildWithItsAction) {
  auto ran = *backend_->NewSemaphore(0);
  BarrierOptions options;
  options.parties = 3;
  options.action = "SyncAction";
  options.action_arguments.args = {Value(ran)};
  options.timeout = absl::Milliseconds(50);
  auto barrier = *backend_->NewBarrier(options);
  auto a = Start("SyncMeet", {Value(barrier)});
  auto b = Start("SyncMeet", {Value(barrier)});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(barrier->Wait(kGuard).ok());
  ExpectExit(a, 0);
  ExpectExit(b, 0);
  EXPECT_EQ(*ran->Count(), 5);
}

PROCSPEC_TARGET(SyncReleaseAll) {
  for (const Value& argument : arguments.args) {
    PROCSPEC_ASSIGN_OR_RETURN(auto lock, argument.HandleAs<Lock>());
    PROCSPEC_RETURN_IF_ERROR(lock->Release());
  }
  return Value();
}

TEST_P(Sync, AThousandLocksReachAChild) {
  List locks;
  for (int i = 0; i < 3000; ++i) {
    auto lock = *backend_->NewLock();
    ASSERT_TRUE(*lock->TryAcquire());
    locks.push_back(Value(lock));
  }
  ExpectExit(Start("SyncReleaseAll", locks), 0);
  for (const Value& value : locks) {
    ASSERT_TRUE(*(*value.HandleAs<Lock>())->TryAcquire());
  }
}

TEST_P(Sync, LockOfAnotherBackendIsRefused) {
  class Foreign : public Lock {
    HandleKind handle_kind() const override { return HandleKind::kLock; }
    absl::StatusOr<bool> Acquire(absl::Duration) override { return true; }
    absl::Status Release() override { return absl::OkStatus(); }
  };
  EXPECT_TRUE(
      IsKind(backend_->NewCondition(std::make_shared<Foreign>()).status(),
             ErrorKind::kType));
}

}  // namespace
}  // namespace procspec::reference
