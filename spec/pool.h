// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_POOL_H_
#define PROCSPEC_SPEC_POOL_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec {

struct PoolOptions {
  // How many workers. Absent: the number of CPUs. Value: less than one.
  std::optional<int> workers = {};
  // A registered target that every worker, replacements too, runs before its
  // first task; its arguments travel by inheritance. Empty: none.
  std::string initializer = {};
  Arguments initializer_arguments = {};
  // A worker is replaced after so many tasks (a chunk of a map counts as one).
  // Absent: never. Value: less than one.
  std::optional<int> max_tasks_per_worker = {};
};

// The outcome of a submitted task or map. Thread-safe. It stays usable after
// the pool was closed, joined, terminated or destroyed.
class AsyncResult {
 public:
  AsyncResult() = default;
  AsyncResult(const AsyncResult&) = delete;
  AsyncResult& operator=(const AsyncResult&) = delete;
  virtual ~AsyncResult() = default;

  // Blocks until ready; then the value (of a map: the list of values), or the
  // task's error, the same each time. Timeout: not ready in time; it stays
  // obtainable.
  virtual absl::StatusOr<Value> Get(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;

  // Blocks until ready or the time is over; OK in both cases.
  virtual absl::Status Wait(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;

  virtual absl::StatusOr<bool> Ready() = 0;

  // Whether the task ended without error. Value: not ready.
  virtual absl::StatusOr<bool> Successful() = 0;
};

// Called once, in the submitting process, on a thread that is neither a
// worker's nor the submitter's, before Get returns. They should be quick:
// results behind them wait.
struct PoolCallbacks {
  std::function<void(const Value&)> callback;
  std::function<void(const absl::Status&)> error_callback;
};

// A fixed number of worker processes, started by construction, that run named
// targets.
//
// A task's error reaches the caller with kind, type name and message as the
// task gave them, and with the text of where it happened (TracebackOf). A task
// whose worker dies reports BrokenPool; the worker is replaced and the other
// tasks go on (pool.worker-dies-in-task). Handles are refused in tasks with
// Sharing: give them to the initializer.
//
// Workers are daemonic: a task cannot start processes, and the program's end
// does not wait for tasks (pool.exit-without-join). Destroying the pool
// terminates it.
//
// Thread-safety: any thread of the creator may call anything but Join, which
// one thread calls at a time. A forked child cannot use its parent's pool:
// Misuse.
//
// After Close or Terminate every submission reports Value.
class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  virtual ~Pool() = default;

  // Runs one task and waits for its outcome.
  virtual absl::StatusOr<Value> Apply(std::string_view target,
                                      Arguments arguments = {}) = 0;

  // Hands a task in and returns its result at once.
  virtual absl::StatusOr<std::shared_ptr<AsyncResult>> ApplyAsync(
      std::string_view target, Arguments arguments = {},
      PoolCallbacks callbacks = {}) = 0;

  // One task for each item, which is its only argument; the results in the
  // order of the items. All tasks end before an error (one of theirs) is
  // reported. Items are sent in chunks of `chunk_size`; absent: about four
  // chunks a worker. Value: a chunk size less than one.
  virtual absl::StatusOr<List> Map(
      std::string_view target, List items,
      std::optional<int> chunk_size = std::nullopt) = 0;
  virtual absl::StatusOr<std::shared_ptr<AsyncResult>> MapAsync(
      std::string_view target, List items,
      std::optional<int> chunk_size = std::nullopt,
      PoolCallbacks callbacks = {}) = 0;

  // No more tasks; what was submitted is completed. Again, or after Terminate:
  // no effect.
  virtual absl::Status Close() = 0;

  // Ends the workers at once. Results that are not ready never will be.
  virtual absl::Status Terminate() = 0;

  // Waits for the workers' end; every callback has run when it returns. Value:
  // before Close or Terminate.
  virtual absl::Status Join() = 0;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_POOL_H_
