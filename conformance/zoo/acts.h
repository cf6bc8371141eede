// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ZOO_ACTS_H_
#define PROCSPEC_CONFORMANCE_ZOO_ACTS_H_

#include <vector>

#include "absl/status/status.h"
#include "conformance/zoo/hostile.h"

// What hostile backends do; hostile*.cc say who does what, and what must come
// of it. Those that would go on for ever are bounded where the machine would
// suffer from a runner that fails to end them.
//
// Those that only one system has are in its own part of each section.

namespace procspec::zoo {

// The rows of this system alone, and those that come to something else here.
std::vector<Hostile> HostilesOfThisSystem();

// --- Not ending (endings*.cc) ------------------------------------------------

absl::Status Loop(const Scene&);
absl::Status StopItself(const Scene&);
absl::Status HangAtExit(const Scene&);
absl::Status AnswerLate(const Scene&);
// POSIX
absl::Status IgnoreSignals(const Scene&);
// Windows
absl::Status EndItsMainThread(const Scene&);

// --- Ending too early (endings*.cc) ------------------------------------------

absl::Status ExitWithZero(const Scene&);
absl::Status ExitAsIfMisused(const Scene&);
absl::Status ExitNormally(const Scene&);
absl::Status Abort(const Scene&);
absl::Status OverflowTheStack(const Scene&);
absl::Status ThrowSomething(const Scene&);
// POSIX
absl::Status BecomeAnotherProgram(const Scene&);
absl::Status KillItsGroup(const Scene&);
absl::Status KillItsParent(const Scene&);
absl::Status StopItsParent(const Scene&);
// Windows
absl::Status ViolateAccess(const Scene&);
absl::Status FailFast(const Scene&);
absl::Status ExitAsIfActive(const Scene&);
absl::Status ExitWithALongCode(const Scene&);

// --- Taking and leaving (leaving*.cc) ----------------------------------------

absl::Status LeaveADaemon(const Scene&);
absl::Status LeaveAnOutputHolder(const Scene&);
absl::Status LeaveARestlessChain(const Scene&);
absl::Status LeaveSharedMemory(const Scene&);
absl::Status LeaveASemaphore(const Scene&);
absl::Status LeaveDeepFiles(const Scene&);
absl::Status LeaveAThread(const Scene&);
absl::Status LeaveADescriptor(const Scene&);
absl::Status FloodTheOutput(const Scene&);
absl::Status RemoveItsDirectory(const Scene&);
// POSIX
absl::Status LeaveAThousandChildren(const Scene&);
absl::Status LeaveASemaphoreSet(const Scene&);
absl::Status CloseAllDescriptors(const Scene&);
absl::Status UseUpDescriptors(const Scene&);
// Windows
absl::Status LeaveTenChildren(const Scene&);
absl::Status LeaveASuspendedProcess(const Scene&);
absl::Status LeaveAChildBesideItsJob(const Scene&);
absl::Status LeaveAFileLocker(const Scene&);
absl::Status BreakAway(const Scene&);
absl::Status CloseItsStreams(const Scene&);
absl::Status LockItsResult(const Scene&);

// --- The judge's protocol (forgery*.cc) --------------------------------------

absl::Status HalfAResult(const Scene&);
absl::Status GarbageForAResult(const Scene&);
absl::Status AnswerTwice(const Scene&);
absl::Status ForgeAndExit(const Scene&);
absl::Status ForgeWithWhatItFinds(const Scene&);
absl::Status ForgeFromASurvivor(const Scene&);
absl::Status ForgeByLink(const Scene&);
absl::Status ForgeHugely(const Scene&);
absl::Status ForgeByAnotherDirectory(const Scene&);
absl::Status ForgeByExec(const Scene&);
absl::Status ForgeByProxy(const Scene&);
absl::Status ForgeOverItsFailure(const Scene&);
// POSIX
absl::Status ForgeByPipe(const Scene&);
absl::Status GoOnInAChild(const Scene&);
absl::Status ForgeAndKillItsParent(const Scene&);
absl::Status ForgeTheReport(const Scene&);
absl::Status HoldTheReport(const Scene&);
absl::Status CancelAll(const Scene&);

}  // namespace procspec::zoo

#endif  // PROCSPEC_CONFORMANCE_ZOO_ACTS_H_
