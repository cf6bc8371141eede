// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_QUEUE_H_
#define PROCSPEC_REFERENCE_QUEUE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "spec/queue.h"

namespace procspec::reference {

// The queues of the reference, each a Ring (reference/ring.h) and, in a process
// that has put more than the ring holds, a buffer with a thread that passes it
// on. They can be arguments of children of both start methods.
//
// A forked child has the queue but none of what its parent has buffered. The
// end of a process waits for its buffers (ExitStage::kQueues).

absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize);
absl::StatusOr<std::shared_ptr<JoinableQueue>> NewJoinableQueue(
    int64_t maxsize);
absl::StatusOr<std::shared_ptr<SimpleQueue>> NewSimpleQueue();

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_QUEUE_H_
