// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/commands.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "conformance/runner/console.h"
#include "conformance/runner/diff.h"
#include "conformance/runner/execute.h"
#include "conformance/runner/expectation.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/promised_cases.h"
#include "conformance/runner/score.h"
#include "conformance/runner/testee.h"
#include "conformance/runner/views.h"
#include "spec/clause.h"
#include "spec/explain.h"

namespace procspec::runner {
namespace {

constexpr char kGuardVariable[] = "PROCSPEC_GUARD_MS";

// Twice the hang guard inside a case, which is two guards long and says more.
double DefaultDeadline() {
  constexpr double kUsual = 40;
  double guard_ms = 0;
  if (!absl::SimpleAtod(GetEnv(kGuardVariable), &guard_ms)) guard_ms = 0;
  return std::max(kUsual, 4 * guard_ms / 1e3) * TimeScale();
}

std::string_view DescribeExit(ExitCode code) {
  switch (code) {
    case ExitCode::kOk:
      return "every must clause holds, or fails as expected";
    case ExitCode::kMustFailed:
      return "must clauses do not hold";
    case ExitCode::kInfra:
      return "some cases could not be judged";
    case ExitCode::kAllUnsupported:
      return "nothing was judged: every case is unsupported";
    case ExitCode::kNoBackendAvailable:
      return "nothing was judged: no backend is available here";
    case ExitCode::kNothingJudged:
      return "nothing was judged";
    case ExitCode::kTimeLimit:
      return "the time limit was reached before all had run";
    case ExitCode::kUnexpected:
      return "a case went otherwise than its expectation file says";
    case ExitCode::kInterrupted:
      return "interrupted";
    default:
      return "";
  }
}

// What cases read of the environment of the runner. Their verdicts depend on
// it, so that it is recorded, and set again by repro lines.
constexpr const char* kCaseVariables[] = {kGuardVariable,
                                          "PROCSPEC_TIME_SCALE"};

std::vector<std::pair<std::string, std::string>> CaseEnvironment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const char* name : kCaseVariables) {
    if (std::string value = GetEnv(name); !value.empty()) {
      out.emplace_back(name, std::move(value));
    }
  }
  return out;
}

std::string DefaultRepro(const RunOptions& options, const std::string& testee) {
  std::string repro = "tools/conform";
  if (options.testee.empty()) return repro;
  std::error_code error;
  const std::string usual = DefaultTestee();
  if (usual.empty() ||
      !std::filesystem::equivalent(PathOf(usual), PathOf(testee), error)) {
    absl::StrAppend(&repro, " ", ShellQuote(absl::StrCat("--testee=", testee)));
  }
  return repro;
}

}  // namespace

ExitCode Fail(const Streams& streams, const Problem& problem) {
  streams.err << "procspec: " << problem.message << " [exit "
              << static_cast<int>(problem.code) << "]\n";
  return problem.code;
}

Chosen<TesteeList> AskTestee(const std::string& named, std::string& path) {
  path = named.empty() ? DefaultTestee() : named;
  if (path.empty()) {
    return Problem{ExitCode::kTesteeMissing,
                   "no testee: build //conformance/matrix:testee or name one "
                   "with --testee=PATH"};
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(PathOf(path), error);
  if (!error) path = TextOf(absolute);
  absl::StatusOr<TesteeList> list = ListTestee(path);
  if (!list.ok()) {
    return Problem{absl::IsNotFound(list.status()) ? ExitCode::kTesteeMissing
                                                   : ExitCode::kTesteeBroken,
                   std::string(list.status().message())};
  }
  return *std::move(list);
}

RunRecord NewRun(const RunOptions& options, const std::string& testee,
                 std::vector<BackendInfo> backends,
                 std::vector<CaseInfo> cases) {
  RunRecord run;
  run.spec_version = SpecVersion();
  run.platform = PlatformName();
  run.machine = MachineContext();
  run.argv = options.argv;
  run.started =
      absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
  run.testee = testee;
  std::error_code error;
  if (options.only.has_value()) run.only = SplitList(*options.only);
  run.seed = options.seed;
  run.jobs = options.jobs > 0 ? options.jobs : ProcessorCount();
  run.deadline_s =
      options.deadline_s > 0 ? options.deadline_s : DefaultDeadline();
  run.time_limit_s = options.time_limit_s;
  run.ipc_watch = PermittedPrivateIpc(
      {testee, TextOf(std::filesystem::current_path(error))});
  if (run.ipc_watch == IpcWatch::kNone && run.jobs == 1) {
    run.ipc_watch = IpcWatch::kCompared;
  }
  run.repro_prefix =
      options.repro.empty() ? DefaultRepro(options, testee) : options.repro;
  if (options.deadline_s > 0) {
    absl::StrAppend(&run.repro_prefix, " --deadline=", options.deadline_s);
  }
  run.environment = CaseEnvironment();
  run.shard = options.shard.value_or("");
  run.clauses = CompiledClauses();
  run.backends = std::move(backends);
  run.cases = std::move(cases);
  return run;
}

std::string FindLog(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(PathOf(path), error) ? LogPath(path)
                                                            : path;
}

Problem LogProblem(const absl::Status& status) {
  return {
      absl::IsNotFound(status) ? ExitCode::kLogMissing : ExitCode::kLogEmpty,
      std::string(status.message())};
}

std::string LogPath(const std::string& directory) {
  return directory + "/log.jsonl";
}

Chosen<RunRecord> ReadRun(const std::string& path) {
  absl::StatusOr<RunRecord> run = ReadLog(FindLog(path));
  if (!run.ok()) return LogProblem(run.status());
  return *std::move(run);
}

Chosen<std::unique_ptr<LogWriter>> OpenLog(const std::string& directory,
                                           const RunRecord& run) {
  absl::Status status = MakeDirectories(directory);
  if (status.ok()) {
    RemoveTree(LogPath(directory));
    RemoveViews(directory);
    auto log = LogWriter::Create(LogPath(directory), run);
    if (log.ok()) return *std::move(log);
    status = log.status();
  }
  return Problem{ExitCode::kCannotWrite, std::string(status.message())};
}

ExitCode RunCommand(const RunOptions& options, const Streams& streams) {
  std::string testee;
  Chosen<TesteeList> list = AskTestee(options.testee, testee);
  if (auto* problem = std::get_if<Problem>(&list)) {
    return Fail(streams, *problem);
  }
  auto& linked = std::get<TesteeList>(list);
  auto backends = ChooseBackends(linked.backends, options.backends);
  if (auto* problem = std::get_if<Problem>(&backends)) {
    return Fail(streams, *problem);
  }
  auto cases = ChooseCases(linked.cases, options.only);
  if (options.shard.has_value() && cases.index() == 0) {
    cases = ChooseShard(std::get<0>(std::move(cases)), *options.shard);
  }
  if (auto* problem = std::get_if<Problem>(&cases)) {
    return Fail(streams, *problem);
  }
  RunRecord run = NewRun(options, testee, std::get<0>(std::move(backends)),
                         std::get<0>(std::move(cases)));
  if (auto problem = CheckClauses(run.cases, run.clauses)) {
    return Fail(streams, *problem);
  }
  if (auto problem = CheckComplete(run.cases, CompiledPromisedCases())) {
    return Fail(streams, *problem);
  }
  ExpectationMap expectations;
  if (options.expectations.has_value()) {
    auto loaded = ExpectationsOfRun(*options.expectations, linked, run);
    if (auto* problem = std::get_if<Problem>(&loaded)) {
      return Fail(streams, *problem);
    }
    expectations = std::get<0>(std::move(loaded));
  }

  auto opened = OpenLog(options.out_dir, run);
  if (auto* problem = std::get_if<Problem>(&opened)) {
    return Fail(streams, *problem);
  }
  LogWriter& log = *std::get<0>(opened);
  const std::string log_path = LogPath(options.out_dir);

  std::vector<Task> tasks;
  for (const BackendInfo& backend : run.backends) {
    for (const CaseInfo& c : run.cases) {
      if (!c.selected) continue;
      const auto it = expectations.find({backend.name, c.name});
      tasks.push_back(
          {&backend, &c, it == expectations.end() ? nullptr : &it->second});
    }
  }
  ConsoleOptions console_options;
  console_options.terminal = StdoutIsTerminal();
  console_options.width = TerminalWidth();
  console_options.quiet = options.quiet;
  console_options.total = tasks.size();
  Console console(streams.out, run, console_options);
  const double started = ElapsedSeconds();
  absl::Status status = Execute(run, tasks, log, console);
  console.Done();
  run.wall_s = ElapsedSeconds() - started;
  if (!status.ok()) {
    return Fail(streams, {ExitCode::kCannotWrite,
                          absl::StrCat("the run cannot go on: ",
                                       std::string(status.message()))});
  }

  // The views come from the log, now as at any later time.
  absl::StatusOr<RunRecord> logged = ReadLog(log_path);
  if (!logged.ok()) return Fail(streams, LogProblem(logged.status()));
  logged->interrupted = run.interrupted;
  logged->time_limit_reached = run.time_limit_reached;
  const std::vector<BackendScore> scores = Score(*logged);
  const ExitCode code = Decide(*logged, scores);
  run.exit_code = static_cast<int>(code);
  status = log.WriteRunEnd(run);
  logged->ended = true;
  logged->wall_s = run.wall_s;
  logged->exit_code = run.exit_code;
  streams.out << FinalTable(*logged, scores, console_options.terminal)
              << ExpectationSummary(*logged, log_path) << DescribeCut(*logged)
              << "\nreport: " << options.out_dir << "/report.html\n";
  status.Update(WriteViews({{*std::move(logged), scores}}, options.out_dir));
  if (!status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  if (code != ExitCode::kOk) {
    streams.out.flush();
    return Fail(streams, {code, std::string(DescribeExit(code))});
  }
  return code;
}

ExitCode ListCommand(const ListOptions& options, const Streams& streams) {
  TesteeList linked;
  if (!options.no_testee || !options.clauses) {
    std::string testee;
    Chosen<TesteeList> list = AskTestee(options.testee, testee);
    if (auto* problem = std::get_if<Problem>(&list)) {
      if (options.clauses) {
        absl::StrAppend(&problem->message,
                        " (--no-testee lists clauses without their cases)");
      }
      return Fail(streams, *problem);
    }
    linked = std::get<TesteeList>(std::move(list));
  }
  Json json = Json::array();
  std::string text;
  if (options.clauses) {
    std::map<std::string, std::vector<std::string>> cases;
    for (const CaseInfo& c : linked.cases) cases[c.clause].push_back(c.name);
    for (const ClauseInfo& clause : CompiledClauses()) {
      if (!clause.withdrawn.empty()) continue;
      const std::vector<std::string>& of_clause = cases[clause.id];
      json.push_back({{"id", clause.id},
                      {"level", clause.level},
                      {"area", clause.area},
                      {"cases", of_clause},
                      {"platform", clause.platform},
                      {"requires", clause.requirements},
                      {"untestable", clause.untestable}});
      absl::StrAppend(&text, clause.id, "  ", clause.level, "  ",
                      of_clause.size(),
                      of_clause.size() == 1 ? " case" : " cases",
                      clause.platform == "all" ? "" : "  ",
                      clause.platform == "all" ? "" : clause.platform, "\n");
    }
  } else if (options.cases) {
    for (const CaseInfo& c : linked.cases) {
      json.push_back({{"name", c.name},
                      {"clause", c.clause},
                      {"variant", c.variant},
                      {"requires", c.requirements}});
      absl::StrAppend(&text, c.name, "\n");
    }
  } else {
    for (const BackendInfo& b : linked.backends) {
      Json entry = {{"name", b.name},
                    {"platform", b.platform},
                    {"capabilities", b.capabilities},
                    {"wrong", b.wrong}};
      if (b.IsMutant()) {
        entry["base"] = b.base;
        entry["breaks"] = b.breaks;
        entry["collateral"] = b.collateral;
        entry["touches"] = b.touches;
      }
      if (!b.IsAvailable()) entry["unavailable"] = b.unavailable;
      json.push_back(std::move(entry));
      absl::StrAppend(
          &text, b.name, "  ",
          !b.IsAvailable() ? UnavailableNote(b)
          : b.IsMutant()
              ? absl::StrCat("breaks ", absl::StrJoin(b.breaks, ", "))
          : b.wrong ? std::string("wrong on purpose")
                    : absl::StrJoin(b.capabilities, ", "),
          "\n");
    }
  }
  streams.out << (options.json ? DumpJsonPretty(json) : text);
  return ExitCode::kOk;
}

ExitCode ExplainCommand(const std::string& id, const Streams& streams) {
  const Clause* clause = FindClause(id);
  if (clause == nullptr) {
    return Fail(streams, {ExitCode::kUsage, UnknownClauseMessage(id)});
  }
  ExplainOptions options;
  options.colour = StdoutIsTerminal();
  options.width = static_cast<size_t>(std::clamp(TerminalWidth(), 40, 100));
  streams.out << Explain(*clause, options);
  return ExitCode::kOk;
}

ExitCode DiffCommand(const std::string& path_a, const std::string& path_b,
                     DiffFormat format, const std::string& out_file,
                     const Streams& streams) {
  Chosen<RunRecord> a = ReadRun(path_a);
  Chosen<RunRecord> b = ReadRun(path_b);
  for (const Chosen<RunRecord>* run : {&a, &b}) {
    if (const auto* problem = std::get_if<Problem>(run)) {
      return Fail(streams, *problem);
    }
  }
  const Diff diff = Compare(std::get<RunRecord>(a), std::get<RunRecord>(b));
  std::string text;
  switch (format) {
    case DiffFormat::kText:
      text = DiffText(diff, out_file.empty() && StdoutIsTerminal());
      break;
    case DiffFormat::kJson:
      text = DiffJson(diff);
      break;
    case DiffFormat::kMarkdown:
      text = DiffMarkdown(diff);
      break;
  }
  if (out_file.empty()) {
    streams.out << text;
  } else if (absl::Status status = WriteFile(out_file, text); !status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  return diff.Ok() ? ExitCode::kOk : ExitCode::kRegressed;
}

ExitCode ReportCommand(const std::vector<std::string>& paths,
                       const std::string& out_dir, const Streams& streams) {
  std::string directory = out_dir;
  if (directory.empty()) {
    if (paths.size() > 1) {
      return Fail(streams, {ExitCode::kUsage,
                            "where do reports of several logs go? Say so with "
                            "--out=DIR"});
    }
    directory = TextOf(PathOf(FindLog(paths[0])).parent_path());
    if (directory.empty()) directory = ".";
  }
  std::vector<ScoredRun> runs;
  for (const std::string& path : paths) {
    Chosen<RunRecord> run = ReadRun(path);
    if (auto* problem = std::get_if<Problem>(&run)) {
      return Fail(streams, *problem);
    }
    runs.push_back(Scored(std::get<RunRecord>(std::move(run))));
  }
  absl::Status status = MakeDirectories(directory);
  status.Update(WriteViews(runs, directory));
  if (!status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  std::vector<std::string> nothing_ended;
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunRecord& run = runs[i].run;
    if (runs.size() > 1) {
      streams.out << "specification " << run.spec_version << ", "
                  << run.platform << ", " << run.started << "\n";
    }
    streams.out << FinalTable(run, runs[i].scores, StdoutIsTerminal())
                << ExpectationSummary(run, FindLog(paths[i]))
                << DescribeCut(run) << "\n";
    if (std::none_of(run.outcomes.begin(), run.outcomes.end(),
                     [](const Outcome& o) { return o.verdict.has_value(); })) {
      nothing_ended.push_back(paths[i]);
    }
  }
  streams.out << "report: " << directory << "/report.html\n";
  if (!nothing_ended.empty()) {
    streams.out.flush();
    return Fail(streams, {ExitCode::kNothingEnded,
                          absl::StrCat("no case ended in ",
                                       absl::StrJoin(nothing_ended, ", "))});
  }
  return ExitCode::kOk;
}

}  // namespace procspec::runner
