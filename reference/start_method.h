// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_START_METHOD_H_
#define PROCSPEC_REFERENCE_START_METHOD_H_

namespace procspec::reference {

// How a child begins.
enum class StartMethod {
  // As a copy of its creator, with the calling thread only. Sound as long as no
  // other thread of the program holds a lock that the child will need; this
  // library's own locks are taken care of (os::AtFork). POSIX only.
  kFork,
  // As the same program, run anew.
  kSpawn,
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_START_METHOD_H_
