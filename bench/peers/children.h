// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_CHILDREN_H_
#define PROCSPEC_BENCH_PEERS_CHILDREN_H_

#include <poll.h>
#include <sys/types.h>

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "bench/peers/futex.h"

namespace procspec::bench {

// Ends this process, with the system's reason on the standard error: what a
// participant of a sample does when it cannot go on.
[[noreturn]] void Die(const char* what);

// The child that Fork makes; ends by a signal when its parent does. Ends the
// program when there is none.
pid_t Fork(absl::FunctionRef<void()> run);

// Waits for it. False: it did not exit with 0.
bool Reap(pid_t pid);

// The participants of a sample.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  // Kills those that still run.
  ~Children();

  // `run` returns: the child exits with 0.
  void Start(absl::FunctionRef<void()> run);

  // Until all have exited. Aborted as soon as one did so otherwise than with 0,
  // DeadlineExceeded after half a minute.
  absl::Status Wait();

 private:
  std::vector<pid_t> pids_;
  std::vector<pollfd> ends_;  // a pidfd of each
};

// Where participants wait for each other before time is taken. In shared
// memory.
class StartLine {
 public:
  // A participant: returns when the line has been opened.
  void Wait();

  // When so many wait, lets them go; returns when that was (NowNs).
  // DeadlineExceeded: they have not come within ten seconds.
  absl::Status Open(uint32_t participants, int64_t& opened_ns);

 private:
  Word waiting_ = 0;
  alignas(128) Word open_ = 0;
};

// Pins this process to one processor, always the same.
void PinToOneProcessor();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_CHILDREN_H_
