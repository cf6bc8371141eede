// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_WORKLOADS_ONE_CPU_H_
#define PROCSPEC_BENCH_WORKLOADS_ONE_CPU_H_

#include <cstdint>
#include <vector>

namespace procspec::bench {

// While it lives, the calling thread and what it starts run on one processor.
class OneCpu {
 public:
  OneCpu();
  OneCpu(const OneCpu&) = delete;
  OneCpu& operator=(const OneCpu&) = delete;
  ~OneCpu();

 private:
  std::vector<uint64_t> before_;  // the system's own form
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_WORKLOADS_ONE_CPU_H_
