// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/zoo/hostile.h"

#include "conformance/zoo/acts.h"

namespace procspec::zoo {
namespace {

// All make a queue first thing, in the process of the case.
constexpr std::string_view kFull = "queue.full.at-bound";
constexpr std::string_view kQsize = "queue.qsize";
constexpr std::string_view kEmpty = "queue.empty.nothing-waits";
constexpr std::string_view kPut = "queue.put.nonblocking-full";
constexpr std::string_view kGet = "queue.get.nonblocking-empty";

constexpr std::string_view kDeadline = "had not ended by its deadline";
constexpr std::string_view kNoResult = "left no result";
constexpr std::string_view kNoProof = "lacks the proof";
constexpr std::string_view kKilled = "its supervisor was killed";

}  // namespace

const std::vector<Hostile>& AllHostiles() {
  static const auto& hostiles = *new std::vector<Hostile>{
      // It does not end.
      {"loops", kQsize, "TIMEOUT", kDeadline, Loop},
      {"ignores-signals", kPut, "TIMEOUT", kDeadline, IgnoreSignals},
      {"stops-itself", kGet, "TIMEOUT", kDeadline, StopItself},
      {"hangs-at-exit", kEmpty, "TIMEOUT", kDeadline, HangAtExit},
      {"answers-late", kFull, "TIMEOUT", kDeadline, AnswerLate},

      // It ends too early.
      {"exits-0", kFull, "CRASH", kNoResult, ExitWithZero},
      {"exits-2", kPut, "CRASH", kNoResult, ExitAsIfMisused},
      {"exits-normally", kGet, "CRASH", kNoResult, ExitNormally},
      {"becomes-another-program", kQsize, "CRASH", kNoResult,
       BecomeAnotherProgram},
      {"aborts", kEmpty, "CRASH", "SIGABRT", Abort},
      {"overflows-the-stack", kFull, "CRASH", "SIGSEGV", OverflowTheStack},
      {"throws", kQsize, "FAIL", "thrown on purpose", ThrowSomething},
      {"kills-its-group", kPut, "CRASH", "SIGKILL", KillItsGroup},
      {"kills-its-parent", kGet, "CRASH", kKilled, KillItsParent},
      {"stops-its-parent", kEmpty, "CRASH", "its supervisor was stopped",
       StopItsParent},

      // It leaves something, or takes what the judge needs.
      {"leaves-a-daemon", kFull, "LEAK", "process", LeaveADaemon},
      {"leaves-an-output-holder", kQsize, "LEAK", "process",
       LeaveAnOutputHolder},
      {"leaves-1000-children", kPut, "LEAK", "process", LeaveAThousandChildren},
      {"leaves-a-restless-chain", kGet, "LEAK", "process", LeaveARestlessChain},
      {"leaves-shared-memory", kEmpty, "LEAK", "procspec-zoo",
       LeaveSharedMemory},
      {"leaves-a-semaphore", kFull, "LEAK", "procspec-zoo", LeaveASemaphore},
      {"leaves-a-semaphore-set", kQsize, "LEAK", "semaphore",
       LeaveASemaphoreSet},
      {"leaves-deep-files", kPut, "LEAK", "deep", LeaveDeepFiles},
      {"leaves-a-thread", kGet, "LEAK", "thread", LeaveAThread},
      {"leaves-a-descriptor", kEmpty, "LEAK", "descriptor", LeaveADescriptor},
      {"floods-the-output", kGet, "PASS", "output was cut", FloodTheOutput},
      {"closes-all-descriptors", kEmpty, "FAIL", "closed or replaced",
       CloseAllDescriptors},
      {"uses-up-descriptors", kFull, "CRASH", "Too many open files",
       UseUpDescriptors},
      {"removes-its-directory", kQsize, "CRASH", "no result could be written",
       RemoveItsDirectory},

      // It gets the judge's protocol wrong.
      {"half-a-result", kPut, "CRASH", "left half a result", HalfAResult},
      {"garbage-for-a-result", kGet, "CRASH", "left half a result",
       GarbageForAResult},
      {"answers-twice", kEmpty, "CRASH", "is there already", AnswerTwice},

      // It forges a PASS.
      {"denies-its-capabilities", kQsize, "FAIL", "although", nullptr},
      {"forges-and-exits", kFull, "CRASH", kNoProof, ForgeAndExit},
      {"forges-with-what-it-finds", kQsize, "CRASH", kNoProof,
       ForgeWithWhatItFinds},
      {"forges-from-a-survivor", kPut, "CRASH", "exit code 0",
       ForgeFromASurvivor},
      {"forges-by-link", kGet, "CRASH", kNoResult, ForgeByLink},
      {"forges-by-pipe", kEmpty, "CRASH", kNoResult, ForgeByPipe},
      {"forges-hugely", kFull, "CRASH", kNoProof, ForgeHugely},
      {"forges-by-another-directory", kQsize, "CRASH", kNoProof,
       ForgeByAnotherDirectory},
      {"forges-by-exec", kPut, "CRASH", kNoProof, ForgeByExec},
      {"forges-by-proxy", kGet, "CRASH", kNoProof, ForgeByProxy},
      {"goes-on-in-a-child", kEmpty, "CRASH", "exit code 0", GoOnInAChild},
      {"forges-over-its-failure", kFull, "CRASH", kNoProof,
       ForgeOverItsFailure},
      {"forges-and-kills-its-parent", kQsize, "CRASH", kKilled,
       ForgeAndKillItsParent},
      // It finds the report if it is root.
      {"forges-the-report", kPut, "CRASH", "the case", ForgeTheReport},
      {"holds-the-report", kGet, "CRASH", kKilled, HoldTheReport},
      {"cancels-all", kEmpty, "PASS", "", CancelAll},
  };
  return hostiles;
}

}  // namespace procspec::zoo
