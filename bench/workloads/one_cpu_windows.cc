// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <windows.h>

#include "bench/workloads/one_cpu.h"

namespace procspec::bench {

// Of the process: children inherit that, and not a thread's.
OneCpu::OneCpu() : before_(1) {
  DWORD_PTR process = 0;
  DWORD_PTR system = 0;
  if (!GetProcessAffinityMask(GetCurrentProcess(), &process, &system)) return;
  before_[0] = process;
  SetProcessAffinityMask(GetCurrentProcess(), process & (~process + 1));
}

OneCpu::~OneCpu() {
  if (before_[0] != 0) SetProcessAffinityMask(GetCurrentProcess(), before_[0]);
}

}  // namespace procspec::bench
