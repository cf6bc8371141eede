// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_QUEUE_PEERS_H_
#define PROCSPEC_BENCH_PEERS_QUEUE_PEERS_H_

// To be called before BenchMain.

namespace procspec::bench {

// queue.throughput, queue.roundtrip: sq, posix-mq, limit-ring.
void RegisterQueuePeers();

// pipe.throughput, pipe.roundtrip: raw-pipe, socketpair, limit-ring.
void RegisterPipePeers();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_QUEUE_PEERS_H_
