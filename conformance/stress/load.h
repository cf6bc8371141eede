// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_LOAD_H_
#define PROCSPEC_CONFORMANCE_STRESS_LOAD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "spec/backend.h"

// Loads under which random processes are killed at random instants. Each runs
// in its caller's process, on its caller's thread, and starts its members
// through the backend; it can be run again. They have ended when it returns.

namespace procspec::stress {

struct LoadOptions {
  int kills = 100;
  // Reproduces every choice; what the processes make of it is up to the
  // machine.
  uint64_t seed = 1;
  // So long without progress of a process that should have made some is a hang.
  absl::Duration hang = absl::Seconds(5);
  // After each kill.
  std::function<void(int kills)> progress = [](int) {};
};

// What a load found wrong, each kind by a name, with the first few stories.
class Findings {
 public:
  void Add(std::string_view kind, std::string story);

  bool empty() const { return stories_.empty(); }
  std::string DebugString() const;

 private:
  struct Entry {
    int64_t count = 0;
    std::vector<std::string> stories;
  };
  std::map<std::string, Entry, std::less<>> stories_;
};

struct LoadReport {
  int kills = 0;
  Findings findings;
  // What was seen, for the table: ("items", "12345").
  std::vector<std::pair<std::string, std::string>> figures;
};

// Producers and consumers of one queue, with items of 64 bytes to more than a
// megabyte; another queue, with another bound, every few kills. Findings:
//
//   twice      an item was reported by two consumers, or two times by one
//   torn       an item is not what was put
//   order      a consumer got items of a producer out of order
//   invented   an item that nobody put
//   lost       more is missing than the killed can have held: of a killed
//              producer its last items, no more than the queue's bound; of a
//              killed consumer what it had got and not reported; of others
//              nothing
//   room       after it all there is more or less room than the bound says
//   hang       a process made no progress
//   member     a process reported an error, or ended by itself
LoadReport RunQueueLoad(Backend& backend, const LoadOptions& options);

// Processes that enter a section guarded by one lock, some of which stay in it,
// or out of it, so that where they were killed is known. A dead holder's lock
// is released by hand. Findings:
//
//   exclusion  two processes were in the section at once
//   freed      the lock is free although its holder died
//              (lock.holder-dies.stays-held)
//   held       the lock is held although no holder is left
//   hang, member   as above
LoadReport RunLockLoad(Backend& backend, const LoadOptions& options);

// Short tasks of a pool whose workers are killed from outside, and now and then
// by a task. Findings:
//
//   lost       a task that no killed worker can have run failed, or more failed
//              than workers were killed
//   result     a task has another's result, or none
//   twice      more tasks were begun than submitted, or a callback was called
//              more than once
//   crash      a task that killed its worker has another outcome than
//              BrokenPool
//   hang       no task ended for too long, or the pool could not be joined
LoadReport RunPoolLoad(Backend& backend, const LoadOptions& options);

// When things were done, to say how long nothing was done after each kill.
class Timeline {
 public:
  // A time from which progress is expected.
  void Mark(int64_t time) { marks_.push_back(time); }
  void Did(int64_t time) { done_.push_back(time); }

  // From each mark to what was done next. A mark with nothing after it does not
  // count: that is for the hang check.
  std::vector<int64_t> Stalls() const;

 private:
  std::vector<int64_t> marks_;
  std::vector<int64_t> done_;
};

// The stalls of many timelines: "median 1ms, 99% 20ms, longest 25ms".
class Stalls {
 public:
  void Add(const Timeline& timeline);
  std::string DebugString() const;

 private:
  std::vector<int64_t> nanoseconds_;
};

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_LOAD_H_
