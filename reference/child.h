// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_CHILD_H_
#define PROCSPEC_REFERENCE_CHILD_H_

namespace procspec::reference {

// The first line of main. In a process that was started by spawn or forkserver
// it runs what the process is for and does not return; in any other it returns
// at once. A child that started a process before it came here is ended with
// exit code 1.
//
// Needed for these two only; harmless otherwise.
void MaybeRunAsChild(int argc, char** argv);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_CHILD_H_
