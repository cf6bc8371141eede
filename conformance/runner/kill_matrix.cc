// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/kill_matrix.h"

#include <algorithm>
#include <ostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/runner/commands.h"
#include "conformance/runner/console.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/selection.h"

namespace procspec::runner {
namespace {

// For each processor: a case on a mutant mostly waits.
constexpr int kJobsPerProcessor = 8;
constexpr char kGuardVariable[] = "PROCSPEC_GUARD_MS";

bool Contains(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool Declared(const BackendInfo& mutant, const std::string& clause) {
  return Contains(mutant.breaks, clause) || Contains(mutant.collateral, clause);
}

bool Touches(const BackendInfo& mutant, const CaseInfo& case_info,
             const ClauseInfo* clause) {
  std::vector<std::string> needs = case_info.requirements;
  if (clause != nullptr) {
    needs.insert(needs.end(), clause->requirements.begin(),
                 clause->requirements.end());
  }
  if (mutant.touches.empty() || needs.empty()) return true;
  return std::any_of(needs.begin(), needs.end(), [&](const std::string& r) {
    return Contains(mutant.touches, r);
  });
}

// Whether it breaks anything that is promised here. One that breaks what does
// not exist is for everywhere: that is an error to be shown.
bool IsForHere(const RunRecord& run, const ClausesHere& here,
               const BackendInfo& mutant) {
  return std::any_of(
      mutant.breaks.begin(), mutant.breaks.end(), [&](const std::string& id) {
        return here.count(id) > 0 || run.FindClause(id) == nullptr;
      });
}

MutantResult EvaluateMutant(const RunRecord& run, const ClausesHere& here,
                            const BackendInfo& mutant,
                            const VerdictMap& verdicts) {
  MutantResult result;
  result.mutant = &mutant;
  std::set<std::string> red;
  std::vector<const CaseInfo*> not_red;
  for (const CaseInfo& c : run.cases) {
    const auto it = verdicts.find({mutant.name, c.name});
    if (it == verdicts.end()) continue;
    ++result.cases;
    const CaseVerdict& v = it->second;
    if (v.verdict == Verdict::kInfra) {
      result.not_judged.push_back(absl::StrCat(c.name, ": ", v.why));
    } else if (!IsRed(v.verdict)) {
      not_red.push_back(&c);
    } else if (Declared(mutant, c.clause)) {
      red.insert(c.clause);
    } else {
      result.undeclared.push_back(
          absl::StrCat(c.name, ": ", VerdictName(v.verdict), ": ", v.why));
    }
  }
  for (const std::string& id : mutant.breaks) {
    if (run.FindClause(id) == nullptr) {
      result.unknown_clauses.push_back(id);
    } else if (here.count(id) == 0) {
      result.not_here.push_back(id);
    } else {
      (red.count(id) > 0 ? result.killed : result.survived).push_back(id);
    }
  }
  for (const std::string& id : mutant.collateral) {
    if (run.FindClause(id) == nullptr) {
      result.unknown_clauses.push_back(id);
    } else if (here.count(id) > 0 && red.count(id) == 0) {
      result.stale_collateral.push_back(id);
    }
  }
  for (const CaseInfo* c : not_red) {
    if (Contains(result.killed, c->clause)) result.unaware.push_back(c->name);
  }
  return result;
}

Json ToJson(const MutantResult& r) {
  return {{"name", r.mutant->name},
          {"base", r.mutant->base},
          {"ok", r.Ok()},
          {"breaks", r.mutant->breaks},
          {"collateral", r.mutant->collateral},
          {"touches", r.mutant->touches},
          {"cases", r.cases},
          {"killed", r.killed},
          {"survived", r.survived},
          {"not_here", r.not_here},
          {"undeclared", r.undeclared},
          {"stale_collateral", r.stale_collateral},
          {"not_judged", r.not_judged},
          {"unaware", r.unaware},
          {"unknown_clauses", r.unknown_clauses}};
}

// Counts what the summary and the last line of output say.
struct Totals {
  int killed = 0;  // pairs of a mutant and a clause it breaks
  int declared = 0;
  int undeclared = 0;
  int stale = 0;
  int liar_passes = 0;
};

Totals Count(const KillMatrix& matrix) {
  Totals t;
  for (const MutantResult& r : matrix.mutants) {
    t.killed += static_cast<int>(r.killed.size());
    t.declared += static_cast<int>(r.mutant->breaks.size() - r.not_here.size());
    t.undeclared += static_cast<int>(r.undeclared.size());
    t.stale += static_cast<int>(r.stale_collateral.size());
  }
  for (const LiarResult& r : matrix.liars) {
    t.liar_passes += static_cast<int>(r.passed.size());
  }
  return t;
}

std::string Sentence(const KillMatrix& matrix) {
  const Totals t = Count(matrix);
  std::string out =
      absl::StrCat(matrix.mutants.size(), " mutants: ", t.killed, " of ",
                   t.declared, " declared kills, ", t.undeclared,
                   " undeclared reds, ", t.stale, " stale collateral");
  if (matrix.complete) {
    absl::StrAppend(
        &out, "; ",
        matrix.musts - static_cast<int>(matrix.musts_not_killed.size()), " of ",
        matrix.musts, " must clauses killed");
  }
  if (!matrix.mutants_not_here.empty()) {
    absl::StrAppend(&out, "; ", matrix.mutants_not_here.size(),
                    " mutants of what nothing here promises");
  }
  if (!matrix.liars.empty()) {
    absl::StrAppend(&out, "; ", matrix.liars.size(), " liars: ", t.liar_passes,
                    " PASS");
  }
  return out;
}

// The first thing that was said, on one line.
std::string Why(const Outcome& outcome) {
  constexpr size_t kLimit = 300;
  std::string why =
      outcome.failures.empty() ? outcome.reason : outcome.failures[0].message;
  std::replace(why.begin(), why.end(), '\n', ' ');
  std::replace(why.begin(), why.end(), '`', '\'');
  if (why.size() > kLimit) why.resize(kLimit);
  return why;
}

void AppendProblems(std::string_view title,
                    const std::vector<std::string>& items, std::string& out) {
  if (items.empty()) return;
  absl::StrAppend(&out, "- ", title, ":\n");
  for (const std::string& item : items) {
    absl::StrAppend(&out, "  - `", item, "`\n");
  }
}

// Collects the verdicts, and what a person would be told of each failure; shows
// progress, but not reds, which are wanted here.
class MatrixObserver : public Observer {
 public:
  MatrixObserver(const RunRecord& run, Console& console, VerdictMap& verdicts)
      : run_(run), console_(console), verdicts_(verdicts) {}
  void OnBegin(const Outcome& outcome) override { console_.OnBegin(outcome); }
  void OnEnd(const Outcome& outcome) override {
    verdicts_[{outcome.backend, outcome.case_name}] = {
        outcome.verdict.value_or(Verdict::kInfra), Why(outcome)};
    const BackendInfo* backend = run_.FindBackend(outcome.backend);
    if (backend != nullptr && backend->IsMutant() &&
        IsRed(outcome.verdict.value_or(Verdict::kInfra))) {
      failures_ += DescribeFailure(run_, outcome, /*colour=*/false);
    }
    console_.OnEnd(outcome);
  }
  void OnTick() override { console_.OnTick(); }

  // Of mutants, as `procspec run` shows them.
  const std::string& failures() const { return failures_; }

 private:
  const RunRecord& run_;
  Console& console_;
  VerdictMap& verdicts_;
  std::string failures_;
};

// The mutants and liars that were asked for.
Chosen<std::vector<BackendInfo>> ChooseWrong(
    const std::vector<BackendInfo>& linked,
    const std::optional<std::string>& globs) {
  std::vector<BackendInfo> wrong;
  for (const BackendInfo& b : linked) {
    if (b.wrong) wrong.push_back(b);
  }
  if (std::none_of(wrong.begin(), wrong.end(),
                   [](const BackendInfo& b) { return b.IsMutant(); })) {
    return Problem{ExitCode::kNoMutants, "the testee has no mutant"};
  }
  if (!globs.has_value()) return wrong;
  std::set<std::string> wanted;
  const std::vector<std::string> parts = SplitList(*globs);
  for (const std::string& part : parts) {
    const size_t before = wanted.size();
    for (const BackendInfo& b : wrong) {
      if (GlobMatches(part, b.name)) wanted.insert(b.name);
    }
    if (wanted.size() == before) {
      return Problem{
          ExitCode::kMutantMatchesNothing,
          absl::StrCat("--mutant: no (further) mutant matches '", part, "'")};
    }
  }
  if (parts.empty()) {
    return Problem{ExitCode::kEmptyMutantList,
                   "--mutant= names no mutant; leave it out to run all"};
  }
  std::vector<BackendInfo> chosen;
  for (BackendInfo& b : wrong) {
    if (wanted.count(b.name) > 0) chosen.push_back(std::move(b));
  }
  return chosen;
}

// The case, or clause, to look at first.
std::string FirstProblem(const RunRecord& run, const MutantResult& r) {
  for (const auto* list : {&r.undeclared, &r.not_judged}) {
    if (list->empty()) continue;
    return list->front().substr(0, list->front().find(':'));
  }
  for (const auto* list : {&r.survived, &r.stale_collateral}) {
    if (!list->empty()) return list->front();
  }
  return run.cases.empty() ? "" : run.cases.front().name;
}

}  // namespace

bool KillMatrix::Ok() const {
  return (!complete || musts_not_killed.empty()) &&
         std::all_of(mutants.begin(), mutants.end(),
                     [](const MutantResult& r) { return r.Ok(); }) &&
         std::all_of(liars.begin(), liars.end(),
                     [](const LiarResult& r) { return r.Ok(); });
}

ClausesHere FindClausesHere(const RunRecord& run,
                            const std::vector<BackendInfo>& right) {
  ClausesHere here;
  for (const ClauseInfo& clause : run.clauses) {
    if (AppliesTo(clause, run.platform) &&
        std::any_of(right.begin(), right.end(), [&](const BackendInfo& b) {
          return Declares(b, clause.requirements);
        })) {
      here.insert(clause.id);
    }
  }
  return here;
}

std::vector<Task> MatrixTasks(const RunRecord& run, const ClausesHere& here,
                              MatrixExtent extent) {
  std::vector<Task> waiting;
  std::vector<Task> working;
  for (const BackendInfo& backend : run.backends) {
    if (backend.IsMutant() && !IsForHere(run, here, backend)) continue;
    for (const CaseInfo& c : run.cases) {
      if (!backend.IsMutant()) {
        working.push_back({&backend, &c});
        continue;
      }
      const ClauseInfo* clause = run.FindClause(c.clause);
      if (Declared(backend, c.clause)) {
        waiting.push_back({&backend, &c});
      } else if (extent == MatrixExtent::kFull ||
                 (extent == MatrixExtent::kTouched &&
                  Touches(backend, c, clause))) {
        working.push_back({&backend, &c});
      }
    }
  }
  // Evenly mixed, so that both kinds come to their end together.
  std::vector<Task> tasks;
  size_t w = 0;
  for (size_t i = 0; i < working.size(); ++i) {
    while (w * working.size() < i * waiting.size()) {
      tasks.push_back(waiting[w++]);
    }
    tasks.push_back(working[i]);
  }
  while (w < waiting.size()) tasks.push_back(waiting[w++]);
  return tasks;
}

KillMatrix Evaluate(const RunRecord& run, const ClausesHere& here,
                    const VerdictMap& verdicts, bool complete) {
  KillMatrix matrix;
  matrix.complete = complete;
  std::set<std::string> killed;
  for (const BackendInfo& backend : run.backends) {
    if (backend.IsMutant() && !IsForHere(run, here, backend)) {
      matrix.mutants_not_here.push_back(backend.name);
      continue;
    }
    if (backend.IsMutant()) {
      matrix.mutants.push_back(EvaluateMutant(run, here, backend, verdicts));
      const MutantResult& result = matrix.mutants.back();
      killed.insert(result.killed.begin(), result.killed.end());
      continue;
    }
    LiarResult result;
    result.liar = &backend;
    for (const CaseInfo& c : run.cases) {
      const auto it = verdicts.find({backend.name, c.name});
      if (it == verdicts.end()) continue;
      ++result.cases;
      if (it->second.verdict == Verdict::kPass) result.passed.push_back(c.name);
    }
    matrix.liars.push_back(std::move(result));
  }
  for (const ClauseInfo& clause : run.clauses) {
    if (!clause.IsMust() || !clause.withdrawn.empty() ||
        !clause.untestable.empty() || here.count(clause.id) == 0) {
      continue;
    }
    ++matrix.musts;
    if (killed.count(clause.id) == 0) {
      matrix.musts_not_killed.push_back(clause.id);
    }
  }
  return matrix;
}

std::string KillMatrixJson(const RunRecord& run, const KillMatrix& matrix) {
  Json mutants = Json::array();
  for (const MutantResult& r : matrix.mutants) mutants.push_back(ToJson(r));
  Json liars = Json::array();
  for (const LiarResult& r : matrix.liars) {
    liars.push_back({{"name", r.liar->name},
                     {"ok", r.Ok()},
                     {"cases", r.cases},
                     {"passed", r.passed}});
  }
  const Totals t = Count(matrix);
  const Json json = {
      {"spec_version", run.spec_version},
      {"platform", run.platform},
      {"ok", matrix.Ok()},
      {"complete", matrix.complete},
      {"wall_s", run.wall_s},
      {"musts",
       {{"total", matrix.musts},
        {"killed",
         matrix.musts - static_cast<int>(matrix.musts_not_killed.size())},
        {"not_killed", matrix.musts_not_killed}}},
      {"declared_kills", t.declared},
      {"kills", t.killed},
      {"undeclared_reds", t.undeclared},
      {"stale_collateral", t.stale},
      {"liar_passes", t.liar_passes},
      {"mutants_not_here", matrix.mutants_not_here},
      {"liars", std::move(liars)},
      {"mutants", std::move(mutants)}};
  return DumpJsonPretty(json);
}

std::string KillMatrixMarkdown(const RunRecord& run, const KillMatrix& matrix) {
  std::string out =
      absl::StrCat("# Kill matrix\n\nSpecification ", run.spec_version, ", ",
                   run.platform, ", ", run.started, ". ",
                   matrix.Ok() ? "As declared." : "**Not as declared.**",
                   "\n\n", Sentence(matrix), ".\n");
  bool heading = false;
  for (const MutantResult& r : matrix.mutants) {
    if (r.Ok()) continue;
    if (!heading) absl::StrAppend(&out, "\n## Not as declared\n");
    heading = true;
    absl::StrAppend(&out, "\n### ", r.mutant->name, "\n\n");
    AppendProblems("breaks, but no case is red", r.survived, out);
    AppendProblems("red, but not declared", r.undeclared, out);
    AppendProblems("declared as collateral, but not red", r.stale_collateral,
                   out);
    AppendProblems("could not be judged", r.not_judged, out);
    AppendProblems("names clauses that do not exist", r.unknown_clauses, out);
    AppendProblems("repeat",
                   {ReproLine(run, r.mutant->name, FirstProblem(run, r))}, out);
  }
  for (const LiarResult& r : matrix.liars) {
    if (r.Ok()) continue;
    absl::StrAppend(&out, "\n### ", r.liar->name, "\n\n");
    if (r.cases == 0) absl::StrAppend(&out, "- no case was run\n");
    AppendProblems("passes", r.passed, out);
  }
  if (matrix.complete && !matrix.musts_not_killed.empty()) {
    absl::StrAppend(&out, "\n## Must clauses that no mutant kills\n\n");
    for (const std::string& id : matrix.musts_not_killed) {
      absl::StrAppend(&out, "- `", id, "`\n");
    }
  }
  absl::StrAppend(&out,
                  "\n## All mutants\n\n| mutant | breaks | collateral | cases "
                  "| |\n|---|---|---|--:|---|\n");
  for (const MutantResult& r : matrix.mutants) {
    absl::StrAppend(&out, "| ", r.mutant->name, " | ",
                    absl::StrJoin(r.mutant->breaks, ", "), " | ",
                    absl::StrJoin(r.mutant->collateral, ", "), " | ", r.cases,
                    " | ", r.Ok() ? "ok" : "**no**", " |\n");
  }
  for (const std::string& name : matrix.mutants_not_here) {
    absl::StrAppend(&out, "| ", name,
                    " | what nothing here promises | | 0 | not run |\n");
  }
  for (const LiarResult& r : matrix.liars) {
    absl::StrAppend(&out, "| ", r.liar->name, " | everything | | ", r.cases,
                    " | ", r.Ok() ? "ok" : "**no**", " |\n");
  }
  return out;
}

ExitCode KillMatrixCommand(const KillMatrixOptions& options,
                           const Streams& streams) {
  std::string testee;
  Chosen<TesteeList> list = AskTestee(options.run.testee, testee);
  if (auto* problem = std::get_if<Problem>(&list)) {
    return Fail(streams, *problem);
  }
  auto& linked = std::get<TesteeList>(list);
  std::vector<BackendInfo> right = linked.backends;
  std::erase_if(
      right, [](const BackendInfo& b) { return b.wrong || !b.IsAvailable(); });
  auto wrong = ChooseWrong(linked.backends, options.mutants);
  if (auto* problem = std::get_if<Problem>(&wrong)) {
    return Fail(streams, *problem);
  }
  auto cases = ChooseCases(linked.cases, std::nullopt);
  if (auto* problem = std::get_if<Problem>(&cases)) {
    return Fail(streams, *problem);
  }
  RunOptions run_options = options.run;
  if (run_options.jobs == 0) {
    run_options.jobs = kJobsPerProcessor * ProcessorCount();
  }
  if (run_options.deadline_s == 0) {
    // A case may pass several guards before it gives up.
    run_options.deadline_s = (5 + 4 * options.guard_ms / 1e3) * TimeScale();
  }
  RunRecord run = NewRun(run_options, testee, std::get<0>(std::move(wrong)),
                         std::get<0>(std::move(cases)));
  run.command = "kill-matrix";
  std::erase_if(run.environment,
                [](const auto& v) { return v.first == kGuardVariable; });
  run.environment.emplace_back(kGuardVariable, absl::StrCat(options.guard_ms));
  if (auto problem = CheckClauses(run.cases, run.clauses)) {
    return Fail(streams, *problem);
  }
  const std::string& out = run_options.out_dir;
  auto opened = OpenLog(out, run);
  if (auto* problem = std::get_if<Problem>(&opened)) {
    return Fail(streams, *problem);
  }
  LogWriter& log = *std::get<0>(opened);
  for (const char* name :
       {"kill_matrix.json", "kill_matrix.md", "failures.txt"}) {
    RemoveTree(absl::StrCat(out, "/", name));
  }

  const ClausesHere here = FindClausesHere(run, right);
  const std::vector<Task> tasks = MatrixTasks(run, here, options.extent);
  ConsoleOptions console_options;
  console_options.terminal = StdoutIsTerminal();
  console_options.width = TerminalWidth();
  console_options.quiet = run_options.quiet;
  console_options.failures = false;
  console_options.total = tasks.size();
  Console console(streams.out, run, console_options);
  VerdictMap verdicts;
  MatrixObserver observer(run, console, verdicts);
  const double started = ElapsedSeconds();
  absl::Status status = Execute(run, tasks, log, observer);
  console.Done();
  run.wall_s = ElapsedSeconds() - started;
  if (!status.ok()) {
    return Fail(streams, {ExitCode::kCannotWrite,
                          absl::StrCat("the run cannot go on: ",
                                       std::string(status.message()))});
  }
  if (run.interrupted || run.time_limit_reached) {
    // Of a part nothing can be said: what is missing would look survived.
    const ExitCode code =
        run.interrupted ? ExitCode::kInterrupted : ExitCode::kTimeLimit;
    run.exit_code = static_cast<int>(code);
    status = log.WriteRunEnd(run);
    if (!status.ok()) {
      return Fail(streams,
                  {ExitCode::kCannotWrite, std::string(status.message())});
    }
    return Fail(
        streams,
        {code, absl::StrCat(run.interrupted ? "interrupted"
                                            : "the time limit was reached",
                            " when ", verdicts.size(), " of ", tasks.size(),
                            " cases had been run")});
  }
  const KillMatrix matrix =
      Evaluate(run, here, verdicts, !options.mutants.has_value());
  const ExitCode code = matrix.Ok() ? ExitCode::kOk : ExitCode::kMustFailed;
  run.exit_code = static_cast<int>(code);
  status = log.WriteRunEnd(run);
  const std::string markdown = KillMatrixMarkdown(run, matrix);
  status.Update(
      WriteFile(out + "/kill_matrix.json", KillMatrixJson(run, matrix)));
  status.Update(WriteFile(out + "/kill_matrix.md", markdown));
  status.Update(WriteFile(out + "/failures.txt", observer.failures()));
  if (!status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  // All but the table of what is in order.
  streams.out << markdown.substr(0, markdown.find("\n## All mutants"))
              << "\nreport: " << out << "/kill_matrix.md (" << tasks.size()
              << " cases, " << static_cast<int>(run.wall_s) << " s)\n";
  if (code != ExitCode::kOk) {
    streams.out.flush();
    return Fail(streams, {code, "the mutants are not as declared"});
  }
  return code;
}

}  // namespace procspec::runner
