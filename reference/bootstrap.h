// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_BOOTSTRAP_H_
#define PROCSPEC_REFERENCE_BOOTSTRAP_H_

#include "absl/status/status.h"

namespace procspec::reference {

// Whether this process is a spawned child that has not been told yet what to
// run: from its beginning until MaybeRunAsChild. A program that starts
// processes before it asks would, as its own child, start processes for ever.

// OK, or Bootstrapping. A refusal is remembered: the bootstrap has failed and
// the child will not run its target, whatever the program makes of the error
// (start-method.spawn.main-guard.exitcode).
absl::Status CheckMayStart();

// MaybeRunAsChild was reached. False: the bootstrap has failed before.
bool FinishBootstrap();

// Whether this is a spawned child, and the program ends without having called
// MaybeRunAsChild.
bool BootstrapWasMissed();

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_BOOTSTRAP_H_
