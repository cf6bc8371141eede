// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Runs every hostile backend under the real runner and compares it with a run
// of the harmless one: only the bad case may differ, and in the declared way.
//
// Usage: zoo_test PROCSPEC ZOO_TESTEE. The table is among the test's outputs,
// as zoo.md.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "conformance/runner/files.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/process_tree.h"
#include "conformance/runner/run_record.h"
#include "conformance/zoo/hostile.h"
#include "conformance/zoo/zoo_test_os.h"
#include "gtest/gtest.h"

namespace procspec::zoo {
namespace {

using runner::Outcome;
using runner::ProcessInfo;
using runner::RunRecord;
using runner::VerdictName;

// For a case, and for what ending a bad one may take beyond that.
constexpr double kDeadlineS = 5;
constexpr double kSlackS = 2;
// Runs at a time, and cases at a time in each: most of the time is spent
// waiting for deadlines.
constexpr size_t kRuns = 3;
constexpr int kJobs = 2;

// Quick ones, of all areas, with and without children. Those that are always
// run, the bad ones among them:
constexpr std::string_view kFewCases[] = {
    "event.cross-process",        "lock.acquire-release",
    "process.run.default",        "queue.empty.nothing-waits",
    "queue.full.at-bound",        "queue.get.nonblocking-empty",
    "queue.put.nonblocking-full", "queue.qsize",
};

// And those that are run where a process costs little:
constexpr std::string_view kMoreCases[] = {
    "asyncresult.after-join",
    "asyncresult.ready",
    "asyncresult.successful.outcome",
    "barrier.abort.later",
    "barrier.indices",
    "boundedsemaphore.excess-release",
    "condition.notify-all",
    "condition.requires-lock",
    "event.initial-false",
    "joinablequeue.across-processes.task-done",
    "joinablequeue.join-empty",
    "joinablequeue.task-done-excess",
    "lock.nonblocking",
    "lock.release-unlocked",
    "pipe.bytes.roundtrip",
    "pipe.recv.eof",
    "pipe.recv.eof-on-peer-exit.ended",
    "pipe.send.broken",
    "pool.apply.result",
    "pool.close.completes.tasks",
    "pool.map.empty",
    "process.ctor.no-side-effect",
    "process.exitcode.none-while-running",
    "process.memory.isolated.child",
    "process.start.twice.ended",
    "process.terminate.ends.stops",
    "queue.close.put-get-raise",
    "queue.put-get.fifo",
    "queue.share.argument",
    "rlock.reentrant.acquire",
    "rlock.release-not-owner",
    "semaphore.count",
    "semaphore.over-release",
    "simplequeue.put-get.fifo",
};

const std::vector<std::string_view>& Cases() {
  static const auto& cases = *[] {
    auto* all = new std::vector<std::string_view>(std::begin(kFewCases),
                                                  std::end(kFewCases));
    if (!kProcessesAreDear) {
      all->insert(all->end(), std::begin(kMoreCases), std::end(kMoreCases));
    }
    return all;
  }();
  return cases;
}

std::string* procspec = nullptr;  // set by main
std::string* testee = nullptr;

// One backend and one run of the runner on it.
struct Visit {
  const Hostile* hostile = nullptr;  // null: harmless
  std::string out;
  std::string errors;  // what is wrong with it; empty: nothing
  RunRecord record;
  // Of the bad case.
  const Outcome* bad = nullptr;
  double seconds = 0;
  size_t alive = 0;

  std::string_view name() const {
    return hostile == nullptr ? kHarmless : hostile->name;
  }
  void Complain(std::string_view what) {
    absl::StrAppend(&errors, name(), ": ", what, "\n");
  }
};

// Its number; none: 0.
int64_t Start(Visit& run) {
  std::filesystem::create_directories(run.out);
  return StartRun({*procspec, "run", "--testee=" + *testee, "--out=" + run.out,
                   absl::StrCat("--backend=", std::string(run.name())),
                   "--only=" + absl::StrJoin(Cases(), ","),
                   absl::StrCat("--deadline=", kDeadlineS),
                   absl::StrCat("--jobs=", kJobs), "--quiet"},
                  run.out + "/console.txt");
}

// What a person finds who looks at an outcome.
std::string Seen(const Outcome& outcome) {
  std::string seen = absl::StrCat(outcome.reason, "\n");
  for (const runner::Failure& f : outcome.failures) {
    absl::StrAppend(&seen, f.message, "\n");
  }
  for (const runner::Leak& leak : outcome.leaks) {
    absl::StrAppend(&seen, runner::Describe(leak), "\n");
  }
  return absl::StrCat(seen, outcome.output);
}

// "zoo: NAME acts in DIRECTORY": the runner's own directory, which holds those
// of all cases.
std::string RootOf(const Outcome& outcome) {
  constexpr std::string_view kActsIn = " acts in ";
  const size_t at = outcome.output.find(kActsIn);
  if (at == std::string::npos) return "";
  const size_t begin = at + kActsIn.size();
  const std::string directory =
      outcome.output.substr(begin, outcome.output.find('\n', begin) - begin);
  return std::filesystem::path(directory).parent_path().string();
}

void CheckLog(Visit& run) {
  absl::StatusOr<RunRecord> record = runner::ReadLog(run.out + "/log.jsonl");
  if (!record.ok()) {
    run.Complain(record.status().ToString());
    return;
  }
  run.record = *std::move(record);
  if (run.record.unreadable_lines != 0) run.Complain("the log is damaged");
  if (!run.record.ended) run.Complain("the run did not end");
  if (run.record.outcomes.size() != Cases().size()) {
    run.Complain(absl::StrCat(run.record.outcomes.size(), " outcomes for ",
                              Cases().size(), " cases"));
  }
}

std::string_view VerdictOf(const Outcome& outcome) {
  return outcome.verdict.has_value() ? VerdictName(*outcome.verdict) : "none";
}

void CheckOthers(Visit& run, const std::map<std::string, std::string>& clean) {
  for (const Outcome& o : run.record.outcomes) {
    if (run.hostile != nullptr && o.case_name == run.hostile->bad_case) {
      run.bad = &o;
    } else if (VerdictOf(o) != clean.at(o.case_name)) {
      run.Complain(absl::StrCat(o.case_name, " is ", VerdictOf(o), ", not ",
                                clean.at(o.case_name), ": ", Seen(o)));
    }
  }
}

void CheckBad(Visit& run) {
  if (run.bad == nullptr) {
    run.Complain("its bad case was not run");
    return;
  }
  const Outcome& bad = *run.bad;
  if (VerdictOf(bad) != run.hostile->verdict ||
      !absl::StrContains(Seen(bad), std::string(run.hostile->says))) {
    run.Complain(absl::StrCat("expected ", run.hostile->verdict, " (",
                              run.hostile->says, "), got ", VerdictOf(bad),
                              ": ", Seen(bad)));
  }
  run.seconds = bad.ended_s - bad.began_s;
  if (run.seconds > kDeadlineS + kSlackS) {
    run.Complain(absl::StrCat("took ", run.seconds, " s"));
  }
  const std::string root = RootOf(bad);
  if (root.empty()) {
    if (run.hostile->act != nullptr) run.Complain("does not say where it acts");
  } else if (std::filesystem::exists(root)) {
    run.Complain(root + " was left");
  }
}

std::string Table(const std::vector<Visit>& runs) {
  std::string out = absl::StrCat(
      "| backend | bad case | declared | verdict | over deadline | live "
      "afterwards | why |\n|---|---|---|---|--:|--:|---|\n");
  size_t good = 0;
  for (const Visit& run : runs) {
    if (run.hostile == nullptr) continue;
    if (run.errors.empty()) ++good;
    const std::string why =
        run.bad == nullptr ? std::string()
        : run.bad->reason.empty() && !run.bad->failures.empty()
            ? run.bad->failures[0].message
            : run.bad->reason;
    absl::StrAppend(&out, "| ", run.name(), " | ", run.hostile->bad_case, " | ",
                    run.hostile->verdict, " | ",
                    run.bad == nullptr ? "none" : VerdictOf(*run.bad), " | ",
                    run.seconds > kDeadlineS
                        ? absl::StrFormat("%.1f s", run.seconds - kDeadlineS)
                        : absl::StrFormat("ended after %.1f s", run.seconds),
                    " | ", run.alive, " | ",
                    absl::StrReplaceAll(why, {{"\n", " "}, {"|", "\\|"}}),
                    " |\n");
  }
  return absl::StrCat(out, "\n", good, " of ", runs.size() - 1,
                      " as declared; all other verdicts of ", Cases().size(),
                      " cases equal those of a clean run.\n");
}

// Nothing is left out in silence.
TEST(Zoo, IsWholeOnEachSystem) {
  std::set<std::string_view> names;
  for (const Hostile& hostile : AllHostiles()) names.insert(hostile.name);
  size_t absent = 0;
  for (const Absent& a : AllAbsent()) {
    if (a.platform != runner::PlatformName()) continue;
    ++absent;
    EXPECT_TRUE(names.insert(a.name).second) << a.name << " is here";
    std::cout << "not here: " << a.name << " (" << a.why << ")\n";
  }
  EXPECT_EQ(names.size(), AllHostiles().size() + absent);
  EXPECT_EQ(names.size(), kHowMany);
}

TEST(Zoo, EachIsBadInItsCaseOnly) {
  ASSERT_EQ(PrepareForRuns(), "");
  std::set<std::string> machine = MachineWide();
  EXPECT_TRUE(machine.empty()) << *machine.begin() << ": left by somebody else";
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  const std::string out =
      outputs != nullptr ? outputs : testing::TempDir() + "/zoo";

  std::vector<Visit> runs(1 + AllHostiles().size());
  for (size_t i = 0; i < runs.size(); ++i) {
    if (i > 0) runs[i].hostile = &AllHostiles()[i - 1];
    runs[i].out = absl::StrCat(out, "/", std::string(runs[i].name()));
  }
  std::map<int64_t, Visit*> visits;
  std::set<int64_t> running;
  for (size_t next = 0; next < runs.size() || !running.empty();) {
    while (running.size() < kRuns && next < runs.size()) {
      const int64_t number = Start(runs[next]);
      ASSERT_NE(number, 0);
      running.insert(number);
      visits[number] = &runs[next++];
    }
    const EndedRun ended = WaitForRun(running);
    Visit& run = *visits[ended.number];
    running.erase(ended.number);
    // 0 or 1: it has judged.
    if (!ended.exited || ended.code < 0 || ended.code > 1) {
      run.Complain(absl::StrCat(
          "the runner ended with status ", ended.code, ": ",
          runner::ReadExcerpt(run.out + "/console.txt", 4096, 4096).text));
    }
    for (ProcessInfo& stray : EndStrays(running)) {
      ++run.alive;
      runner::FillDetails(stray);
      run.Complain(absl::StrCat("still lives: ", runner::Describe(stray)));
    }
    for (const std::string& left : MachineWide()) {
      if (machine.insert(left).second) run.Complain("on the machine: " + left);
    }
  }

  std::map<std::string, std::string> clean;
  for (Visit& run : runs) {
    CheckLog(run);
    if (run.hostile == nullptr) {
      for (const Outcome& o : run.record.outcomes) {
        clean[o.case_name] = VerdictOf(o);
        EXPECT_EQ(VerdictOf(o), "PASS") << o.case_name << "\n" << Seen(o);
      }
      continue;
    }
    CheckOthers(run, clean);
    CheckBad(run);
  }
  const std::string table = Table(runs);
  std::cout << table;
  std::ofstream(out + "/zoo.md") << table;
  for (const Visit& run : runs) {
    EXPECT_EQ(run.errors, "");
    // The logs of those that went as declared are of no use to anybody.
    std::error_code error;
    if (run.errors.empty()) std::filesystem::remove_all(run.out, error);
  }
}

}  // namespace
}  // namespace procspec::zoo

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s PROCSPEC ZOO_TESTEE\n", argv[0]);
    return 2;
  }
  std::string runner = std::filesystem::absolute(argv[1]).string();
  std::string testee = std::filesystem::absolute(argv[2]).string();
  procspec::zoo::procspec = &runner;
  procspec::zoo::testee = &testee;
  return RUN_ALL_TESTS();
}
