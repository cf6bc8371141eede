// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_RANDOM_HISTORY_H_
#define PROCSPEC_CONFORMANCE_STRESS_RANDOM_HISTORY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "conformance/stress/history.h"
#include "spec/backend.h"

namespace procspec::stress {

struct HistoryOptions {
  ObjectKind object = ObjectKind::kQueue;
  int processes = 3;
  int operations = 20;  // of each process
  int64_t bound = 0;    // of a queue
  bool kill = false;    // one of the processes, at a random instant
  uint64_t seed = 1;
  absl::Duration hang = absl::Seconds(5);
};

// Has processes do random things to one new object, all beginning at one time,
// and records them. When they have ended the caller, as one more process, takes
// what is left in a queue, or tries the lock: what was lost shows then.
//
// DeadlineExceeded: a process made no progress. Any other error: a call gave an
// error that no history can contain.
absl::StatusOr<History> RecordHistory(Backend& backend,
                                      const HistoryOptions& options);

// How many operations overlap with one of another process: what makes a history
// worth checking.
int64_t CountOverlapping(const History& history);

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_RANDOM_HISTORY_H_
