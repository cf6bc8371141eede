// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_TESTING_BOARD_H_
#define PROCSPEC_REFERENCE_TESTING_BOARD_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "reference/os/shared_memory.h"
#include "reference/share.h"
#include "spec/backend.h"
#include "spec/shareable.h"

namespace procspec::reference {

// Numbers that the processes of a test see, all zero at first: how they tell
// each other where they are. Leans on nothing that the tests are about, and can
// be passed to children of both start methods.
class Board final : public Shareable, public Transferable {
 public:
  static constexpr size_t kCells = 16;

  static std::shared_ptr<Board> New();
  static absl::StatusOr<std::shared_ptr<Board>> From(os::UniqueFile file);

  HandleKind handle_kind() const override { return HandleKind::kEvent; }
  absl::StatusOr<Transfer> Describe() const override;

  void Set(size_t cell, int64_t value) { at(cell) = value; }
  int64_t Get(size_t cell) const { return at(cell); }
  // What it is then.
  int64_t Add(size_t cell, int64_t value) { return at(cell) += value; }

  // Whether the cell gets that value before half a minute is over.
  [[nodiscard]] bool Await(size_t cell, int64_t value) const;

  // Waits in a child for as long as the test may run.
  void Park() const;

 private:
  using Cells = std::array<std::atomic<int64_t>, kCells>;

  explicit Board(os::SharedMemory memory) : memory_(std::move(memory)) {}

  std::atomic<int64_t>& at(size_t cell) const {
    return static_cast<Cells*>(memory_.data())->at(cell);
  }

  os::SharedMemory memory_;
};

// What a process is said to have ended with after that crash (not
// kImmediateExit), which differs from system to system. kKill also stands for
// Process::Kill.
int CrashExitCode(CrashKind kind);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_TESTING_BOARD_H_
