// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_START_METHOD_H_
#define PROCSPEC_REFERENCE_START_METHOD_H_

#include <string_view>

namespace procspec::reference {

// How a child begins.
enum class StartMethod {
  // As a copy of its creator, with the calling thread only. Sound as long as no
  // other thread of the program holds a lock that the child will need; this
  // library's own locks are taken care of (os::AtFork). POSIX only.
  kFork,
  // As the same program, run anew.
  kSpawn,
  // As a copy of the same program that was run anew once and stopped before
  // main (os::ForkServer). To the program it is spawn; what differs is in
  // docs/design/forkserver.md. POSIX only.
  kForkServer,
};

// Whether a child begins as the program that runs, from main on, and not as
// what its creator has made of it: then it is told what to run, and what it is
// told with has to travel.
constexpr bool BeginsAfresh(StartMethod method) {
  return method != StartMethod::kFork;
}

// "fork", "spawn", "forkserver".
constexpr std::string_view StartMethodName(StartMethod method) {
  switch (method) {
    case StartMethod::kFork:
      return "fork";
    case StartMethod::kSpawn:
      return "spawn";
    case StartMethod::kForkServer:
      return "forkserver";
  }
  return "?";
}

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_START_METHOD_H_
