// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/queue_peers.h"

#include "bench/peers/framed.h"
#include "bench/peers/posix_mq.h"
#include "bench/peers/queue_rows.h"
#include "bench/peers/ring.h"
#include "bench/peers/simple_queue.h"

namespace procspec::bench {

void RegisterQueuePeers() {
  RegisterQueueRows<SimpleQueue>("sq", {});
  RegisterQueueRows<PosixMq>("posix-mq", {.largest = PosixMq::kLargest});
  RegisterQueueRows<Ring>("limit-ring", {.shared = false});
}

void RegisterPipePeers() {
  RegisterPipeRows<FramedPipe>("raw-pipe");
  RegisterPipeRows<FramedSocketPair>("socketpair");
  RegisterPipeRows<Ring>("limit-ring");
}

}  // namespace procspec::bench
