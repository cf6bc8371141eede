// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_POOL_WORKER_H_
#define PROCSPEC_REFERENCE_POOL_WORKER_H_

#include <memory>

#include "reference/pool_channel.h"
#include "spec/pool.h"
#include "spec/process.h"

namespace procspec::reference {

inline constexpr char kPoolWorkerTarget[] = "procspec.PoolWorker";

// The process that serves one place of a pool: takes tasks from the channel and
// answers them until a kQuit frame, its share of tasks, or its creator's end. A
// task that asks for exit ends the worker, unanswered.
ProcessOptions PoolWorkerOptions(std::shared_ptr<PoolChannel> channel,
                                 int place, const PoolOptions& options);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_POOL_WORKER_H_
