// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <sched.h>

#include "bench/workloads/one_cpu.h"

namespace procspec::bench {

OneCpu::OneCpu() : before_(sizeof(cpu_set_t) / sizeof(uint64_t)) {
  sched_getaffinity(0, sizeof(cpu_set_t),
                    reinterpret_cast<cpu_set_t*>(before_.data()));
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof(one), &one);
}

OneCpu::~OneCpu() {
  sched_setaffinity(0, sizeof(cpu_set_t),
                    reinterpret_cast<const cpu_set_t*>(before_.data()));
}

}  // namespace procspec::bench
