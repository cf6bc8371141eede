// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/testing_board.h"

#include <cstdio>
#include <cstdlib>

#include "reference/os/process.h"
#include "reference/os/time.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

constexpr absl::Duration kGuard = absl::Seconds(30);

absl::StatusOr<Handle> Rebuild(Backend&, const Value&,
                               std::vector<os::UniqueFile> handles) {
  if (handles.size() != 1) return SerialisationError("a board has one handle");
  PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Board> board,
                            Board::From(std::move(handles[0])));
  return Handle(std::move(board));
}

[[maybe_unused]] const bool registered =
    RegisterTransferable("testing-board", &Rebuild);

}  // namespace

std::shared_ptr<Board> Board::New() {
  absl::StatusOr<os::SharedMemory> memory =
      os::SharedMemory::New(sizeof(Cells));
  if (!memory.ok()) {
    std::fprintf(stderr, "no shared memory for a test\n");
    std::abort();
  }
  return std::shared_ptr<Board>(new Board(*std::move(memory)));
}

absl::StatusOr<std::shared_ptr<Board>> Board::From(os::UniqueFile file) {
  PROCSPEC_ASSIGN_OR_RETURN(os::SharedMemory memory,
                            os::SharedMemory::Map(std::move(file)));
  return std::shared_ptr<Board>(new Board(std::move(memory)));
}

absl::StatusOr<Transfer> Board::Describe() const {
  Transfer transfer;
  transfer.kind = "testing-board";
  PROCSPEC_ASSIGN_OR_RETURN(os::UniqueFile file,
                            os::Duplicate(memory_.handle()));
  transfer.handles.push_back(std::move(file));
  return transfer;
}

bool Board::Await(size_t cell, int64_t value) const {
  const os::Deadline guard(kGuard);
  while (Get(cell) != value) {
    if (guard.HasPassed()) return false;
    os::SleepUntil(os::Deadline(absl::Milliseconds(1)));
  }
  return true;
}

void Board::Park() const {
  // Ends by itself, so that a broken test leaves nothing behind for ever.
  os::SleepUntil(os::Deadline(2 * kGuard));
}

int CrashExitCode(CrashKind kind) {
  const bool signals = os::HasFork();
  switch (kind) {
    case CrashKind::kKill:
      return signals ? -9 : -15;
    case CrashKind::kAbort:
      return signals ? -6 : 3;
    case CrashKind::kSegmentation:
      return signals ? -11 : static_cast<int>(0xC0000005);
    case CrashKind::kImmediateExit:
      break;
  }
  return 0;
}

}  // namespace procspec::reference
