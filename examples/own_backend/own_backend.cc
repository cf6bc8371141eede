// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// A backend with processes by fork and waitpid.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "conformance/harness/backend_registry.h"
#include "own_areas.h"
#include "spec/backend_base.h"
#include "spec/capability.h"
#include "spec/error.h"

class OwnBackend : public procspec::BackendBase {
 public:
  std::string_view name() const override { return "own"; }
  procspec::CapabilitySet capabilities() const override {
    using enum procspec::Capability;
    return {kProcess, kTerminate,    kStartFork, kPrograms, kStdio,
            kGlobals, kLocalObjects, kPipe,      kLock,     kSemaphore};
  }
  absl::StatusOr<int64_t> Pid() override { return getpid(); }

  // The further areas.
  absl::StatusOr<procspec::ConnectionPair> NewPipe(bool duplex) override {
    return own::NewPipe(duplex);
  }
  absl::StatusOr<std::shared_ptr<procspec::Lock>> NewLock() override {
    return own::NewLock();
  }
  absl::StatusOr<std::shared_ptr<procspec::Semaphore>> NewSemaphore(
      int64_t value) override {
    return own::NewSemaphore(value);
  }

 private:
  absl::StatusOr<int64_t> StartChild(const procspec::ChildPlan& plan) override {
    const pid_t pid = fork();
    if (pid == 0) _exit(RunChild(plan));
    if (pid < 0) return procspec::OsError("fork", errno);
    return pid;
  }
  std::optional<int> ObserveChild(int64_t pid) override {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == 0) return std::nullopt;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  absl::Status EndChild(int64_t pid, procspec::EndBy how) override {
    const bool kills = how == procspec::EndBy::kKill;
    if (kill(pid, kills ? SIGKILL : SIGTERM) == 0) return absl::OkStatus();
    return procspec::OsError("kill", errno);
  }
};

// What `backend = "own"` of conformance_test means.
static const bool registered = procspec::harness::RegisterBackend(
    "own", [] { return std::make_shared<OwnBackend>(); });
