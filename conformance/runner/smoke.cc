// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/smoke.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "conformance/runner/commands.h"
#include "conformance/runner/console.h"
#include "conformance/runner/execute.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/selection.h"
#include "conformance/runner/views/column.h"

namespace procspec::runner {
namespace {

constexpr char kGuardVariable[] = "PROCSPEC_GUARD_MS";

constexpr double kGuardMs = 1000;
constexpr double kMostPatience = 20;

// Of five seconds; the rest is for ending what still runs.
constexpr double kRunS = 4.5;

// So many cases that could not be judged are no accident of one.
constexpr size_t kInfraEnough = 3;

bool IsInfra(Verdict verdict) { return verdict == Verdict::kInfra; }
bool IsPass(Verdict verdict) { return verdict == Verdict::kPass; }

std::string AreaLine(std::string_view area, std::string_view state,
                     std::string_view what) {
  return absl::StrFormat("  %-15s %s%s%s\n", std::string(area),
                         std::string(state), what.empty() ? "" : "  ",
                         std::string(what));
}

// What an INFRA tells, without what every INFRA says.
std::string_view WithoutBlame(absl::string_view reason) {
  if (absl::ConsumePrefix(&reason, kAdapterAtFault)) {
    absl::ConsumePrefix(&reason, ": ");
  }
  return {reason.data(), reason.size()};
}

bool SaysNotImplemented(const Outcome& outcome) {
  return std::any_of(outcome.failures.begin(), outcome.failures.end(),
                     [](const Failure& failure) {
                       return absl::StrContains(failure.message,
                                                "NotImplemented");
                     });
}

// More of a red case: what a person who writes an adapter may have overlooked.
std::string Advice(const RunRecord& run, const Outcome& outcome) {
  if (!SaysNotImplemented(outcome)) return "";
  const ClauseInfo* clause = run.FindClause(outcome.clause);
  if (clause == nullptr) return "";
  return absl::StrCat("; the backend declares ",
                      absl::StrJoin(clause->requirements, ", "),
                      ", so NotImplemented is no answer: implement it, or do "
                      "not declare it");
}

// Shows areas as they are settled, and progress as a run does.
class SmokeObserver : public Observer {
 public:
  SmokeObserver(std::ostream& out, Console& console, SmokeSheet& sheet,
                const ConsoleOptions& options)
      : out_(out), console_(console), sheet_(sheet), options_(options) {}

  void OnBegin(const Outcome& outcome) override { console_.OnBegin(outcome); }
  void OnEnd(const Outcome& outcome) override {
    console_.OnEnd(outcome);
    const std::string line = sheet_.Add(outcome, options_.terminal);
    if (line.empty() || options_.quiet) return;
    console_.Done();
    out_ << line << std::flush;
  }
  void OnTick() override { console_.OnTick(); }
  bool Enough() override { return sheet_.IsDecided(); }

 private:
  std::ostream& out_;
  Console& console_;
  SmokeSheet& sheet_;
  const ConsoleOptions options_;
};

// The one backend that was asked for.
Chosen<BackendInfo> ChooseOne(const std::vector<BackendInfo>& linked,
                              const std::string& name) {
  auto chosen = ChooseBackends(linked, name);
  if (auto* problem = std::get_if<Problem>(&chosen)) return *problem;
  const auto& backends = std::get<0>(chosen);
  if (backends.size() != 1) {
    return Problem{ExitCode::kUsage,
                   absl::StrCat("--backend=", name, " means ", backends.size(),
                                " backends; smoke takes one")};
  }
  return backends[0];
}

// The selected cases, the first of each area before the others: if the time is
// too short, something is known of all.
std::vector<Task> SmokeTasks(const RunRecord& run) {
  std::vector<Task> tasks;
  bool more = true;
  for (size_t round = 0; more; ++round) {
    more = false;
    for (const SmokeArea& area : SmokeAreas()) {
      if (round >= area.cases.size()) continue;
      more = true;
      for (const CaseInfo& c : run.cases) {
        if (!c.selected || c.name != area.cases[round]) continue;
        tasks.push_back({&run.backends[0], &c});
      }
    }
  }
  return tasks;
}

// How much longer all takes on a machine that has more to do than processors;
// beyond what PROCSPEC_TIME_SCALE allows for.
double Patience() {
  double load = 0;
  for (const auto& [key, value] : MachineContext()) {
    const std::string last_minute = value.substr(0, value.find(' '));
    if (key == "load" && !absl::SimpleAtod(last_minute, &load)) load = 0;
  }
  return std::clamp(load / ProcessorCount() / TimeScale(), 1.0, kMostPatience);
}

// The command that judges the backend by all cases, on the same testee.
std::string NextCommand(const RunOptions& options, const BackendInfo& backend) {
  std::string next = "procspec run";
  if (!options.testee.empty()) {
    absl::StrAppend(&next, " ",
                    ShellQuote(absl::StrCat("--testee=", options.testee)));
  }
  absl::StrAppend(&next, " ",
                  ShellQuote(absl::StrCat("--backend=", backend.name)));
  return next;
}

}  // namespace

// Each must hold on every platform and starts one process besides the case's, a
// pool more. The first of an area makes the object and uses it in one process,
// the others between two, as far as that makes sense.
const std::vector<SmokeArea>& SmokeAreas() {
  static const auto& areas = *new std::vector<SmokeArea>{
      {"process",
       {"process.target.runs-in-child", "process.target.args-kwargs.positional",
        "process.exitcode.none-while-running"}},
      {"pipe", {"pipe.send-recv.object.equal", "pipe.between-processes"}},
      {"queue", {"queue.get.nonblocking-empty", "queue.value-kinds"}},
      {"simple queue",
       {"simplequeue.put-get.empty-exact", "simplequeue.put-get.fifo"}},
      {"joinable queue",
       {"joinablequeue.task-done-excess", "joinablequeue.join-waits"}},
      {"locks", {"rlock.reentrant.acquire", "lock.nonblocking"}},
      {"semaphores",
       {"boundedsemaphore.excess-release", "semaphore.release-by-other"}},
      {"condition",
       {"condition.requires-lock", "condition.wait-result.notified"}},
      {"event", {"event.initial-false", "event.cross-process"}},
      {"barrier", {"barrier.abort.later", "barrier.releases-together.waits"}},
      {"pool", {"pool.apply.result", "pool.map.order"}},
      {"start methods",
       {"start-method.globals.fork", "start-method.globals.spawn",
        "start-method.sync-objects-shareable.sync"}},
  };
  return areas;
}

void SelectSmoke(const BackendInfo& backend,
                 const std::vector<ClauseInfo>& clauses,
                 std::vector<CaseInfo>& cases) {
  for (CaseInfo& c : cases) {
    const auto clause = std::find_if(
        clauses.begin(), clauses.end(),
        [&](const ClauseInfo& info) { return info.id == c.clause; });
    const bool smoke = std::any_of(
        SmokeAreas().begin(), SmokeAreas().end(), [&](const SmokeArea& area) {
          return std::find(area.cases.begin(), area.cases.end(), c.name) !=
                 area.cases.end();
        });
    c.selected =
        smoke && clause != clauses.end() && Concerns(c, *clause, backend);
  }
}

SmokeSheet::SmokeSheet(const RunRecord& run) : run_(run) {
  for (const SmokeArea& smoke : SmokeAreas()) {
    Area area;
    area.name = smoke.name;
    for (std::string_view name : smoke.cases) {
      const auto it =
          std::find_if(run.cases.begin(), run.cases.end(),
                       [&](const CaseInfo& c) { return c.name == name; });
      if (it == run.cases.end()) continue;
      area.linked = true;
      if (it->selected) area.cases.emplace_back(name);
    }
    total_ += area.cases.size();
    areas_.push_back(std::move(area));
  }
}

std::string SmokeSheet::FirstLines(bool colour) const {
  std::string out;
  for (const Area& area : areas_) {
    if (!area.cases.empty()) continue;
    out += AreaLine(
        area.name, Dimmed("-", colour),
        area.linked ? "not declared" : "the testee does not have its cases");
  }
  return out;
}

std::string SmokeSheet::Add(const Outcome& outcome, bool colour) {
  ended_[outcome.case_name] = outcome;
  const Verdict verdict = VerdictOf(outcome);
  for (Area& area : areas_) {
    if (std::find(area.cases.begin(), area.cases.end(), outcome.case_name) ==
        area.cases.end()) {
      continue;
    }
    if (IsPass(verdict)) ++area.passed;
    if (area.settled) return "";
    if (IsPass(verdict) && area.passed < area.cases.size()) return "";
    area.settled = true;
    if (IsPass(verdict)) return AreaLine(area.name, "ok", "");
    const std::string why = OneLine(outcome);
    return AreaLine(
        area.name, Coloured(verdict, colour),
        Printable(absl::StrCat(outcome.case_name, ": ", WithoutBlame(why))));
  }
  return "";
}

std::string SmokeSheet::LastLines(bool colour) const {
  std::string out;
  std::vector<std::string_view> untouched;
  for (const Area& area : areas_) {
    if (area.settled || area.cases.empty()) continue;
    std::vector<std::string> open;
    for (const std::string& name : area.cases) {
      if (ended_.count(name) == 0) open.push_back(name);
    }
    if (open.size() == area.cases.size()) {
      untouched.push_back(area.name);
      continue;
    }
    out += AreaLine(area.name, Dimmed("?", colour),
                    absl::StrCat("not over: ", absl::StrJoin(open, ", ")));
  }
  if (!untouched.empty()) {
    absl::StrAppend(&out, "  not over: ", absl::StrJoin(untouched, ", "), "\n");
  }
  return out;
}

bool SmokeSheet::IsDecided() const {
  return CountOf(IsInfra) >= std::min(kInfraEnough, total_);
}

const Outcome* SmokeSheet::FirstOf(bool (*wanted)(Verdict)) const {
  for (const Area& area : areas_) {
    for (const std::string& name : area.cases) {
      const auto it = ended_.find(name);
      if (it != ended_.end() && wanted(VerdictOf(it->second))) {
        return &it->second;
      }
    }
  }
  return nullptr;
}

size_t SmokeSheet::CountOf(bool (*wanted)(Verdict)) const {
  return static_cast<size_t>(std::count_if(
      ended_.begin(), ended_.end(),
      [&](const auto& entry) { return wanted(VerdictOf(entry.second)); }));
}

SmokeConclusion SmokeSheet::Conclude(std::string_view next) const {
  const size_t red = CountOf(IsRed);
  // What fails beside a fault of the adapter may come of it.
  if (const Outcome* infra = FirstOf(IsInfra)) {
    std::string sentence = absl::StrCat(
        absl::StartsWith(infra->reason, kAdapterAtFault) ? "the adapter"
                                                         : "the machinery",
        " is at fault: ", Printable(WithoutBlame(infra->reason)));
    if (red > 0) {
      absl::StrAppend(&sentence, "; then look again at the ", red, " of ",
                      total_, " that fail");
    }
    return {ExitCode::kInfra, std::move(sentence), infra->case_name};
  }
  if (const Outcome* failed = FirstOf(IsRed)) {
    return {
        ExitCode::kMustFailed,
        absl::StrCat("the backend fails ", red, " of ", total_, ": start with ",
                     failed->case_name, Advice(run_, *failed)),
        failed->case_name};
  }
  const size_t passed = CountOf(IsPass);
  if (run_.interrupted) return {ExitCode::kInterrupted, "interrupted", ""};
  if (passed < total_) {
    return {ExitCode::kTimeLimit,
            absl::StrCat("only ", passed, " of ", total_,
                         " cases were over in time, and pass; on a slow "
                         "machine set PROCSPEC_TIME_SCALE=2 or more"),
            ""};
  }
  const auto areas = std::count_if(areas_.begin(), areas_.end(),
                                   [](const Area& a) { return a.settled; });
  return {ExitCode::kOk,
          absl::StrCat(passed, " cases of ", areas, " areas pass: run `", next,
                       "` next"),
          ""};
}

ExitCode SmokeCommand(const SmokeOptions& options, const Streams& streams) {
  std::string testee;
  Chosen<TesteeList> list = AskTestee(options.run.testee, testee);
  if (auto* problem = std::get_if<Problem>(&list)) {
    // It calls each factory to say what it has.
    if (problem->code == ExitCode::kTesteeBroken) {
      *problem = {
          ExitCode::kInfra,
          absl::StrCat("the adapter is at fault: ",
                       absl::StripTrailingAsciiWhitespace(problem->message))};
    }
    return Fail(streams, *problem);
  }
  auto& linked = std::get<TesteeList>(list);
  auto chosen = ChooseOne(linked.backends, options.run.backends.value_or(""));
  if (auto* problem = std::get_if<Problem>(&chosen)) {
    return Fail(streams, *problem);
  }
  const auto& backend = std::get<BackendInfo>(chosen);
  if (!backend.IsAvailable()) {
    return Fail(streams,
                {ExitCode::kNoBackendAvailable,
                 absl::StrCat(backend.name, " is ", UnavailableNote(backend))});
  }
  RunOptions run_options = options.run;
  const double patience = Patience();
  const auto guard_ms = options.guard_ms > 0
                            ? options.guard_ms
                            : static_cast<int>(kGuardMs * patience);
  if (run_options.deadline_s == 0) {
    // Twice the hang guard inside a case.
    run_options.deadline_s = 4 * guard_ms / 1e3 * TimeScale();
  }
  if (run_options.time_limit_s == 0) {
    run_options.time_limit_s = kRunS * patience * TimeScale();
  }
  RunRecord run = NewRun(run_options, testee, {backend}, linked.cases);
  run.command = "smoke";
  std::erase_if(run.environment,
                [](const auto& v) { return v.first == kGuardVariable; });
  run.environment.emplace_back(kGuardVariable, absl::StrCat(guard_ms));
  if (auto problem = CheckClauses(run.cases, run.clauses)) {
    return Fail(streams, *problem);
  }
  SelectSmoke(run.backends[0], run.clauses, run.cases);
  const std::vector<Task> tasks = SmokeTasks(run);
  for (const Task& task : tasks) run.only.push_back(task.case_info->name);
  if (tasks.empty()) {
    return Fail(streams,
                {linked.cases.empty() ? ExitCode::kNoCasesLinked
                                      : ExitCode::kAllUnsupported,
                 absl::StrCat("there is nothing to run: ", backend.name,
                              " declares none of what the smoke cases of this "
                              "testee require")});
  }
  auto opened = OpenLog(run_options.out_dir, run);
  if (auto* problem = std::get_if<Problem>(&opened)) {
    return Fail(streams, *problem);
  }
  LogWriter& log = *std::get<0>(opened);

  ConsoleOptions console_options;
  console_options.terminal = StdoutIsTerminal();
  console_options.width = TerminalWidth();
  console_options.quiet = run_options.quiet;
  console_options.failures = false;
  console_options.total = tasks.size();
  Console console(streams.out, run, console_options);
  SmokeSheet sheet(run);
  const bool colour = console_options.terminal;
  if (!run_options.quiet) {
    if (patience > 1) {
      streams.out << absl::StreamFormat(
          "This machine is busy: all waits are %.1f times as long.\n",
          patience);
    }
    streams.out << sheet.FirstLines(colour) << std::flush;
  }
  SmokeObserver observer(streams.out, console, sheet, console_options);
  const double started = ElapsedSeconds();
  absl::Status status = Execute(run, tasks, log, observer);
  console.Done();
  run.wall_s = ElapsedSeconds() - started;
  if (!status.ok()) {
    return Fail(streams, {ExitCode::kCannotWrite,
                          absl::StrCat("the run cannot go on: ",
                                       std::string(status.message()))});
  }
  const SmokeConclusion conclusion =
      sheet.Conclude(NextCommand(run_options, backend));
  run.exit_code = static_cast<int>(conclusion.code);
  status = log.WriteRunEnd(run);
  if (!status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  if (!run_options.quiet) streams.out << sheet.LastLines(colour);
  if (!conclusion.start_with.empty()) {
    streams.out << "repeat: "
                << ReproLine(run, backend.name, conclusion.start_with) << "\n";
  }
  streams.out << absl::StreamFormat("%.1f s\n", ElapsedSeconds());
  if (conclusion.code == ExitCode::kOk) {
    streams.out << conclusion.sentence << "\n";
    return conclusion.code;
  }
  streams.out.flush();
  return Fail(streams, {conclusion.code, conclusion.sentence});
}

}  // namespace procspec::runner
