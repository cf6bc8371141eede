// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_BACKEND_H_
#define PROCSPEC_REFERENCE_BACKEND_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "reference/start_method.h"
#include "spec/backend.h"

namespace procspec::reference {

// The start methods that this system has, the usual one first.
std::vector<StartMethod> StartMethods();

// The reference implementation.
//
//   int main(int argc, char** argv) {
//     procspec::reference::MaybeRunAsChild(argc, argv);  // reference/child.h
//     auto backend = procspec::reference::NewBackend(
//         procspec::reference::StartMethod::kSpawn);
//     ...
//   }
//
// Several backends in one process are views of that process: numbering, current
// process, children, globals and exit handlers are the process's own.
//
// The first call also arranges that the exit work is done when main returns and
// when exit() is called. Objects keep their backend alive.
std::shared_ptr<Backend> NewBackend(StartMethod method);

// Why it cannot be used although the system has it in principle: NewBackend
// gives one all the same, whose processes and pools cannot be started.
absl::Status CheckAvailable(StartMethod method);

// Its name: "reference-fork"; "reference-spawn", on Windows
// "reference-createprocess"; "reference-forkserver".
std::string_view BackendName(StartMethod method);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_BACKEND_H_
