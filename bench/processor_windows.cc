// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <windows.h>

#include "bench/processor.h"

namespace procspec::bench {

bool StayOnProcessor(int index) {
  DWORD_PTR all = 0;
  DWORD_PTR system = 0;
  if (!GetProcessAffinityMask(GetCurrentProcess(), &all, &system)) return false;
  for (; all != 0; all &= all - 1) {
    if (index-- > 0) continue;
    return SetThreadAffinityMask(GetCurrentThread(), all & (~all + 1)) != 0;
  }
  return false;
}

}  // namespace procspec::bench
