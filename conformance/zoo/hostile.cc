// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/zoo/hostile.h"

#include "conformance/zoo/acts.h"

namespace procspec::zoo {
namespace {

constexpr std::string_view kUnasked =
    "nothing asks a program without a window to end";
constexpr std::string_view kNoSupervisor =
    "no process stands between a case and the runner, and one that ends the "
    "runner ends the run";
constexpr std::string_view kFreshImage = "a child is a fresh image";
constexpr std::string_view kOneExit =
    "an exit code has 8 bits, and an exception is a signal: aborts";
constexpr std::string_view kNoJobs = "there are no jobs";
constexpr std::string_view kNoLocks = "no open file keeps others from it";

}  // namespace

const std::vector<Hostile>& AllHostiles() {
  static const auto& hostiles = *[] {
    auto* all = new std::vector<Hostile>{
        // It does not end.
        {"loops", kQsize, "TIMEOUT", kDeadline, Loop},
        {"stops-itself", kGet, "TIMEOUT", kDeadline, StopItself},
        {"hangs-at-exit", kEmpty, "TIMEOUT", kDeadline, HangAtExit},
        {"answers-late", kFull, "TIMEOUT", kDeadline, AnswerLate},

        // It ends too early.
        {"exits-0", kFull, "CRASH", kNoResult, ExitWithZero},
        {"exits-2", kPut, "CRASH", kNoResult, ExitAsIfMisused},
        {"exits-normally", kGet, "CRASH", kNoResult, ExitNormally},
        {"throws", kQsize, "FAIL", "thrown on purpose", ThrowSomething},

        // It leaves something, or takes what the judge needs.
        {"leaves-a-daemon", kFull, "LEAK", "process", LeaveADaemon},
        {"leaves-an-output-holder", kQsize, "LEAK", "process",
         LeaveAnOutputHolder},
        {"leaves-a-restless-chain", kGet, "LEAK", "process",
         LeaveARestlessChain},
        {"leaves-deep-files", kPut, "LEAK", "deep", LeaveDeepFiles},
        {"leaves-a-thread", kGet, "LEAK", "thread", LeaveAThread},
        {"leaves-a-descriptor", kEmpty, "LEAK", "descriptor", LeaveADescriptor},
        {"floods-the-output", kGet, "PASS", "output was cut", FloodTheOutput},
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
        {"forges-hugely", kFull, "CRASH", kNoProof, ForgeHugely},
        {"forges-by-another-directory", kQsize, "CRASH", kNoProof,
         ForgeByAnotherDirectory},
        {"forges-by-proxy", kGet, "CRASH", kNoProof, ForgeByProxy},
        {"forges-over-its-failure", kFull, "CRASH", kNoProof,
         ForgeOverItsFailure},
    };
    const std::vector<Hostile> more = HostilesOfThisSystem();
    all->insert(all->end(), more.begin(), more.end());
    return all;
  }();
  return hostiles;
}

const std::vector<Absent>& AllAbsent() {
  static const auto& absent = *new std::vector<Absent>{
      {"ignores-signals", "windows", kUnasked},
      {"becomes-another-program", "windows",
       "no process becomes another program: forges-by-exec"},
      {"kills-its-group", "windows",
       "there are no groups to be killed, but those of a console, of which a "
       "test has none"},
      {"kills-its-parent", "windows", kNoSupervisor},
      {"stops-its-parent", "windows", kNoSupervisor},
      {"leaves-1000-children", "windows",
       "a process is dear: leaves-10-children"},
      {"leaves-a-semaphore-set", "windows", "there is no System V IPC"},
      {"closes-all-descriptors", "windows",
       "a process does not live without its libraries' handles: "
       "closes-its-streams"},
      {"uses-up-descriptors", "windows",
       "a process may have 16 million handles"},
      {"forges-by-pipe", "windows", "no pipe has a name in a directory"},
      {"goes-on-in-a-child", "windows", kFreshImage},
      {"forges-and-kills-its-parent", "windows", kNoSupervisor},
      {"forges-the-report", "windows", kNoSupervisor},
      {"holds-the-report", "windows", kNoSupervisor},
      {"cancels-all", "windows", kNoSupervisor},

      {"ends-its-main-thread", "linux", "its end is a zombie: stops-itself"},
      {"violates-access", "linux", kOneExit},
      {"fails-fast", "linux", kOneExit},
      {"exits-259", "linux", kOneExit},
      {"exits-65536", "linux", kOneExit},
      {"leaves-10-children", "linux", "leaves-1000-children"},
      {"leaves-a-suspended-process", "linux",
       "no process is born stopped: stops-itself"},
      {"leaves-a-child-beside-its-job", "linux", kNoJobs},
      {"leaves-a-file-locker", "linux", kNoLocks},
      {"breaks-away", "linux", kNoJobs},
      {"closes-its-streams", "linux", "closes-all-descriptors"},
      {"locks-its-result", "linux", kNoLocks},
  };
  return absent;
}

}  // namespace procspec::zoo
