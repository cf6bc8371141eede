// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_PROGRAM_PROCESS_H_
#define PROCSPEC_CONFORMANCE_HARNESS_PROGRAM_PROCESS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The operating system's part of program.h.

namespace procspec::harness {

struct ProgramCommand {
  std::vector<std::string> arguments;  // argv, of this executable
  std::string environment = {};        // NAME=value to add; empty: nothing
  // Files, not pipes: a child that outlives the program holds nobody up.
  std::string output;
  std::string errors;
};

// A child of this process in a process group of its own (Windows: in a job).
// Killed with its group, and reaped, by the destructor.
class ProgramProcess {
 public:
  static absl::StatusOr<std::unique_ptr<ProgramProcess>> Start(
      const ProgramCommand& command);

  virtual ~ProgramProcess() = default;
  ProgramProcess(const ProgramProcess&) = delete;
  ProgramProcess& operator=(const ProgramProcess&) = delete;

  virtual int64_t pid() const = 0;

  // DeadlineExceeded: it runs on.
  virtual absl::Status Wait(absl::Duration patience) = 0;

  // After Wait; exactly one of the two, on Windows the first.
  virtual std::optional<int> exit_code() const = 0;
  virtual std::optional<int> signal() const = 0;

  virtual absl::Status Kill() = 0;

 protected:
  ProgramProcess() = default;
};

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_PROGRAM_PROCESS_H_
