// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <sched.h>

#include "bench/processor.h"

namespace procspec::bench {

bool StayOnProcessor(int index) {
  cpu_set_t all;
  if (sched_getaffinity(0, sizeof(all), &all) != 0) return false;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &all) || index-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof(one), &one) == 0;
  }
  return false;
}

}  // namespace procspec::bench
