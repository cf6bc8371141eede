// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/linearizability.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "conformance/stress/history.h"
#include "gtest/gtest.h"

namespace procspec::stress {
namespace {

using Kind = Verdict::Kind;
using enum OperationKind;
using enum Outcome;

constexpr Rules kTotalOrder = {.order = Rules::Order::kTotal};

Operation Put(int process, int64_t value, int64_t invoked, int64_t returned,
              Outcome outcome = kDone) {
  return {process, kPut, value, outcome, invoked, returned};
}
Operation Get(int process, int64_t value, int64_t invoked, int64_t returned) {
  return {process, kGet, value, kDone, invoked, returned};
}
Operation Empty(int process, int64_t invoked, int64_t returned) {
  return {process, kGet, 0, kRefused, invoked, returned};
}
Operation Acquire(int process, int64_t invoked, int64_t returned,
                  Outcome outcome = kDone) {
  return {process, kAcquire, 0, outcome, invoked, returned};
}
Operation Release(int process, int64_t invoked, int64_t returned,
                  Outcome outcome = kDone) {
  return {process, kRelease, 0, outcome, invoked, returned};
}

History Queue(std::vector<Operation> operations, int64_t bound = 0) {
  return {.bound = bound, .operations = std::move(operations)};
}
History Lock(std::vector<Operation> operations) {
  return {.object = ObjectKind::kLock, .operations = std::move(operations)};
}

testing::AssertionResult Is(Kind kind, const History& history,
                            const Rules& rules = {}) {
  const absl::StatusOr<Verdict> verdict = CheckLinearizability(history, rules);
  if (!verdict.ok()) {
    return testing::AssertionFailure() << verdict.status();
  }
  if (verdict->kind != kind) {
    return testing::AssertionFailure() << Explain(history, *verdict);
  }
  return testing::AssertionSuccess();
}
testing::AssertionResult Holds(const History& history,
                               const Rules& rules = {}) {
  return Is(Kind::kLinearizable, history, rules);
}
testing::AssertionResult Fails(const History& history,
                               const Rules& rules = {}) {
  return Is(Kind::kNotLinearizable, history, rules);
}

// --- Queues ------------------------------------------------------------------

TEST(QueueHistoryTest, OfNothingHolds) { EXPECT_TRUE(Holds(Queue({}))); }

TEST(QueueHistoryTest, InOrderHolds) {
  EXPECT_TRUE(Holds(Queue({Put(1, 10, 0, 1), Put(1, 11, 2, 3), Get(2, 10, 4, 5),
                           Get(2, 11, 6, 7), Empty(2, 8, 9)})));
}

TEST(QueueHistoryTest, OverlappingCallsTakeEffectInEitherOrder) {
  EXPECT_TRUE(Holds(Queue({Put(1, 10, 0, 5), Get(2, 10, 0, 5)})));
  EXPECT_TRUE(Holds(Queue({Put(1, 10, 0, 5), Empty(2, 0, 5)})));
  EXPECT_TRUE(Holds(Queue({Put(1, 10, 0, 5), Put(2, 20, 0, 5), Get(1, 20, 6, 7),
                           Get(2, 10, 8, 9)}),
                    kTotalOrder));
}

TEST(QueueHistoryTest, DuplicateFails) {
  EXPECT_TRUE(
      Fails(Queue({Put(1, 10, 0, 1), Get(2, 10, 2, 3), Get(3, 10, 2, 3)})));
}

TEST(QueueHistoryTest, LostItemFails) {
  EXPECT_TRUE(Fails(Queue({Put(1, 10, 0, 1), Empty(2, 2, 3)})));
  EXPECT_TRUE(
      Fails(Queue({Put(1, 10, 0, 1), Put(1, 11, 2, 3), Get(2, 11, 4, 5)})));
}

TEST(QueueHistoryTest, ReorderedItemsFail) {
  EXPECT_TRUE(Fails(Queue({Put(1, 10, 0, 1), Put(1, 11, 2, 3), Get(2, 11, 4, 5),
                           Get(2, 10, 6, 7)})));
}

TEST(QueueHistoryTest, OrderBetweenProducersIsARule) {
  const History history = Queue(
      {Put(1, 10, 0, 1), Put(2, 20, 2, 3), Get(3, 20, 4, 5), Get(3, 10, 6, 7)});
  EXPECT_TRUE(Holds(history));
  EXPECT_TRUE(Fails(history, kTotalOrder));
}

TEST(QueueHistoryTest, ItemOutOfThinAirFails) {
  EXPECT_TRUE(Fails(Queue({Put(1, 10, 0, 1), Get(2, 99, 2, 3)})));
  EXPECT_TRUE(Fails(Queue({Get(2, 10, 0, 1), Put(1, 10, 2, 3)})));
}

TEST(QueueHistoryTest, FullWhenNotFullFails) {
  EXPECT_TRUE(Holds(
      Queue({Put(1, 10, 0, 1), Put(1, 11, 2, 3, kRefused)}, /*bound=*/1)));
  EXPECT_TRUE(Fails(
      Queue({Put(1, 10, 0, 1), Put(1, 11, 2, 3, kRefused)}, /*bound=*/2)));
  EXPECT_TRUE(Fails(Queue({Put(1, 11, 2, 3, kRefused)})));
}

TEST(QueueHistoryTest, RefusedItemThatIsGotFails) {
  EXPECT_TRUE(Fails(Queue({Put(1, 10, 0, 1), Put(1, 11, 2, 3, kRefused),
                           Get(2, 10, 4, 5), Get(2, 11, 6, 7)},
                          /*bound=*/1)));
}

TEST(QueueHistoryTest, MoreThanTheBoundFails) {
  EXPECT_TRUE(Fails(Queue({Put(1, 10, 0, 1), Put(2, 20, 2, 3)}, /*bound=*/1)));
  EXPECT_TRUE(Holds(Queue(
      {Put(1, 10, 0, 1), Put(2, 20, 2, 5), Get(3, 10, 3, 4)}, /*bound=*/1)));
}

TEST(QueueHistoryTest, EmptyLagsAsLongAsTheRulesSay) {
  const History history = Queue({Put(1, 10, 0, 1), Empty(2, 50, 51)});
  EXPECT_TRUE(Fails(history));
  EXPECT_TRUE(Fails(history, {.empty_lag_ns = 49}));
  EXPECT_TRUE(Holds(history, {.empty_lag_ns = 50}));
  // One recent item does not excuse an old one.
  EXPECT_TRUE(
      Fails(Queue({Put(1, 10, 0, 1), Put(1, 11, 40, 41), Empty(2, 50, 51)}),
            {.empty_lag_ns = 20}));
}

TEST(QueueHistoryTest, PendingPutMayHaveHappened) {
  History history =
      Queue({Put(1, 10, 0, 0, kPending), Get(2, 10, 10, 11)}, /*bound=*/1);
  history.killed[1] = 1;
  EXPECT_TRUE(Holds(history));
  history.operations[1] = Empty(2, 10, 11);
  EXPECT_TRUE(Holds(history));
  history.operations.push_back(Get(2, 10, 12, 13));
  EXPECT_TRUE(Holds(history));
  history.operations.push_back(Get(2, 10, 14, 15));
  EXPECT_TRUE(Fails(history));
}

TEST(QueueHistoryTest, PendingGetMayHaveTakenOneItem) {
  History history = Queue({Put(1, 10, 0, 1),
                           Put(1, 11, 2, 3),
                           Put(1, 12, 4, 5),
                           {2, kGet, 0, kPending, 6, 0},
                           Get(3, 11, 8, 9)});
  history.killed[2] = 7;
  EXPECT_TRUE(Holds(history));
  history.operations.back() = Get(3, 12, 8, 9);
  EXPECT_TRUE(Fails(history)) << "two items are missing";
}

TEST(QueueHistoryTest, WhoIsKilledLosesItsLastItemsOnly) {
  History history = Queue({Put(1, 10, 0, 1), Put(1, 11, 2, 3),
                           Get(2, 10, 10, 11), Empty(2, 12, 13)});
  EXPECT_TRUE(Fails(history));
  history.killed[1] = 4;
  EXPECT_TRUE(Holds(history));
  history.killed[1] = 14;
  EXPECT_TRUE(Fails(history)) << "it was alive when the item was missing";
  history.killed[1] = 4;
  history.operations[2] = Get(2, 11, 10, 11);
  EXPECT_TRUE(Fails(history)) << "not its last";
}

// --- Locks -------------------------------------------------------------------

TEST(LockHistoryTest, TakingTurnsHolds) {
  EXPECT_TRUE(
      Holds(Lock({Acquire(1, 0, 1), Acquire(2, 2, 3, kRefused),
                  Release(1, 4, 5), Acquire(2, 6, 7), Release(2, 8, 9)})));
}

TEST(LockHistoryTest, TwoHoldersFail) {
  EXPECT_TRUE(Fails(Lock({Acquire(1, 0, 1), Acquire(2, 2, 3)})));
  EXPECT_TRUE(Fails(Lock({Acquire(1, 0, 5), Acquire(2, 0, 5)})));
}

TEST(LockHistoryTest, RefusalOfAFreeLockFails) {
  EXPECT_TRUE(Fails(Lock({Acquire(1, 0, 1, kRefused)})));
  EXPECT_TRUE(Holds(Lock({Acquire(1, 0, 9, kRefused), Acquire(2, 2, 3)})));
}

TEST(LockHistoryTest, AnybodyReleasesButOnlyWhatIsHeld) {
  EXPECT_TRUE(Holds(Lock({Acquire(1, 0, 1), Release(2, 2, 3)})));
  EXPECT_TRUE(Fails(Lock({Release(2, 2, 3)})));
  EXPECT_TRUE(Holds(Lock({Release(2, 2, 3, kRefused)})));
  EXPECT_TRUE(Fails(Lock({Acquire(1, 0, 1), Release(2, 2, 3, kRefused)})));
}

TEST(LockHistoryTest, DeadHolderKeepsIt) {
  History history = Lock({Acquire(1, 0, 1), Acquire(2, 10, 11, kRefused)});
  history.killed[1] = 5;
  EXPECT_TRUE(Holds(history));
  history.operations.back() = Acquire(2, 10, 11);
  EXPECT_TRUE(Fails(history));
}

TEST(LockHistoryTest, PendingAcquireMayHaveHappened) {
  History history = Lock({Acquire(1, 0, 0, kPending), Acquire(2, 10, 11)});
  history.killed[1] = 5;
  EXPECT_TRUE(Holds(history));
  history.operations.back() = Acquire(2, 10, 11, kRefused);
  EXPECT_TRUE(Holds(history));
}

// --- What is no history ------------------------------------------------------

TEST(CheckLinearizabilityTest, RefusesWhatIsNoHistory) {
  const auto refuses = [](const History& history) {
    return absl::IsInvalidArgument(CheckLinearizability(history).status());
  };
  EXPECT_TRUE(refuses(Lock({Put(1, 10, 0, 1)})));
  EXPECT_TRUE(refuses(Queue({Acquire(1, 0, 1)})));
  EXPECT_TRUE(refuses(Queue({Put(1, 10, 1, 0)})));
  EXPECT_TRUE(refuses(Queue({Put(1, 10, 0, 1), Put(2, 10, 2, 3)})));
  EXPECT_TRUE(refuses(Queue({Put(1, 10, 0, 2), Put(1, 11, 1, 3)})));
  EXPECT_TRUE(refuses(Queue({Put(1, 10, 0, 0, kPending)})));
}

TEST(CheckLinearizabilityTest, GivesUpAtTheLimit) {
  std::vector<Operation> operations;
  for (int i = 0; i < 12; ++i) operations.push_back(Put(i, i, 0, 100));
  operations.push_back(Get(0, 99, 101, 102));
  const absl::StatusOr<Verdict> verdict =
      CheckLinearizability(Queue(std::move(operations)), kTotalOrder, 1000);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_EQ(verdict->kind, Kind::kUndecided);
}

TEST(CheckLinearizabilityTest, GivesAnOrderThatExplains) {
  const absl::StatusOr<Verdict> verdict = CheckLinearizability(
      Queue({Get(2, 10, 0, 9), Put(1, 10, 1, 8), Empty(3, 10, 11)}));
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_EQ(verdict->order, (std::vector<size_t>{1, 0, 2}));
}

// --- Random histories --------------------------------------------------------

// A second opinion: every order, with rules written anew; without deaths, lags
// or freedom between producers.
class BruteForce {
 public:
  explicit BruteForce(const History& history)
      : history_(history), used_(history.operations.size(), false) {}

  bool Explains() { return Extend(0); }

 private:
  bool Extend(size_t count) {
    const std::vector<Operation>& all = history_.operations;
    if (count == all.size()) return true;
    for (size_t i = 0; i < all.size(); ++i) {
      if (used_[i] || !MayComeNext(i)) continue;
      const std::deque<int64_t> queue = queue_;
      const bool held = held_;
      used_[i] = true;
      if (Apply(all[i]) && Extend(count + 1)) return true;
      used_[i] = false;
      queue_ = queue;
      held_ = held;
    }
    return false;
  }

  bool MayComeNext(size_t i) const {
    for (size_t j = 0; j < used_.size(); ++j) {
      if (!used_[j] &&
          history_.operations[j].returned < history_.operations[i].invoked) {
        return false;
      }
    }
    return true;
  }

  bool Apply(const Operation& operation) {
    const bool done = operation.outcome == kDone;
    switch (operation.kind) {
      case kPut: {
        const bool room = history_.bound == 0 ||
                          static_cast<int64_t>(queue_.size()) < history_.bound;
        if (done && room) queue_.push_back(operation.value);
        return done == room;
      }
      case kGet: {
        if (!done) return queue_.empty();
        if (queue_.empty() || queue_.front() != operation.value) return false;
        queue_.pop_front();
        return true;
      }
      case kAcquire: {
        const bool right = done == !held_;
        held_ = true;
        return right;
      }
      case kRelease: {
        const bool right = done == held_;
        held_ = false;
        return right;
      }
    }
    return false;
  }

  const History& history_;
  std::vector<bool> used_;
  std::deque<int64_t> queue_;
  bool held_ = false;
};

using Random = std::mt19937_64;

int64_t Below(Random& random, int64_t limit) {
  return std::uniform_int_distribution<int64_t>(0, limit - 1)(random);
}

// What a right object could have shown: the operations take effect at 0, 100,
// 200 and so on, and each call began somewhat before and returned somewhat
// later.
History RightHistory(Random& random, ObjectKind object, int processes,
                     int count) {
  History history = {
      .object = object,
      .bound = object == ObjectKind::kQueue ? Below(random, 3) : 0};
  std::deque<int64_t> queue;
  bool held = false;
  std::vector<int64_t> free_from(static_cast<size_t>(processes), -1000);
  for (int i = 0; i < count; ++i) {
    const int64_t effect = 100 * i;
    std::vector<int> idle;
    for (int p = 0; p < processes; ++p) {
      if (free_from[static_cast<size_t>(p)] < effect) idle.push_back(p);
    }
    if (idle.empty()) continue;
    Operation operation;
    operation.process = idle[static_cast<size_t>(
        Below(random, static_cast<int64_t>(idle.size())))];
    int64_t& from = free_from[static_cast<size_t>(operation.process)];
    operation.invoked = std::max(from + 1, effect - Below(random, 300));
    operation.returned = effect + Below(random, 300);
    from = operation.returned;
    const bool first = Below(random, 2) == 0;
    bool done = false;
    if (object == ObjectKind::kLock) {
      operation.kind = first ? kAcquire : kRelease;
      done = first != held;
      held = first;
    } else if (first) {
      operation.kind = kPut;
      operation.value = i;
      done = history.bound == 0 ||
             static_cast<int64_t>(queue.size()) < history.bound;
      if (done) queue.push_back(i);
    } else {
      operation.kind = kGet;
      done = !queue.empty();
      if (done) {
        operation.value = queue.front();
        queue.pop_front();
      }
    }
    operation.outcome = done ? kDone : kRefused;
    history.operations.push_back(operation);
  }
  return history;
}

// One change, which may or may not make it wrong.
void Change(Random& random, History& history) {
  std::vector<Operation>& all = history.operations;
  std::vector<size_t> gets;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind == kGet && all[i].outcome == kDone) gets.push_back(i);
  }
  const auto any = [&](const std::vector<size_t>& of) {
    return of[static_cast<size_t>(
        Below(random, static_cast<int64_t>(of.size())))];
  };
  const int64_t what = Below(random, 4);
  if (what == 0 && gets.size() >= 2) {  // swapped
    std::swap(all[any(gets)].value, all[any(gets)].value);
  } else if (what == 1 && gets.size() >= 2) {  // perhaps twice
    all[any(gets)].value = all[any(gets)].value;
  } else if (what == 2) {  // dropped
    all.erase(all.begin() + Below(random, static_cast<int64_t>(all.size())));
  } else {  // another outcome
    Operation& operation = all[static_cast<size_t>(
        Below(random, static_cast<int64_t>(all.size())))];
    const bool was_done = operation.outcome == kDone;
    operation.outcome = was_done ? kRefused : kDone;
    if (operation.kind == kGet && !was_done) operation.value = Below(random, 8);
  }
}

class RandomHistoryTest : public testing::TestWithParam<ObjectKind> {};

TEST_P(RandomHistoryTest, OfARightObjectHolds) {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    const History history = RightHistory(random, GetParam(), 4, 60);
    ASSERT_TRUE(Holds(history, kTotalOrder));
    ASSERT_TRUE(Holds(history));
  }
}

TEST_P(RandomHistoryTest, AgreesWithBruteForce) {
  Random random(2);
  int wrong = 0;
  int right = 0;
  for (int i = 0; i < 4000; ++i) {
    History history = RightHistory(random, GetParam(), 3, 7);
    if (history.operations.empty()) continue;
    ASSERT_TRUE(BruteForce(history).Explains()) << DebugString(history);
    Change(random, history);
    const bool explained = BruteForce(history).Explains();
    ++(explained ? right : wrong);
    ASSERT_TRUE(explained ? Holds(history, kTotalOrder)
                          : Fails(history, kTotalOrder));
  }
  // Neither answer is always the right one.
  EXPECT_GE(wrong, 400);
  EXPECT_GE(right, 400);
}

// Death only adds to what is possible.
TEST_P(RandomHistoryTest, HoldsWhenTheLastCallsOfTheKilledAreForgotten) {
  Random random(3);
  for (int i = 0; i < 500; ++i) {
    History history = RightHistory(random, GetParam(), 3, 20);
    for (auto it = history.operations.rbegin(); it != history.operations.rend();
         ++it) {
      if (it->process != 0) continue;
      it->outcome = kPending;
      history.killed[0] = it->invoked;
      break;
    }
    ASSERT_TRUE(Holds(history, kTotalOrder));
  }
}

INSTANTIATE_TEST_SUITE_P(, RandomHistoryTest,
                         testing::Values(ObjectKind::kQueue, ObjectKind::kLock),
                         [](const auto& kind) {
                           return kind.param == ObjectKind::kQueue ? "Queue"
                                                                   : "Lock";
                         });

}  // namespace
}  // namespace procspec::stress
