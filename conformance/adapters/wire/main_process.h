// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_MAIN_PROCESS_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_MAIN_PROCESS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

// The operating system's part of starting a testee.

namespace procspec::wire {

// How a process has ended: exactly one of the two.
struct ProcessEnd {
  std::optional<int> exit_code;
  std::optional<int> signal;

  std::string ToString() const;
};

// The main process of a testee: a child of this process, with its standard
// output and error, and nothing to read. Killed and reaped by the destructor,
// if it still runs. Thread-safe.
class MainProcess {
 public:
  // `environment`: NAME=value to add.
  static absl::StatusOr<std::unique_ptr<MainProcess>> Start(
      const std::vector<std::string>& command,
      const std::vector<std::string>& environment);

  virtual ~MainProcess() = default;
  MainProcess(const MainProcess&) = delete;
  MainProcess& operator=(const MainProcess&) = delete;

  virtual int64_t pid() const = 0;

  // nullopt: it runs.
  virtual std::optional<ProcessEnd> Poll() = 0;

  virtual void Kill() = 0;

 protected:
  MainProcess() = default;
};

// Whether somebody has stopped the process, as by SIGSTOP.
bool IsStopped(int64_t pid);

// Ends this process as that one ended, without cleaning up.
[[noreturn]] void EndAs(const ProcessEnd& end);

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_MAIN_PROCESS_H_
