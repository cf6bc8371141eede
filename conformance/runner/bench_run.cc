// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/bench_run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/cache_line.h"
#include "bench/catalogue.h"
#include "conformance/runner/execute.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/os.h"
#include "conformance/runner/score.h"
#include "conformance/runner/selection.h"
#include "conformance/runner/supervisor.h"
#include "conformance/runner/verdict.h"

namespace procspec::runner {
namespace {

constexpr size_t kAnswerLimit = 4 << 20;
// A sample takes a fraction of a second, one with hundreds of interpreters as
// children a minute.
constexpr absl::Duration kSampleDeadline = absl::Seconds(180);
constexpr std::string_view kAgainst = "@B";
constexpr int kAttempts = 3;
constexpr double kForeignLimit = 0.125;  // of one processor

// What a worker printed.
struct Answer {
  std::string text;
  absl::Duration wall;
  absl::Duration cpu;
};

// Runs workers, one at a time.
class Workers {
 public:
  static absl::StatusOr<std::unique_ptr<Workers>> New() {
    std::unique_ptr<Workers> workers(new Workers);
    absl::StatusOr<std::string> root = MakePrivateRoot();
    if (!root.ok()) return root.status();
    workers->root_ = *root;
    absl::StatusOr<std::unique_ptr<Supervisor>> supervisor =
        Supervisor::Create({});
    if (!supervisor.ok()) return supervisor.status();
    workers->supervisor_ = *std::move(supervisor);
    return workers;
  }
  ~Workers() {
    if (!root_.empty()) RemoveTree(root_);
  }

  absl::StatusOr<Answer> Ask(std::vector<std::string> argv) {
    Command command;
    command.argv = std::move(argv);
    for (const std::string& name : TemporaryDirectoryVariables()) {
      command.environment.emplace_back(name, root_);
    }
    command.output = root_ + "/out";
    command.errors = root_ + "/err";
    command.deadline = kSampleDeadline;
    const absl::Status status = supervisor_->Start(0, command);
    if (!status.ok()) return status;
    std::vector<Ending> endings;
    while (endings.empty()) {
      endings = supervisor_->Wait(absl::Seconds(1));
      if (Interrupted()) supervisor_->Cancel();
    }
    const Ending& ending = endings[0];
    if (ending.end != End::kExited || ending.code != 0) {
      const Excerpt errors = ReadExcerpt(command.errors, 500, 500);
      return absl::FailedPreconditionError(
          absl::StrCat("ended with ", DescribeEnd(ending.end, ending.code), " ",
                       ending.problem, errors.text));
    }
    return Answer{.text = ReadExcerpt(command.output, kAnswerLimit, 0).text,
                  .wall = ending.wall,
                  .cpu = ending.cpu};
  }

 private:
  Workers() = default;

  std::string root_;
  std::unique_ptr<Supervisor> supervisor_;
};

// A row and who takes its samples.
struct Source {
  std::string worker;
  std::string name;   // as the worker has it
  size_t index = 0;   // in Results::rows
  double wall_s = 0;  // of its last sample
};

// A dot and the like in the name of a row, for a regular expression.
std::string Literally(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '.') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

absl::StatusOr<bench::Sample> ParseSample(const std::string& text,
                                          std::string& compiler) {
  const std::optional<Json> json = ParseJson(text);
  if (!json.has_value()) {
    return absl::InvalidArgumentError("its answer is not JSON");
  }
  if (json->contains("context") && (*json)["context"].is_object()) {
    const std::string said = GetString((*json)["context"], "compiler");
    if (!said.empty()) compiler = said;
  }
  const std::vector<Json> rows = GetObjects(*json, "benchmarks");
  if (rows.size() != 1) {
    return absl::InvalidArgumentError("its answer has not one row");
  }
  if (GetBool(rows[0], "error_occurred")) {
    return absl::InternalError(GetString(rows[0], "error_message"));
  }
  bench::Sample sample{.ns = GetDouble(rows[0], "ns")};
  if (!(sample.ns > 0)) {
    return absl::InvalidArgumentError("its answer has no positive `ns`");
  }
  for (const char* name :
       {"p50_ns", "p99_ns", "max_ns", "cpu_ns", "fairness", "bytes"}) {
    if (Has(rows[0], name)) sample.counters[name] = GetDouble(rows[0], name);
  }
  return sample;
}

bench::Machine DescribeMachine() {
  bench::Machine machine;
  machine.platform = PlatformName();
  machine.processors = ProcessorCount();
  for (const auto& [key, value] : MachineContext()) {
    if (key == "system") machine.system = value;
    if (key == "processor") machine.processor = value;
    if (key == "memory") {
      const std::vector<std::string> parts = absl::StrSplit(value, ' ');
      int64_t kilobytes = 0;
      if (absl::SimpleAtoi(parts[0], &kilobytes)) {
        machine.memory_bytes = kilobytes << 10;
      }
    }
  }
  return machine;
}

bool IsSelected(const bench::RowName& row, std::string_view name,
                const BenchRunOptions& options) {
  if (options.quick && !bench::IsQuick(row)) return false;
  if (!options.only.has_value()) return true;
  for (const std::string& glob : SplitList(*options.only)) {
    if (GlobMatches(glob, name) || GlobMatches(glob, row.group())) return true;
  }
  return false;
}

class BenchRun {
 public:
  BenchRun(const BenchRunOptions& options, Workers& workers,
           const Streams& streams)
      : options_(options),
        workers_(workers),
        streams_(streams),
        random_(options.seed) {
    results_.started = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(),
                                        absl::UTCTimeZone());
    results_.machine = DescribeMachine();
    results_.quick = options.quick;
    results_.seed = options.seed;
  }

  // What the worker has and was asked for.
  absl::Status AddWorker(const std::string& worker, bool against) {
    if (!IsExecutable(worker)) {
      return absl::NotFoundError(absl::StrCat(
          worker, " is not a program; tools/bench builds workers"));
    }
    absl::StatusOr<Answer> answer =
        workers_.Ask({worker, "--benchmark_list_tests"});
    if (!answer.ok()) return answer.status();
    for (const std::string_view line : absl::StrSplit(answer->text, '\n')) {
      const std::string name(absl::StripAsciiWhitespace(line));
      bench::RowName row;
      if (!bench::ParseRowName(name, row)) continue;
      if (!IsSelected(row, name, options_)) continue;
      // Only what the other build is about: backends.
      if (against &&
          bench::KindOfSubject(row.subject) != bench::SubjectKind::kBackend) {
        continue;
      }
      bench::Row result{.name = against ? absl::StrCat(name, kAgainst) : name};
      if (!names_.insert(result.name).second) {
        return absl::InvalidArgumentError(
            absl::StrCat("two workers have the row ", name));
      }
      groups_[row.group()].push_back(
          {.worker = worker, .name = name, .index = results_.rows.size()});
      if (bench::KindOfSubject(row.subject) == bench::SubjectKind::kBackend) {
        backends_.insert(row.subject);
      }
      results_.rows.push_back(std::move(result));
    }
    return absl::OkStatus();
  }

  bool HasRows() const { return !results_.rows.empty(); }

  const std::set<std::string>& backends() const { return backends_; }

  // No row to which there is an objection is measured.
  absl::Status Run(bench::Objection objection) {
    objection_ = std::move(objection);
    for (auto& [name, sources] : groups_) {
      std::erase_if(sources, [&](const Source& source) {
        bench::Row& row = results_.rows[source.index];
        row.withheld = bench::ObjectionTo(row.name, objection_);
        return !row.withheld.empty();
      });
    }
    const double limit =
        options_.time_s > 0 ? options_.time_s : (options_.quick ? 60 : 900);
    const double began = ElapsedSeconds();
    double longest = 0;
    size_t total = 0;
    for (const auto& [name, sources] : groups_) total += sources.size();
    total_ = total;
    while (
        !Interrupted() &&
        (options_.rounds == 0 || results_.rounds < options_.rounds) &&
        (results_.rounds == 0 || ElapsedSeconds() - began + longest < limit)) {
      const double round_began = ElapsedSeconds();
      Round();
      if (Interrupted()) break;
      ++results_.rounds;
      longest = std::max(longest, ElapsedSeconds() - round_began);
      absl::Status status = Publish();
      if (!status.ok()) return status;
    }
    if (shown_) streams_.out << "\r\x1b[K" << std::flush;
    return Publish();
  }

 private:
  absl::Status Publish() {
    return bench::Publish(results_, objection_,
                          options_.out_dir + "/bench.json");
  }

  void Round() {
    std::vector<std::vector<Source>*> groups;
    for (auto& [name, sources] : groups_) groups.push_back(&sources);
    std::ranges::shuffle(groups, random_);
    size_t done = 0;
    for (std::vector<Source>* sources : groups) {
      std::ranges::shuffle(*sources, random_);
      for (Source& source : *sources) {
        if (Interrupted()) return;
        ShowProgress(done++, source);
        // What takes seconds gets a third of the samples.
        if (source.wall_s > 2 && results_.rounds % 3 != 0) continue;
        TakeSample(source);
      }
    }
  }

  void TakeSample(Source& source) {
    bench::Row& row = results_.rows[source.index];
    if (!row.failed.empty() && row.samples.empty())
      return;  // as the first time
    for (int attempt = 1;; ++attempt) {
      const double line = bench::CacheLineRoundTrip();
      const absl::Time began = absl::Now();
      const std::optional<absl::Duration> busy = ProcessorsBusy();
      absl::StatusOr<Answer> answer = workers_.Ask(
          {source.worker,
           absl::StrCat("--benchmark_filter=^", Literally(source.name), "$"),
           "--benchmark_format=json"});
      if (Interrupted()) return;
      const absl::Duration passed = absl::Now() - began;
      source.wall_s = absl::ToDoubleSeconds(passed);
      absl::StatusOr<bench::Sample> sample =
          answer.ok() ? ParseSample(answer->text, results_.machine.compiler)
                      : answer.status();
      if (!sample.ok()) {
        row.failed = std::string(sample.status().message());
        return;
      }
      if (busy.has_value() && attempt < kAttempts) {
        const absl::Duration foreign = *ProcessorsBusy() - *busy - answer->cpu;
        if (absl::FDivDuration(foreign, passed) > kForeignLimit) {
          ++results_.repeated_samples;
          continue;
        }
      }
      if (line > 0) {
        results_.machine.line_ns.push_back(line);
        sample->counters["line_ns"] = line;
      }
      sample->round = results_.rounds;
      row.samples.push_back(*std::move(sample));
      return;
    }
  }

  void ShowProgress(size_t done, const Source& source) {
    if (!StdoutIsTerminal()) return;
    std::string line = absl::StrCat("[round ", results_.rounds + 1, ", ", done,
                                    "/", total_, "]  ", source.name);
    const auto width = static_cast<size_t>(std::max(TerminalWidth() - 1, 20));
    if (line.size() > width) line.resize(width);
    streams_.out << "\r\x1b[K" << line << std::flush;
    shown_ = true;
  }

  const BenchRunOptions& options_;
  Workers& workers_;
  const Streams& streams_;
  std::mt19937_64 random_;
  bench::Objection objection_;
  bench::Results results_;
  std::set<std::string> backends_;
  std::set<std::string> names_;
  std::map<std::string, std::vector<Source>> groups_;
  size_t total_ = 0;
  bool shown_ = false;
};

}  // namespace

bench::Objection ObjectionOf(const RunRecord& run) {
  std::map<std::string, std::map<std::string, Verdict>> verdicts;
  for (BackendScore& score : Score(run)) {
    verdicts[score.backend] = std::move(score.verdicts);
  }
  return [verdicts = std::move(verdicts)](std::string_view backend,
                                          ClauseId clause) -> std::string {
    const auto of_backend = verdicts.find(std::string(backend));
    if (of_backend == verdicts.end()) {
      return absl::StrCat(backend, " was not judged");
    }
    const auto found = of_backend->second.find(std::string(clause.id()));
    if (found == of_backend->second.end()) {
      return absl::StrCat(clause.id(), " was not judged");
    }
    if (found->second == Verdict::kPass) return "";
    return absl::StrCat(clause.id(), ": ", VerdictName(found->second));
  };
}

namespace {

// What the cases of all clauses that workloads rest on say of the backends.
Chosen<RunRecord> JudgeBackends(const BenchRunOptions& options,
                                const std::set<std::string>& wanted,
                                const Streams& streams) {
  std::string testee;
  Chosen<TesteeList> linked = AskTestee(options.testee, testee);
  if (auto* problem = std::get_if<Problem>(&linked)) return *problem;
  std::vector<std::string> known;
  for (const BackendInfo& backend : std::get<TesteeList>(linked).backends) {
    if (wanted.contains(backend.name)) known.push_back(backend.name);
  }
  // A run of nobody: each of them was not judged.
  if (known.empty()) return RunRecord{};
  std::set<std::string_view> clauses;
  for (const bench::Workload& workload : bench::AllWorkloads()) {
    for (const ClauseId clause : workload.clauses) clauses.insert(clause.id());
  }
  RunOptions run;
  run.argv = options.argv;
  run.testee = testee;
  run.backends = absl::StrJoin(known, ",");
  run.only = absl::StrJoin(clauses, ",");
  run.out_dir = options.out_dir + "/conformance";
  run.quiet = !StdoutIsTerminal();
  streams.out << "bench: judging " << *run.backends << " by " << clauses.size()
              << " clauses" << std::endl;
  std::ostringstream table;
  const ExitCode code = RunCommand(run, {table, streams.err});
  // A backend that does not hold a clause is no obstacle: its rows are.
  if (code != ExitCode::kOk && code != ExitCode::kMustFailed &&
      code != ExitCode::kInfra) {
    return Problem{code, "the backends could not be judged"};
  }
  return ReadRun(run.out_dir);
}

}  // namespace

ExitCode BenchRunCommand(const BenchRunOptions& options,
                         const Streams& streams) {
  absl::Status status = MakeDirectories(options.out_dir);
  if (!status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  absl::StatusOr<std::unique_ptr<Workers>> workers = Workers::New();
  if (!workers.ok()) {
    return Fail(streams,
                {ExitCode::kInfra, std::string(workers.status().message())});
  }
  BenchRun run(options, **workers, streams);
  for (const std::string& worker : options.workers) {
    status.Update(run.AddWorker(worker, /*against=*/false));
  }
  if (!options.against.empty()) {
    status.Update(run.AddWorker(options.against, /*against=*/true));
  }
  if (!status.ok()) {
    return Fail(streams, {absl::IsNotFound(status) ? ExitCode::kTesteeMissing
                                                   : ExitCode::kTesteeBroken,
                          std::string(status.message())});
  }
  if (!run.HasRows()) {
    return Fail(streams,
                {ExitCode::kOnlyMatchesNothing,
                 "no row is called so; a worker's --benchmark_list_tests "
                 "prints their names"});
  }
  RunRecord judged;
  if (!run.backends().empty()) {
    Chosen<RunRecord> chosen = JudgeBackends(options, run.backends(), streams);
    if (auto* problem = std::get_if<Problem>(&chosen)) {
      return Fail(streams, *problem);
    }
    judged = std::get<RunRecord>(std::move(chosen));
  }
  status = run.Run(ObjectionOf(judged));
  if (!status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  return Interrupted() ? ExitCode::kInterrupted : ExitCode::kOk;
}

}  // namespace procspec::runner
