// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/program.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "reference/exit.h"
#include "reference/os/at_fork.h"
#include "reference/os/never_destroyed.h"
#include "reference/run.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

struct ExitHandler {
  std::shared_ptr<Backend> backend;
  std::string target;
  Arguments arguments;
};

struct Program {
  std::mutex mutex;
  std::map<std::string, Value, std::less<>> globals;
  // Replaced, not cleared, in a forked child: what the parent's handlers hold
  // is not the child's to release.
  std::vector<ExitHandler>* handlers = new std::vector<ExitHandler>;
  os::AtFork at_fork{{.before = [this] { mutex.lock(); },
                      .in_parent = [this](bool) { mutex.unlock(); },
                      .in_child =
                          [this] {
                            if (!handlers->empty()) {
                              handlers = new std::vector<ExitHandler>;
                            }
                            mutex.unlock();
                          }},
                     os::AtFork::Order::kLast};
};

Program& TheProgram() {
  static os::NeverDestroyed<Program> program;
  return *program;
}

std::optional<ExitHandler> TakeLastHandler() {
  Program& program = TheProgram();
  std::lock_guard lock(program.mutex);
  if (program.handlers->empty()) return std::nullopt;
  ExitHandler last = std::move(program.handlers->back());
  program.handlers->pop_back();
  return last;
}

void RunExitHandlers() {
  // One at a time: a handler may register more.
  while (std::optional<ExitHandler> handler = TakeLastHandler()) {
    const absl::Status status = CallGuarded([&] {
      return CallTarget(*handler->backend, handler->target, handler->arguments);
    });
    if (!status.ok() && !ExitCodeOf(status).has_value()) {
      ReportError(absl::StrCat("Exit handler ", handler->target), status);
    }
  }
}

// Both before main. A child forked while another thread is inside a first use
// would find that use unfinished for ever.
[[maybe_unused]] const Program& early = TheProgram();
[[maybe_unused]] const bool registered =
    RegisterExitHook(ExitStage::kHandlers, &RunExitHandlers);

}  // namespace

absl::Status SetGlobal(std::string_view name, Value value) {
  Program& program = TheProgram();
  {
    std::lock_guard lock(program.mutex);
    // Swapped, so that the old value is released outside the lock: releasing a
    // handle may close it.
    std::swap(program.globals[std::string(name)], value);
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> Global(std::string_view name) {
  Program& program = TheProgram();
  std::lock_guard lock(program.mutex);
  auto it = program.globals.find(name);
  if (it == program.globals.end()) {
    return ValueError(absl::StrCat("no global is named '", name, "'"));
  }
  return it->second;
}

absl::Status AddExitHandler(std::shared_ptr<Backend> backend,
                            std::string_view target, Arguments arguments) {
  PROCSPEC_RETURN_IF_ERROR(CheckTarget(target));
  Program& program = TheProgram();
  std::lock_guard lock(program.mutex);
  program.handlers->push_back(ExitHandler{
      std::move(backend), std::string(target), std::move(arguments)});
  return absl::OkStatus();
}

}  // namespace procspec::reference
