// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_EXIT_H_
#define PROCSPEC_REFERENCE_EXIT_H_

namespace procspec::reference {

// What a process does between the end of its target, or of main, and its end.
// The order of the stages is the order of the exit work.
enum class ExitStage {
  kHandlers,    // what Backend::AtExit registered
  kPools,       // their workers are ended
  kChildren,    // daemonic ones are terminated and reaped, the others joined
  kQueues,      // what was put is passed on
  kForkServer,  // it is ended
};

// Adds work of a module, for the whole life of the program and of the children
// it forks: register once, from a static initialiser or the first use. A forked
// child runs all hooks too, so a module knows by itself what of its state
// belongs to the parent (os::AtFork tells when). Hooks of one stage run last
// registered first. Returns true.
bool RegisterExitHook(ExitStage stage, void (*hook)());

// Does the exit work of the calling process; again, or while it is being done:
// no effect. Returns the status to exit with, which is `status`, except in a
// spawned child that never got to its target: 1.
int RunExitRules(int status);

// From now on a return from main, and exit(), do the exit work. They cannot
// change their status any more, so a spawned child that missed its bootstrap is
// ended here with 1.
void RunExitRulesAtExit();

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_EXIT_H_
