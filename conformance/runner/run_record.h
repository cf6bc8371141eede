// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_RUN_RECORD_H_
#define PROCSPEC_CONFORMANCE_RUNNER_RUN_RECORD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/runner/leak.h"
#include "conformance/runner/private_ipc.h"
#include "conformance/runner/verdict.h"

// What is known of a run: plain data, all of which is in its log. Every view is
// a function of a RunRecord.

namespace procspec::runner {

// A clause as the log carries it, so that an old log can be read with the text
// that was judged then.
struct ClauseInfo {
  std::string id;
  std::string area;
  std::string level;     // must, should, may
  std::string text;      // one line, no Markdown
  std::string platform;  // all, posix, windows
  std::vector<std::string> requirements;
  std::string since;
  std::string source;
  std::string notes;
  std::string untestable;
  std::string withdrawn;

  bool IsMust() const { return level == "must"; }
};

struct BackendInfo {
  std::string name;
  std::vector<std::string> capabilities;
  std::string platform;
  std::string base;
  // Wrong on purpose: proves that cases can fail, and is never judged unasked.
  bool wrong = false;
  // Why it cannot be used here, and the remedy; empty: it can. Nothing is asked
  // of one that cannot: each of its cases is UNSUPPORTED, and none is run.
  std::string unavailable;
  // Of a mutant: the clauses it breaks, those it cannot help breaking, and the
  // capabilities in which it differs from its base.
  std::vector<std::string> breaks;
  std::vector<std::string> collateral;
  std::vector<std::string> touches;

  bool IsMutant() const { return !base.empty() || !breaks.empty(); }
  bool IsAvailable() const { return unavailable.empty(); }
};

struct CaseInfo {
  std::string name;
  std::string clause;
  std::string variant;
  // Beyond what its clause requires, or including that.
  std::vector<std::string> requirements = {};
  bool selected = true;  // to be run
};

struct Failure {
  std::string file;
  int line = 0;
  std::string message;
};

// What an expectation file says of a case (expectation.h).
struct Expectation {
  std::string file;
  Verdict verdict = Verdict::kFail;
  std::string message;  // part of what the failure says; empty: of any
  std::string reason;
  std::string link;
  std::string expires;        // its last day, "2027-06-30"; empty: none
  bool intermittent = false;  // PASS is expected as well
};

// One case on one backend.
struct Outcome {
  int number = 0;  // in the order in which they began
  std::string backend;
  std::string case_name;
  std::string clause;
  uint64_t seed = 0;
  std::string time;    // when it began
  double began_s = 0;  // since the run began
  double ended_s = 0;  // likewise
  // Absent: it had begun when the log ended.
  std::optional<Verdict> verdict;
  // What was expected, if anything was, and the verdict before that.
  std::optional<Expectation> expectation;
  std::optional<Verdict> observed;
  std::string reason;
  std::vector<Failure> failures;
  double duration_s = 0;
  double cpu_s = 0;
  int64_t max_rss_kb = 0;
  std::string end;          // how its process ended
  std::vector<Leak> leaks;  // what it left behind; shortened
  int64_t leak_count = 0;
  std::vector<std::string> at_deadline;
  std::string output;  // shortened
  int64_t output_bytes = 0;
};

struct RunRecord {
  int schema = 1;
  std::string command = "run";  // or kill-matrix, smoke
  std::string spec_version;
  std::string platform;
  std::vector<std::pair<std::string, std::string>> machine;
  std::vector<std::string> argv;
  std::string started;  // RFC 3339
  std::string testee;
  std::vector<std::string> only;  // the selection; empty: everything
  std::string shard;              // "2/5": the second of five parts
  uint64_t seed = 0;
  int jobs = 0;
  double deadline_s = 0;
  double time_limit_s = 0;  // for the run; 0: none
  IpcWatch ipc_watch = IpcWatch::kPrivate;
  std::string repro_prefix;  // a command that takes the options of `run`
  std::vector<std::pair<std::string, std::string>> environment;  // of cases
  std::vector<ClauseInfo> clauses;
  std::vector<BackendInfo> backends;  // those judged
  std::vector<CaseInfo> cases;        // all there are, selected or not

  std::vector<Outcome> outcomes;

  bool ended = false;  // the record that ends the run is there
  bool interrupted = false;
  bool time_limit_reached = false;
  double wall_s = 0;
  int exit_code = -1;
  int unreadable_lines = 0;  // damage
  // Of the last record, which the end of the runner has cut; 0: it is whole.
  int64_t cut_bytes = 0;

  const ClauseInfo* FindClause(std::string_view id) const;
  const BackendInfo* FindBackend(std::string_view name) const;

  // A part of the cases was chosen.
  bool IsSelection() const { return !only.empty() || !shard.empty(); }
  // It came to its end, and not before its time.
  bool IsComplete() const {
    return ended && !interrupted && !time_limit_reached;
  }
};

// "queue.*, pipe.*, shard 2/5": what IsSelection.
std::string DescribeSelection(const RunRecord& run);

struct CaseOnBackend {
  std::string backend;
  CaseInfo case_info;
};

// What was to be run and never began, because the run ended early.
std::vector<CaseOnBackend> NotRun(const RunRecord& run);

// Whether a clause speaks of a platform such as "linux".
bool AppliesTo(const ClauseInfo& clause, std::string_view platform);

// Whether a backend declares all of these capabilities.
bool Declares(const BackendInfo& backend,
              const std::vector<std::string>& requirements);

// Whether the backend has to keep a clause: it is available, and this is a must
// for its platform that can be tested and whose requirements it declares.
bool IsPromised(const ClauseInfo& clause, const BackendInfo& backend);

// Whether a case has to hold on a backend: neither its absence nor platform nor
// requirements excuse it.
bool Concerns(const CaseInfo& case_info, const ClauseInfo& clause,
              const BackendInfo& backend);

// The clauses of the specification that is compiled in.
std::vector<ClauseInfo> CompiledClauses();

// The line that runs one case again: "tools/conform --backend=B --only=C".
std::string ReproLine(const RunRecord& run, std::string_view backend,
                      std::string_view case_name);

// What a case left behind, a line for each thing, and one that tells how many
// more there were.
std::vector<std::string> LeakLines(const Outcome& outcome);

// "not available here: WHY"; empty for a backend that is.
std::string UnavailableNote(const BackendInfo& backend);

// What a reader must know of leaks that this run could not judge, in a
// sentence; empty if it judged all kinds.
std::string LeakNote(const RunRecord& run);

// A word of a POSIX shell command, quoted only if it must be.
std::string ShellQuote(std::string_view word);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_RUN_RECORD_H_
