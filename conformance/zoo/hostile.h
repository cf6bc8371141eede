// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ZOO_HOSTILE_H_
#define PROCSPEC_CONFORMANCE_ZOO_HOSTILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

// The zoo's inventory: backends that are the reference, except that in one case
// each does to the judge or to the runner what libraries have been seen to do.

namespace procspec::zoo {

// The case that this process runs, as anybody in the process can find it out.
struct Scene {
  std::string backend;
  std::string case_name;
  std::string directory;  // where the result is expected

  std::string result_path() const { return directory + "/result.json"; }
};

// From the command line of this process; all empty if it runs no case.
Scene CurrentScene();

// What a hostile backend does when its bad case makes a queue. If it returns,
// the call goes on as the reference's own, or returns the error.
using Act = absl::Status (*)(const Scene& scene);

struct Hostile {
  std::string_view name;
  std::string_view bad_case;
  // The verdict of the bad case, and what a person who looks at its outcome
  // must find there.
  std::string_view verdict;
  std::string_view says;
  // Null: in the bad case it denies that it has any capability.
  Act act;
};

// Those of this system.
const std::vector<Hostile>& AllHostiles();

// One that a system does not have, and why.
struct Absent {
  std::string_view name;
  std::string_view platform;  // "linux", "windows"
  std::string_view why;
};

// On all systems. With them each system has all kHowMany.
const std::vector<Absent>& AllAbsent();
inline constexpr size_t kHowMany = 60;

// What they all say of a case.
inline constexpr std::string_view kDeadline = "had not ended by its deadline";
inline constexpr std::string_view kNoResult = "left no result";
inline constexpr std::string_view kNoProof = "lacks the proof";

// All make a queue first thing, in the process of the case.
inline constexpr std::string_view kFull = "queue.full.at-bound";
inline constexpr std::string_view kQsize = "queue.qsize";
inline constexpr std::string_view kEmpty = "queue.empty.nothing-waits";
inline constexpr std::string_view kPut = "queue.put.nonblocking-full";
inline constexpr std::string_view kGet = "queue.get.nonblocking-empty";

// Of the set of semaphores that one of them leaves. Names of other things that
// belong to no process begin with "procspec-zoo".
inline constexpr int kSemaphoreSetKey = 0x7a6f6f;

// The backend that is not hostile in any case.
inline constexpr std::string_view kHarmless = "harmless";

}  // namespace procspec::zoo

#endif  // PROCSPEC_CONFORMANCE_ZOO_HOSTILE_H_
