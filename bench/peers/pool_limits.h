// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_POOL_LIMITS_H_
#define PROCSPEC_BENCH_PEERS_POOL_LIMITS_H_

// To be called before BenchMain.

namespace procspec::bench {

// pool.apply-async, pool.apply: limit-rings; pool.start-map-join: limit-forks.
void RegisterPoolLimits();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_POOL_LIMITS_H_
