// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_ZMQ_H_
#define PROCSPEC_BENCH_PEERS_ZMQ_H_

// To be called before BenchMain.

namespace procspec::bench {

// ZeroMQ's PUSH and PULL over a Unix socket.
void RegisterZmqRows();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_ZMQ_H_
