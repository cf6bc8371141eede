// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_TERMINAL_H_
#define PROCSPEC_CONFORMANCE_STRESS_TERMINAL_H_

namespace procspec::stress {

bool StderrIsTerminal();

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_TERMINAL_H_
