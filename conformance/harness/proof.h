// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_PROOF_H_
#define PROCSPEC_CONFORMANCE_HARNESS_PROOF_H_

#include <string>

#include "absl/status/status.h"

// What makes a PASS believable: a secret that the runner hands to each case and
// that comes back only with a PASS, which is written after the last assertion.
// A result written by anybody else, by a child, by another program run in the
// place of this one, lacks it.
//
// It is kept out of the way of honest mistakes and of what can be read in
// passing: not among the arguments, the environment or the descriptors, nor in
// the memory of forked children. A backend runs in this very process, though,
// and can search its memory: nothing here can stop that.

namespace procspec::harness {

// Reads the secret, the first line of standard input, which is empty from then
// on. Once, before anything of the backend runs.
absl::Status TakeProof();

// The secret, and forgets it: the second time, in a forked child, and when none
// was taken, it is empty.
std::string GiveProof();

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_PROOF_H_
