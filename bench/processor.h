// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PROCESSOR_H_
#define PROCSPEC_BENCH_PROCESSOR_H_

namespace procspec::bench {

// From here on the calling thread runs on the `index`-th of the processors that
// this process may use. False: there are not so many, or the system refuses.
bool StayOnProcessor(int index);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PROCESSOR_H_
