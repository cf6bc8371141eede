// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_BELONGINGS_H_
#define PROCSPEC_CONFORMANCE_HARNESS_BELONGINGS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

// What a case can leave behind in its own process, which the process itself can
// tell best: threads and descriptors, which on Windows are handles.
//
// Windows has a thread pool in every process, which is not the case's: its
// threads and handles do not count. Of a handle it tells no more than the type,
// and the process or thread that it is for, so that one that took the place of
// another of its kind goes unnoticed.

namespace procspec::harness {

struct Belonging {
  enum class Kind { kThread, kDescriptor };

  Kind kind = Kind::kThread;
  int64_t number = 0;  // its id or number
  // What a descriptor is open on, or when a thread began, so that one whose
  // number was used again is another one.
  uint64_t device = 0;
  uint64_t inode = 0;
  std::string name;  // for people; may change
};

// "thread", "descriptor".
std::string_view KindName(const Belonging& belonging);

// "1234 worker", "5 -> socket:[678]".
std::string Describe(const Belonging& belonging);

// What this process has now.
std::vector<Belonging> ListBelongings();

// What it has now and had not then. For what is just about to go this waits, at
// most `grace`: a thread that was joined is listed for an instant more.
std::vector<Belonging> NewBelongings(const std::vector<Belonging>& then,
                                     absl::Duration grace);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_BELONGINGS_H_
