// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/condition.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "reference/os/time.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

using Kind = Waiter::Kind;

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

absl::Status LockNotHeld() {
  return MisuseError("the calling thread does not hold the condition's lock");
}

// A waiting place, as it was seen.
struct Seen {
  Waiter* waiter;
  uint32_t word;
};

bool Older(const Seen& a, const Seen& b) {
  return Waiter::Before(Waiter::NumberOf(a.word), Waiter::NumberOf(b.word));
}

absl::StatusOr<Handle> Rebuild(Backend&, const Value& description,
                               std::vector<os::UniqueFile>) {
  PROCSPEC_ASSIGN_OR_RETURN(List fields, description.As<List>());
  if (fields.size() != 2) return SerialisationError("malformed condition");
  PROCSPEC_ASSIGN_OR_RETURN(
      auto state,
      SharedCell<SharedCondition::State>::At(
          fields[0], Waiters::BytesFor(SharedCondition::kMaxWaiters)));
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, fields[1].HandleAs<LockBase>());
  return Handle(
      std::make_shared<SharedCondition>(std::move(state), std::move(lock)));
}

[[maybe_unused]] const bool registered =
    RegisterTransferable("condition", &Rebuild);

}  // namespace

absl::StatusOr<std::shared_ptr<SharedCondition>> SharedCondition::Create(
    std::shared_ptr<Lock> lock) {
  std::shared_ptr<LockBase> own;
  if (lock == nullptr) {
    PROCSPEC_ASSIGN_OR_RETURN(own, RecursiveLock::Create());
  } else {
    own = std::dynamic_pointer_cast<LockBase>(lock);
    if (own == nullptr) return TypeError("a lock of another backend");
  }
  PROCSPEC_ASSIGN_OR_RETURN(
      auto state, SharedCell<State>::Create(Waiters::BytesFor(kMaxWaiters)));
  return std::make_shared<SharedCondition>(std::move(state), std::move(own));
}

absl::StatusOr<Transfer> SharedCondition::Describe() const {
  Transfer transfer;
  transfer.kind = "condition";
  transfer.state = Value(List{state_.address(), Value(lock_)});
  return transfer;
}

absl::StatusOr<bool> SharedCondition::Wait(absl::Duration timeout) {
  if (!lock_->HeldByCaller()) return LockNotHeld();
  Waiter* const me = waiters_.Enter();
  if (me == nullptr) {
    return ErrorFrom({.kind = ErrorKind::kOs,
                      .type = std::string(ErrorKindName(ErrorKind::kOs)),
                      .message = "condition wait: too many processes wait"});
  }
  const uint32_t ticket =
      state_->next_ticket.fetch_add(1) & (Waiter::kNumbers - 1);
  const uint32_t waiting = Waiter::Word(Kind::kWaiting, ticket);
  me->asleep.store(0, std::memory_order_relaxed);
  me->word.store(waiting, std::memory_order_release);

  const uint32_t depth = lock_->ReleaseFully();
  const bool notified = Sleep(*me, waiting, timeout);
  lock_->Reacquire(depth);
  // Only now: until here, who dies passes its notification on.
  waiters_.Leave(*me);
  return notified;
}

bool SharedCondition::Sleep(Waiter& me, uint32_t waiting,
                            absl::Duration timeout) {
  os::LazyDeadline deadline(timeout);
  os::WaitLadder ladder;
  while (me.word.load(std::memory_order_acquire) == waiting) {
    if (!deadline.immediate() && ladder.Next()) continue;
    if (deadline.immediate() || deadline.Get().HasPassed()) {
      uint32_t word = waiting;
      return !me.word.compare_exchange_strong(word,
                                              Waiter::Word(Kind::kIdle, 0));
    }
    me.asleep.store(1);
    os::WaitSlice(me.word, waiting, deadline.Get());
    if (me.word.load(std::memory_order_acquire) == waiting) PassOnFromGone();
  }
  return true;
}

absl::Status SharedCondition::Notify(int count) {
  if (!lock_->HeldByCaller()) return LockNotHeld();
  if (count < 0) return ValueError("a negative number of waiters");
  ReleaseWaiters(count, state_->next_ticket.load());
  return absl::OkStatus();
}

absl::Status SharedCondition::NotifyAll() {
  if (!lock_->HeldByCaller()) return LockNotHeld();
  ReleaseWaiters(kAll, state_->next_ticket.load());
  return absl::OkStatus();
}

void SharedCondition::ReleaseWaiters(int64_t count, uint32_t limit) {
  limit &= Waiter::kNumbers - 1;
  const auto look = [&](Waiter& waiter) {
    const uint32_t word = waiter.word.load(std::memory_order_acquire);
    const bool waits = Waiter::KindOf(word) == Kind::kWaiting &&
                       Waiter::Before(Waiter::NumberOf(word), limit);
    return Seen{waits ? &waiter : nullptr, word};
  };

  if (count == 1) {
    for (;;) {
      Seen oldest{nullptr, 0};
      for (Waiter& waiter : waiters_) {
        const Seen seen = look(waiter);
        if (seen.waiter != nullptr &&
            (oldest.waiter == nullptr || Older(seen, oldest))) {
          oldest = seen;
        }
      }
      if (oldest.waiter == nullptr ||
          ReleaseOne(*oldest.waiter, oldest.word, limit)) {
        return;
      }
    }
  }

  // Nobody begins to wait meanwhile: the caller holds the lock.
  std::vector<Seen> waiting;
  for (Waiter& waiter : waiters_) {
    const Seen seen = look(waiter);
    if (seen.waiter != nullptr) waiting.push_back(seen);
  }
  std::sort(waiting.begin(), waiting.end(), Older);
  for (const Seen& seen : waiting) {
    if (count <= 0) return;
    if (ReleaseOne(*seen.waiter, seen.word, limit)) --count;
  }
}

// False: it has ended, or its time was over first.
bool SharedCondition::ReleaseOne(Waiter& waiter, uint32_t waiting,
                                 uint32_t limit) {
  if (waiters_.TakeBackIfGone(waiter)) return false;
  waiter.note.store(limit, std::memory_order_relaxed);
  uint32_t word = waiting;
  if (!waiter.word.compare_exchange_strong(
          word, Waiter::Word(Kind::kReleased, Waiter::NumberOf(waiting)))) {
    return false;
  }
  if (waiter.asleep.load() != 0) os::WakeOne(waiter.word);
  return true;
}

void SharedCondition::PassOnFromGone() {
  for (Waiter& waiter : waiters_) {
    if (Waiter::KindOf(waiter.word.load(std::memory_order_relaxed)) !=
        Kind::kReleased) {
      continue;
    }
    // First passed on and then freed: who is killed in between makes one too
    // many, which a waiter's predicate bears, and not one too few.
    waiters_.TakeBackIfGone(waiter, [&](uint32_t word) {
      if (Waiter::KindOf(word) == Kind::kReleased) {
        ReleaseWaiters(1, waiter.note.load(std::memory_order_relaxed));
      }
    });
  }
}

}  // namespace procspec::reference
