// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Wrong locks, semaphores, conditions, events and barriers. Where one that is
// always wrong would break everything that uses it, it is wrong under narrow
// circumstances.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "conformance/mutants/forward.h"
#include "conformance/mutants/maker.h"
#include "conformance/mutants/mutant.h"
#include "spec/status_macros.h"
#include "spec/target.h"

namespace procspec::mutants {
namespace {

using BoolOr = absl::StatusOr<bool>;
using IntOr = absl::StatusOr<int>;
using Clauses = std::vector<ClauseId>;

// Locks and recursive locks, and the two kinds of semaphores, have an interface
// in common: of these only one kind is wrapped.
template <typename T, typename Interface, HandleKind kKind>
class WrappingKind : public Wrapping<T, Interface> {
 public:
  using Wrapping<T, Interface>::Wrapping;
  using Wrapping<T, Interface>::Wrap;
  std::shared_ptr<Interface> Wrap(std::shared_ptr<Interface> object) override {
    if (object->handle_kind() != kKind) return object;
    return Wrapping<T, Interface>::Wrap(std::move(object));
  }
};

template <typename M>
bool Register(std::string name, Capability touches, Clauses breaks,
              Clauses collateral) {
  return RegisterMutant<M>({.name = std::move(name),
                            .breaks = std::move(breaks),
                            .collateral = std::move(collateral),
                            .touches = {touches}});
}

template <typename L>
bool RegisterLock(std::string name, Clauses breaks, Clauses collateral = {}) {
  return Register<WrappingKind<L, Lock, HandleKind::kLock>>(
      std::move(name), Capability::kLock, std::move(breaks),
      std::move(collateral));
}

template <typename L>
bool RegisterRLock(std::string name, Clauses breaks, Clauses collateral = {}) {
  return Register<WrappingKind<L, Lock, HandleKind::kRLock>>(
      std::move(name), Capability::kRLock, std::move(breaks),
      std::move(collateral));
}

template <typename S>
bool RegisterSemaphore(std::string name, Clauses breaks,
                       Clauses collateral = {}) {
  return Register<WrappingKind<S, Semaphore, HandleKind::kSemaphore>>(
      std::move(name), Capability::kSemaphore, std::move(breaks),
      std::move(collateral));
}

template <typename C>
bool RegisterCondition(std::string name, Clauses breaks,
                       Clauses collateral = {}) {
  return Register<Wrapping<C, Condition>>(
      std::move(name), Capability::kCondition, std::move(breaks),
      std::move(collateral));
}

template <typename E>
bool RegisterEvent(std::string name, Clauses breaks, Clauses collateral = {}) {
  return Register<Wrapping<E, Event>>(std::move(name), Capability::kEvent,
                                      std::move(breaks), std::move(collateral));
}

template <typename B>
bool RegisterBarrier(std::string name, Clauses breaks,
                     Clauses collateral = {}) {
  return Register<Wrapping<B, Barrier>>(std::move(name), Capability::kBarrier,
                                        std::move(breaks),
                                        std::move(collateral));
}

// A timeout that is not expected to run out.
bool IsLong(absl::Duration timeout) {
  return timeout >= absl::Seconds(1) && timeout < absl::InfiniteDuration();
}

bool IsUntimed(absl::Duration timeout) {
  return timeout == absl::InfiniteDuration();
}

bool IsTrue(const BoolOr& result) { return result.ok() && *result; }
bool IsFalse(const BoolOr& result) { return result.ok() && !*result; }

// Base is ForwardLock or ForwardSemaphore.
template <typename Base>
class AcquireGivesUpEarly : public Base {
 public:
  using Base::Base;
  BoolOr Acquire(absl::Duration timeout) override {
    return Base::Acquire(timeout / 2);
  }
};

template <typename Base>
class AcquireRefusesNegative : public Base {
 public:
  using Base::Base;
  BoolOr Acquire(absl::Duration timeout) override {
    if (timeout < absl::ZeroDuration()) return ValueError("negative timeout");
    return Base::Acquire(timeout);
  }
};

// Base is ForwardCondition or ForwardEvent.
template <typename Base>
class WaitGivesUpEarly : public Base {
 public:
  using Base::Base;
  BoolOr Wait(absl::Duration timeout) override {
    return Base::Wait(timeout / 2);
  }
};

// --- Lock --------------------------------------------------------------------

// Knows whether this process holds it, as far as this process can know.
class RemembersHolding : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  BoolOr Acquire(absl::Duration timeout) override {
    BoolOr acquired = inner().Acquire(timeout);
    if (IsTrue(acquired)) held_ = true;
    return acquired;
  }
  absl::Status Release() override {
    held_ = false;
    return inner().Release();
  }

 protected:
  std::atomic<bool> held_ = false;
};

class OneTryFailsAfterRelease : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  BoolOr Acquire(absl::Duration timeout) override {
    if (timeout <= absl::ZeroDuration() && released_.exchange(false)) {
      return false;
    }
    return inner().Acquire(timeout);
  }
  absl::Status Release() override {
    released_ = true;
    return inner().Release();
  }

 private:
  std::atomic<bool> released_ = false;
};
const bool one_try_fails_after_release = RegisterLock<OneTryFailsAfterRelease>(
    "lock-fails-the-first-try-after-a-release", {"lock.acquire-release"});

class LetsPatientIn : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  BoolOr Acquire(absl::Duration timeout) override {
    if (!IsLong(timeout)) return inner().Acquire(timeout);
    BoolOr acquired = inner().TryAcquire();
    if (IsFalse(acquired)) {
      pretended_ = true;
      return true;
    }
    return acquired;
  }
  absl::Status Release() override {
    if (pretended_.exchange(false)) return absl::OkStatus();
    return inner().Release();
  }

 private:
  std::atomic<bool> pretended_ = false;
};
const bool lets_patient_in = RegisterLock<LetsPatientIn>(
    "lock-lets-in-who-would-wait-for-long",
    {"lock.mutual-exclusion", "lock.serialises-sections"},
    {"process.files.shared.locked"});

class UntimedGivesUp : public RemembersHolding {
 public:
  using RemembersHolding::RemembersHolding;
  BoolOr Acquire(absl::Duration timeout) override {
    if (IsUntimed(timeout) && !held_) timeout = absl::Milliseconds(20);
    return RemembersHolding::Acquire(timeout);
  }
};
const bool untimed_gives_up = RegisterLock<UntimedGivesUp>(
    "lock-acquire-without-timeout-gives-up", {"lock.blocks-across-processes"});

class TryLies : public RemembersHolding {
 public:
  using RemembersHolding::RemembersHolding;
  BoolOr Acquire(absl::Duration timeout) override {
    const bool held = held_;
    BoolOr acquired = RemembersHolding::Acquire(timeout);
    if (timeout == absl::ZeroDuration() && !held && IsFalse(acquired)) {
      return true;
    }
    return acquired;
  }
};
const bool try_lies = RegisterLock<TryLies>(
    "lock-try-ignores-holders-in-other-processes", {"lock.nonblocking"},
    {"start-method.sync-objects-shareable.sync"});

const bool lock_gives_up_early = RegisterLock<AcquireGivesUpEarly<ForwardLock>>(
    "lock-gives-up-early", {"lock.timeout.expires"});

const bool lock_refuses_negative =
    RegisterLock<AcquireRefusesNegative<ForwardLock>>(
        "lock-refuses-negative-timeouts", {"lock.timeout.zero-negative"});

class Recursive : public RemembersHolding {
 public:
  using RemembersHolding::RemembersHolding;
  BoolOr Acquire(absl::Duration timeout) override {
    if (held_ && timeout > absl::ZeroDuration()) return true;
    return RemembersHolding::Acquire(timeout);
  }
};
const bool recursive =
    RegisterLock<Recursive>("lock-is-recursive", {"lock.non-recursive"});

class ReleaseNeverFails : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  absl::Status Release() override {
    (void)inner().Release();
    return absl::OkStatus();
  }
};
const bool release_never_fails = RegisterLock<ReleaseNeverFails>(
    "lock-release-never-fails", {"lock.release-unlocked"});

class OnlyHolderReleases : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  BoolOr Acquire(absl::Duration timeout) override {
    BoolOr acquired = inner().Acquire(timeout);
    if (IsTrue(acquired)) holder_ = std::this_thread::get_id();
    return acquired;
  }
  absl::Status Release() override {
    std::thread::id me = std::this_thread::get_id();
    if (!holder_.compare_exchange_strong(me, std::thread::id())) {
      return ValueError("held by another");
    }
    return inner().Release();
  }

 private:
  std::atomic<std::thread::id> holder_ = std::thread::id();
};
const bool only_holder_releases = RegisterLock<OnlyHolderReleases>(
    "lock-is-released-by-its-holder-only",
    {"lock.release-by-other", "lock.holder-dies.released-by-hand"});

// Takes a lock for free when a child of this process has ended.
class FreesLocksOfTheDead : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Wrap;

  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              ForwardBackend::NewProcess(std::move(options)));
    processes_.push_back(process);
    return process;
  }

  std::shared_ptr<Lock> Wrap(std::shared_ptr<Lock> lock) override {
    if (lock->handle_kind() != HandleKind::kLock) return lock;
    return std::make_shared<RobustLock>(*this, std::move(lock));
  }

 private:
  class RobustLock : public ForwardLock {
   public:
    RobustLock(FreesLocksOfTheDead& backend, std::shared_ptr<Lock> inner)
        : ForwardLock(std::move(inner)), backend_(backend) {}
    BoolOr Acquire(absl::Duration timeout) override {
      BoolOr acquired = inner().Acquire(timeout);
      if (IsFalse(acquired) && timeout > absl::ZeroDuration() &&
          backend_.SomebodyHasEnded()) {
        (void)inner().Release();
        return inner().TryAcquire();
      }
      return acquired;
    }

   private:
    FreesLocksOfTheDead& backend_;
  };

  bool SomebodyHasEnded() {
    for (const auto& process : processes_) {
      const auto code = process->ExitCode();
      if (code.ok() && code->has_value()) return true;
    }
    return false;
  }

  std::vector<std::shared_ptr<Process>> processes_;
};
const bool frees_locks_of_the_dead = RegisterMutant<FreesLocksOfTheDead>(
    {.name = "lock-is-freed-when-its-holder-ends",
     .breaks = {"lock.holder-dies.stays-held"},
     .collateral = {"process.terminate.lock-lost"},
     .touches = {Capability::kLock}});

// --- Recursive lock ----------------------------------------------------------

class CountsToThree : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  BoolOr Acquire(absl::Duration timeout) override {
    if (depth_ == 3) return false;
    BoolOr acquired = inner().Acquire(timeout);
    if (IsTrue(acquired)) ++depth_;
    return acquired;
  }
  absl::Status Release() override {
    absl::Status released = inner().Release();
    if (released.ok()) --depth_;
    return released;
  }

 private:
  std::atomic<int> depth_ = 0;
};
const bool counts_to_three = RegisterRLock<CountsToThree>(
    "rlock-is-acquired-three-times-at-most", {"rlock.reentrant.acquire"});

class ReleasesFully : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  absl::Status Release() override {
    PROCSPEC_RETURN_IF_ERROR(inner().Release());
    while (inner().Release().ok()) {
    }
    return absl::OkStatus();
  }
};
const bool releases_fully = RegisterRLock<ReleasesFully>(
    "rlock-is-freed-by-one-release", {"rlock.reentrant.release"});

class NotOwnerIsValue : public ForwardLock {
 public:
  using ForwardLock::ForwardLock;
  absl::Status Release() override {
    absl::Status released = inner().Release();
    if (!released.ok()) return ValueError("not the owner");
    return released;
  }
};
const bool not_owner_is_value = RegisterRLock<NotOwnerIsValue>(
    "rlock-release-by-another-reports-value", {"rlock.release-not-owner"},
    {"rlock.fork-no-inheritance"});

// Believes its memory, which is a copy of the owner's.
class InheritsOwnership : public ForwardLock {
 public:
  InheritsOwnership(ForwardBackend& backend, std::shared_ptr<Lock> inner)
      : ForwardLock(std::move(inner)), backend_(backend) {}
  BoolOr Acquire(absl::Duration timeout) override {
    if (IsHeir()) return true;
    BoolOr acquired = inner().Acquire(timeout);
    if (IsTrue(acquired)) owner_ = *backend_.Pid();
    return acquired;
  }
  absl::Status Release() override {
    if (IsHeir()) return absl::OkStatus();
    owner_ = 0;
    return inner().Release();
  }

 private:
  bool IsHeir() const { return owner_ != 0 && owner_ != *backend_.Pid(); }

  ForwardBackend& backend_;
  std::atomic<int64_t> owner_ = 0;
};
const bool inherits_ownership = RegisterRLock<InheritsOwnership>(
    "rlock-is-inherited-by-forked-children", {"rlock.fork-no-inheritance"});

// --- Semaphore ---------------------------------------------------------------

// Those that are made with one value have another.
template <int64_t kFrom, int64_t kTo>
class SemaphoreMiscounts : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Semaphore>> NewSemaphore(
      int64_t value) override {
    return ForwardBackend::NewSemaphore(value == kFrom ? kTo : value);
  }
};
const bool five_is_four = Register<SemaphoreMiscounts<5, 4>>(
    "semaphore-of-five-admits-four", Capability::kSemaphore,
    {"semaphore.count"}, {});
const bool two_is_three = Register<SemaphoreMiscounts<2, 3>>(
    "semaphore-of-two-admits-three", Capability::kSemaphore,
    {"semaphore.limits-concurrency.cap"}, {});
const bool three_is_two = Register<SemaphoreMiscounts<3, 2>>(
    "semaphore-of-three-admits-two", Capability::kSemaphore,
    {"semaphore.limits-concurrency.all-slots"}, {});
const bool default_is_two = Register<SemaphoreMiscounts<1, 2>>(
    "semaphore-of-one-admits-two", Capability::kSemaphore,
    {"semaphore.default-value"}, {});

class SemaphoreIsBounded : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Semaphore>> NewSemaphore(
      int64_t value) override {
    return inner().NewBoundedSemaphore(value);
  }
};
const bool semaphore_is_bounded = Register<SemaphoreIsBounded>(
    "semaphore-is-bounded", Capability::kSemaphore, {"semaphore.over-release"},
    {"start-method.sync-objects-shareable.sync"});

const bool semaphore_gives_up_early =
    RegisterSemaphore<AcquireGivesUpEarly<ForwardSemaphore>>(
        "semaphore-gives-up-early", {"semaphore.timeout.expires"});

const bool semaphore_refuses_negative =
    RegisterSemaphore<AcquireRefusesNegative<ForwardSemaphore>>(
        "semaphore-refuses-negative-timeouts",
        {"semaphore.timeout.zero-negative"});

class WaitsInVain : public ForwardSemaphore {
 public:
  using ForwardSemaphore::ForwardSemaphore;
  BoolOr Acquire(absl::Duration timeout) override {
    if (!IsUntimed(timeout)) return inner().Acquire(timeout);
    BoolOr acquired = inner().TryAcquire();
    if (!IsFalse(acquired)) return acquired;
    PROCSPEC_RETURN_IF_ERROR(inner().Acquire().status());
    return false;
  }
};
const bool waits_in_vain = RegisterSemaphore<WaitsInVain>(
    "semaphore-says-false-after-waiting", {"semaphore.release-by-other"});

class BoundedIsUnbounded : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Semaphore>> NewBoundedSemaphore(
      int64_t value) override {
    return inner().NewSemaphore(value);
  }
};
const bool bounded_is_unbounded = Register<BoundedIsUnbounded>(
    "boundedsemaphore-has-no-bound", Capability::kBoundedSemaphore,
    {"boundedsemaphore.excess-release"}, {});

class BoundedThreeIsTwo : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Semaphore>> NewBoundedSemaphore(
      int64_t value) override {
    return ForwardBackend::NewBoundedSemaphore(value == 3 ? 2 : value);
  }
};
const bool bounded_three_is_two = Register<BoundedThreeIsTwo>(
    "boundedsemaphore-of-three-admits-two", Capability::kBoundedSemaphore,
    {"boundedsemaphore.as-semaphore"}, {});

// --- Condition ---------------------------------------------------------------

class LongWaitKeepsLock : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  BoolOr Wait(absl::Duration timeout) override {
    if (!IsLong(timeout)) return inner().Wait(timeout);
    // Whether the caller holds the lock.
    PROCSPEC_RETURN_IF_ERROR(inner().Notify(0));
    absl::SleepFor(timeout);
    return false;
  }
};
const bool long_wait_keeps_lock = RegisterCondition<LongWaitKeepsLock>(
    "condition-long-wait-keeps-the-lock",
    {"condition.wait-releases.while-waiting"});

class UntimedWaitLosesLock : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  BoolOr Wait(absl::Duration timeout) override {
    BoolOr notified = inner().Wait(timeout);
    if (IsUntimed(timeout)) (void)inner().Release();
    return notified;
  }
};
const bool untimed_wait_loses_lock = RegisterCondition<UntimedWaitLosesLock>(
    "condition-wait-returns-without-the-lock",
    {"condition.wait-releases.on-return"},
    {"condition.wait-releases.recursive", "condition.wait-for.true"});

class WaitForgetsDepth : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  BoolOr Acquire(absl::Duration timeout) override {
    BoolOr acquired = inner().Acquire(timeout);
    if (IsTrue(acquired)) ++depth_;
    return acquired;
  }
  absl::Status Release() override {
    --depth_;
    return inner().Release();
  }
  BoolOr Wait(absl::Duration timeout) override {
    int depth = depth_;
    BoolOr notified = inner().Wait(timeout);
    while (depth-- > 1) (void)inner().Release();
    return notified;
  }

 private:
  // Of the thread that asks, if there is but one.
  static thread_local int depth_;
};
thread_local int WaitForgetsDepth::depth_ = 0;
const bool wait_forgets_depth = RegisterCondition<WaitForgetsDepth>(
    "condition-wait-forgets-the-depth", {"condition.wait-releases.recursive"});

class NotifyWakesTwo : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  absl::Status Notify(int count) override {
    return inner().Notify(count == 1 ? 2 : count);
  }
};
const bool notify_wakes_two = RegisterCondition<NotifyWakesTwo>(
    "condition-notify-wakes-two", {"condition.notify-one"});

class NotifySomeWakesAll : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  absl::Status Notify(int count) override {
    return count > 1 ? inner().NotifyAll() : inner().Notify(count);
  }
};
const bool notify_some_wakes_all = RegisterCondition<NotifySomeWakesAll>(
    "condition-notify-of-several-wakes-all", {"condition.notify-n"});

class NotifyAllWakesOne : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  absl::Status NotifyAll() override { return inner().Notify(1); }
};
const bool notify_all_wakes_one = RegisterCondition<NotifyAllWakesOne>(
    "condition-notify-all-wakes-one", {"condition.notify-all"});

class RemembersNotifications : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  absl::Status Notify(int count) override {
    remembered_ = true;
    return inner().Notify(count);
  }
  absl::Status NotifyAll() override {
    remembered_ = true;
    return inner().NotifyAll();
  }
  BoolOr Wait(absl::Duration timeout) override {
    PROCSPEC_RETURN_IF_ERROR(inner().Notify(0));
    if (remembered_.exchange(false)) return true;
    return inner().Wait(timeout);
  }

 private:
  std::atomic<bool> remembered_ = false;
};
const bool remembers_notifications = RegisterCondition<RemembersNotifications>(
    "condition-remembers-notifications", {"condition.notify-none"});

class WaitSaysFalse : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  BoolOr Wait(absl::Duration timeout) override {
    PROCSPEC_RETURN_IF_ERROR(inner().Wait(timeout).status());
    return false;
  }
};
const bool wait_says_false = RegisterCondition<WaitSaysFalse>(
    "condition-notified-wait-says-false", {"condition.wait-result.notified"});

const bool condition_gives_up_early =
    RegisterCondition<WaitGivesUpEarly<ForwardCondition>>(
        "condition-gives-up-early", {"condition.wait-result.timeout"});

class NotifyAllFreesLock : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  absl::Status NotifyAll() override {
    PROCSPEC_RETURN_IF_ERROR(inner().NotifyAll());
    PROCSPEC_RETURN_IF_ERROR(inner().Release());
    absl::SleepFor(absl::Milliseconds(20));
    return inner().Acquire().status();
  }
};
const bool notify_all_frees_lock = RegisterCondition<NotifyAllFreesLock>(
    "condition-notifier-lets-waiters-go-first",
    {"condition.wakes-after-lock-released"});

class NeedsNoLock : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  BoolOr Wait(absl::Duration timeout) override {
    BoolOr notified = inner().Wait(timeout);
    if (IsKind(notified.status(), ErrorKind::kMisuse)) return false;
    return notified;
  }
  absl::Status Notify(int count) override {
    return Excused(inner().Notify(count));
  }
  absl::Status NotifyAll() override { return Excused(inner().NotifyAll()); }

 private:
  static absl::Status Excused(const absl::Status& status) {
    if (IsKind(status, ErrorKind::kMisuse)) return absl::OkStatus();
    return status;
  }
};
const bool needs_no_lock = RegisterCondition<NeedsNoLock>(
    "condition-needs-no-lock", {"condition.requires-lock"});

// Knows whether a wait in this process has ended by a notification.
class RemembersWaiting : public ForwardCondition {
 public:
  using ForwardCondition::ForwardCondition;
  BoolOr Wait(absl::Duration timeout) override {
    BoolOr notified = inner().Wait(timeout);
    if (IsTrue(notified)) was_notified_ = true;
    return notified;
  }

 protected:
  std::atomic<bool> was_notified_ = false;
};

class WaitsOnce : public RemembersWaiting {
 public:
  using RemembersWaiting::RemembersWaiting;
  BoolOr Wait(absl::Duration timeout) override {
    if (IsUntimed(timeout) && was_notified_) {
      return MisuseError("has waited before");
    }
    return RemembersWaiting::Wait(timeout);
  }
};
const bool waits_once = RegisterCondition<WaitsOnce>(
    "condition-does-not-wait-again", {"condition.wait-for.true"});

class TimesOutByError : public RemembersWaiting {
 public:
  using RemembersWaiting::RemembersWaiting;
  BoolOr Wait(absl::Duration timeout) override {
    BoolOr notified = RemembersWaiting::Wait(timeout);
    if (IsFalse(notified) && was_notified_) return TimeoutError();
    return notified;
  }
};
const bool times_out_by_error = RegisterCondition<TimesOutByError>(
    "condition-times-out-by-an-error-once-notified",
    {"condition.wait-for.timeout"});

class IgnoresGivenLock : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Condition>> NewCondition(
      std::shared_ptr<Lock>) override {
    return ForwardBackend::NewCondition(nullptr);
  }
};
const bool ignores_given_lock = Register<IgnoresGivenLock>(
    "condition-ignores-the-given-lock", Capability::kCondition,
    {"condition.given-lock"}, {});

// --- Event -------------------------------------------------------------------

// To the process that made it, until that has set or cleared it.
class NewIsSet : public ForwardEvent {
 public:
  NewIsSet(ForwardBackend& backend, std::shared_ptr<Event> inner)
      : ForwardEvent(std::move(inner)),
        backend_(backend),
        maker_(*backend.Pid()) {}
  BoolOr IsSet() override {
    if (!touched_ && *backend_.Pid() == maker_) return true;
    return inner().IsSet();
  }
  absl::Status Set() override {
    touched_ = true;
    return inner().Set();
  }
  absl::Status Clear() override {
    touched_ = true;
    return inner().Clear();
  }

 private:
  ForwardBackend& backend_;
  const int64_t maker_;
  std::atomic<bool> touched_ = false;
};
const bool new_is_set = RegisterEvent<NewIsSet>("event-seems-set-when-new",
                                                {"event.initial-false"});

class ForgetsSecondThread : public ForwardEvent {
 public:
  using ForwardEvent::ForwardEvent;
  BoolOr Wait(absl::Duration timeout) override {
    const bool second = waiting_.fetch_add(1) > 0;
    BoolOr set = inner().Wait(timeout);
    waiting_.fetch_sub(1);
    if (second && IsUntimed(timeout)) absl::SleepFor(timeout);
    return set;
  }

 private:
  std::atomic<int> waiting_ = 0;
};
const bool forgets_second_thread = RegisterEvent<ForgetsSecondThread>(
    "event-forgets-the-second-thread-of-a-process",
    {"event.set-releases-all.waiting"});

class LetsOnePassLater : public ForwardEvent {
 public:
  using ForwardEvent::ForwardEvent;
  absl::Status Set() override {
    passes_ = 1;
    return inner().Set();
  }
  BoolOr Wait(absl::Duration timeout) override {
    BoolOr set = inner().Wait(timeout);
    if (IsTrue(set) && timeout > absl::ZeroDuration() && passes_-- == 0) {
      return false;
    }
    return set;
  }

 private:
  std::atomic<int> passes_ = -1;  // not set by this process
};
const bool lets_one_pass_later = RegisterEvent<LetsOnePassLater>(
    "event-lets-one-pass-after-a-set", {"event.set-releases-all.later"});

class ClearedOnceIsOpen : public ForwardEvent {
 public:
  using ForwardEvent::ForwardEvent;
  absl::Status Clear() override {
    cleared_ = true;
    return inner().Clear();
  }
  BoolOr Wait(absl::Duration timeout) override {
    if (cleared_ && IsUntimed(timeout)) return true;
    return inner().Wait(timeout);
  }

 private:
  std::atomic<bool> cleared_ = false;
};
const bool cleared_once_is_open = RegisterEvent<ClearedOnceIsOpen>(
    "event-does-not-block-after-a-clear", {"event.clear.blocks-again"});

class CountsSets : public ForwardEvent {
 public:
  using ForwardEvent::ForwardEvent;
  absl::Status Set() override {
    ++sets_;
    return inner().Set();
  }
  absl::Status Clear() override {
    if (sets_ > 0 && --sets_ > 0) return absl::OkStatus();
    return inner().Clear();
  }

 private:
  std::atomic<int> sets_ = 0;
};
const bool counts_sets =
    RegisterEvent<CountsSets>("event-counts-sets", {"event.clear.idempotent"});

const bool event_gives_up_early = RegisterEvent<WaitGivesUpEarly<ForwardEvent>>(
    "event-gives-up-early", {"event.wait-result.timeout"});

class NegativeIsFalse : public ForwardEvent {
 public:
  using ForwardEvent::ForwardEvent;
  BoolOr Wait(absl::Duration timeout) override {
    if (timeout < absl::ZeroDuration()) return false;
    return inner().Wait(timeout);
  }
};
const bool negative_is_false =
    RegisterEvent<NegativeIsFalse>("event-wait-of-negative-timeout-is-false",
                                   {"event.wait-result.zero-negative"});

class BelievesItself : public ForwardEvent {
 public:
  using ForwardEvent::ForwardEvent;
  BoolOr IsSet() override {
    if (own_ < 0) return inner().IsSet();
    return own_ > 0;
  }
  absl::Status Set() override {
    own_ = 1;
    return inner().Set();
  }
  absl::Status Clear() override {
    own_ = 0;
    return inner().Clear();
  }

 private:
  std::atomic<int> own_ = -1;  // unknown
};
const bool believes_itself = RegisterEvent<BelievesItself>(
    "event-shows-what-this-process-did-last", {"event.cross-process"});

class RisesOnce : public ForwardEvent {
 public:
  using ForwardEvent::ForwardEvent;
  absl::Status Set() override {
    if (IsFalse(inner().IsSet()) && rises_++ > 0) {
      return MisuseError("was set and cleared before");
    }
    return inner().Set();
  }

 private:
  std::atomic<int> rises_ = 0;
};
const bool rises_once = RegisterEvent<RisesOnce>(
    "event-is-not-set-again-by-one-process", {"event.periodic-toggle"});

// --- Barrier -----------------------------------------------------------------

// A barrier that is made otherwise than was asked.
template <void (*kChange)(BarrierOptions& options)>
class BarrierMadeOtherwise : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Barrier>> NewBarrier(
      BarrierOptions options) override {
    kChange(options);
    return ForwardBackend::NewBarrier(std::move(options));
  }
};

template <void (*kChange)(BarrierOptions&)>
bool RegisterOptions(std::string name, Clauses breaks,
                     Clauses collateral = {}) {
  return Register<BarrierMadeOtherwise<kChange>>(
      std::move(name), Capability::kBarrier, std::move(breaks),
      std::move(collateral));
}

void TwoForThree(BarrierOptions& options) {
  if (options.parties == 3) options.parties = 2;
}
const bool two_for_three = RegisterOptions<TwoForThree>(
    "barrier-of-three-releases-two", {"barrier.releases-together.waits"});

class KeepsOne : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  IntOr Wait() override { return Kept(inner().Wait()); }
  IntOr Wait(absl::Duration timeout) override {
    return Kept(inner().Wait(timeout));
  }

 private:
  IntOr Kept(IntOr index) {
    if (index.ok() && *index == 3) absl::SleepFor(absl::InfiniteDuration());
    return index;
  }
};
const bool keeps_one = RegisterBarrier<KeepsOne>(
    "barrier-of-four-releases-three", {"barrier.releases-together.releases"},
    {"barrier.indices"});

class ZeroForAll : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  IntOr Wait() override { return Zero(inner().Wait()); }
  IntOr Wait(absl::Duration timeout) override {
    return Zero(inner().Wait(timeout));
  }

 private:
  static IntOr Zero(IntOr index) {
    if (index.ok()) return 0;
    return index;
  }
};
const bool zero_for_all = RegisterBarrier<ZeroForAll>(
    "barrier-gives-everybody-zero", {"barrier.indices"});

class OpenAfterRound : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  IntOr Wait() override { return inner().Wait(); }
  IntOr Wait(absl::Duration timeout) override {
    if (open_) return 0;
    IntOr index = inner().Wait(timeout);
    if (index.ok()) open_ = true;
    return index;
  }

 private:
  std::atomic<bool> open_ = false;
};
const bool open_after_round = RegisterBarrier<OpenAfterRound>(
    "barrier-stays-open-after-a-round", {"barrier.reusable"});

// [target, args]
PROCSPEC_TARGET(SyncMutantActTwice) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string target, arguments.Get<std::string>(0));
  Arguments given;
  PROCSPEC_ASSIGN_OR_RETURN(given.args, arguments.Get<List>(1));
  PROCSPEC_RETURN_IF_ERROR(CallTarget(backend, target, given).status());
  return CallTarget(backend, target, given);
}
void ActTwice(BarrierOptions& options) {
  if (options.action.empty()) return;
  options.action_arguments.args = {options.action,
                                   options.action_arguments.args};
  options.action = "SyncMutantActTwice";
}
const bool acts_twice = RegisterOptions<ActTwice>(
    "barrier-runs-its-action-twice", {"barrier.action-once"});

class BarrierGivesUpEarly : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  IntOr Wait() override { return inner().Wait(); }
  IntOr Wait(absl::Duration timeout) override {
    return inner().Wait(timeout / 2);
  }
};
const bool barrier_gives_up_early = RegisterBarrier<BarrierGivesUpEarly>(
    "barrier-gives-up-early", {"barrier.timeout-breaks.late-party"},
    {"barrier.timeout-breaks.default"});

class TimeoutResets : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  IntOr Wait() override { return inner().Wait(); }
  IntOr Wait(absl::Duration timeout) override {
    const absl::Time end = absl::Now() + timeout;
    IntOr index = inner().Wait(timeout);
    if (!index.ok() && absl::Now() >= end) (void)inner().Reset();
    return index;
  }
};
const bool timeout_resets = RegisterBarrier<TimeoutResets>(
    "barrier-is-reset-by-a-timeout", {"barrier.timeout-breaks.everybody"});

void HalveTimeout(BarrierOptions& options) { options.timeout /= 2; }
const bool halves_timeout = RegisterOptions<HalveTimeout>(
    "barrier-halves-its-own-timeout", {"barrier.timeout-breaks.default"});

bool SomebodyWaits(Barrier& barrier) {
  const IntOr waiting = barrier.Waiting();
  return waiting.ok() && *waiting > 0;
}

class AbortSparesWaiters : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  absl::Status Abort() override {
    if (SomebodyWaits(inner())) return absl::OkStatus();
    return inner().Abort();
  }
};
const bool abort_spares_waiters = RegisterBarrier<AbortSparesWaiters>(
    "barrier-abort-does-nothing-while-somebody-waits",
    {"barrier.abort.waiting"}, {"barrier.attributes"});

class AbortIsForgotten : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  absl::Status Abort() override {
    if (!SomebodyWaits(inner())) return absl::OkStatus();
    return inner().Abort();
  }
};
const bool abort_is_forgotten = RegisterBarrier<AbortIsForgotten>(
    "barrier-abort-does-nothing-while-nobody-waits", {"barrier.abort.later"});

class ResetSparesWaiters : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  absl::Status Reset() override {
    if (SomebodyWaits(inner())) return absl::OkStatus();
    return inner().Reset();
  }
};
const bool reset_spares_waiters = RegisterBarrier<ResetSparesWaiters>(
    "barrier-reset-does-nothing-while-somebody-waits",
    {"barrier.reset.waiting"}, {"barrier.reset.usable"});

class StaysBroken : public ForwardBarrier {
 public:
  using ForwardBarrier::ForwardBarrier;
  absl::Status Reset() override {
    const BoolOr broken = inner().Broken();
    if (IsTrue(broken)) return absl::OkStatus();
    return inner().Reset();
  }
};
const bool stays_broken = RegisterBarrier<StaysBroken>(
    "barrier-once-broken-stays-broken", {"barrier.reset.usable"});

// In processes other than the one that made it.
class ForgetsParties : public ForwardBarrier {
 public:
  ForgetsParties(ForwardBackend& backend, std::shared_ptr<Barrier> inner)
      : ForwardBarrier(std::move(inner)), maker_(backend) {}
  IntOr Parties() override {
    if (!maker_.IsThis()) return 1;
    return inner().Parties();
  }

 private:
  const Maker maker_;
};
const bool forgets_parties = RegisterBarrier<ForgetsParties>(
    "barrier-forgets-its-parties-in-other-processes", {"barrier.attributes"});

// --- All ---------------------------------------------------------------------

class SendsEvents : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::Status Send(const Value& value) override {
    const Handle* handle = value.get_if<Handle>();
    if (handle != nullptr && *handle != nullptr &&
        (*handle)->handle_kind() == HandleKind::kEvent) {
      return inner().Send(Value());
    }
    return ForwardConnection::Send(value);
  }
};
const bool sends_events = Register<Wrapping<SendsEvents, Connection>>(
    "connection-sends-events", Capability::kEvent,
    {"sync.pickle-outside-spawn"}, {});

}  // namespace
}  // namespace procspec::mutants
