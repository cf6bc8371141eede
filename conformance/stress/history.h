// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_HISTORY_H_
#define PROCSPEC_CONFORMANCE_STRESS_HISTORY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// What several processes did to one object, and when: what the checker of
// linearizability.h judges. Times are nanoseconds of the clock of clock.h,
// which is one for all processes of a machine.

namespace procspec::stress {

enum class ObjectKind { kQueue, kLock };

enum class OperationKind { kPut, kGet, kAcquire, kRelease };

enum class Outcome {
  kDone,     // put, got, acquired, released
  kRefused,  // Full, Empty, not acquired; of a release: the lock is not held
  kPending,  // its process was killed inside: it has happened or it has not
};

struct Operation {
  int process = 0;
  OperationKind kind = OperationKind::kPut;
  // Of a put the item, which nobody else puts; of a get that is done what it
  // returned.
  int64_t value = 0;
  Outcome outcome = Outcome::kPending;
  int64_t invoked = 0;
  int64_t returned = 0;  // means nothing while pending
};

struct History {
  ObjectKind object = ObjectKind::kQueue;
  int64_t bound = 0;  // of a queue: none if zero
  std::vector<Operation> operations = {};
  // The processes that were killed, each with a time at which it still lived.
  std::map<int, int64_t> killed = {};
};

// For people: "p1 get(7) done"; the same with its times; an operation a line,
// in the order in which they were invoked.
std::string Brief(const Operation& operation);
std::string DebugString(const Operation& operation);
std::string DebugString(const History& history);

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_HISTORY_H_
