// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_POOL_H_
#define PROCSPEC_REFERENCE_POOL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "reference/start_method.h"
#include "spec/backend.h"
#include "spec/pool.h"

namespace procspec::reference {

// A pool (spec/pool.h) of daemonic processes. Tasks go to them through one
// ring, results come back through another, both in one piece of shared memory;
// see pool_channel.h for what the frames hold.
//
// In the creating process one thread, the collector, takes results, runs
// callbacks, and replaces workers. A caller that waits for a result takes
// results in its place, if it has nothing to do at that moment: one wake-up
// less for each. A second thread, the sender, exists once tasks were handed in
// faster than the ring could take them.
//
// A worker notes the task it takes in shared memory before the task has left
// the ring. When it dies, the collector takes the results that are there, and
// fails what is still noted with BrokenPool (pool.worker-dies-in-task). A death
// that the worker could not announce is noticed at once, by a third thread that
// sleeps on the workers' ends; where the system has no handle for a process,
// and on Windows for workers beyond the 63rd, within 100 ms.
//
// A worker whose creator is gone ends by itself within a second.
//
// `backend` is what workers' targets see, as for NewProcess.
absl::StatusOr<std::shared_ptr<Pool>> NewPool(StartMethod method,
                                              std::shared_ptr<Backend> backend,
                                              PoolOptions options);

// How often pools that are made from now on look after their workers, even if
// nobody tells of an end. Returns what it was. Not at the same time as NewPool.
absl::Duration SetPoolWatchIntervalForTesting(absl::Duration interval);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_POOL_H_
