// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/command.h"

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/stress/terminal.h"

namespace procspec::stress {

absl::StatusOr<std::shared_ptr<Backend>> MakeBackend(
    const std::string& name, const std::vector<Capability>& required) {
  const harness::BackendEntry* entry = harness::FindBackend(name);
  if (entry == nullptr) {
    std::string known;
    for (const harness::BackendEntry& other : harness::AllBackends()) {
      absl::StrAppend(&known, "\n  ", other.name);
    }
    return absl::NotFoundError(
        absl::StrCat("no backend is named '", name, "'; there are", known));
  }
  if (entry->unavailable) {
    const std::string reason = entry->unavailable();
    if (!reason.empty()) return absl::UnavailableError(reason);
  }
  std::shared_ptr<Backend> backend = entry->factory();
  if (backend == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("backend '", name, "' could not be made"));
  }
  for (const Capability capability : required) {
    if (!backend->capabilities().Has(capability)) {
      return absl::UnimplementedError(absl::StrCat(
          "backend '", name, "' declares no ", CapabilityName(capability)));
    }
  }
  return backend;
}

Watchdog::Watchdog(absl::Duration patience)
    : thread_([this, wait = absl::ToChronoMilliseconds(patience)] {
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, wait, [this] { return done_; })) {
          if (petted_.exchange(false, std::memory_order_relaxed)) continue;
          std::printf("hang: a call of the backend does not return\n");
          std::fflush(stdout);
          std::_Exit(kExitFindings);
        }
      }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ShowProgress(std::string_view line) {
  if (!StderrIsTerminal()) return;
  std::fprintf(stderr, "\r%.*s\x1b[K", static_cast<int>(line.size()),
               line.data());
  std::fflush(stderr);
}

void ClearProgress() { ShowProgress(""); }

}  // namespace procspec::stress
