// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/execute.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "absl/base/config.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "conformance/runner/expectation.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/supervisor.h"
#include "conformance/runner/testee.h"

namespace procspec::runner {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr size_t kOutputHead = 64 << 10;
constexpr size_t kOutputTail = 16 << 10;
// Of what a case left in its TMPDIR.
constexpr size_t kFilesCounted = 1000;

struct Running {
  Outcome outcome;
  Task task;
  std::string directory;
  std::string temporary;
  std::string output;
  std::string proof;  // what a PASS must bring back
};

std::vector<std::string> Descriptions(
    const std::vector<ProcessInfo>& processes) {
  std::vector<std::string> out;
  for (const ProcessInfo& p : processes) out.push_back(Describe(p));
  return out;
}

// All that the case left, and their number.
std::vector<Leak> AllLeaks(const Ending& ending, const CaseReport& report,
                           const std::string& temporary, int64_t& count) {
  std::vector<Leak> leaks;
  for (const ProcessInfo& p : ending.leftovers) {
    leaks.push_back({LeakKind::kProcess, Describe(p)});
  }
  leaks.insert(leaks.end(), report.leaks.begin(), report.leaks.end());
  leaks.insert(leaks.end(), ending.ipc_leaks.begin(), ending.ipc_leaks.end());
  std::vector<FoundFile> files = ListTree(temporary, kFilesCounted);
#ifdef ABSL_HAVE_THREAD_SANITIZER
  // Each program creates and unlinks a file as it starts; one killed in between
  // leaves it.
  files.erase(std::remove_if(files.begin(), files.end(),
                             [](const FoundFile& file) {
                               return absl::StartsWith(file.path,
                                                       "tsan.rodata.");
                             }),
              files.end());
#endif
  for (const FoundFile& file : files) {
    leaks.push_back(
        {file.is_socket ? LeakKind::kSocket : LeakKind::kFile, file.path});
  }
  count = ending.leftover_count + ending.ipc_leak_count +
          static_cast<int64_t>(report.leaks.size() + files.size());
  return ShortenedLeaks(leaks);
}

// "process, file".
std::string KindsOf(const std::vector<Leak>& leaks) {
  std::vector<std::string_view> kinds;
  for (LeakKind kind : AllLeakKinds()) {
    const bool any =
        std::any_of(leaks.begin(), leaks.end(),
                    [kind](const Leak& leak) { return leak.kind == kind; });
    if (any) kinds.push_back(LeakKindName(kind));
  }
  return absl::StrJoin(kinds, ", ");
}

// The end of a case, all but its times.
void FillOutcome(const Ending& ending, const RunRecord& run, Running& running) {
  Outcome& outcome = running.outcome;
  CaseReport report =
      ReadCaseReport(running.directory + "/result.json", running.proof);
  const ClauseInfo* clause = run.FindClause(outcome.clause);
  if (report.state == ResultState::kUnsupported && clause != nullptr &&
      Concerns(*running.task.case_info, *clause, *running.task.backend)) {
    report.state = ResultState::kUnsupportedThoughDeclared;
  }
  outcome.leaks =
      AllLeaks(ending, report, running.temporary, outcome.leak_count);
  const Judgement judgement =
      Judge({ending.end, ending.code, report.state, outcome.leak_count > 0});
  outcome.verdict = judgement.verdict;
  outcome.reason = judgement.reason;
  for (const std::string& more : {ending.problem, report.reason}) {
    if (more.empty()) continue;
    absl::StrAppend(&outcome.reason, outcome.reason.empty() ? "" : ": ", more);
  }
  if (!ending.tree_ended) {
    absl::StrAppend(&outcome.reason, outcome.reason.empty() ? "" : "; ",
                    "some of its processes could not be ended");
  }
  if (outcome.leak_count > 0) {
    absl::StrAppend(&outcome.reason, outcome.reason.empty() ? "" : "; ",
                    "left behind: ", KindsOf(outcome.leaks));
  }
  outcome.failures = std::move(report.failures);
  outcome.duration_s = absl::ToDoubleSeconds(ending.wall);
  outcome.cpu_s = absl::ToDoubleSeconds(ending.cpu);
  outcome.max_rss_kb = ending.max_rss_kb;
  outcome.end = DescribeEnd(ending.end, ending.code);
  outcome.at_deadline = Descriptions(ending.at_deadline);
  Excerpt output = ReadExcerpt(running.output, kOutputHead, kOutputTail);
  outcome.output = std::move(output.text);
  outcome.output_bytes = output.file_bytes;
}

class Executor {
 public:
  Executor(RunRecord& run, const std::vector<Task>& tasks, LogWriter& log,
           Observer& observer)
      : run_(run), tasks_(tasks), log_(log), observer_(observer) {}

  absl::Status Run() {
    RemoveAbandonedRoots();
    absl::StatusOr<std::string> root = MakePrivateRoot();
    if (!root.ok()) return root.status();
    root_ = *std::move(root);
    Supervisor::Options options;
    options.settle_grace *= TimeScale();
    options.leak_grace *= TimeScale();
    options.term_grace *= TimeScale();
    options.ipc = run_.ipc_watch;
    absl::StatusOr<std::unique_ptr<Supervisor>> supervisor =
        Supervisor::Create(options);
    absl::Status status = supervisor.status();
    if (status.ok()) {
      supervisor_ = *std::move(supervisor);
      status = Loop();
      supervisor_.reset();  // ends what still runs
    }
    RemoveTree(root_);
    return status;
  }

 private:
  absl::Status Loop() {
    size_t next = 0;
    bool enough = false;
    while (true) {
      if (Interrupted() && !run_.interrupted) {
        run_.interrupted = true;
        supervisor_->Cancel();
      }
      const bool work_left = next < tasks_.size() || supervisor_->running() > 0;
      if (work_left && !run_.time_limit_reached && run_.time_limit_s > 0 &&
          ElapsedSeconds() >= run_.time_limit_s) {
        run_.time_limit_reached = true;
        supervisor_->Cancel();
      }
      if (work_left && !enough && observer_.Enough()) {
        enough = true;
        supervisor_->Cancel();
      }
      const bool go_on =
          !run_.interrupted && !run_.time_limit_reached && !enough;
      while (go_on && next < tasks_.size() &&
             supervisor_->running() < static_cast<size_t>(run_.jobs)) {
        absl::Status status = Begin(static_cast<int>(next), tasks_[next]);
        if (!status.ok()) return status;
        ++next;
      }
      if (supervisor_->running() == 0) return absl::OkStatus();
      for (const Ending& ending : supervisor_->Wait(kTick)) {
        absl::Status status = Finish(ending);
        if (!status.ok()) return status;
      }
      observer_.OnTick();
    }
  }

  absl::Status Begin(int number, const Task& task) {
    if (!task.backend->IsAvailable()) return Skip(number, task);
    Running running;
    running.task = task;
    running.directory = absl::StrCat(root_, "/", number);
    running.temporary = running.directory + "/t";
    // Beside the directory, not in it: the case owns what is in there.
    running.output = running.directory + ".out";
    for (const std::string& path : {running.directory, running.temporary}) {
      absl::Status status = MakePrivateDirectory(path);
      if (!status.ok()) return status;
    }
    absl::StatusOr<std::string> proof = RandomToken();
    if (!proof.ok()) return proof.status();
    running.proof = *std::move(proof);
    Outcome& outcome = running.outcome;
    outcome = NewOutcome(number, task);

    Command command;
    command.argv = {run_.testee,
                    "run",
                    absl::StrCat("--backend=", outcome.backend),
                    absl::StrCat("--case=", outcome.case_name),
                    absl::StrCat("--dir=", running.directory),
                    absl::StrCat("--seed=", outcome.seed),
                    "--proof"};
    command.input = running.proof + "\n";
    command.environment = run_.environment;
    for (const std::string& name : TemporaryDirectoryVariables()) {
      command.environment.emplace_back(name, running.temporary);
    }
    command.directory = running.temporary;
    command.output = running.output;
    command.deadline = absl::Seconds(run_.deadline_s);

    // Before the case starts: should we be killed, the log names it.
    absl::Status status = log_.WriteBegin(outcome);
    if (status.ok()) status = supervisor_->Start(number, command);
    if (!status.ok()) return status;
    observer_.OnBegin(outcome);
    running_.emplace(number, std::move(running));
    return absl::OkStatus();
  }

  Outcome NewOutcome(int number, const Task& task) const {
    Outcome outcome;
    outcome.number = number;
    outcome.backend = task.backend->name;
    outcome.case_name = task.case_info->name;
    outcome.clause = task.case_info->clause;
    outcome.seed = CaseSeed(run_.seed, outcome.case_name);
    outcome.time =
        absl::FormatTime(absl::RFC3339_full, absl::Now(), absl::UTCTimeZone());
    outcome.began_s = ElapsedSeconds();
    return outcome;
  }

  // A case of a backend that is not available: it is over at once, without a
  // process. What is expected of it does not count: it went in no way.
  absl::Status Skip(int number, const Task& task) {
    Outcome outcome = NewOutcome(number, task);
    absl::Status status = log_.WriteBegin(outcome);
    if (!status.ok()) return status;
    observer_.OnBegin(outcome);
    outcome.verdict = Verdict::kUnsupported;
    outcome.reason = UnavailableNote(*task.backend);
    outcome.end = DescribeEnd(End::kNotStarted, 0);
    outcome.ended_s = ElapsedSeconds();
    status = log_.WriteEnd(outcome);
    observer_.OnEnd(outcome);
    return status;
  }

  absl::Status Finish(const Ending& ending) {
    const auto it = running_.find(ending.token);
    if (it == running_.end()) return absl::OkStatus();
    Running running = std::move(it->second);
    running_.erase(it);
    // A case that the run's end cut has no verdict: its record stays open.
    absl::Status status;
    if (ending.end != End::kCancelled) {
      FillOutcome(ending, run_, running);
      if (running.task.expectation != nullptr) {
        Expect(*running.task.expectation, running.outcome);
      }
      running.outcome.ended_s = ElapsedSeconds();
      status = log_.WriteEnd(running.outcome);
      observer_.OnEnd(running.outcome);
    }
    RemoveTree(running.directory);
    RemoveTree(running.output);
    return status;
  }

  RunRecord& run_;
  const std::vector<Task>& tasks_;
  LogWriter& log_;
  Observer& observer_;
  std::string root_;
  std::unique_ptr<Supervisor> supervisor_;
  std::map<int, Running> running_;
};

}  // namespace

absl::Status Execute(RunRecord& run, const std::vector<Task>& tasks,
                     LogWriter& log, Observer& observer) {
  return Executor(run, tasks, log, observer).Run();
}

uint64_t CaseSeed(uint64_t run_seed, std::string_view case_name) {
  // FNV-1a: the same on every platform and for ever.
  uint64_t hash = 14695981039346656037u ^ (run_seed * 1099511628211u);
  for (const char c : case_name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  return (hash ^ (hash >> 32)) & 0x7fffffff;  // short enough to be typed
}

double TimeScale() {
  double scale = 1;
  if (!absl::SimpleAtod(GetEnv("PROCSPEC_TIME_SCALE"), &scale)) return 1;
  return scale < 1 ? 1 : scale;
}

double ElapsedSeconds() {
  static const auto start = std::chrono::steady_clock::now();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace procspec::runner
