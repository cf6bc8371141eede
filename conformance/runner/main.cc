// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "conformance/runner/bench_commands.h"
#include "conformance/runner/bench_run.h"
#include "conformance/runner/commands.h"
#include "conformance/runner/execute.h"
#include "conformance/runner/exit_code.h"
#include "conformance/runner/os.h"

namespace procspec::runner {
namespace {

// Those that a wrapper may set: the last one counts, which is the user's.
void AddRunOptions(CLI::App& app, RunOptions& options) {
  app.add_option("--testee", options.testee,
                 "The program that links cases and backends")
      ->take_last();
  app.add_option("--out", options.out_dir, "Where log and reports go")
      ->default_val(".procspec/run")
      ->take_last();
  app.add_option("--jobs,-j", options.jobs, "Cases at a time")
      ->check(CLI::Range(1, 4096))
      ->take_last();
  app.add_option("--deadline", options.deadline_s,
                 "Seconds for a case (40, times PROCSPEC_TIME_SCALE)")
      ->check(CLI::PositiveNumber)
      ->take_last();
  app.add_option("--time-limit", options.time_limit_s,
                 "Seconds for the run: then it ends and says what it has not "
                 "run (none)")
      ->check(CLI::PositiveNumber)
      ->take_last();
  app.add_option("--seed", options.seed, "Where cases draw their seeds from")
      ->check(CLI::Range(0, 2147483647))
      ->take_last();
  app.add_flag("--quiet,-q", options.quiet, "Show the final table only");
  app.add_option("--repro", options.repro,
                 "The command that repro lines begin with; it brings its own "
                 "testee (tools/conform)")
      ->take_last();
}

DiffFormat DiffFormatOf(const std::string& name) {
  return name == "json"       ? DiffFormat::kJson
         : name == "markdown" ? DiffFormat::kMarkdown
                              : DiffFormat::kText;
}

int Main(const std::vector<std::string>& arguments) {
  ElapsedSeconds();  // counts from here
  CLI::App app{"procspec: judges implementations of process parallelism"};
  app.allow_windows_style_options(false);  // /x is a path everywhere
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  const Streams streams{std::cout, std::cerr};
  ExitCode code = ExitCode::kUsage;

  RunOptions run;
  run.argv = arguments;
  KillMatrixOptions matrix;
  matrix.run.argv = run.argv;

  CLI::App* run_app = app.add_subcommand("run", "Judge backends by the cases");
  std::string backends;
  std::string only;
  // An empty list (--backend=$UNSET) is told by the command, with its own code.
  CLI::Option* backend_option =
      run_app
          ->add_option("--backend", backends,
                       "NAME[,NAME...]; names may be globs")
          ->expected(0, 1)
          ->take_last();
  CLI::Option* only_option =
      run_app
          ->add_option("--only", only,
                       "GLOB[,GLOB...] of case names or clause ids")
          ->expected(0, 1)
          ->take_last();
  std::string expectations;
  CLI::Option* expectations_option =
      run_app
          ->add_option("--expectations", expectations,
                       "FILE[,FILE...] of known deviations, one for a backend "
                       "and platform")
          ->expected(0, 1)
          ->take_last();
  std::string shard;
  CLI::Option* shard_option =
      run_app
          ->add_option("--shard", shard,
                       "I/N: the I-th of N parts of the cases")
          ->take_last();
  AddRunOptions(*run_app, run);
  run_app->callback([&] {
    if (backend_option->count() > 0) run.backends = backends;
    if (only_option->count() > 0) run.only = only;
    if (shard_option->count() > 0) run.shard = shard;
    if (expectations_option->count() > 0) run.expectations = expectations;
    CatchInterrupts();
    code = RunCommand(run, streams);
  });

  ListOptions list;
  CLI::App* list_app = app.add_subcommand("list", "What there is to run");
  CLI::Option_group* what = list_app->add_option_group("what");
  what->add_flag("--clauses", list.clauses, "Clauses, with their cases");
  what->add_flag("--cases", list.cases, "Cases of the testee");
  what->add_flag("--backends", list.backends, "Backends of the testee");
  what->require_option(1);
  list_app->add_flag("--json", list.json, "As JSON");
  list_app->add_flag("--no-testee", list.no_testee,
                     "Clauses alone, without asking a testee for cases");
  list_app->add_option("--testee", list.testee,
                       "The program that links cases and backends");
  list_app->callback([&] { code = ListCommand(list, streams); });

  std::string id;
  CLI::App* explain_app = app.add_subcommand("explain", "Print a clause");
  explain_app->add_option("id", id, "Its id, as queue.put.timeout-full")
      ->required();
  explain_app->callback([&] { code = ExplainCommand(id, streams); });

  std::vector<std::string> logs;
  std::string report_out;
  CLI::App* report_app = app.add_subcommand(
      "report",
      "Make the reports of a run from its log; of several, as those "
      "of several platforms, one");
  report_app->add_option("log", logs, "The log, or the directory with it")
      ->required();
  report_app->add_option("--out", report_out,
                         "Where (beside the log; several have no default)");
  report_app->callback(
      [&] { code = ReportCommand(logs, report_out, streams); });

  CLI::App* expectations_app = app.add_subcommand(
      "expectations", "Look after files of known deviations");
  expectations_app->require_subcommand(1);
  std::vector<std::string> checked;
  std::string check_testee;
  CLI::App* check_app =
      expectations_app->add_subcommand("check", "Is all in order with them?");
  check_app->add_option("file", checked, "The files")->required();
  check_app->add_option("--testee", check_testee,
                        "The program that links cases and backends");
  check_app->callback(
      [&] { code = CheckExpectationsCommand(checked, check_testee, streams); });
  ExpectationsUpdateOptions update;
  CLI::App* update_app = expectations_app->add_subcommand(
      "update", "Mend a file from the log of a run");
  update_app->add_option("file", update.file, "The file")->required();
  update_app->add_option("log", update.log, "The log, or the directory with it")
      ->required();
  update_app->add_option(
      "--reason", update.reason,
      "Why failures without an entry are expected: adds them");
  update_app->add_option("--link", update.link,
                         "The address of the issue that is to end them");
  update_app->callback(
      [&] { code = UpdateExpectationsCommand(update, streams); });

  std::string run_a;
  std::string run_b;
  std::string diff_out;
  std::string format = "text";
  CLI::App* diff_app = app.add_subcommand(
      "diff",
      "What became of each case from run A to run B. Ends with 0 if "
      "nothing regressed and nothing is missing, else with 40");
  diff_app->add_option("A", run_a, "A log, or the directory with it")
      ->required();
  diff_app->add_option("B", run_b, "Likewise")->required();
  diff_app->add_option("--format", format, "text, json or markdown")
      ->check(CLI::IsMember({"text", "json", "markdown"}))
      ->option_text("FORMAT");
  diff_app->add_option("--out", diff_out, "A file, instead of the output");
  diff_app->callback([&] {
    code = DiffCommand(run_a, run_b, DiffFormatOf(format), diff_out, streams);
  });

  CLI::App* bench_app =
      app.add_subcommand("bench", "What runs of benchmarks say");
  bench_app->require_subcommand(1);
  std::string bench_a;
  std::string bench_b;
  std::string bench_diff_out;
  std::string bench_format = "text";
  CLI::App* bench_diff_app = bench_app->add_subcommand(
      "diff",
      "Which rows became slower from run A to run B; of one run, from its "
      "first worker to its second. Ends with 0 if none did, else with 41");
  bench_diff_app->add_option("A", bench_a, "A run, as tools/bench writes it")
      ->required();
  bench_diff_app->add_option("B", bench_b, "Likewise");
  bench_diff_app->add_option("--format", bench_format, "text, json or markdown")
      ->check(CLI::IsMember({"text", "json", "markdown"}))
      ->option_text("FORMAT");
  bench_diff_app->add_option("--out", bench_diff_out,
                             "A file, instead of the output");
  bench_diff_app->callback([&] {
    code = BenchDiffCommand(bench_a, bench_b, DiffFormatOf(bench_format),
                            bench_diff_out, streams);
  });
  BenchRunOptions bench_run;
  bench_run.argv = arguments;
  std::string bench_only;
  CLI::App* bench_run_app = bench_app->add_subcommand(
      "run", "Have the backends judged, then take samples of all rows in turn");
  bench_run_app
      ->add_option("--worker", bench_run.workers,
                   "Programs that take samples (docs/design/benchmarks.md)")
      ->required();
  bench_run_app->add_option(
      "--against", bench_run.against,
      "Another build of a worker: its backends are NAME@B");
  bench_run_app->add_option("--testee", bench_run.testee,
                            "The program that links cases and backends");
  CLI::Option* bench_only_option = bench_run_app->add_option(
      "--only", bench_only, "GLOB[,GLOB...] of rows or groups");
  bench_run_app->add_flag("--quick", bench_run.quick,
                          "What matters most, in a minute");
  bench_run_app
      ->add_option("--time", bench_run.time_s, "Seconds for all rounds")
      ->check(CLI::PositiveNumber);
  bench_run_app->add_option("--rounds", bench_run.rounds, "At most so many")
      ->check(CLI::Range(1, 10000));
  bench_run_app->add_option("--seed", bench_run.seed, "Of the order of groups");
  bench_run_app->add_option("--out", bench_run.out_dir, "Where results go")
      ->default_val(".procspec/bench");
  bench_run_app->callback([&] {
    if (bench_only_option->count() > 0) bench_run.only = bench_only;
    CatchInterrupts();
    code = BenchRunCommand(bench_run, streams);
  });
  CLI::App* bench_table_app =
      bench_app->add_subcommand("table", "The run as a table");
  bench_table_app->add_option("run", bench_a, "As tools/bench writes it")
      ->required();
  bench_table_app->callback(
      [&] { code = BenchTableCommand(bench_a, streams); });
  std::string bench_page_out;
  CLI::App* bench_page_app =
      bench_app->add_subcommand("page", "The run as a page");
  bench_page_app->add_option("run", bench_a, "As tools/bench writes it")
      ->required();
  bench_page_app->add_option("--out", bench_page_out, "The file")->required();
  bench_page_app->callback(
      [&] { code = BenchPageCommand(bench_a, bench_page_out, streams); });

  CLI::App* matrix_app = app.add_subcommand(
      "kill-matrix", "Prove by wrong backends that the cases can fail");
  std::string mutants;
  CLI::Option* mutant_option =
      matrix_app
          ->add_option("--mutant", mutants,
                       "GLOB[,GLOB...] of mutants; others are left out")
          ->expected(0, 1);
  bool full = false;
  bool declared = false;
  CLI::Option* full_option = matrix_app->add_flag(
      "--full", full, "All cases on every mutant, not only those it touches");
  matrix_app
      ->add_flag("--declared", declared,
                 "On every mutant only the cases of clauses it declares")
      ->excludes(full_option);
  matrix_app
      ->add_option("--guard-ms", matrix.guard_ms,
                   "How long a case waits for what should happen")
      ->check(CLI::Range(1, 600000))
      ->default_val(2500);
  AddRunOptions(*matrix_app, matrix.run);
  matrix_app->callback([&] {
    if (mutant_option->count() > 0) matrix.mutants = mutants;
    if (full) matrix.extent = MatrixExtent::kFull;
    if (declared) matrix.extent = MatrixExtent::kDeclared;
    CatchInterrupts();
    code = KillMatrixCommand(matrix, streams);
  });

  SmokeOptions smoke;
  std::string smoke_backend;
  smoke.run.argv = run.argv;
  CLI::App* smoke_app = app.add_subcommand(
      "smoke",
      "In five seconds (more on a busy machine), for who writes an adapter: a "
      "few quick cases of each "
      "area that the backend declares, a line for each area, and who is at "
      "fault. Ends with 0 if all pass, 1 if the backend is at fault, 3 if the "
      "adapter is; 5 if the time was not enough");
  smoke_app->add_option("--backend", smoke_backend, "Its name")
      ->required()
      ->take_last();
  smoke_app
      ->add_option("--guard-ms", smoke.guard_ms,
                   "How long a case waits for what should happen (1000, more "
                   "on a busy machine)")
      ->check(CLI::Range(1, 600000));
  AddRunOptions(*smoke_app, smoke.run);
  smoke_app->get_option("--out")->default_val(".procspec/smoke");
  smoke_app->callback([&] {
    smoke.run.backends = smoke_backend;
    CatchInterrupts();
    code = SmokeCommand(smoke, streams);
  });

  try {
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) {
      argv.push_back(argument.c_str());
    }
    app.parse(static_cast<int>(argv.size()), argv.data());
  } catch (const CLI::ParseError& error) {
    // Help is no error; all else about the command line has one code.
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  std::cout.flush();
  return static_cast<int>(code);
}

}  // namespace
}  // namespace procspec::runner

int main(int argc, char** argv) {
  return procspec::runner::Main(procspec::runner::BeginProgram(argc, argv));
}
