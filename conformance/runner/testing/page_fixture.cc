// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Logs for the test of the page, written into a directory:
//
//   small.jsonl    three backends, a case for each verdict, with all that a
//                  case can have
//   linux.jsonl    709 clauses on six backends
//   windows.jsonl  the same of another version of the specification

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "conformance/runner/log.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/verdict.h"

namespace procspec::runner {
namespace {

constexpr int kClauses = 709;
constexpr const char* kAreas[] = {"manager", "pipe",  "pool",         "process",
                                  "queue",   "share", "start_method", "sync"};

bool Write(const std::string& path, const RunRecord& run) {
  auto log = LogWriter::Create(path, run);
  if (!log.ok()) return false;
  for (const Outcome& o : run.outcomes) {
    if (!(*log)->WriteBegin(o).ok() || !(*log)->WriteEnd(o).ok()) return false;
  }
  return (*log)->WriteRunEnd(run).ok();
}

RunRecord NewRun(const std::string& version, const std::string& platform) {
  RunRecord run;
  run.spec_version = version;
  run.platform = platform;
  run.machine = {{"system", "A system"}, {"processors", "2"}};
  run.argv = {"procspec", "run"};
  run.started = "2026-01-02T03:04:05+00:00";
  run.testee = "conformance/matrix/testee";
  run.jobs = 2;
  run.deadline_s = 40;
  run.repro_prefix = "tools/conform";
  run.wall_s = 12.5;
  run.exit_code = 1;
  return run;
}

void AddClause(RunRecord& run, const std::string& id, const std::string& area,
               const std::string& level, const std::string& text) {
  ClauseInfo clause;
  clause.id = id;
  clause.area = area;
  clause.level = level;
  clause.text = text;
  clause.platform = "all";
  clause.requirements = {"queue"};
  clause.since = "0.1";
  clause.source = "Python library reference, multiprocessing";
  clause.notes = "A note on what is left open.";
  run.clauses.push_back(clause);
  run.cases.push_back({id, id, ""});
}

void AddBackend(RunRecord& run, const std::string& name) {
  BackendInfo backend;
  backend.name = name;
  backend.capabilities = {"queue", "process"};
  backend.platform = run.platform;
  run.backends.push_back(backend);
}

Outcome& AddOutcome(RunRecord& run, const std::string& backend,
                    const std::string& clause, Verdict verdict) {
  Outcome o;
  o.number = static_cast<int>(run.outcomes.size());
  o.backend = backend;
  o.case_name = clause;
  o.clause = clause;
  o.verdict = verdict;
  o.began_s = 0.01 * o.number;
  o.ended_s = o.began_s + 0.01;
  o.duration_s = 0.01;
  o.end = "exit code 0";
  run.outcomes.push_back(o);
  return run.outcomes.back();
}

void Explain(Outcome& o) {
  switch (*o.verdict) {
    case Verdict::kPass:
      break;
    case Verdict::kUnsupported:
      o.reason = "the backend does not declare pool";
      break;
    case Verdict::kInfra:
      o.reason = "the case could not be started";
      break;
    case Verdict::kCrash:
      o.reason = "the case was ended by signal 6 (SIGABRT)";
      o.output = "on the way down\n";
      break;
    case Verdict::kTimeout:
      o.reason = "the case had not ended by its deadline";
      o.at_deadline = {"4711 (parent 4710) S: testee run --case=x"};
      break;
    case Verdict::kLeak:
      o.leaks = {{LeakKind::kSharedMemory, "psm_1a2b"},
                 {LeakKind::kProcess, "4712 (parent 1) S: resource_tracker"}};
      o.leak_count = 2;
      break;
    case Verdict::kXpass:
    case Verdict::kXfail:
      o.expectation = Expectation{"mine-linux.json",
                                  Verdict::kFail,
                                  "",
                                  "timeouts are ignored",
                                  "https://example.org/issues/7",
                                  "2027-06-30",
                                  false};
      o.observed =
          *o.verdict == Verdict::kXpass ? Verdict::kPass : Verdict::kFail;
      if (*o.verdict == Verdict::kXpass) break;
      [[fallthrough]];
    case Verdict::kFail:
      o.failures = {{"conformance/cases/queue_cases.cc", 42,
                     "Expected: Put reports Full\n  Actual: OK </script><b>&"}};
      o.output = "what the case printed\n";
      break;
  }
}

RunRecord Small() {
  RunRecord run = NewRun("0.1", "linux");
  const std::vector<std::string> backends = {"reference-fork", "mine",
                                             "mine-fork"};
  for (const std::string& b : backends) AddBackend(run, b);
  int i = 0;
  for (Verdict v : AllVerdicts()) {
    const std::string id = absl::StrCat(i % 2 == 0 ? "queue" : "pipe", ".case-",
                                        absl::AsciiStrToLower(VerdictName(v)));
    AddClause(run, id, i % 2 == 0 ? "queue" : "pipe",
              i % 3 == 2 ? "should" : "must",
              absl::StrCat("Clause ", i, " MUST report Full & never <less>."));
    AddOutcome(run, backends[0], id, Verdict::kPass);
    Explain(AddOutcome(run, backends[1], id, v));
    // The third backend has no verdict on some.
    if (i % 4 != 0) AddOutcome(run, backends[2], id, Verdict::kPass);
    ++i;
  }
  return run;
}

RunRecord Big(const std::string& version, const std::string& platform) {
  RunRecord run = NewRun(version, platform);
  for (int b = 0; b < 6; ++b) AddBackend(run, absl::StrCat("backend-", b));
  for (int i = 0; i < kClauses; ++i) {
    const std::string area = kAreas[i * 8 / kClauses];
    const std::string id =
        absl::StrFormat("%s.some-operation.clause-%d", area, i);
    AddClause(run, id, area,
              i % 30 == 29   ? "may"
              : i % 20 == 19 ? "should"
                             : "must",
              absl::StrFormat(
                  "When several processes share one object, operation %d "
                  "MUST do what is said of it, and never return before the "
                  "timeout of %s has passed, whoever else waits.",
                  i, i % 100 == 7 ? version : "a call"));
    for (int b = 0; b < 6; ++b) {
      const int draw = (i * 7 + b * 13) % 97;
      Verdict v = Verdict::kPass;
      if (b > 0 && draw == 3 + b) v = Verdict::kFail;
      if (b > 1 && draw == 11) v = Verdict::kXfail;
      if (b > 2 && draw >= 90) v = Verdict::kUnsupported;
      if (b == 5 && draw == 40) v = Verdict::kTimeout;
      Explain(
          AddOutcome(run, run.backends[static_cast<size_t>(b)].name, id, v));
    }
  }
  return run;
}

int Main(const std::string& directory) {
  const bool ok = Write(directory + "/small.jsonl", Small()) &&
                  Write(directory + "/linux.jsonl", Big("0.1", "linux")) &&
                  Write(directory + "/windows.jsonl", Big("0.2", "windows"));
  if (!ok) std::cerr << "cannot write below " << directory << "\n";
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace procspec::runner

int main(int argc, char** argv) {
  return argc == 2 ? procspec::runner::Main(argv[1]) : 2;
}
