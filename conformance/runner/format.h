// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_FORMAT_H_
#define PROCSPEC_CONFORMANCE_RUNNER_FORMAT_H_

#include <string>

namespace procspec::runner {

// "100.0 %"; never 100 for less, never 0 for more.
std::string Percent(double fraction);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_FORMAT_H_
