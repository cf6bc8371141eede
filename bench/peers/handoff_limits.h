// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_HANDOFF_LIMITS_H_
#define PROCSPEC_BENCH_PEERS_HANDOFF_LIMITS_H_

// To be called before BenchMain.

namespace procspec::bench {

// limit-futex for semaphore.handoff, event.handoff, condition.handoff,
// condition.notify-all and barrier.round.
void RegisterHandoffLimits();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_HANDOFF_LIMITS_H_
