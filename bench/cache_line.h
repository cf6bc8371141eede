// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_CACHE_LINE_H_
#define PROCSPEC_BENCH_CACHE_LINE_H_

namespace procspec::bench {

// The round trip of a cache line between two threads that spin, at its best, in
// nanoseconds; takes a millisecond. 0: there is only one processor. A virtual
// machine's two processors may be near each other now and far a minute later,
// and rings follow.
double CacheLineRoundTrip();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_CACHE_LINE_H_
