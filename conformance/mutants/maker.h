// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_MUTANTS_MAKER_H_
#define PROCSPEC_CONFORMANCE_MUTANTS_MAKER_H_

#include <cstdint>

#include "spec/backend.h"

// Mutants that are wrong in children only have to know the process that made
// them. A forked child has a copy of what its creator knew; a child that begins
// as a fresh image makes its own side of the mutant, and learns of the maker by
// the environment.

namespace procspec::mutants {

// Of what is made now: in a fresh image that a mutant started, the process that
// made the mutant; anywhere else the calling process.
int64_t MakerPid(Backend& inner);

// The calling process makes a mutant, also for the images that it starts. While
// it has one thread.
void BecomeMaker();

// Tells the process that made what holds this from its children.
class Maker {
 public:
  explicit Maker(Backend& backend)
      : backend_(backend), pid_(MakerPid(backend)) {}
  bool IsThis() const { return backend_.Pid().value_or(-1) == pid_; }

 private:
  Backend& backend_;
  const int64_t pid_;
};

}  // namespace procspec::mutants

#endif  // PROCSPEC_CONFORMANCE_MUTANTS_MAKER_H_
