// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_COPIED_H_
#define PROCSPEC_REFERENCE_OS_COPIED_H_

// For the _posix.cc files of this folder only.

namespace procspec::os {

// Has `function` run in every copy of this process, on its only thread, before
// it does anything else: in one that any code made by fork(), which
// os::AtFork does not see, and in one that a fork server made, which fork()
// does not see. For what a module knows of the process or the thread that is
// not so in a copy. Once for each function; any thread.
void WhenCopied(void (*function)());

// For the fork server.
void RunWhenCopied();

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_COPIED_H_
