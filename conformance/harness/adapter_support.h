// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_ADAPTER_SUPPORT_H_
#define PROCSPEC_CONFORMANCE_HARNESS_ADAPTER_SUPPORT_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "spec/backend.h"
#include "spec/value.h"

// What an adapter may ask of the testee that it is linked into, when its
// backend is another program: a place for sockets, what kind of process this
// is, and a way to say that what went wrong is not the backend's.
//
// All of it is known before the adapter's factory is called, and does not
// change. Any thread may call anything.

namespace procspec::harness {

// Where an adapter may put sockets and files: private to the case, existing,
// absolute, removed after the case; what is left there is no leak. The case's
// process and the programs that it starts have the same one: give everything a
// name that begins with "adapter-" and is no other process's. Empty in a
// process that is neither.
//
// It may be longer than the address of a socket.
const std::string& AdapterDirectory();

// This is the main process of a program that a case started (program.h).
bool InProgram();

// Likewise, and every process that the backend starts as a fresh image is to
// run the program again, instead of what it was started for.
bool ProgramIsUnguarded();

// Of an unguarded program: runs its target with this backend, as the program's
// main process does.
absl::StatusOr<Value> CallProgramTarget(Backend& backend);

// The adapter or the machinery is at fault, not the backend: the case could not
// be judged. Its verdict is INFRA, with the hint as the reason, whatever else
// it comes to: it passes, fails or hangs. The first hint is kept. In a program
// it is the verdict of the case that started it. A process that crashes is a
// crash still.
//
// Tell what was sent, what came, and what should have. Elsewhere than in a case
// and a program it only writes the hint to standard error.
void ReportInfra(std::string_view hint);

// ---------------------------------------------------------------------------
// For the machinery only.

namespace adapter_support_internal {

struct Setting {
  std::string directory;
  bool in_program = false;
  bool unguarded = false;
  // Of a program.
  std::function<absl::StatusOr<Value>(Backend& backend)> call_target;
  // Called once, with the first hint, by the thread that reports it.
  std::function<void(const std::string& hint)> on_infra;
};

// Once, before anything of an adapter runs.
void Set(Setting setting);

// The first hint; empty: there is none.
std::string ReportedInfra();

}  // namespace adapter_support_internal

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_ADAPTER_SUPPORT_H_
