// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_TESTING_SAMPLE_OS_H_
#define PROCSPEC_CONFORMANCE_HARNESS_TESTING_SAMPLE_OS_H_

#include "conformance/harness/program.h"

// What the sample cases need of the operating system.

namespace procspec::harness {

void CloseStandardOutput();

// How a program ends that calls abort, and one that is killed.
bool WasAborted(const ProgramResult& result);
bool WasKilled(const ProgramResult& result);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_TESTING_SAMPLE_OS_H_
