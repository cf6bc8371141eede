// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ZOO_CHILD_H_
#define PROCSPEC_CONFORMANCE_ZOO_CHILD_H_

#include <string>
#include <vector>

#include "conformance/harness/win32.h"
#include "conformance/zoo/hostile.h"

// What acts on Windows need. A child there is this program again, which plays a
// role:
//
//   sleep                 for ever
//   daemon                has a child that sleeps, and ends
//   chain MILLISECONDS    has a child that does the same, and ends; until then
//   answer HANDLE FILE    waits for the process, then writes a PASS to the file
//                         and sleeps

namespace procspec::zoo {

// The process; null if it was not started. `flags` are CreateProcess's. The
// child inherits all handles that can be, or none.
harness::win32::UniqueHandle StartChild(const std::vector<std::string>& role,
                                        unsigned long flags = 0,
                                        bool inherits = false);

// One that plays "answer" when this process has ended.
harness::win32::UniqueHandle StartAnswerer(const Scene& scene);

// The same case, on a backend that passes, with a proof of its own.
harness::win32::UniqueHandle StartPassingCase(const Scene& scene);

// Until the process has ended.
void Await(const harness::win32::UniqueHandle& process);

}  // namespace procspec::zoo

#endif  // PROCSPEC_CONFORMANCE_ZOO_CHILD_H_
