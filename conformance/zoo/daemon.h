// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ZOO_DAEMON_H_
#define PROCSPEC_CONFORMANCE_ZOO_DAEMON_H_

#include <functional>

// What acts by POSIX need.

namespace procspec::zoo {

// All that ask a process to end.
void IgnoreEndingSignals();

// Runs `act`, then sleeps, in a process that has left the tree of this one as
// well as it can: by a new session and a parent that ends.
void InADaemon(const std::function<void()>& act);

}  // namespace procspec::zoo

#endif  // PROCSPEC_CONFORMANCE_ZOO_DAEMON_H_
