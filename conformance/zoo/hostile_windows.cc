// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/zoo/acts.h"

namespace procspec::zoo {

std::vector<Hostile> HostilesOfThisSystem() {
  return {
      // It does not end.
      {"ends-its-main-thread", kPut, "TIMEOUT", kDeadline, EndItsMainThread},

      // It ends too early.
      {"aborts", kEmpty, "CRASH", "exit code 3", Abort},
      {"overflows-the-stack", kFull, "CRASH", "STATUS_STACK_OVERFLOW",
       OverflowTheStack},
      {"violates-access", kQsize, "CRASH", "STATUS_ACCESS_VIOLATION",
       ViolateAccess},
      {"fails-fast", kPut, "CRASH", "exception 0xC0000602", FailFast},
      {"exits-259", kGet, "CRASH", "exit code 259", ExitAsIfActive},
      {"exits-65536", kEmpty, "CRASH", "exit code 65536", ExitWithALongCode},

      // It leaves something, or takes what the judge needs.
      {"leaves-10-children", kPut, "LEAK", "process", LeaveTenChildren},
      {"leaves-a-suspended-process", kGet, "LEAK", "process",
       LeaveASuspendedProcess},
      {"leaves-a-child-beside-its-job", kEmpty, "LEAK", "process",
       LeaveAChildBesideItsJob},
      {"leaves-a-file-locker", kFull, "LEAK", "process", LeaveAFileLocker},
      {"breaks-away", kQsize, "PASS", "not let go", BreakAway},
      // A handle is all that is left of these.
      {"leaves-shared-memory", kEmpty, "LEAK", "descriptor", LeaveSharedMemory},
      {"leaves-a-semaphore", kFull, "LEAK", "descriptor", LeaveASemaphore},
      {"closes-its-streams", kEmpty, "FAIL", "closed or replaced",
       CloseItsStreams},
      {"locks-its-result", kPut, "CRASH", "no result could be written",
       LockItsResult},

      // It forges a PASS.
      {"forges-by-link", kGet, "CRASH", kNoProof, ForgeByLink},
      {"forges-by-exec", kPut, "CRASH", "exit code 0", ForgeByExec},
  };
}

}  // namespace procspec::zoo
