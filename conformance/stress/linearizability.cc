// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/linearizability.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "spec/status_macros.h"

namespace procspec::stress {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// Of a queue: the items in it, as the operations that put them. Of a lock:
// empty, or anything while it is held.
using State = std::vector<int32_t>;

// The objects' sequential rules.
class Model {
 public:
  Model(const History& history, const Rules& rules)
      : history_(history), rules_(rules) {
    for (const auto& [process, time] : history.killed) {
      if (history.object == ObjectKind::kQueue) losers_.push_back(process);
    }
  }

  // The history's operations, then one for each process that may lose items.
  size_t steps() const { return history_.operations.size() + losers_.size(); }

  bool IsOperation(size_t step) const {
    return step < history_.operations.size();
  }

  int64_t InvokedAt(size_t step) const {
    if (const Operation* operation = OperationAt(step)) {
      return operation->invoked;
    }
    return history_.killed.at(losers_[step - history_.operations.size()]);
  }

  // kNever: it need not happen.
  int64_t ReturnedAt(size_t step) const {
    const Operation* operation = OperationAt(step);
    if (operation == nullptr || operation->outcome == Outcome::kPending) {
      return kNever;
    }
    return operation->returned;
  }

  // The states that `step` can lead to, none if its outcome is impossible.
  std::vector<State> After(const State& state, size_t step) const {
    const Operation* operation = OperationAt(step);
    if (operation == nullptr) {
      return AfterLoss(state, losers_[step - history_.operations.size()]);
    }
    switch (operation->kind) {
      case OperationKind::kPut:
        return AfterPut(state, step, *operation);
      case OperationKind::kGet:
        return AfterGet(state, *operation);
      case OperationKind::kAcquire:
        return AfterLockCall(state, *operation, /*acquire=*/true);
      case OperationKind::kRelease:
        return AfterLockCall(state, *operation, /*acquire=*/false);
    }
    return {};
  }

 private:
  const Operation* OperationAt(size_t step) const {
    return IsOperation(step) ? &history_.operations[step] : nullptr;
  }

  const Operation& PutOf(int32_t item) const {
    return history_.operations[static_cast<size_t>(item)];
  }

  std::vector<State> AfterPut(const State& state, size_t step,
                              const Operation& put) const {
    const bool full = history_.bound > 0 &&
                      state.size() >= static_cast<size_t>(history_.bound);
    if (put.outcome == Outcome::kRefused) {
      return full ? std::vector<State>{state} : std::vector<State>();
    }
    if (full) return {};
    State next = state;
    if (rules_.order == Rules::Order::kTotal) {
      next.push_back(static_cast<int32_t>(step));
    } else {
      // By producers, because states that differ in nothing else are one.
      const auto place = std::find_if(
          next.begin(), next.end(),
          [&](int32_t item) { return PutOf(item).process > put.process; });
      next.insert(place, static_cast<int32_t>(step));
    }
    return {std::move(next)};
  }

  std::vector<State> AfterGet(const State& state, const Operation& get) const {
    if (get.outcome == Outcome::kRefused) {
      const bool lags = std::all_of(state.begin(), state.end(), [&](int32_t i) {
        const Operation& put = PutOf(i);
        return rules_.empty_lag_ns > 0 &&
               (put.outcome == Outcome::kPending ||
                put.returned > get.invoked - rules_.empty_lag_ns);
      });
      return lags ? std::vector<State>{state} : std::vector<State>();
    }
    std::vector<State> states;
    for (size_t i = 0; i < state.size(); ++i) {
      if (!IsHead(state, i)) continue;
      if (get.outcome == Outcome::kDone && PutOf(state[i]).value != get.value) {
        continue;
      }
      State next = state;
      next.erase(next.begin() + static_cast<std::ptrdiff_t>(i));
      states.push_back(std::move(next));
    }
    return states;
  }

  bool IsHead(const State& state, size_t i) const {
    if (i == 0) return true;
    return rules_.order == Rules::Order::kPerProducer &&
           PutOf(state[i - 1]).process != PutOf(state[i]).process;
  }

  std::vector<State> AfterLoss(const State& state, int process) const {
    std::vector<State> states;
    State next = state;
    for (size_t i = next.size(); i-- > 0;) {
      if (PutOf(next[i]).process != process) continue;
      next.erase(next.begin() + static_cast<std::ptrdiff_t>(i));
      states.push_back(next);
    }
    return states;
  }

  static std::vector<State> AfterLockCall(const State& state,
                                          const Operation& call, bool acquire) {
    const bool held = !state.empty();
    const bool takes_effect = held != acquire;
    if (call.outcome == Outcome::kRefused) {
      return takes_effect ? std::vector<State>() : std::vector<State>{state};
    }
    if (!takes_effect) return {};
    return {acquire ? State{0} : State()};
  }

  const History& history_;
  const Rules rules_;
  std::vector<int> losers_;
};

// The calls and returns in the order of time, in a list from which a step that
// is taken is lifted, and into which it is put back exactly where it was.
class Search {
 public:
  Search(const Model& model, size_t step_limit)
      : model_(model),
        entries_left_(step_limit),
        taken_(model.steps(), '0'),
        return_of_(model.steps(), kNone) {
    struct Event {
      int64_t time = 0;
      bool call = false;
      size_t step = 0;
    };
    std::vector<Event> events;
    for (size_t step = 0; step < model_.steps(); ++step) {
      events.push_back({model_.InvokedAt(step), true, step});
      const int64_t returned = model_.ReturnedAt(step);
      if (returned == kNever) continue;
      events.push_back({returned, false, step});
      ++returns_left_;
    }
    // What happens at the same time overlaps: calls first.
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& a, const Event& b) {
                       if (a.time != b.time) return a.time < b.time;
                       return a.call && !b.call;
                     });
    nodes_.resize(events.size() + 1);  // the first is the list's head
    for (size_t i = 0; i <= events.size(); ++i) {
      nodes_[i].next = i == events.size() ? 0 : i + 1;
      nodes_[i].previous = i == 0 ? events.size() : i - 1;
      if (i == 0) continue;
      nodes_[i].call = events[i - 1].call;
      nodes_[i].step = events[i - 1].step;
      if (!nodes_[i].call) return_of_[nodes_[i].step] = i;
    }
  }

  Verdict Run() {
    size_t node = nodes_[0].next;
    while (returns_left_ > 0) {
      if (entries_left_ == 0) return {Verdict::Kind::kUndecided, best_};
      if (nodes_[node].call) {
        node = Take(node, model_.After(state_, nodes_[node].step))
                   ? nodes_[0].next
                   : nodes_[node].next;
        continue;
      }
      // It has returned and is not taken: what was taken last was wrong.
      if (frames_.empty()) return {Verdict::Kind::kNotLinearizable, best_};
      Frame frame = PutBack();
      node = Take(frame.node, std::move(frame.others))
                 ? nodes_[0].next
                 : nodes_[frame.node].next;
    }
    return {Verdict::Kind::kLinearizable, Order()};
  }

 private:
  static constexpr size_t kNone = 0;

  struct Node {
    size_t previous = 0;
    size_t next = 0;
    bool call = false;
    size_t step = 0;
  };

  // A step that is taken, and what else it could have led to.
  struct Frame {
    size_t node = 0;
    State before;
    std::vector<State> others;
  };

  void Lift(size_t node) {
    nodes_[nodes_[node].previous].next = nodes_[node].next;
    nodes_[nodes_[node].next].previous = nodes_[node].previous;
  }
  void Unlift(size_t node) {
    nodes_[nodes_[node].previous].next = node;
    nodes_[nodes_[node].next].previous = node;
  }

  // Takes the step to the first of `states` that was not entered before by the
  // same steps.
  bool Take(size_t node, std::vector<State> states) {
    const size_t step = nodes_[node].step;
    taken_[step] = '1';
    while (!states.empty()) {
      State next = std::move(states.back());
      states.pop_back();
      if (!entered_.insert(Key(next)).second) continue;
      if (entries_left_ > 0) --entries_left_;
      frames_.push_back({.node = node,
                         .before = std::exchange(state_, std::move(next)),
                         .others = std::move(states)});
      Lift(node);
      if (return_of_[step] != kNone) {
        Lift(return_of_[step]);
        --returns_left_;
      }
      if (frames_.size() > best_.size()) best_ = Order();
      return true;
    }
    taken_[step] = '0';
    return false;
  }

  Frame PutBack() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    const size_t step = nodes_[frame.node].step;
    if (return_of_[step] != kNone) {
      Unlift(return_of_[step]);
      ++returns_left_;
    }
    Unlift(frame.node);
    taken_[step] = '0';
    state_ = frame.before;
    return frame;
  }

  // Which steps are taken, and where they led to.
  std::string Key(const State& state) const {
    std::string key = taken_;
    key.append(reinterpret_cast<const char*>(state.data()),
               state.size() * sizeof(State::value_type));
    return key;
  }

  std::vector<size_t> Order() const {
    std::vector<size_t> order;
    for (const Frame& frame : frames_) {
      if (model_.IsOperation(nodes_[frame.node].step)) {
        order.push_back(nodes_[frame.node].step);
      }
    }
    return order;
  }

  const Model& model_;
  size_t entries_left_;
  State state_;
  std::string taken_;  // a character a step
  std::vector<size_t> return_of_;
  std::vector<Node> nodes_;
  std::vector<Frame> frames_;
  size_t returns_left_ = 0;
  std::unordered_set<std::string> entered_;
  std::vector<size_t> best_;
};

absl::Status Check(const History& history) {
  std::set<int64_t> items;
  std::map<int, std::vector<const Operation*>> by_process;
  for (const Operation& operation : history.operations) {
    const bool of_queue = operation.kind == OperationKind::kPut ||
                          operation.kind == OperationKind::kGet;
    const auto wrong = [&](std::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat(DebugString(operation), ": ", what));
    };
    if (of_queue != (history.object == ObjectKind::kQueue)) {
      return wrong("of another object");
    }
    if (operation.kind == OperationKind::kPut &&
        !items.insert(operation.value).second) {
      return wrong("the item was put before");
    }
    if (operation.outcome != Outcome::kPending) {
      if (operation.returned < operation.invoked) {
        return wrong("returned before it was invoked");
      }
    } else if (!history.killed.contains(operation.process)) {
      return wrong("pending, but its process was not killed");
    }
    by_process[operation.process].push_back(&operation);
  }
  for (auto& [process, operations] : by_process) {
    std::stable_sort(operations.begin(), operations.end(),
                     [](const Operation* a, const Operation* b) {
                       return a->invoked < b->invoked;
                     });
    for (size_t i = 1; i < operations.size(); ++i) {
      const Operation& before = *operations[i - 1];
      if (before.outcome == Outcome::kPending ||
          before.returned > operations[i]->invoked) {
        return absl::InvalidArgumentError(
            absl::StrCat(DebugString(*operations[i]),
                         ": its process was inside ", DebugString(before)));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Verdict> CheckLinearizability(const History& history,
                                             const Rules& rules,
                                             size_t step_limit) {
  PROCSPEC_RETURN_IF_ERROR(Check(history));
  const Model model(history, rules);
  return Search(model, step_limit).Run();
}

std::string Explain(const History& history, const Verdict& verdict) {
  std::string text = DebugString(history);
  switch (verdict.kind) {
    case Verdict::Kind::kLinearizable:
      absl::StrAppend(&text, "linearizable:\n");
      break;
    case Verdict::Kind::kNotLinearizable:
      absl::StrAppend(&text, "not linearizable; the longest order is\n");
      break;
    case Verdict::Kind::kUndecided:
      absl::StrAppend(&text, "not decided; the longest order is\n");
      break;
  }
  for (const size_t i : verdict.order) {
    const Operation& operation = history.operations[i];
    absl::StrAppend(&text, "  ", Brief(operation), "\n");
  }
  return text;
}

}  // namespace procspec::stress
