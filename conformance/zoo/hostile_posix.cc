// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/zoo/acts.h"

namespace procspec::zoo {
namespace {

constexpr std::string_view kKilled = "its supervisor was killed";

}  // namespace

std::vector<Hostile> HostilesOfThisSystem() {
  return {
      // It does not end.
      {"ignores-signals", kPut, "TIMEOUT", kDeadline, IgnoreSignals},

      // It ends too early.
      {"becomes-another-program", kQsize, "CRASH", kNoResult,
       BecomeAnotherProgram},
      {"aborts", kEmpty, "CRASH", "SIGABRT", Abort},
      {"overflows-the-stack", kFull, "CRASH", "SIGSEGV", OverflowTheStack},
      {"kills-its-group", kPut, "CRASH", "SIGKILL", KillItsGroup},
      {"kills-its-parent", kGet, "CRASH", kKilled, KillItsParent},
      {"stops-its-parent", kEmpty, "CRASH", "its supervisor was stopped",
       StopItsParent},

      // It leaves something, or takes what the judge needs.
      {"leaves-1000-children", kPut, "LEAK", "process", LeaveAThousandChildren},
      {"leaves-shared-memory", kEmpty, "LEAK", "procspec-zoo",
       LeaveSharedMemory},
      {"leaves-a-semaphore", kFull, "LEAK", "procspec-zoo", LeaveASemaphore},
      {"leaves-a-semaphore-set", kQsize, "LEAK", "semaphore",
       LeaveASemaphoreSet},
      {"closes-all-descriptors", kEmpty, "FAIL", "closed or replaced",
       CloseAllDescriptors},
      {"uses-up-descriptors", kFull, "CRASH", "Too many open files",
       UseUpDescriptors},

      // It forges a PASS.
      {"forges-by-link", kGet, "CRASH", kNoResult, ForgeByLink},
      {"forges-by-pipe", kEmpty, "CRASH", kNoResult, ForgeByPipe},
      {"forges-by-exec", kPut, "CRASH", kNoProof, ForgeByExec},
      {"goes-on-in-a-child", kEmpty, "CRASH", "exit code 0", GoOnInAChild},
      {"forges-and-kills-its-parent", kQsize, "CRASH", kKilled,
       ForgeAndKillItsParent},
      // It finds the report if it is root.
      {"forges-the-report", kPut, "CRASH", "the case", ForgeTheReport},
      {"holds-the-report", kGet, "CRASH", kKilled, HoldTheReport},
      {"cancels-all", kEmpty, "PASS", "", CancelAll},
  };
}

}  // namespace procspec::zoo
