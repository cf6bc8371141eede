// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_PROCESS_H_
#define PROCSPEC_REFERENCE_PROCESS_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "reference/os/handle.h"
#include "reference/os/process.h"
#include "reference/start_method.h"
#include "spec/backend.h"
#include "spec/process.h"

namespace procspec::reference {

// Processes of this process: what Backend makes its answers from. The process
// is the unit here, not the backend: numbering, the current process and the
// list of children are one for all backends in it.

// `backend` is what the child's target sees: under fork itself, otherwise
// one that NewBackend makes there.
std::shared_ptr<Process> NewProcess(StartMethod method,
                                    std::shared_ptr<Backend> backend,
                                    ProcessOptions options);

// The end of a process that NewProcess made, for its creator. Null: it is not
// running, as far as is known.
std::shared_ptr<const os::ChildEnd> EndOf(Process& process);

std::shared_ptr<Process> CurrentProcess();

std::vector<std::shared_ptr<Process>> ActiveChildren();

// In a process that Start began as a fresh program: reads from the bytes and
// the inherited handles what it is to be, is that until its end, and exits. A
// process that cannot read it says so on standard error and exits 1.
[[noreturn]] void RunSpawnedChild(StartMethod method,
                                  std::shared_ptr<Backend> backend,
                                  std::string_view bytes,
                                  std::vector<os::UniqueFile> handles);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_PROCESS_H_
