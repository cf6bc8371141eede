// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/harness/probe.h"
#include "conformance/stress/clock.h"
#include "conformance/stress/load.h"
#include "spec/error.h"
#include "spec/pool.h"
#include "spec/status_macros.h"
#include "spec/sync.h"

namespace procspec::stress {
namespace {

using Random = std::mt19937_64;

constexpr int kWorkers = 4;
// Beyond the workers, so that the pool always has tasks to hand out.
constexpr size_t kTasksAtOnce = 16;

constexpr char kBegun[] = "stress.begun";

// --- In workers --------------------------------------------------------------

// [semaphore]: what tasks count themselves with.
PROCSPEC_TARGET(StressWorkerBegins) {
  PROCSPEC_ASSIGN_OR_RETURN(auto begun, arguments.Get<Semaphore>(0));
  PROCSPEC_RETURN_IF_ERROR(backend.SetGlobal(kBegun, begun));
  return Value();
}

absl::Status CountThis(Backend& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(const Value value, backend.Global(kBegun));
  PROCSPEC_ASSIGN_OR_RETURN(auto begun, value.HandleAs<Semaphore>());
  return begun->Release();
}

// [id, microseconds, text]: gives [id, pid, text].
PROCSPEC_TARGET(StressTask) {
  PROCSPEC_RETURN_IF_ERROR(CountThis(backend));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t id, arguments.Get<int64_t>(0));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, arguments.Get<int64_t>(1));
  PROCSPEC_ASSIGN_OR_RETURN(auto text, arguments.Get<std::string>(2));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t pid, backend.Pid());
  Spin(absl::Microseconds(time));
  return Value(List{id, pid, std::move(text)});
}

// [id, microseconds]: ends its worker.
PROCSPEC_TARGET(StressCrash) {
  PROCSPEC_RETURN_IF_ERROR(CountThis(backend));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, arguments.Get<int64_t>(1));
  Spin(absl::Microseconds(time));
  PROCSPEC_RETURN_IF_ERROR(backend.Crash(CrashKind::kKill));
  return Value();
}

// --- The submitter -----------------------------------------------------------

struct Task {
  std::shared_ptr<AsyncResult> result;
  bool crash = false;
  std::string text;
  // Outlives this: a callback that is too late still has a place to count.
  std::shared_ptr<std::atomic<int>> called;
};

class PoolLoad {
 public:
  PoolLoad(Backend& backend, const LoadOptions& options, LoadReport& report)
      : backend_(backend),
        options_(options),
        report_(report),
        random_(options.seed) {}

  ~PoolLoad() {
    if (pool_ == nullptr) return;
    pool_->Terminate().IgnoreError();
  }

  absl::Status Run() {
    PROCSPEC_ASSIGN_OR_RETURN(begun_, backend_.NewSemaphore(0));
    PROCSPEC_ASSIGN_OR_RETURN(
        pool_, backend_.NewPool({.workers = kWorkers,
                                 .initializer = "StressWorkerBegins",
                                 .initializer_arguments = {.args = {begun_}}}));
    last_end_ = NowNs();
    while (report_.kills < options_.kills) {
      const int64_t end = NowNs() + static_cast<int64_t>(random_() % 5'000'000);
      do {
        PROCSPEC_RETURN_IF_ERROR(Fill());
        PROCSPEC_RETURN_IF_ERROR(Collect());
      } while (NowNs() < end);
      if (!KillOne()) {
        if (NowNs() - last_death_ > absl::ToInt64Nanoseconds(options_.hang)) {
          report_.findings.Add("hang",
                               "there is no worker with a right result");
          return absl::DeadlineExceededError("no worker to kill");
        }
        continue;
      }
      last_death_ = NowNs();
      options_.progress(++report_.kills);
    }
    return End();
  }

  void Tell() {
    Stalls stalls;
    stalls.Add(ends_);
    report_.figures = {
        {"tasks", absl::StrCat(next_id_)},
        {"failed by kills from outside", absl::StrCat(failed_)},
        {"kills from outside", absl::StrCat(killed_)},
        {"kills by a task", absl::StrCat(crashes_)},
        {"from a kill to the next result", stalls.DebugString()},
        {"longest from the last kill to a failure",
         absl::FormatDuration(
             absl::Trunc(longest_failure_, absl::Microseconds(1)))},
    };
  }

 private:
  absl::Status Submit(bool crash) {
    Task task = {.crash = crash,
                 .called = std::make_shared<std::atomic<int>>(0)};
    const int64_t id = next_id_++;
    List args = {id, static_cast<int64_t>(random_() % 300)};
    if (!crash) {
      // Now and then a result that does not fit into one page, or several.
      constexpr size_t kSizes[] = {16, 16, 16, 16, 16, 16, 4 << 10, 300 << 10};
      task.text.assign(kSizes[random_() % 8],
                       static_cast<char>('a' + random_() % 26));
      args.push_back(task.text);
    }
    const auto called = task.called;
    PROCSPEC_ASSIGN_OR_RETURN(
        task.result,
        pool_->ApplyAsync(
            crash ? "StressCrash" : "StressTask", {.args = std::move(args)},
            {.callback = [called](const Value&) { ++*called; },
             .error_callback = [called](const absl::Status&) { ++*called; }}));
    tasks_.emplace(id, std::move(task));
    return absl::OkStatus();
  }

  absl::Status Fill() {
    while (tasks_.size() < kTasksAtOnce) {
      PROCSPEC_RETURN_IF_ERROR(Submit(/*crash=*/false));
    }
    return absl::OkStatus();
  }

  absl::Status Collect() {
    for (auto it = tasks_.begin(); it != tasks_.end();) {
      PROCSPEC_ASSIGN_OR_RETURN(const bool ready, it->second.result->Ready());
      if (!ready) {
        ++it;
        continue;
      }
      last_end_ = NowNs();
      ends_.Did(last_end_);
      Judge(it->first, it->second);
      it = tasks_.erase(it);
    }
    if (NowNs() - last_end_ > absl::ToInt64Nanoseconds(options_.hang)) {
      report_.findings.Add(
          "hang", absl::StrCat(tasks_.size(), " tasks, and none ends"));
      return absl::DeadlineExceededError("the pool hangs");
    }
    // A task that waits while others overtake it is a hang, too.
    if (!tasks_.empty() && next_id_ - tasks_.begin()->first > kMostOvertaken) {
      report_.findings.Add(
          "hang", absl::StrCat("task ", tasks_.begin()->first, " of ", next_id_,
                               " has not ended"));
      return absl::DeadlineExceededError("a task hangs");
    }
    return absl::OkStatus();
  }

  void Judge(int64_t id, const Task& task) {
    const absl::StatusOr<Value> value = task.result->Get(options_.hang);
    if (task.called->load() != 1) {
      report_.findings.Add(
          "twice",
          absl::StrCat("task ", id, ": ", task.called->load(), " callbacks"));
    }
    const bool broken = IsKind(value.status(), ErrorKind::kBrokenPool);
    if (task.crash) {
      if (!broken) {
        report_.findings.Add("crash", absl::StrCat("task ", id, ": ",
                                                   value.status().ToString()));
      }
      return;
    }
    if (broken) {
      longest_failure_ =
          std::max(longest_failure_, absl::Nanoseconds(NowNs() - last_kill_));
      if (++failed_ > killed_) {
        report_.findings.Add(
            "lost", absl::StrCat("task ", id, ": failure ", failed_, " after ",
                                 killed_, " kills"));
      }
      return;
    }
    if (!value.ok()) {
      report_.findings.Add(
          "lost", absl::StrCat("task ", id, ": ", value.status().ToString()));
      return;
    }
    const List* list = value->get_if<List>();
    const int64_t* pid = list != nullptr && list->size() == 3
                             ? (*list)[1].get_if<int64_t>()
                             : nullptr;
    if (pid == nullptr || *value != Value(List{id, *pid, task.text})) {
      report_.findings.Add(
          "result", absl::StrCat("task ", id, ": ", DebugString(*value)));
      return;
    }
    ++good_;
    if (!dead_.contains(*pid)) workers_.insert(*pid);
  }

  // False: there is nobody to kill now.
  bool KillOne() {
    // Only what has ended tells of workers: nobody is killed while all are
    // dead.
    if (workers_.empty()) return false;
    if (random_() % 8 == 0) {
      if (!Submit(/*crash=*/true).ok()) return false;
      ++crashes_;
      ends_.Mark(NowNs());
      return true;
    }
    auto it = workers_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_() % workers_.size()));
    const int64_t pid = *it;
    workers_.erase(it);
    // Ids are used again: only what is still a child of this process.
    const absl::StatusOr<int64_t> parent = harness::ParentOf(pid);
    if (!parent.ok() || *parent != harness::OwnPid() ||
        harness::StateOf(pid) != harness::ProcessState::kRunning) {
      return false;
    }
    dead_.insert(pid);
    last_kill_ = NowNs();
    if (!harness::KillHard(pid).ok()) return false;
    ++killed_;
    ends_.Mark(last_kill_);
    return true;
  }

  absl::Status End() {
    while (!tasks_.empty()) PROCSPEC_RETURN_IF_ERROR(Collect());
    // Each was begun once at most, and not without a trace.
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t begun, begun_->Count());
    if (begun > next_id_) {
      report_.findings.Add(
          "twice", absl::StrCat(begun, " of ", next_id_, " tasks were begun"));
    }
    if (begun < good_) {
      report_.findings.Add("result", absl::StrCat(begun, " tasks were begun, ",
                                                  good_, " have a result"));
    }
    PROCSPEC_RETURN_IF_ERROR(pool_->Close());
    return pool_->Join();
  }

  static constexpr int64_t kMostOvertaken = 200'000;

  Backend& backend_;
  const LoadOptions& options_;
  LoadReport& report_;
  Random random_;
  std::shared_ptr<Semaphore> begun_;
  std::shared_ptr<Pool> pool_;
  std::map<int64_t, Task> tasks_;
  int64_t next_id_ = 0;
  std::set<int64_t> workers_;  // those that a result came from
  std::set<int64_t> dead_;
  int64_t good_ = 0;
  int64_t failed_ = 0;
  int64_t killed_ = 0;
  int64_t crashes_ = 0;
  int64_t last_end_ = 0;
  int64_t last_kill_ = 0;         // from outside
  int64_t last_death_ = NowNs();  // any
  Timeline ends_;
  absl::Duration longest_failure_;
};

}  // namespace

LoadReport RunPoolLoad(Backend& backend, const LoadOptions& options) {
  LoadReport report;
  PoolLoad load(backend, options, report);
  const absl::Status status = load.Run();
  if (!status.ok() && report.findings.empty()) {
    report.findings.Add("member", status.ToString());
  }
  load.Tell();
  return report;
}

}  // namespace procspec::stress
