// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_COMMAND_H_
#define PROCSPEC_CONFORMANCE_STRESS_COMMAND_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/backend.h"
#include "spec/capability.h"

// What the programs of this folder have in common.

namespace procspec::stress {

// Their exit codes.
inline constexpr int kExitHolds = 0;
inline constexpr int kExitFindings = 1;
inline constexpr int kExitUsage = 2;

// The backend of that name. An error, for people: there is none, it cannot be
// used here, or it lacks something of `required`.
absl::StatusOr<std::shared_ptr<Backend>> MakeBackend(
    const std::string& name, const std::vector<Capability>& required);

// Ends the program with kExitFindings when nobody pets it for so long: for
// calls of the judged that never return. Not in forked children.
class Watchdog {
 public:
  explicit Watchdog(absl::Duration patience);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Any thread.
  void Pet() { petted_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> petted_ = true;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

// A line on standard error that the next one replaces; nothing if that is no
// terminal.
void ShowProgress(std::string_view line);
void ClearProgress();

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_COMMAND_H_
