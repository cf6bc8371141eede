// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/barrier.h"

#include <optional>

#include "reference/os/wait_word.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::reference {
namespace {

using Kind = Waiter::Kind;

constexpr uint32_t kOutcomeMask = 3;
constexpr uint32_t kSleepers = 1;

// Those of a round, and those of the last one who have not left yet. Should
// there be more, they wait for a place.
uint32_t PlacesFor(int parties) {
  return 2 * static_cast<uint32_t>(parties) + 16;
}

// A duration as a value; none for infinite.
Value FromDuration(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return Value();
  return Value(absl::ToInt64Nanoseconds(duration));
}

absl::StatusOr<Handle> Rebuild(Backend& backend, const Value& description,
                               std::vector<os::UniqueFile>) {
  PROCSPEC_ASSIGN_OR_RETURN(List fields, description.As<List>());
  if (fields.size() != 5) return SerialisationError("malformed barrier");
  BarrierOptions options;
  PROCSPEC_ASSIGN_OR_RETURN(int64_t parties, fields[1].As<int64_t>());
  if (parties < 1 || parties > SharedBarrier::kMaxParties) {
    return SerialisationError("malformed barrier");
  }
  options.parties = static_cast<int>(parties);
  PROCSPEC_ASSIGN_OR_RETURN(options.action, fields[2].As<std::string>());
  PROCSPEC_ASSIGN_OR_RETURN(options.action_arguments, ArgumentsFrom(fields[3]));
  if (!fields[4].is_none()) {
    PROCSPEC_ASSIGN_OR_RETURN(int64_t timeout, fields[4].As<int64_t>());
    options.timeout = absl::Nanoseconds(timeout);
  }
  PROCSPEC_ASSIGN_OR_RETURN(
      auto state,
      SharedCell<SharedBarrier::State>::At(
          fields[0], Waiters::BytesFor(PlacesFor(options.parties))));
  // A child's backend lives as long as the child.
  return Handle(std::make_shared<SharedBarrier>(
      std::shared_ptr<Backend>(std::shared_ptr<Backend>(), &backend),
      std::move(state), std::move(options)));
}

[[maybe_unused]] const bool registered =
    RegisterTransferable("barrier", &Rebuild);

}  // namespace

class SharedBarrier::Section {
 public:
  explicit Section(SharedBarrier& barrier) : barrier_(barrier) { Enter(); }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  ~Section() { Leave(); }

  void Enter() {
    // The previous owner may have ended a round and told nobody, or not woken
    // whom it told. Whatever else it was doing had not happened yet.
    lock_.emplace(barrier_.state_->mutex, [this] {
      barrier_.TellWaiters();
      wake_ = true;
    });
  }
  void Leave() {
    lock_.reset();
    if (!wake_) return;
    wake_ = false;
    std::atomic<uint32_t>& wakes = barrier_.state_->wakes;
    uint32_t old = wakes.load(std::memory_order_relaxed);
    while (!wakes.compare_exchange_weak(old, (old | kSleepers) + 1)) {
    }
    if ((old & kSleepers) != 0) os::WakeAll(wakes);
  }
  void WakeAfterwards() { wake_ = true; }

 private:
  SharedBarrier& barrier_;
  std::optional<os::RobustMutexLock> lock_;
  bool wake_ = false;
};

absl::StatusOr<std::shared_ptr<SharedBarrier>> SharedBarrier::Create(
    std::shared_ptr<Backend> backend, BarrierOptions options) {
  if (options.parties < 1) return ValueError("a barrier of no parties");
  if (options.parties > kMaxParties) {
    return ValueError("a barrier of too many parties");
  }
  if (!options.action.empty()) {
    PROCSPEC_RETURN_IF_ERROR(CheckTarget(options.action));
  }
  PROCSPEC_ASSIGN_OR_RETURN(
      auto state,
      SharedCell<State>::Create(Waiters::BytesFor(PlacesFor(options.parties))));
  state->mutex.Init();
  return std::make_shared<SharedBarrier>(std::move(backend), std::move(state),
                                         std::move(options));
}

SharedBarrier::SharedBarrier(std::shared_ptr<Backend> backend,
                             SharedCell<State> state, BarrierOptions options)
    : state_(std::move(state)),
      options_(std::move(options)),
      waiters_(state_.extra(), PlacesFor(options_.parties), state_->in_use),
      backend_(std::move(backend)) {}

absl::StatusOr<Transfer> SharedBarrier::Describe() const {
  Transfer transfer;
  transfer.kind = "barrier";
  transfer.state = Value(
      List{state_.address(), Value(options_.parties), Value(options_.action),
           ToValue(options_.action_arguments), FromDuration(options_.timeout)});
  return transfer;
}

uint32_t SharedBarrier::Round() const {
  return state_->round.load(std::memory_order_acquire) >> 2;
}

bool SharedBarrier::IsBroken() const {
  return (state_->round.load(std::memory_order_acquire) & kOutcomeMask) ==
         static_cast<uint32_t>(Outcome::kBroken);
}

absl::StatusOr<int> SharedBarrier::Wait(absl::Duration timeout) {
  const os::Deadline deadline(timeout);
  for (;;) {
    const uint32_t wakes = state_->wakes.load(std::memory_order_acquire);
    {
      Section section(*this);
      const bool action_runs = ActionRuns(section);
      if (IsBroken()) return BrokenBarrierError();
      if (!action_runs) {
        if (Waiter* const me = waiters_.Enter()) {
          const uint32_t waiting = Waiter::Word(Kind::kWaiting, Round());
          me->word.store(waiting, std::memory_order_release);
          if (CountWaiting() >= options_.parties) {
            return Complete(section, *me);
          }
          section.Leave();
          return AwaitEndOfRound(*me, waiting, deadline);
        }
        if (deadline.HasPassed()) {
          EndRound(section, Outcome::kBroken);
          return BrokenBarrierError();
        }
      }
    }
    Sleep(wakes, os::Deadline::Never());
  }
}

absl::StatusOr<int> SharedBarrier::Complete(Section& section, Waiter& me) {
  const uint32_t round = Round();
  if (!options_.action.empty()) {
    state_->acting_place.store(waiters_.IndexOf(me));
    state_->acting_round.store(round + 1);
    section.Leave();
    const absl::StatusOr<Value> done =
        CallTarget(*backend_, options_.action, options_.action_arguments);
    section.Enter();
    const bool ended_by_other = Round() != round;
    if (!done.ok() && !ended_by_other) EndRound(section, Outcome::kBroken);
    if (!done.ok() || ended_by_other) {
      absl::StatusOr<int> outcome = LeaveWithOutcome(me);
      return done.ok() ? outcome : done.status();
    }
  }
  // Who ended meanwhile keeps its number: all parties had come.
  uint32_t next = 0;
  for (Waiter& waiter : waiters_) {
    if (waiter.word.load(std::memory_order_acquire) ==
        Waiter::Word(Kind::kWaiting, round)) {
      waiter.note.store(next++, std::memory_order_relaxed);
    }
  }
  EndRound(section, Outcome::kReleased);
  return LeaveWithOutcome(me);
}

absl::StatusOr<int> SharedBarrier::AwaitEndOfRound(Waiter& me, uint32_t waiting,
                                                   os::Deadline deadline) {
  const auto told = [&] {
    return me.word.load(std::memory_order_acquire) != waiting;
  };
  os::WaitLadder ladder;
  for (;;) {
    const uint32_t wakes = state_->wakes.load(std::memory_order_acquire);
    if (told()) break;
    if (deadline.HasPassed()) {
      Section section(*this);
      if (ActionRuns(section)) {
        deadline = os::Deadline::Never();
      } else if (!told()) {
        EndRound(section, Outcome::kBroken);
      }
      continue;
    }
    if (ladder.Next()) continue;
    Sleep(wakes, deadline);
    if (!told()) {
      // Still waiting; or somebody ended who should have told us.
      Section section(*this);
      ActionRuns(section);
    }
  }
  return LeaveWithOutcome(me);
}

absl::StatusOr<int> SharedBarrier::LeaveWithOutcome(Waiter& me) {
  const Kind kind = Waiter::KindOf(me.word.load(std::memory_order_acquire));
  const uint32_t number = me.note.load(std::memory_order_relaxed);
  waiters_.Leave(me);
  if (kind != Kind::kReleased) return BrokenBarrierError();
  return static_cast<int>(number);
}

void SharedBarrier::Sleep(uint32_t wakes, os::Deadline deadline) {
  const uint32_t marked = wakes | kSleepers;
  if (wakes != marked &&
      !state_->wakes.compare_exchange_strong(wakes, marked)) {
    return;
  }
  os::WaitSlice(state_->wakes, marked, deadline);
}

bool SharedBarrier::ActionRuns(Section& section) {
  if (state_->acting_round.load() != Round() + 1) return false;
  if (!waiters_.TakeBackIfGone(waiters_[state_->acting_place.load()])) {
    return true;
  }
  EndRound(section, Outcome::kBroken);
  return false;
}

int SharedBarrier::CountWaiting() {
  const uint32_t waiting = Waiter::Word(Kind::kWaiting, Round());
  const auto count = [&](bool look_whether_gone) {
    int result = 0;
    for (Waiter& waiter : waiters_) {
      if (waiter.word.load(std::memory_order_acquire) != waiting) continue;
      if (look_whether_gone && waiters_.TakeBackIfGone(waiter)) continue;
      ++result;
    }
    return result;
  };
  // Whether they are still there only matters when they are enough.
  const int result = count(false);
  return result < options_.parties ? result : count(true);
}

void SharedBarrier::EndRound(Section& section, Outcome outcome) {
  const uint32_t next = (Round() + 1) & (Waiter::kNumbers - 1);
  // The one store that counts.
  state_->round.store(next << 2 | static_cast<uint32_t>(outcome),
                      std::memory_order_release);
  TellWaiters();
  section.WakeAfterwards();
}

void SharedBarrier::TellWaiters() {
  const uint32_t word = state_->round.load(std::memory_order_acquire);
  const Kind kind =
      (word & kOutcomeMask) == static_cast<uint32_t>(Outcome::kReleased)
          ? Kind::kReleased
          : Kind::kBroken;
  for (Waiter& waiter : waiters_) {
    const uint32_t seen = waiter.word.load(std::memory_order_acquire);
    const uint32_t number = Waiter::NumberOf(seen);
    if (Waiter::KindOf(seen) == Kind::kWaiting && number != word >> 2) {
      waiter.word.store(Waiter::Word(kind, number), std::memory_order_release);
    }
  }
}

absl::Status SharedBarrier::Abort() {
  Section section(*this);
  EndRound(section, Outcome::kBroken);
  return absl::OkStatus();
}

absl::Status SharedBarrier::Reset() {
  Section section(*this);
  EndRound(section, Outcome::kReset);
  return absl::OkStatus();
}

absl::StatusOr<int> SharedBarrier::Waiting() {
  Section section(*this);
  const uint32_t waiting = Waiter::Word(Kind::kWaiting, Round());
  int result = 0;
  for (Waiter& waiter : waiters_) {
    if (waiter.word.load(std::memory_order_acquire) == waiting &&
        !waiters_.TakeBackIfGone(waiter)) {
      ++result;
    }
  }
  return result;
}

absl::StatusOr<bool> SharedBarrier::Broken() { return IsBroken(); }

}  // namespace procspec::reference
