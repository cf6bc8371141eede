// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_LINEARIZABILITY_H_
#define PROCSPEC_CONFORMANCE_STRESS_LINEARIZABILITY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "conformance/stress/history.h"

// Whether the operations of a history can be put in one order that contradicts
// no clock (an operation that returned before another was invoked comes first)
// and in which each has the outcome that the object's sequential rules give it.
//
// The search is Wing and Gong's, with Lowe's memory of what was tried: states
// that the same set of operations led to are entered once.
//
// The rules are what the clauses promise, and no more:
//
// - A put is done while there is room, and refused while there is none
//   (queue.put.default, queue.put.full-not-enqueued,
//   queue.bounded-across-processes). An item counts against the bound from its
//   put to its get.
// - A get takes an item that is there. Which one: the first (kTotal), or of the
//   items of one producer the first (kPerProducer), since the order between
//   producers is free (queue.multi-producer.producer-order, and the "first in,
//   first out" above the clauses).
// - A get is refused while the queue is empty; also while every item in it was
//   put less than `empty_lag` ago (queue.empty.lag, which says "a short time"
//   and no number).
// - A lock that is free is acquired, one that is held refuses, and so does the
//   release of a free one; anybody releases (lock.release-by-other), and the
//   death of a holder changes nothing (lock.holder-dies.stays-held).
// - A pending operation has happened at any time after it was invoked, or has
//   not happened. A pending get took any item that it could have got.
// - From the time a process was killed the last of its items may disappear:
//   those that it had put and not yet passed on (spec/queue.h).

namespace procspec::stress {

struct Rules {
  enum class Order { kTotal, kPerProducer };

  Order order = Order::kPerProducer;
  int64_t empty_lag_ns = 0;
};

struct Verdict {
  enum class Kind {
    kLinearizable,
    kNotLinearizable,
    kUndecided,  // `step_limit` was reached
  };

  Kind kind = Kind::kUndecided;
  // Indices of operations: an order that explains the history; if there is
  // none, the longest that explains a part of it.
  std::vector<size_t> order = {};
};

// InvalidArgument: what is no history: operations of another object, one that
// returned before it was invoked, two of one process at a time, an item that is
// put twice, a pending operation of a process that was not killed.
absl::StatusOr<Verdict> CheckLinearizability(const History& history,
                                             const Rules& rules = {},
                                             size_t step_limit = 4'000'000);

// For people: the history, and how far an order explains it.
std::string Explain(const History& history, const Verdict& verdict);

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_LINEARIZABILITY_H_
