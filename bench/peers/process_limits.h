// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_PROCESS_LIMITS_H_
#define PROCSPEC_BENCH_PEERS_PROCESS_LIMITS_H_

// To be called before BenchMain.

namespace procspec::bench {

// process.start-join: posix-spawn, zygote, limit-fork;
// process.first-instruction: limit-fork.
void RegisterProcessLimits();

// What posix-spawn starts is this program with this argument alone; main then
// returns at once.
inline constexpr char kSpawnedArgument[] = "--procspec-bench-spawned";

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_PROCESS_LIMITS_H_
