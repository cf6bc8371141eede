// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "conformance/mutants/forward.h"
#include "conformance/mutants/mutant.h"
#include "spec/status_macros.h"

namespace procspec::mutants {
namespace {

// A pool that is made otherwise than was asked.
template <void (*kChange)(Backend& inner, PoolOptions& options)>
class MadeOtherwise : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Pool>> NewPool(PoolOptions options) override {
    kChange(inner(), options);
    return ForwardBackend::NewPool(std::move(options));
  }
};

using Pools = std::shared_ptr<Pool>;
using Result = std::shared_ptr<AsyncResult>;
using ResultOr = absl::StatusOr<Result>;
const std::vector<Capability> kPools = {Capability::kPool};

template <typename P>
bool RegisterPool(std::string name, std::vector<ClauseId> breaks,
                  std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<Wrapping<P, Pool>>(
      {std::move(name), std::move(breaks), std::move(collateral), kPools});
}

template <typename R>
bool RegisterResult(std::string name, std::vector<ClauseId> breaks,
                    std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<Wrapping<R, AsyncResult>>(
      {std::move(name), std::move(breaks), std::move(collateral), kPools});
}

template <void (*kChange)(Backend&, PoolOptions&)>
bool RegisterOptions(std::string name, std::vector<ClauseId> breaks,
                     std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<MadeOtherwise<kChange>>(
      {std::move(name), std::move(breaks), std::move(collateral), kPools});
}

// --- Workers ---------------------------------------------------------------

// Its workers are started by the first call.
class StartsLazily : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

  absl::StatusOr<std::shared_ptr<Pool>> NewPool(PoolOptions options) override {
    if (options.workers.value_or(1) < 1) {
      return ForwardBackend::NewPool(std::move(options));
    }
    return std::make_shared<LazyPool>(
        [this, options] { return ForwardBackend::NewPool(options); });
  }

 private:
  class LazyPool : public Pool {
   public:
    using Make = std::function<absl::StatusOr<std::shared_ptr<Pool>>()>;
    explicit LazyPool(Make make) : make_(std::move(make)) {}

    absl::StatusOr<Value> Apply(std::string_view target,
                                Arguments arguments) override {
      return Made().Apply(target, std::move(arguments));
    }
    ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                        PoolCallbacks callbacks) override {
      return Made().ApplyAsync(target, std::move(arguments),
                               std::move(callbacks));
    }
    absl::StatusOr<List> Map(std::string_view target, List items,
                             std::optional<int> chunk_size) override {
      return Made().Map(target, std::move(items), chunk_size);
    }
    ResultOr MapAsync(std::string_view target, List items,
                      std::optional<int> chunk_size,
                      PoolCallbacks callbacks) override {
      return Made().MapAsync(target, std::move(items), chunk_size,
                             std::move(callbacks));
    }
    absl::Status Close() override { return Made().Close(); }
    absl::Status Terminate() override { return Made().Terminate(); }
    absl::Status Join() override { return Made().Join(); }

   private:
    Pool& Made() {
      std::call_once(once_, [this] { pool_ = *make_(); });
      return *pool_;
    }

    const Make make_;
    std::once_flag once_;
    std::shared_ptr<Pool> pool_;
  };
};
const bool starts_lazily = RegisterMutant<StartsLazily>(
    {.name = "pool-starts-workers-with-the-first-task",
     .breaks = {"pool.workers.count.started"},
     .collateral = {"pool.workers.default", "pool.initializer.each-worker"},
     .touches = kPools});

void OneAboveTheDefault(Backend& inner, PoolOptions& options) {
  if (!options.workers.has_value()) options.workers = *inner.CpuCount() + 1;
}
const bool one_above_the_default = RegisterOptions<OneAboveTheDefault>(
    "pool-defaults-to-one-worker-more", {"pool.workers.default"});

void AcceptNoWorkers(Backend&, PoolOptions& options) {
  if (options.workers.value_or(1) < 1) options.workers = 1;
}
const bool accepts_no_workers = RegisterOptions<AcceptNoWorkers>(
    "pool-accepts-no-workers", {"pool.workers.invalid"});

// Of three, because replacing takes time and most pools have fewer.
void ReplaceAlways(Backend&, PoolOptions& options) {
  if (options.workers == 3) options.max_tasks_per_worker = 1;
}
const bool replaces_always = RegisterOptions<ReplaceAlways>(
    "pool-replaces-workers-after-each-task",
    {"pool.workers.count.at-most", "pool.workers.reused",
     "pool.server-pattern.at-most-n"});

void TwoForThree(Backend&, PoolOptions& options) {
  if (options.workers == 3) options.workers = 2;
}
const bool two_for_three = RegisterOptions<TwoForThree>(
    "pool-of-three-has-two-workers", {"pool.workers.parallel.together"},
    {"pool.workers.count.started", "pool.workers.reused", "pool.map.order"});

void OneForTwo(Backend&, PoolOptions& options) {
  if (options.workers == 2 && options.initializer.empty()) options.workers = 1;
}
const bool one_for_two = RegisterOptions<OneForTwo>(
    "pool-of-two-has-one-worker", {"pool.apply-async.concurrent"},
    {"pool.workers.parallel.next-waits", "pool.map-async.result",
     "pool.terminate.prompt"});

void ThreeForTwo(Backend&, PoolOptions& options) {
  if (options.workers == 2) options.workers = 3;
}
const bool three_for_two =
    RegisterOptions<ThreeForTwo>("pool-of-two-has-three-workers",
                                 {"pool.workers.parallel.next-waits",
                                  "pool.server-pattern.next-client-waits"},
                                 {"pool.initializer.each-worker"});

// Says that it has started what it has not.
class DaemonsPretendToStart : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override { return Pretended(inner().Start()); }
  absl::Status Join(absl::Duration timeout) override {
    return Pretended(inner().Join(timeout));
  }

 private:
  absl::Status Pretended(const absl::Status& status) {
    auto self = backend().CurrentProcess();
    if (self.ok() && (*self)->Daemon() && IsKind(status, ErrorKind::kMisuse)) {
      return absl::OkStatus();
    }
    return status;
  }
};
const bool daemons_pretend =
    RegisterMutant<Wrapping<DaemonsPretendToStart, Process>>(
        {.name = "pool-tasks-may-start-processes",
         .breaks = {"pool.workers.daemonic", "process.daemon.no-children"},
         .touches = {Capability::kPool, Capability::kProcess}});

// Runs the initializer [target, args, kwargs] twice.
PROCSPEC_TARGET(PoolMutantInitializeTwice) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string target, arguments.Get<std::string>(0));
  Arguments given;
  PROCSPEC_ASSIGN_OR_RETURN(given.args, arguments.Get<List>(1));
  PROCSPEC_RETURN_IF_ERROR(CallTarget(backend, target, given).status());
  return CallTarget(backend, target, given);
}
void InitializeTwice(Backend&, PoolOptions& options) {
  if (options.initializer.empty()) return;
  options.initializer_arguments.args = {options.initializer,
                                        options.initializer_arguments.args};
  options.initializer = "PoolMutantInitializeTwice";
}
const bool initializes_twice = RegisterOptions<InitializeTwice>(
    "pool-initializes-workers-twice", {"pool.initializer.each-worker"},
    {"pool.workers.count.started", "pool.workers.default",
     "pool.initializer.replacement"});

// [target, args, tickets]: as often as there are tickets.
PROCSPEC_TARGET(PoolMutantInitializeFirst) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string target, arguments.Get<std::string>(0));
  Arguments given;
  PROCSPEC_ASSIGN_OR_RETURN(given.args, arguments.Get<List>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto tickets, arguments.Get<Semaphore>(2));
  PROCSPEC_ASSIGN_OR_RETURN(bool mine, tickets->TryAcquire());
  if (!mine) return Value();
  return CallTarget(backend, target, given);
}
void InitializeFirst(Backend& inner, PoolOptions& options) {
  if (options.initializer.empty()) return;
  const int workers = options.workers.value_or(*inner.CpuCount());
  options.initializer_arguments.args = {options.initializer,
                                        options.initializer_arguments.args,
                                        *inner.NewSemaphore(workers)};
  options.initializer = "PoolMutantInitializeFirst";
}
const bool initializes_first = RegisterOptions<InitializeFirst>(
    "pool-does-not-initialize-replacements", {"pool.initializer.replacement"});

void NeverReplace(Backend&, PoolOptions& options) {
  options.max_tasks_per_worker.reset();
}
const bool never_replaces = RegisterOptions<NeverReplace>(
    "pool-ignores-the-task-limit", {"pool.maxtasks"},
    {"pool.initializer.replacement"});

// --- Apply -----------------------------------------------------------------

class DropsKeywords : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    arguments.kwargs.clear();
    return ForwardPool::Apply(target, std::move(arguments));
  }
};
const bool drops_keywords = RegisterPool<DropsKeywords>(
    "pool-apply-drops-keyword-arguments", {"pool.apply.result"});

class ApplyDoesNotWait : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    // The task that can be seen to block.
    if (target != "PoolGate") {
      return ForwardPool::Apply(target, std::move(arguments));
    }
    PROCSPEC_RETURN_IF_ERROR(
        ApplyAsync(target, std::move(arguments), {}).status());
    return Value();
  }
};
const bool apply_does_not_wait = RegisterPool<ApplyDoesNotWait>(
    "pool-apply-does-not-wait-for-a-blocked-task", {"pool.apply.sequential"});

class ForgetsErrorType : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    absl::StatusOr<Value> result =
        ForwardPool::Apply(target, std::move(arguments));
    if (result.ok()) return result;
    ErrorDetail detail = DetailOf(result.status());
    detail.type = "RemoteError";
    return ErrorFrom(detail);
  }
};
const bool forgets_error_type = RegisterPool<ForgetsErrorType>(
    "pool-forgets-the-type-of-errors", {"pool.apply.exception.data"});

class ForgetsTraceback : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    absl::StatusOr<Value> result =
        ForwardPool::Apply(target, std::move(arguments));
    if (result.ok()) return result;
    ErrorDetail detail = DetailOf(result.status());
    detail.traceback.clear();
    return ErrorFrom(detail);
  }
};
const bool forgets_traceback = RegisterPool<ForgetsTraceback>(
    "pool-forgets-where-errors-arose", {"pool.apply.exception.traceback"});

class NoneBecomesZero : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    absl::StatusOr<Value> result =
        ForwardPool::Apply(target, std::move(arguments));
    if (result.ok() && result->is_none()) return Value(0);
    return result;
  }
};
const bool none_becomes_zero = RegisterPool<NoneBecomesZero>(
    "pool-gives-zero-for-none", {"pool.result-none"});

class AcceptsHandles : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    for (Value& value : arguments.args) {
      if (value.get_if<Handle>() != nullptr) value = Value();
    }
    return ForwardPool::Apply(target, std::move(arguments));
  }
};
const bool accepts_handles = RegisterPool<AcceptsHandles>(
    "pool-accepts-handles-in-tasks", {"pool.queue-argument-refused"});

// --- ApplyAsync and callbacks ----------------------------------------------

// With one worker, which is busy.
class SubmissionWaits : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Pool>> NewPool(PoolOptions options) override {
    const bool one = options.workers == 1;
    PROCSPEC_ASSIGN_OR_RETURN(auto pool,
                              ForwardBackend::NewPool(std::move(options)));
    if (!one) return pool;
    return std::make_shared<WaitingPool>(*this, std::move(pool));
  }

 private:
  class WaitingPool : public ForwardPool {
   public:
    using ForwardPool::ForwardPool;
    ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                        PoolCallbacks callbacks) override {
      if (last_ != nullptr) (void)last_->Wait();
      ResultOr result = ForwardPool::ApplyAsync(target, std::move(arguments),
                                                std::move(callbacks));
      if (result.ok()) last_ = *result;
      return result;
    }

   private:
    Result last_;
  };
};
const bool submission_waits = RegisterMutant<SubmissionWaits>(
    {.name = "pool-apply-async-waits-for-a-free-worker",
     .breaks = {"pool.apply-async.nonblocking"},
     .collateral = {"pool.close.completes.tasks", "pool.terminate.no-value",
                    "pool.exit-without-join.prompt",
                    "pool.exit-without-join.workers-gone"},
     .touches = kPools});

class ForgetsCallbacks : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                      PoolCallbacks callbacks) override {
    callbacks.callback = nullptr;
    return ForwardPool::ApplyAsync(target, std::move(arguments),
                                   std::move(callbacks));
  }
};
const bool forgets_callbacks = RegisterPool<ForgetsCallbacks>(
    "pool-forgets-callbacks",
    {"pool.apply-async.callback.submitter", "pool.callback.all-before-join"},
    {"pool.apply-async.callback.once", "pool.apply-async.callback.before-get"});

class CallsBackTwice : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                      PoolCallbacks callbacks) override {
    if (callbacks.callback) {
      callbacks.callback = [callback = callbacks.callback](const Value& value) {
        callback(value);
        callback(value);
      };
    }
    return ForwardPool::ApplyAsync(target, std::move(arguments),
                                   std::move(callbacks));
  }
};
const bool calls_back_twice = RegisterPool<CallsBackTwice>(
    "pool-calls-back-twice", {"pool.apply-async.callback.once"});

// Leaves the callbacks to Join.
class CallsBackLate : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                      PoolCallbacks callbacks) override {
    auto callback = std::move(callbacks.callback);
    callbacks.callback = nullptr;
    ResultOr result = ForwardPool::ApplyAsync(target, std::move(arguments),
                                              std::move(callbacks));
    if (result.ok() && callback) late_.emplace_back(*result, callback);
    return result;
  }
  absl::Status Join() override {
    absl::Status status = ForwardPool::Join();
    for (auto& [result, callback] : late_) {
      absl::StatusOr<Value> value = result->Get(absl::ZeroDuration());
      if (value.ok()) callback(*value);
    }
    late_.clear();
    return status;
  }

 private:
  std::vector<std::pair<Result, std::function<void(const Value&)>>> late_;
};
const bool calls_back_late = RegisterPool<CallsBackLate>(
    "pool-calls-back-at-join", {"pool.apply-async.callback.before-get"});

class ForgetsErrorCallbacks : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                      PoolCallbacks callbacks) override {
    callbacks.error_callback = nullptr;
    return ForwardPool::ApplyAsync(target, std::move(arguments),
                                   std::move(callbacks));
  }
};
const bool forgets_error_callbacks = RegisterPool<ForgetsErrorCallbacks>(
    "pool-forgets-error-callbacks", {"pool.apply-async.error-callback"});

// --- Map -------------------------------------------------------------------

class MapsBackwards : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        List results, ForwardPool::Map(target, std::move(items), chunk_size));
    return List(results.rbegin(), results.rend());
  }
};
const bool maps_backwards = RegisterPool<MapsBackwards>(
    "pool-maps-backwards", {"pool.map.order"}, {"pool.map.chunksize"});

class RefusesEmptyMaps : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override {
    if (items.empty()) return ValueError("nothing to map over");
    return ForwardPool::Map(target, std::move(items), chunk_size);
  }
};
const bool refuses_empty_maps = RegisterPool<RefusesEmptyMaps>(
    "pool-refuses-to-map-over-nothing", {"pool.map.empty"});

class DropsShortChunks : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override {
    if (chunk_size.has_value()) {
      items.resize(items.size() -
                   items.size() % static_cast<size_t>(*chunk_size));
    }
    return ForwardPool::Map(target, std::move(items), chunk_size);
  }
};
const bool drops_short_chunks = RegisterPool<DropsShortChunks>(
    "pool-map-drops-a-short-chunk", {"pool.map.chunksize"});

class MapSwallowsErrors : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override {
    absl::StatusOr<List> results =
        ForwardPool::Map(target, std::move(items), chunk_size);
    if (IsKind(results.status(), ErrorKind::kRaised)) return List();
    return results;
  }
};
const bool map_swallows_errors = RegisterPool<MapSwallowsErrors>(
    "pool-map-swallows-errors", {"pool.map.exception.reported"});

class MapFailsFast : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override {
    if (chunk_size != 1) {
      return ForwardPool::Map(target, std::move(items), chunk_size);
    }
    std::vector<Result> handles;
    for (Value& item : items) {
      PROCSPEC_ASSIGN_OR_RETURN(
          Result handle, ApplyAsync(target, {.args = {std::move(item)}}, {}));
      handles.push_back(std::move(handle));
    }
    List results;
    for (const Result& handle : handles) {
      PROCSPEC_ASSIGN_OR_RETURN(Value value, handle->Get());
      results.push_back(std::move(value));
    }
    return results;
  }
};
const bool map_fails_fast = RegisterPool<MapFailsFast>(
    "pool-map-fails-fast", {"pool.map.exception.no-fail-fast"});

class MapAsyncWaits : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr MapAsync(std::string_view target, List items,
                    std::optional<int> chunk_size,
                    PoolCallbacks callbacks) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        Result result, ForwardPool::MapAsync(target, std::move(items),
                                             chunk_size, std::move(callbacks)));
    (void)result->Wait();
    return result;
  }
};
const bool map_async_waits = RegisterPool<MapAsyncWaits>(
    "pool-map-async-waits", {"pool.map-async.nonblocking"},
    {"pool.map-async.result"});

class MapAsyncBackwards : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr MapAsync(std::string_view target, List items,
                    std::optional<int> chunk_size,
                    PoolCallbacks callbacks) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        Result result, ForwardPool::MapAsync(target, std::move(items),
                                             chunk_size, std::move(callbacks)));
    return std::make_shared<Backwards>(std::move(result));
  }

 private:
  class Backwards : public ForwardAsyncResult {
   public:
    using ForwardAsyncResult::ForwardAsyncResult;
    absl::StatusOr<Value> Get(absl::Duration timeout) override {
      PROCSPEC_ASSIGN_OR_RETURN(Value value, inner().Get(timeout));
      PROCSPEC_ASSIGN_OR_RETURN(List list, value.As<List>());
      return Value(List(list.rbegin(), list.rend()));
    }
  };
};
const bool map_async_backwards = RegisterPool<MapAsyncBackwards>(
    "pool-map-async-is-backwards", {"pool.map-async.result"});

class MapAsyncForgetsCallback : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr MapAsync(std::string_view target, List items,
                    std::optional<int> chunk_size, PoolCallbacks) override {
    return ForwardPool::MapAsync(target, std::move(items), chunk_size, {});
  }
};
const bool map_async_forgets_callback = RegisterPool<MapAsyncForgetsCallback>(
    "pool-map-async-forgets-the-callback", {"pool.map-async.callback"});

// --- Close, Terminate, Join ------------------------------------------------

// Knows what was called, and whether a task that blocks is on its way.
class RemembersCalls : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                      PoolCallbacks callbacks) override {
    ResultOr result = ForwardPool::ApplyAsync(target, std::move(arguments),
                                              std::move(callbacks));
    if (result.ok() && target == "PoolGate") gates_.push_back(*result);
    return result;
  }
  absl::Status Close() override {
    closed_ = true;
    return ForwardPool::Close();
  }
  absl::Status Terminate() override {
    terminated_ = true;
    return ForwardPool::Terminate();
  }

 protected:
  bool HasBlockedTask() {
    for (const Result& gate : gates_) {
      if (!*gate->Ready()) return true;
    }
    return false;
  }

  bool closed_ = false;
  bool terminated_ = false;

 private:
  std::vector<Result> gates_;
};

class CloseIsLate : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Close() override {
    closed_ = true;
    return absl::OkStatus();
  }
  absl::Status Join() override {
    if (closed_) (void)inner().Close();
    return inner().Join();
  }
};
const bool close_is_late = RegisterPool<CloseIsLate>(
    "pool-closes-at-join", {"pool.close.rejects.submission"});

class CloseOnlyOnce : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Close() override {
    if (closed_ && !terminated_) return ValueError("closed already");
    return RemembersCalls::Close();
  }
};
const bool close_only_once = RegisterPool<CloseOnlyOnce>(
    "pool-closes-only-once", {"pool.close.rejects.idempotent"});

class CloseTerminates : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Close() override {
    return HasBlockedTask() ? inner().Terminate() : inner().Close();
  }
};
const bool close_terminates = RegisterPool<CloseTerminates>(
    "pool-close-abandons-unfinished-tasks", {"pool.close.completes.tasks"},
    {"pool.close.rejects.idempotent", "pool.close.completes.join"});

class JoinDoesNotWait : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Join() override {
    if (closed_ && !terminated_ && HasBlockedTask()) return absl::OkStatus();
    return inner().Join();
  }
};
const bool join_does_not_wait =
    RegisterPool<JoinDoesNotWait>("pool-join-does-not-wait-for-a-blocked-task",
                                  {"pool.close.completes.join"});

class JoinsWhileOpen : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Join() override {
    if (!closed_ && !terminated_) return absl::OkStatus();
    return inner().Join();
  }
};
const bool joins_while_open = RegisterPool<JoinsWhileOpen>(
    "pool-joins-while-open", {"pool.join.requires-close.running"});

class JoinsOnce : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Join() override {
    if (joined_) return ValueError("joined already");
    absl::Status status = inner().Join();
    joined_ = status.ok();
    return status;
  }

 private:
  bool joined_ = false;
};
const bool joins_once = RegisterPool<JoinsOnce>(
    "pool-joins-only-once", {"pool.join.requires-close.repeatable"});

class TerminateWaits : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Terminate() override { return inner().Close(); }
};
const bool terminate_waits = RegisterPool<TerminateWaits>(
    "pool-terminate-lets-tasks-end", {"pool.terminate.prompt"},
    {"pool.terminate.no-value", "pool.terminate.never-ready"});

class TerminateYieldsValues : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                      PoolCallbacks callbacks) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        Result result, ForwardPool::ApplyAsync(target, std::move(arguments),
                                               std::move(callbacks)));
    return std::make_shared<Yielding>(std::move(result), is_terminated_);
  }
  absl::Status Terminate() override {
    absl::Status status = inner().Terminate();
    *is_terminated_ = true;
    return status;
  }

 private:
  class Yielding : public ForwardAsyncResult {
   public:
    Yielding(Result result, std::shared_ptr<std::atomic<bool>> terminated)
        : ForwardAsyncResult(std::move(result)),
          terminated_(std::move(terminated)) {}
    absl::StatusOr<Value> Get(absl::Duration timeout) override {
      if (*terminated_) return Value();
      return inner().Get(timeout);
    }

   private:
    const std::shared_ptr<std::atomic<bool>> terminated_;
  };

  const std::shared_ptr<std::atomic<bool>> is_terminated_ =
      std::make_shared<std::atomic<bool>>(false);
};
const bool terminate_yields_values = RegisterPool<TerminateYieldsValues>(
    "pool-terminate-yields-none", {"pool.terminate.no-value"},
    {"pool.terminate.never-ready"});

class TerminatesOnce : public RemembersCalls {
 public:
  using RemembersCalls::RemembersCalls;
  absl::Status Terminate() override {
    if (terminated_) return MisuseError("terminated already");
    return RemembersCalls::Terminate();
  }
};
const bool terminates_once = RegisterPool<TerminatesOnce>(
    "pool-terminates-only-once", {"pool.terminate.idempotent"});

// A program that has made a pool ends otherwise.
class RemembersPools : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Pool>> NewPool(PoolOptions options) override {
    has_pool_ = true;
    return ForwardBackend::NewPool(std::move(options));
  }

 protected:
  bool has_pool_ = false;
};

class ForgetsExitCode : public RemembersPools {
 public:
  using RemembersPools::RemembersPools;
  int FinishProgram(int status) override {
    status = inner().FinishProgram(status);
    return has_pool_ ? 0 : status;
  }
};
const bool forgets_exit_code = RegisterMutant<ForgetsExitCode>(
    {.name = "pool-program-forgets-its-exit-code",
     .breaks = {"pool.exit-without-join.prompt"},
     .touches = kPools});

class LeavesWorkers : public RemembersPools {
 public:
  using RemembersPools::RemembersPools;
  int FinishProgram(int status) override {
    if (has_pool_) (void)inner().Crash(CrashKind::kImmediateExit, status);
    return inner().FinishProgram(status);
  }
};
const bool leaves_workers = RegisterMutant<LeavesWorkers>(
    {.name = "pool-program-leaves-its-workers",
     .breaks = {"pool.exit-without-join.workers-gone"},
     .touches = kPools});

// --- Results ---------------------------------------------------------------

class ValueOnlyOnce : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (taken_) return ValueError("taken already");
    absl::StatusOr<Value> value = inner().Get(timeout);
    taken_ = value.ok();
    return value;
  }

 private:
  std::atomic<bool> taken_ = false;
};
const bool value_only_once = RegisterResult<ValueOnlyOnce>(
    "asyncresult-gives-its-value-once", {"asyncresult.get.value"});

class ErrorOnlyOnce : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    absl::StatusOr<Value> value = inner().Get(timeout);
    if (IsKind(value.status(), ErrorKind::kRaised) && told_.exchange(true)) {
      return Value();
    }
    return value;
  }

 private:
  std::atomic<bool> told_ = false;
};
const bool error_only_once = RegisterResult<ErrorOnlyOnce>(
    "asyncresult-tells-its-error-once", {"asyncresult.get.error"});

class GetIsEarly : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return inner().Get(timeout / 2);
  }
};
const bool get_is_early = RegisterResult<GetIsEarly>(
    "asyncresult-get-times-out-early", {"asyncresult.get-timeout.late"});

class TimeoutIsFinal : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (given_up_) return TimeoutError();
    absl::StatusOr<Value> value = inner().Get(timeout);
    given_up_ = timeout == absl::ZeroDuration() && IsTimeout(value.status());
    return value;
  }

 private:
  std::atomic<bool> given_up_ = false;
};
const bool timeout_is_final = RegisterResult<TimeoutIsFinal>(
    "asyncresult-gives-up-for-good",
    {"asyncresult.get-timeout.still-obtainable"});

class WaitReportsErrors : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::Status Wait(absl::Duration timeout) override {
    PROCSPEC_RETURN_IF_ERROR(inner().Wait(timeout));
    absl::Status status = inner().Get(absl::ZeroDuration()).status();
    return IsTimeout(status) ? absl::OkStatus() : status;
  }
};
const bool wait_reports_errors = RegisterResult<WaitReportsErrors>(
    "asyncresult-wait-reports-the-error", {"asyncresult.wait.ready"});

class WaitIsEarly : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::Status Wait(absl::Duration timeout) override {
    return inner().Wait(timeout / 2);
  }
};
const bool wait_is_early = RegisterResult<WaitIsEarly>(
    "asyncresult-wait-is-early", {"asyncresult.wait.timeout"});

class AlwaysReady : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::StatusOr<bool> Ready() override { return true; }
};
const bool always_ready = RegisterResult<AlwaysReady>(
    "asyncresult-is-always-ready", {"asyncresult.ready"});

class AlwaysSuccessful : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::StatusOr<bool> Successful() override {
    PROCSPEC_RETURN_IF_ERROR(inner().Successful().status());
    return true;
  }
};
const bool always_successful = RegisterResult<AlwaysSuccessful>(
    "asyncresult-is-always-successful", {"asyncresult.successful.outcome"});

class UnreadyIsUnsuccessful : public ForwardAsyncResult {
 public:
  using ForwardAsyncResult::ForwardAsyncResult;
  absl::StatusOr<bool> Successful() override {
    absl::StatusOr<bool> successful = inner().Successful();
    return successful.ok() && *successful;
  }
};
const bool unready_is_unsuccessful = RegisterResult<UnreadyIsUnsuccessful>(
    "asyncresult-is-unsuccessful-until-ready",
    {"asyncresult.successful.not-ready"});

class JoinForgetsResults : public ForwardPool {
 public:
  using ForwardPool::ForwardPool;
  ResultOr ApplyAsync(std::string_view target, Arguments arguments,
                      PoolCallbacks callbacks) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        Result result, ForwardPool::ApplyAsync(target, std::move(arguments),
                                               std::move(callbacks)));
    return std::make_shared<Forgotten>(std::move(result), joined_);
  }
  absl::Status Join() override {
    absl::Status status = inner().Join();
    if (status.ok()) *joined_ = true;
    return status;
  }

 private:
  class Forgotten : public ForwardAsyncResult {
   public:
    Forgotten(Result result, std::shared_ptr<std::atomic<bool>> joined)
        : ForwardAsyncResult(std::move(result)), joined_(std::move(joined)) {}
    absl::StatusOr<Value> Get(absl::Duration timeout) override {
      absl::StatusOr<Value> value = inner().Get(timeout);
      if (*joined_ && value.ok()) return ValueError("the pool is gone");
      return value;
    }

   private:
    const std::shared_ptr<std::atomic<bool>> joined_;
  };

  const std::shared_ptr<std::atomic<bool>> joined_ =
      std::make_shared<std::atomic<bool>>(false);
};
const bool join_forgets_results = RegisterPool<JoinForgetsResults>(
    "pool-join-forgets-results", {"asyncresult.after-join"});

}  // namespace
}  // namespace procspec::mutants
