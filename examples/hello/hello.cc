// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// A process, a queue and a pool in one page: hello fork|spawn

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "reference/backend.h"
#include "reference/child.h"
#include "spec/backend.h"
#include "spec/status_macros.h"
#include "spec/typed.h"

namespace {

using procspec::Backend;
using procspec::Queue;
using procspec::Value;
using procspec::reference::StartMethod;

// What children run are targets: functions with a name, found again by it in
// the child. They see their own side of the backend and their arguments.
PROCSPEC_TARGET(Greet) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto whom, arguments.Get<std::string>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto self, backend.CurrentProcess());
  PROCSPEC_RETURN_IF_ERROR(
      queue->Put("hello, " + whom + ", from " + self->Name()));
  return Value();  // OK: the process exits 0
}

// A pool's task: what it returns is the result.
PROCSPEC_TARGET(Square) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(0));
  return Value(n * n);
}

absl::Status Hello(Backend& backend) {
  // Queues, locks and the like reach a child among its arguments.
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, backend.NewQueue());
  PROCSPEC_ASSIGN_OR_RETURN(
      auto process, backend.NewProcess({.target = "Greet",
                                        .arguments = {.args = {queue, "world"}},
                                        .name = "greeter"}));
  PROCSPEC_RETURN_IF_ERROR(process->Start());
  // The typed layer (spec/typed.h) gives a std::string instead of a Value.
  PROCSPEC_ASSIGN_OR_RETURN(std::string greeting,
                            procspec::TypedQueue<std::string>(queue).Get());
  std::cout << greeting << std::endl;

  // The exit code is there once the child has ended.
  PROCSPEC_RETURN_IF_ERROR(process->Join());
  PROCSPEC_ASSIGN_OR_RETURN(auto exit_code, process->ExitCode());
  std::cout << process->Name() << " exited with " << *exit_code << std::endl;

  // Workers that run one task after the other; the pool's end is theirs.
  PROCSPEC_ASSIGN_OR_RETURN(auto pool, backend.NewPool({.workers = 2}));
  PROCSPEC_ASSIGN_OR_RETURN(auto squares, pool->Map("Square", {1, 2, 3, 4}));
  std::cout << "squares: " << procspec::DebugString(squares) << std::endl;
  PROCSPEC_ASSIGN_OR_RETURN(int64_t square,
                            procspec::Call<int64_t>(*pool, "Square", 12));
  std::cout << "12 * 12 = " << square << std::endl;

  // What a task reports in its worker is reported here.
  const absl::Status error =
      procspec::Call<int64_t>(*pool, "Square", "a dozen").status();
  if (!procspec::IsKind(error, procspec::ErrorKind::kType)) return error;
  std::cout << "squaring text is a Type error" << std::endl;
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  // First of all: a spawned child is this program again, and becomes one here.
  procspec::reference::MaybeRunAsChild(argc, argv);

  std::shared_ptr<Backend> backend;
  for (const StartMethod method : procspec::reference::StartMethods()) {
    if (argc == 2 && StartMethodName(method) == argv[1]) {
      backend = procspec::reference::NewBackend(method);
    }
  }
  if (backend == nullptr) {
    std::cerr << "usage: hello fork|spawn|forkserver" << std::endl;
    return 2;
  }
  // Errors are statuses; nothing throws.
  const absl::Status status = Hello(*backend);
  if (!status.ok()) {
    std::cerr << status << std::endl;
    return 1;
  }
  return 0;
}
