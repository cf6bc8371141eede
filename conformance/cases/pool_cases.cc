// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/case.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/program.h"
#include "spec/pool.h"

// Tasks cannot be given handles, but they can be given the stage's address.

namespace procspec::harness {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// "worker-PID": one actor for a worker, whatever tasks it runs.
absl::StatusOr<std::string> WorkerName(Backend& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  return absl::StrCat("worker-", pid);
}

}  // namespace

PROCSPEC_TARGET(PoolNothing) { return Value(); }

// What it was called with.
PROCSPEC_TARGET(PoolEcho) {
  return Value(List{arguments.args, arguments.kwargs});
}

// [n], doubled.
PROCSPEC_TARGET(PoolDouble) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(0));
  return Value(2 * n);
}

PROCSPEC_TARGET(PoolPid) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  return Value(pid);
}

// [address, word]: says it as "worker-PID" and gives the pid.
PROCSPEC_TARGET(PoolSay) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string name, WorkerName(backend));
  PROCSPEC_ASSIGN_OR_RETURN(std::string word, arguments.Get<std::string>(1));
  Actor actor(arguments.Get<std::string>(0), name);
  PROCSPEC_RETURN_IF_ERROR(actor.Say(word));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  return Value(pid);
}

// [address, name], or one list of them: says "running", waits for a cue and
// gives what came with it.
PROCSPEC_TARGET(PoolGate) {
  Arguments given = arguments;
  if (!given.args.empty()) {
    if (const List* item = given.args[0].get_if<List>()) {
      given.args = List(*item);
    }
  }
  PROCSPEC_ASSIGN_OR_RETURN(std::string name, given.Get<std::string>(1));
  Actor actor(given.Get<std::string>(0), name);
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  return actor.Await();
}

// The same, but it fails then.
PROCSPEC_TARGET(PoolGateThenRaise) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string name, arguments.Get<std::string>(1));
  Actor actor(arguments.Get<std::string>(0), name);
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  return RaisedError("GateError", "after the cue");
}

PROCSPEC_TARGET(PoolRaise) { return RaisedError("OddNumber", "boom 7"); }

PROCSPEC_TARGET(PoolRaiseMisuse) { return MisuseError("as asked"); }

// [n]: fails if n is odd.
PROCSPEC_TARGET(PoolRaiseIfOdd) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(0));
  if (n % 2 != 0) return RaisedError("OddNumber", absl::StrCat("odd ", n));
  return Value(n);
}

// One list [address, name, fails]: says "running"; fails at once, or waits for
// a cue.
PROCSPEC_TARGET(PoolFailOrGate) {
  PROCSPEC_ASSIGN_OR_RETURN(List item, arguments.Get<List>(0));
  const Arguments given{.args = std::move(item)};
  PROCSPEC_ASSIGN_OR_RETURN(std::string name, given.Get<std::string>(1));
  PROCSPEC_ASSIGN_OR_RETURN(bool fails, given.Get<bool>(2));
  Actor actor(given.Get<std::string>(0), name);
  PROCSPEC_RETURN_IF_ERROR(actor.Say("running"));
  if (fails) return RaisedError("OddNumber", "at once");
  return actor.Await();
}

PROCSPEC_TARGET(PoolDie) {
  PROCSPEC_RETURN_IF_ERROR(backend.Crash(CrashKind::kKill));
  return Value();
}

// Starts a process, and gives its trouble.
PROCSPEC_TARGET(PoolStartProcess) {
  PROCSPEC_ASSIGN_OR_RETURN(auto process,
                            backend.NewProcess({.target = "PoolNothing"}));
  PROCSPEC_RETURN_IF_ERROR(process->Start());
  PROCSPEC_RETURN_IF_ERROR(process->Join());
  return Value("started");
}

// An initializer. [connections]: keeps them for the tasks.
PROCSPEC_TARGET(PoolKeepConnections) {
  PROCSPEC_ASSIGN_OR_RETURN(List connections, arguments.Get<List>(0));
  PROCSPEC_RETURN_IF_ERROR(
      backend.SetGlobal("connections", std::move(connections)));
  return Value();
}

// [index]: answers on that connection, each message with the pid, until "bye".
PROCSPEC_TARGET(PoolServe) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t index, arguments.Get<int64_t>(0));
  PROCSPEC_ASSIGN_OR_RETURN(Value kept, backend.Global("connections"));
  const List* connections = kept.get_if<List>();
  if (connections == nullptr ||
      static_cast<size_t>(index) >= connections->size()) {
    return RaisedError("NoConnection", absl::StrCat(index));
  }
  PROCSPEC_ASSIGN_OR_RETURN(auto connection,
                            (*connections)[index].HandleAs<Connection>());
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, backend.Pid());
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(Value message, connection->Recv());
    if (message == Value("bye")) return Value();
    PROCSPEC_RETURN_IF_ERROR(connection->Send(pid));
  }
}

// A program. [address]: leaves a task running and another waiting, and exits 7
// when "main" is cued.
PROCSPEC_TARGET(PoolLeaveUnjoined) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string address, arguments.Get<std::string>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto pool, backend.NewPool({.workers = 1}));
  // The end of the program, and not that of a scope, is what is judged.
  static auto& kept = *new std::shared_ptr<Pool>;
  kept = pool;
  for (const char* name : {"task", "queued"}) {
    PROCSPEC_RETURN_IF_ERROR(
        pool->ApplyAsync("PoolGate", {.args = {address, name}}).status());
  }
  Actor actor(address, "main");
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  return ExitRequest(7);
}

namespace {

// Counts what callbacks bring.
class Log {
 public:
  PoolCallbacks callbacks() {
    return {.callback =
                [this](const Value& value) {
                  std::lock_guard lock(mutex_);
                  values_.push_back(value);
                },
            .error_callback =
                [this](const absl::Status& error) {
                  std::lock_guard lock(mutex_);
                  errors_.push_back(error);
                }};
  }
  std::vector<Value> values() {
    std::lock_guard lock(mutex_);
    return values_;
  }
  std::vector<absl::Status> errors() {
    std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  std::mutex mutex_;
  std::vector<Value> values_;
  std::vector<absl::Status> errors_;
};

// A call that blocks, made on another thread. Only after the pool was made:
// cases fork. It must not touch the stage, which is for one thread.
template <typename Call>
auto InBackground(Call call) {
  return std::async(std::launch::async, std::move(call));
}

template <typename T>
bool IsDone(const std::future<T>& future, absl::Duration patience) {
  return future.wait_for(absl::ToChronoNanoseconds(patience)) ==
         std::future_status::ready;
}

class PoolCase : public Case {
 protected:
  absl::StatusOr<std::shared_ptr<Pool>> NewPool(int workers) {
    return backend().NewPool({.workers = workers});
  }

  // Its workers say "began" when they are initialized.
  absl::StatusOr<std::shared_ptr<Pool>> NewSayingPool(
      std::optional<int> workers, std::optional<int> most_tasks = {}) {
    return backend().NewPool({
        .workers = workers,
        .initializer = "PoolSay",
        .initializer_arguments = {.args = {stage().address(), "began"}},
        .max_tasks_per_worker = most_tasks,
    });
  }

  Arguments Gate(const std::string& name) {
    return {.args = {stage().address(), name}};
  }

  absl::StatusOr<std::shared_ptr<AsyncResult>> SubmitGate(
      Pool& pool, const std::string& name) {
    return pool.ApplyAsync("PoolGate", Gate(name));
  }

  // The actors that say the word next, `count` of them; fewer when nobody else
  // speaks in time.
  std::vector<std::string> WhoSay(const Value& word, int count) {
    std::vector<std::string> actors;
    for (int i = 0; i < count; ++i) {
      absl::StatusOr<Said> said = stage().ExpectAny();
      if (!said.ok()) {
        ADD_FAILURE() << "only " << i << " of " << count
                      << " spoke: " << said.status();
        break;
      }
      EXPECT_THAT(said->outcome, IsOkAndHolds(word));
      actors.push_back(said->actor);
    }
    return actors;
  }

  // Nobody says anything for a while; of the named ones, who need not have
  // come.
  bool AllSilent(const std::vector<std::string>& actors = {}) {
    absl::StatusOr<Said> said = stage().ExpectAny(actors, Observation());
    if (said.ok()) ADD_FAILURE() << said->actor << " spoke";
    return absl::IsDeadlineExceeded(said.status());
  }

  // The pids that tasks gave.
  std::set<int64_t> PidsOf(
      const std::vector<std::shared_ptr<AsyncResult>>& results) {
    std::set<int64_t> pids;
    for (const auto& result : results) {
      absl::StatusOr<Value> value = result->Get(Guard());
      EXPECT_THAT(value, IsOk());
      if (!value.ok()) continue;
      absl::StatusOr<int64_t> pid = value->As<int64_t>();
      EXPECT_THAT(pid, IsOk());
      if (pid.ok()) pids.insert(*pid);
    }
    return pids;
  }
};

#define PROCSPEC_POOL_CASE(...) PROCSPEC_CASE_F(PoolCase, __VA_ARGS__)

}  // namespace

PROCSPEC_POOL_CASE("pool.workers.count.started") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewSayingPool(3));
  const auto workers = WhoSay("began", 3);
  EXPECT_THAT(std::set(workers.begin(), workers.end()), SizeIs(3));
  EXPECT_TRUE(AllSilent());
}

PROCSPEC_POOL_CASE("pool.workers.count.at-most") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(3));
  std::vector<std::shared_ptr<AsyncResult>> results;
  for (int i = 0; i < 60; ++i) {
    ASSERT_OK_AND_ASSIGN(auto result, pool->ApplyAsync("PoolPid"));
    results.push_back(result);
  }
  const std::set<int64_t> pids = PidsOf(results);
  EXPECT_GE(pids.size(), 1u);
  EXPECT_LE(pids.size(), 3u);
  ASSERT_OK_AND_ASSIGN(int64_t own, backend().Pid());
  EXPECT_THAT(pids, Not(Contains(own)));
}

PROCSPEC_POOL_CASE("pool.workers.default") {
  ASSERT_OK_AND_ASSIGN(int cpus, backend().CpuCount());
  ASSERT_OK_AND_ASSIGN(auto pool, NewSayingPool(std::nullopt));
  EXPECT_THAT(WhoSay("began", cpus), SizeIs(cpus));
  EXPECT_TRUE(AllSilent());
}

PROCSPEC_POOL_CASE("pool.workers.invalid") {
  EXPECT_THAT(NewPool(0), Raises(ErrorKind::kValue));
  EXPECT_THAT(NewPool(-1), Raises(ErrorKind::kValue));
  EXPECT_THAT(NewPool(1), IsOk());
}

PROCSPEC_POOL_CASE("pool.workers.reused") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(3));
  std::set<int64_t> workers;
  for (const char* name : {"a", "b", "c"}) ASSERT_OK(SubmitGate(*pool, name));
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
    ASSERT_OK_AND_ASSIGN(int64_t pid, stage().PidOf(name));
    workers.insert(pid);
  }
  for (const char* name : {"a", "b", "c"}) ASSERT_OK(stage().Cue(name));
  std::vector<std::shared_ptr<AsyncResult>> results;
  for (int i = 0; i < 60; ++i) {
    ASSERT_OK_AND_ASSIGN(auto result, pool->ApplyAsync("PoolPid"));
    results.push_back(result);
  }
  const std::set<int64_t> used = PidsOf(results);
  EXPECT_GE(used.size(), 1u);
  for (int64_t pid : used) EXPECT_THAT(workers, Contains(pid));
}

PROCSPEC_POOL_CASE("pool.workers.parallel.together") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(3));
  std::vector<std::shared_ptr<AsyncResult>> results;
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_OK_AND_ASSIGN(auto result, SubmitGate(*pool, name));
    results.push_back(result);
  }
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
  }
  for (const char* name : {"a", "b", "c"}) ASSERT_OK(stage().Cue(name, name));
  for (const auto& result : results) EXPECT_OK(result->Get(Guard()));
}

PROCSPEC_POOL_CASE("pool.workers.parallel.next-waits") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  for (const char* name : {"a", "b", "late"}) {
    ASSERT_OK(SubmitGate(*pool, name));
  }
  for (const char* name : {"a", "b"}) {
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
  }
  EXPECT_TRUE(AllSilent({"late"}));
  ASSERT_OK(stage().Cue("a"));
  EXPECT_THAT(stage().Expect("late"), IsOkAndHolds("running"));
}

PROCSPEC_POOL_CASE("pool.workers.daemonic") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  EXPECT_THAT(pool->Apply("PoolStartProcess"), Raises(ErrorKind::kMisuse));
}

PROCSPEC_POOL_CASE("pool.apply.result") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  EXPECT_THAT(
      pool->Apply("PoolEcho", {.args = {1, "two"}, .kwargs = {{"three", 3.5}}}),
      IsOkAndHolds(Value(List{List{1, "two"}, Dict{{"three", 3.5}}})));
}

PROCSPEC_POOL_CASE("pool.apply.result", "once-in-a-worker") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  ASSERT_OK_AND_ASSIGN(
      Value pid, pool->Apply("PoolSay", {.args = {stage().address(), "ran"}}));
  ASSERT_OK_AND_ASSIGN(int64_t own, backend().Pid());
  EXPECT_NE(pid, Value(own));
  WhoSay("ran", 1);
  EXPECT_TRUE(AllSilent());
}

PROCSPEC_POOL_CASE("pool.apply.sequential") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  const Arguments gates[] = {Gate("first"), Gate("second")};
  auto both = InBackground([&] {
    absl::Status first = pool->Apply("PoolGate", gates[0]).status();
    absl::Status second = pool->Apply("PoolGate", gates[1]).status();
    return first.ok() ? second : first;
  });
  ASSERT_THAT(stage().Expect("first"), IsOkAndHolds("running"));
  EXPECT_TRUE(AllSilent({"second"}));
  ASSERT_OK(stage().Cue("first"));
  EXPECT_THAT(stage().Expect("second"), IsOkAndHolds("running"));
  ASSERT_OK(stage().Cue("second"));
  EXPECT_OK(both.get());
}

PROCSPEC_POOL_CASE("pool.apply.exception.data") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  absl::StatusOr<Value> result = pool->Apply("PoolRaise");
  ASSERT_THAT(result, Raises(ErrorKind::kRaised));
  EXPECT_EQ(DetailOf(result.status()).type, "OddNumber");
  EXPECT_EQ(DetailOf(result.status()).message, "boom 7");
  EXPECT_THAT(pool->Apply("PoolRaiseMisuse"), Raises(ErrorKind::kMisuse));
}

PROCSPEC_POOL_CASE("pool.apply.exception.data", "by-get") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, pool->ApplyAsync("PoolRaise"));
  absl::StatusOr<Value> result = handle->Get(Guard());
  ASSERT_THAT(result, Raises(ErrorKind::kRaised));
  EXPECT_EQ(DetailOf(result.status()).type, "OddNumber");
  EXPECT_EQ(DetailOf(result.status()).message, "boom 7");
}

PROCSPEC_POOL_CASE("pool.apply.exception.traceback") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  EXPECT_THAT(TracebackOf(pool->Apply("PoolRaise").status()),
              HasSubstr("PoolRaise"));
}

PROCSPEC_POOL_CASE("pool.apply-async.nonblocking") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  // The second finds the only worker busy.
  ASSERT_OK_AND_ASSIGN(auto first, SubmitGate(*pool, "first"));
  ASSERT_OK_AND_ASSIGN(auto second, SubmitGate(*pool, "second"));
  for (const char* name : {"first", "second"}) {
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
    ASSERT_OK(stage().Cue(name, name));
  }
  EXPECT_THAT(first->Get(Guard()), IsOkAndHolds("first"));
  EXPECT_THAT(second->Get(Guard()), IsOkAndHolds("second"));
}

PROCSPEC_POOL_CASE("pool.apply-async.concurrent") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  ASSERT_OK_AND_ASSIGN(auto first, SubmitGate(*pool, "first"));
  ASSERT_OK_AND_ASSIGN(auto second, SubmitGate(*pool, "second"));
  EXPECT_THAT(stage().Expect("first"), IsOkAndHolds("running"));
  EXPECT_THAT(stage().Expect("second"), IsOkAndHolds("running"));
}

PROCSPEC_POOL_CASE("pool.apply-async.callback.once") {
  Log log;
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK(pool->ApplyAsync("PoolDouble", {.args = {21}}, log.callbacks()));
  ASSERT_OK(pool->Close());
  ASSERT_OK(pool->Join());
  EXPECT_EQ(log.values(), std::vector<Value>{42});
}

PROCSPEC_POOL_CASE("pool.apply-async.callback.submitter") {
  std::optional<absl::StatusOr<int64_t>> pid;
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK(pool->ApplyAsync("PoolNothing", {}, {.callback = [&](const Value&) {
                               pid = backend().Pid();
                             }}));
  ASSERT_OK(pool->Close());
  ASSERT_OK(pool->Join());
  ASSERT_TRUE(pid.has_value());
  ASSERT_OK_AND_ASSIGN(int64_t own, backend().Pid());
  EXPECT_THAT(*pid, IsOkAndHolds(own));
}

PROCSPEC_POOL_CASE("pool.apply-async.callback.before-get") {
  // The callback is still inside when the handle is asked.
  std::promise<void> inside, leave;
  std::once_flag once;
  const std::shared_future<void> left = leave.get_future().share();
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(
      auto handle, pool->ApplyAsync("PoolDouble", {.args = {21}},
                                    {.callback = [&](const Value&) {
                                      std::call_once(
                                          once, [&] { inside.set_value(); });
                                      left.wait();
                                    }}));
  EXPECT_TRUE(IsDone(inside.get_future(), Guard()));
  EXPECT_THAT(handle->Get(Observation()), Raises(ErrorKind::kTimeout));
  leave.set_value();
  EXPECT_THAT(handle->Get(Guard()), IsOkAndHolds(42));
  // A callback that comes only now would use what is gone by then.
  ASSERT_OK(pool->Terminate());
  ASSERT_OK(pool->Join());
}

PROCSPEC_POOL_CASE("pool.apply-async.error-callback") {
  Log log;
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK(pool->ApplyAsync("PoolRaise", {}, log.callbacks()));
  ASSERT_OK(pool->Close());
  ASSERT_OK(pool->Join());
  EXPECT_THAT(log.values(), SizeIs(0));
  ASSERT_THAT(log.errors(), SizeIs(1));
  EXPECT_EQ(DetailOf(log.errors()[0]).type, "OddNumber");
}

PROCSPEC_POOL_CASE("pool.callback.all-before-join") {
  Log log;
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(pool->ApplyAsync("PoolDouble", {.args = {i}}, log.callbacks()));
  }
  ASSERT_OK(pool->Close());
  ASSERT_OK(pool->Join());
  const std::vector<Value> values = log.values();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(values, Contains(Value(2 * i)));
}

PROCSPEC_POOL_CASE("pool.map.order") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(3));
  const List gates = {List{stage().address(), "a"},
                      List{stage().address(), "b"},
                      List{stage().address(), "c"}};
  auto map = InBackground([&] { return pool->Map("PoolGate", gates, 1); });
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
  }
  // The last one ends first.
  for (const char* name : {"c", "b"}) ASSERT_OK(stage().Cue(name, name));
  EXPECT_FALSE(IsDone(map, Observation()));
  ASSERT_OK(stage().Cue("a", "a"));
  EXPECT_THAT(map.get(), IsOkAndHolds(List{"a", "b", "c"}));
}

PROCSPEC_POOL_CASE("pool.map.empty") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  EXPECT_THAT(pool->Map("PoolDouble", {}), IsOkAndHolds(List{}));
  EXPECT_THAT(pool->Map("PoolDouble", {1}), IsOkAndHolds(List{2}));
}

PROCSPEC_POOL_CASE("pool.map.chunksize") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  List inputs, expected;
  for (int i = 0; i < 100; ++i) {
    inputs.push_back(i);
    expected.push_back(2 * i);
  }
  for (int chunk_size : {1, 3, 20, 100, 1000}) {
    EXPECT_THAT(pool->Map("PoolDouble", inputs, chunk_size),
                IsOkAndHolds(expected))
        << "chunk size " << chunk_size;
  }
}

PROCSPEC_POOL_CASE("pool.map.exception.reported") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  absl::StatusOr<List> result = pool->Map("PoolRaiseIfOdd", {0, 1, 2, 3, 4}, 1);
  ASSERT_THAT(result, Raises(ErrorKind::kRaised));
  EXPECT_THAT(DetailOf(result.status()).message,
              testing::AnyOf("odd 1", "odd 3"));
}

PROCSPEC_POOL_CASE("pool.map.exception.no-fail-fast") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  const List inputs = {List{stage().address(), "fails", true},
                       List{stage().address(), "gate", false}};
  auto map =
      InBackground([&] { return pool->Map("PoolFailOrGate", inputs, 1); });
  EXPECT_THAT(stage().Expect("fails"), IsOkAndHolds("running"));
  ASSERT_THAT(stage().Expect("gate"), IsOkAndHolds("running"));
  EXPECT_FALSE(IsDone(map, Observation()));
  ASSERT_OK(stage().Cue("gate"));
  EXPECT_TRUE(IsDone(map, Guard()));
}

PROCSPEC_POOL_CASE("pool.map-async.nonblocking") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(
      auto handle,
      pool->MapAsync("PoolGate", {Value(List{stage().address(), "a"})}));
  ASSERT_THAT(stage().Expect("a"), IsOkAndHolds("running"));
  ASSERT_OK(stage().Cue("a", "a"));
  EXPECT_OK(handle->Get(Guard()));
}

PROCSPEC_POOL_CASE("pool.map-async.result") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  ASSERT_OK_AND_ASSIGN(
      auto handle,
      pool->MapAsync(
          "PoolGate",
          {List{stage().address(), "a"}, List{stage().address(), "b"}}, 1));
  for (const char* name : {"b", "a"}) {
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
    ASSERT_OK(stage().Cue(name, name));
  }
  EXPECT_THAT(handle->Get(Guard()), IsOkAndHolds(Value(List{"a", "b"})));
}

PROCSPEC_POOL_CASE("pool.map-async.callback") {
  Log log;
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  ASSERT_OK(pool->MapAsync("PoolDouble", {1, 2, 3}, 1, log.callbacks()));
  ASSERT_OK(pool->Close());
  ASSERT_OK(pool->Join());
  EXPECT_EQ(log.values(), std::vector<Value>{Value(List{2, 4, 6})});
}

PROCSPEC_POOL_CASE("pool.close.rejects.submission") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  const Arguments say{.args = {stage().address(), "ran"}};
  ASSERT_OK(pool->Apply("PoolSay", say));
  WhoSay("ran", 1);
  ASSERT_OK(pool->Close());
  EXPECT_THAT(pool->Apply("PoolSay", say), Raises(ErrorKind::kValue));
  EXPECT_THAT(pool->ApplyAsync("PoolSay", say), Raises(ErrorKind::kValue));
  EXPECT_THAT(pool->Map("PoolDouble", {1}), Raises(ErrorKind::kValue));
  EXPECT_THAT(pool->MapAsync("PoolDouble", {1}), Raises(ErrorKind::kValue));
  EXPECT_TRUE(AllSilent());
}

PROCSPEC_POOL_CASE("pool.close.rejects.idempotent") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  ASSERT_OK(pool->Close());
  EXPECT_OK(pool->Close());
  ASSERT_OK(stage().Cue("task", "done"));
  EXPECT_THAT(handle->Get(Guard()), IsOkAndHolds("done"));
}

PROCSPEC_POOL_CASE("pool.close.completes.tasks") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto gate, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  std::vector<std::shared_ptr<AsyncResult>> waiting;
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK_AND_ASSIGN(auto result,
                         pool->ApplyAsync("PoolDouble", {.args = {i}}));
    waiting.push_back(result);
  }
  ASSERT_OK(pool->Close());
  ASSERT_OK(stage().Cue("task", "done"));
  EXPECT_THAT(gate->Get(Guard()), IsOkAndHolds("done"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(waiting[i]->Get(Guard()), IsOkAndHolds(2 * i));
  }
}

PROCSPEC_POOL_CASE("pool.close.completes.join") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK(SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  ASSERT_OK_AND_ASSIGN(int64_t worker, stage().PidOf("task"));
  ASSERT_OK(pool->Close());
  auto join = InBackground([&] { return pool->Join(); });
  EXPECT_FALSE(IsDone(join, Observation()));
  ASSERT_OK(stage().Cue("task"));
  EXPECT_OK(join.get());
  EXPECT_NE(StateOf(worker), ProcessState::kRunning);
}

PROCSPEC_POOL_CASE("pool.join.requires-close.running") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  EXPECT_THAT(pool->Join(), Raises(ErrorKind::kValue));
  EXPECT_THAT(pool->Apply("PoolDouble", {.args = {1}}), IsOkAndHolds(2));
}

PROCSPEC_POOL_CASE("pool.join.requires-close.repeatable") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_THAT(pool->Apply("PoolDouble", {.args = {1}}), IsOkAndHolds(2));
  ASSERT_OK(pool->Close());
  EXPECT_OK(pool->Join());
  EXPECT_OK(pool->Join());
}

PROCSPEC_POOL_CASE("pool.join.requires-close.repeatable", "terminated") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_THAT(pool->Apply("PoolDouble", {.args = {1}}), IsOkAndHolds(2));
  ASSERT_OK(pool->Terminate());
  EXPECT_OK(pool->Join());
  EXPECT_OK(pool->Join());
}

PROCSPEC_POOL_CASE("pool.terminate.prompt") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(2));
  for (const char* name : {"a", "b", "waiting"}) {
    ASSERT_OK(SubmitGate(*pool, name));
  }
  std::vector<int64_t> workers;
  for (const char* name : {"a", "b"}) {
    ASSERT_THAT(stage().Expect(name), IsOkAndHolds("running"));
    ASSERT_OK_AND_ASSIGN(int64_t pid, stage().PidOf(name));
    workers.push_back(pid);
  }
  ASSERT_OK(pool->Terminate());
  // Nobody is cued.
  EXPECT_OK(pool->Join());
  for (int64_t pid : workers) {
    EXPECT_NE(StateOf(pid), ProcessState::kRunning);
  }
}

PROCSPEC_POOL_CASE("pool.terminate.no-value") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto running, SubmitGate(*pool, "task"));
  ASSERT_OK_AND_ASSIGN(auto waiting,
                       pool->ApplyAsync("PoolDouble", {.args = {1}}));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  ASSERT_OK(pool->Terminate());
  ASSERT_OK(pool->Join());
  for (const auto& handle : {running, waiting}) {
    EXPECT_THAT(handle->Get(Deadline()), Not(IsOk()));
    EXPECT_THAT(handle->Successful(), Not(IsOkAndHolds(true)));
  }
}

PROCSPEC_POOL_CASE("pool.terminate.never-ready") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto running, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  ASSERT_OK(pool->Terminate());
  ASSERT_OK(pool->Join());
  EXPECT_THAT(running->Get(Deadline()),
              testing::AnyOf(Raises(ErrorKind::kTimeout),
                             Raises(ErrorKind::kBrokenPool)));
}

PROCSPEC_POOL_CASE("pool.terminate.idempotent") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_THAT(pool->Apply("PoolDouble", {.args = {1}}), IsOkAndHolds(2));
  EXPECT_OK(pool->Close());
  EXPECT_OK(pool->Terminate());
  EXPECT_OK(pool->Terminate());
  EXPECT_OK(pool->Close());
  EXPECT_OK(pool->Join());
}

PROCSPEC_POOL_CASE("pool.exit-without-join.prompt") {
  ASSERT_OK_AND_ASSIGN(
      auto program,
      StartProgram("PoolLeaveUnjoined", {.args = {stage().address()}}));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  ASSERT_OK(stage().Cue("main"));
  ASSERT_OK_AND_ASSIGN(ProgramResult result, program->Wait());
  EXPECT_EQ(result.exit_code, 7);
}

PROCSPEC_POOL_CASE("pool.exit-without-join.workers-gone") {
  ASSERT_OK_AND_ASSIGN(
      auto program,
      StartProgram("PoolLeaveUnjoined", {.args = {stage().address()}}));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  ASSERT_OK_AND_ASSIGN(int64_t worker, stage().PidOf("task"));
  ASSERT_OK(stage().Cue("main"));
  ASSERT_OK(program->Wait());
  EXPECT_NE(StateOf(worker), ProcessState::kRunning);
}

PROCSPEC_POOL_CASE("pool.initializer.each-worker") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewSayingPool(2));
  const auto workers = WhoSay("began", 2);
  ASSERT_OK_AND_ASSIGN(int64_t own, backend().Pid());
  EXPECT_THAT(workers, Not(Contains(absl::StrCat("worker-", own))));
  const Arguments say{.args = {stage().address(), "task"}};
  for (int i = 0; i < 10; ++i) ASSERT_OK(pool->Apply("PoolSay", say));
  for (const std::string& actor : WhoSay("task", 10)) {
    EXPECT_THAT(workers, Contains(actor));
  }
  EXPECT_TRUE(AllSilent());
}

PROCSPEC_POOL_CASE("pool.initializer.replacement") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewSayingPool(1, /*most_tasks=*/1));
  const Arguments say{.args = {stage().address(), "task"}};
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK_AND_ASSIGN(Value pid, pool->Apply("PoolSay", say));
    ASSERT_OK_AND_ASSIGN(int64_t worker, pid.As<int64_t>());
    const std::string actor = absl::StrCat("worker-", worker);
    EXPECT_THAT(stage().Expect(actor), IsOkAndHolds("began"));
    EXPECT_THAT(stage().Expect(actor), IsOkAndHolds("task"));
  }
}

PROCSPEC_POOL_CASE("pool.maxtasks") {
  ASSERT_OK_AND_ASSIGN(
      auto pool, backend().NewPool({.workers = 1, .max_tasks_per_worker = 2}));
  std::vector<Value> pids;
  for (int i = 0; i < 6; ++i) {
    ASSERT_OK_AND_ASSIGN(Value pid, pool->Apply("PoolPid"));
    pids.push_back(pid);
  }
  EXPECT_NE(pids[0], Value());
  for (int i : {0, 2, 4}) EXPECT_EQ(pids[i], pids[i + 1]) << i;
  for (int i : {1, 3}) EXPECT_NE(pids[i], pids[i + 1]) << i;
}

PROCSPEC_POOL_CASE("pool.maxtasks", "chunks") {
  ASSERT_OK_AND_ASSIGN(
      auto pool, backend().NewPool({.workers = 1, .max_tasks_per_worker = 1}));
  ASSERT_OK_AND_ASSIGN(List pids, pool->Map("PoolPid", {1, 2, 3, 4}, 2));
  ASSERT_THAT(pids, SizeIs(4));
  EXPECT_EQ(pids[0], pids[1]);
  EXPECT_EQ(pids[2], pids[3]);
  EXPECT_NE(pids[1], pids[2]);
}

PROCSPEC_POOL_CASE("pool.worker-dies-in-task.task-fails") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, pool->ApplyAsync("PoolDie"));
  EXPECT_THAT(handle->Get(Guard()), Raises(ErrorKind::kBrokenPool));
}

PROCSPEC_POOL_CASE("pool.worker-dies-in-task.pool-survives") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  std::vector<std::shared_ptr<AsyncResult>> others;
  ASSERT_OK(pool->ApplyAsync("PoolDie"));
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK_AND_ASSIGN(auto other,
                         pool->ApplyAsync("PoolDouble", {.args = {i}}));
    others.push_back(other);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(others[i]->Get(Guard()), IsOkAndHolds(2 * i));
  }
  EXPECT_THAT(pool->Apply("PoolDouble", {.args = {21}}), IsOkAndHolds(42));
}

PROCSPEC_POOL_CASE("pool.queue-argument-refused") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  EXPECT_THAT(pool->Apply("PoolEcho", {.args = {queue}}),
              Raises(ErrorKind::kSharing));
  EXPECT_THAT(pool->Apply("PoolEcho", {.args = {Value(List{lock})}}),
              Raises(ErrorKind::kSharing));
  absl::StatusOr<std::shared_ptr<AsyncResult>> handle =
      pool->ApplyAsync("PoolEcho", {.args = {queue}});
  if (handle.ok()) {
    EXPECT_THAT((*handle)->Get(Guard()), Raises(ErrorKind::kSharing));
  } else {
    EXPECT_THAT(handle, Raises(ErrorKind::kSharing));
  }
}

PROCSPEC_POOL_CASE("pool.result-none") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  EXPECT_THAT(pool->Apply("PoolNothing"), IsOkAndHolds(Value()));
  // That there is a pool at all.
  EXPECT_THAT(pool->Apply("PoolDouble", {.args = {1}}), IsOkAndHolds(2));
}

PROCSPEC_POOL_CASE("pool.server-pattern.at-most-n") {
  List servers;
  std::vector<std::shared_ptr<Connection>> clients;
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pair, backend().NewPipe());
    servers.push_back(pair.first);
    clients.push_back(pair.second);
  }
  ASSERT_OK_AND_ASSIGN(auto pool,
                       backend().NewPool({
                           .workers = 3,
                           .initializer = "PoolKeepConnections",
                           .initializer_arguments = {.args = {Value(servers)}},
                       }));
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(pool->ApplyAsync("PoolServe", {.args = {i}}));
  }
  std::set<int64_t> pids;
  for (const auto& client : clients) {
    ASSERT_OK(client->Send("hello"));
    ASSERT_THAT(client->Poll(Guard()), IsOkAndHolds(true));
    ASSERT_OK_AND_ASSIGN(Value answer, client->Recv());
    ASSERT_OK_AND_ASSIGN(int64_t pid, answer.As<int64_t>());
    pids.insert(pid);
    ASSERT_OK(client->Send("bye"));
  }
  EXPECT_LE(pids.size(), 3u);
}

PROCSPEC_POOL_CASE("pool.server-pattern.next-client-waits") {
  List servers;
  std::vector<std::shared_ptr<Connection>> clients;
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pair, backend().NewPipe());
    servers.push_back(pair.first);
    clients.push_back(pair.second);
  }
  ASSERT_OK_AND_ASSIGN(auto pool,
                       backend().NewPool({
                           .workers = 2,
                           .initializer = "PoolKeepConnections",
                           .initializer_arguments = {.args = {Value(servers)}},
                       }));
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(pool->ApplyAsync("PoolServe", {.args = {i}}));
  }
  for (int i : {0, 1}) {
    ASSERT_OK(clients[i]->Send("hello"));
    ASSERT_THAT(clients[i]->Poll(Guard()), IsOkAndHolds(true));
  }
  ASSERT_OK(clients[2]->Send("hello"));
  EXPECT_THAT(clients[2]->Poll(Observation()), IsOkAndHolds(false));
  ASSERT_OK(clients[0]->Send("bye"));
  EXPECT_THAT(clients[2]->Poll(Guard()), IsOkAndHolds(true));
}

PROCSPEC_POOL_CASE("asyncresult.get.value") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  auto get = InBackground([&] { return handle->Get(); });
  EXPECT_FALSE(IsDone(get, Observation()));
  ASSERT_OK(stage().Cue("task", "done"));
  EXPECT_THAT(get.get(), IsOkAndHolds("done"));
  EXPECT_THAT(handle->Get(), IsOkAndHolds("done"));
}

PROCSPEC_POOL_CASE("asyncresult.get.error") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, pool->ApplyAsync("PoolRaise"));
  EXPECT_THAT(handle->Get(), Raises(ErrorKind::kRaised));
  EXPECT_THAT(handle->Get(), Raises(ErrorKind::kRaised));
}

PROCSPEC_POOL_CASE("asyncresult.get-timeout.late") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  Stopwatch watch;
  EXPECT_THAT(handle->Get(Deadline()), Raises(ErrorKind::kTimeout));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
  EXPECT_THAT(handle->Get(absl::ZeroDuration()), Raises(ErrorKind::kTimeout));
  EXPECT_THAT(handle->Get(-Deadline()), Raises(ErrorKind::kTimeout));
}

PROCSPEC_POOL_CASE("asyncresult.get-timeout.still-obtainable") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  ASSERT_THAT(handle->Get(absl::ZeroDuration()), Raises(ErrorKind::kTimeout));
  ASSERT_OK(stage().Cue("task", "done"));
  EXPECT_THAT(handle->Get(Guard()), IsOkAndHolds("done"));
}

PROCSPEC_POOL_CASE("asyncresult.wait.ready") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  auto wait = InBackground([&] { return handle->Wait(); });
  EXPECT_FALSE(IsDone(wait, Observation()));
  ASSERT_OK(stage().Cue("task"));
  EXPECT_OK(wait.get());
}

PROCSPEC_POOL_CASE("asyncresult.wait.ready", "failed") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle,
                       pool->ApplyAsync("PoolGateThenRaise", Gate("task")));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  auto wait = InBackground([&] { return handle->Wait(); });
  EXPECT_FALSE(IsDone(wait, Observation()));
  ASSERT_OK(stage().Cue("task"));
  EXPECT_OK(wait.get());
}

PROCSPEC_POOL_CASE("asyncresult.wait.timeout") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  Stopwatch watch;
  EXPECT_OK(handle->Wait(Deadline()));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_POOL_CASE("asyncresult.ready") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  EXPECT_THAT(handle->Ready(), IsOkAndHolds(false));
  ASSERT_OK(stage().Cue("task"));
  (void)handle->Get(Guard());
  EXPECT_THAT(handle->Ready(), IsOkAndHolds(true));
}

PROCSPEC_POOL_CASE("asyncresult.ready", "failed") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle,
                       pool->ApplyAsync("PoolGateThenRaise", Gate("task")));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  EXPECT_THAT(handle->Ready(), IsOkAndHolds(false));
  ASSERT_OK(stage().Cue("task"));
  (void)handle->Get(Guard());
  EXPECT_THAT(handle->Ready(), IsOkAndHolds(true));
}

PROCSPEC_POOL_CASE("asyncresult.successful.outcome") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto good, pool->ApplyAsync("PoolNothing"));
  ASSERT_OK_AND_ASSIGN(auto bad, pool->ApplyAsync("PoolRaise"));
  (void)good->Get(Guard());
  (void)bad->Get(Guard());
  EXPECT_THAT(good->Successful(), IsOkAndHolds(true));
  EXPECT_THAT(bad->Successful(), IsOkAndHolds(false));
}

PROCSPEC_POOL_CASE("asyncresult.successful.not-ready") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto handle, SubmitGate(*pool, "task"));
  ASSERT_THAT(stage().Expect("task"), IsOkAndHolds("running"));
  EXPECT_THAT(handle->Successful(), Raises(ErrorKind::kValue));
}

PROCSPEC_POOL_CASE("asyncresult.after-join") {
  ASSERT_OK_AND_ASSIGN(auto pool, NewPool(1));
  ASSERT_OK_AND_ASSIGN(auto good,
                       pool->ApplyAsync("PoolDouble", {.args = {21}}));
  ASSERT_OK_AND_ASSIGN(auto bad, pool->ApplyAsync("PoolRaise"));
  ASSERT_OK(pool->Close());
  ASSERT_OK(pool->Join());
  EXPECT_THAT(good->Get(absl::ZeroDuration()), IsOkAndHolds(42));
  EXPECT_THAT(bad->Get(absl::ZeroDuration()), Raises(ErrorKind::kRaised));
}

}  // namespace procspec::harness
