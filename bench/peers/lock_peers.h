// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_LOCK_PEERS_H_
#define PROCSPEC_BENCH_PEERS_LOCK_PEERS_H_

// To be called before BenchMain.

namespace procspec::bench {

// lock.pair: posix-sem, pthread-mutex, limit-futex; rlock.pair: robust-mutex;
// semaphore.pair: posix-sem, limit-futex.
void RegisterLockPeers();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_LOCK_PEERS_H_
