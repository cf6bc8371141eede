// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/exit.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>

#include "reference/bootstrap.h"
#include "reference/os/at_fork.h"
#include "reference/os/never_destroyed.h"
#include "reference/os/process.h"
#include "reference/os/stream.h"

namespace procspec::reference {
namespace {

using Hook = void (*)();

constexpr std::array kStages = {ExitStage::kHandlers, ExitStage::kPools,
                                ExitStage::kChildren, ExitStage::kQueues,
                                ExitStage::kForkServer};

// One array for all stages, of a fixed size: every child that is forked copies
// it, and allocates nothing for that.
struct Hooks {
  struct Entry {
    ExitStage stage;
    Hook hook;
  };
  std::array<Entry, 16> entries;
  size_t count = 0;
};

struct ExitRules {
  std::mutex mutex;
  Hooks hooks;
  bool done = false;
  // Whose exit it is. A process that other code forked has our atexit handler
  // too, but our children are not its own.
  int64_t owner = os::CurrentPid();
  os::AtFork at_fork{{.before = [this] { mutex.lock(); },
                      .in_parent = [this](bool) { mutex.unlock(); },
                      .in_child =
                          [this] {
                            done = false;
                            owner = os::CurrentPid();
                            mutex.unlock();
                          }},
                     os::AtFork::Order::kLast};
};

ExitRules& TheRules() {
  static os::NeverDestroyed<ExitRules> rules;
  return *rules;
}

void AtProgramExit() {
  const int status = RunExitRules(0);
  if (status == 0) return;
  os::FlushStandardStreams();
  os::ExitNow(status);
}

}  // namespace

bool RegisterExitHook(ExitStage stage, Hook hook) {
  ExitRules& rules = TheRules();
  std::lock_guard lock(rules.mutex);
  if (rules.hooks.count == rules.hooks.entries.size()) std::abort();
  rules.hooks.entries[rules.hooks.count++] = {stage, hook};
  return true;
}

int RunExitRules(int status) {
  ExitRules& rules = TheRules();
  Hooks hooks;
  {
    std::lock_guard lock(rules.mutex);
    if (rules.owner != os::CurrentPid()) return status;
    if (BootstrapWasMissed()) {
      if (!rules.done) {
        (void)os::Write(StandardStream::kErr,
                        "procspec: a spawned process ended without having "
                        "called MaybeRunAsChild; its target did not run\n");
      }
      rules.done = true;
      return 1;
    }
    if (rules.done) return status;
    rules.done = true;
    hooks = rules.hooks;
  }
  for (ExitStage stage : kStages) {
    for (size_t i = hooks.count; i-- > 0;) {
      if (hooks.entries[i].stage == stage) hooks.entries[i].hook();
    }
  }
  return status;
}

void RunExitRulesAtExit() {
  [[maybe_unused]] static const int registered = std::atexit(&AtProgramExit);
}

}  // namespace procspec::reference
