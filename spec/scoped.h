// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_SCOPED_H_
#define PROCSPEC_SPEC_SCOPED_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/backend.h"
#include "spec/status_macros.h"

// Guards, over any backend, instead of calls that must not be forgotten:
//
//   PROCSPEC_ASSIGN_OR_RETURN(auto held, ScopedLock::Acquire(*lock));
//
// A pool needs none: dropping its last reference terminates it. A target that
// runs in a forked child never returns into the frames of its parent, so a
// guard there acts in the parent alone.
namespace procspec {

// Holds a Lock, a Semaphore or a Condition's lock until the end of the scope.
// What it holds must outlive it, and it stays on its thread.
template <typename T>
class ScopedHold {
 public:
  // Timeout: not acquired in time. Otherwise the errors of T's Acquire.
  [[nodiscard]] static absl::StatusOr<ScopedHold> Acquire(
      T& held, absl::Duration timeout = absl::InfiniteDuration()) {
    PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, held.Acquire(timeout));
    if (!acquired) return TimeoutError();
    return ScopedHold(&held);
  }

  ScopedHold(ScopedHold&& other) noexcept
      : held_(std::exchange(other.held_, nullptr)) {}
  ~ScopedHold() { Release().IgnoreError(); }

  // Earlier than the scope's end, and with its error. Again: no effect.
  absl::Status Release() {
    T* held = std::exchange(held_, nullptr);
    return held == nullptr ? absl::OkStatus() : held->Release();
  }

 private:
  explicit ScopedHold(T* held) : held_(held) {}

  T* held_;
};

using ScopedLock = ScopedHold<Lock>;

// A started process that is joined at the end of the scope, however long that
// takes. Declare it after what the process waits for.
class ScopedProcess {
 public:
  // The errors of NewProcess and of Process::Start.
  [[nodiscard]] static absl::StatusOr<ScopedProcess> Start(
      Backend& backend, ProcessOptions options) {
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              backend.NewProcess(std::move(options)));
    PROCSPEC_RETURN_IF_ERROR(process->Start());
    return ScopedProcess(std::move(process));
  }

  ScopedProcess(ScopedProcess&&) noexcept = default;
  ~ScopedProcess() {
    if (process_ != nullptr) process_->Join().IgnoreError();
  }

  Process* operator->() const { return process_.get(); }

 private:
  explicit ScopedProcess(std::shared_ptr<Process> process)
      : process_(std::move(process)) {}

  std::shared_ptr<Process> process_;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_SCOPED_H_
