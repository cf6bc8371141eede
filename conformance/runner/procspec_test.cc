// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The program as a whole, on a testee whose cases misbehave. What takes a shell
// or signals is in procspec_test_posix.cc.

#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/testing/procspec_fixture.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

// The behaviours that only one system has.
const std::map<std::string_view, std::map<std::string, std::string>>
    kOfOneSystem = {
        // There is no process on Windows between the runner and a case.
        {"linux", {{"kill-supervisor", "CRASH"}, {"stop-supervisor", "CRASH"}}},
        // abort() is an exit code there; nothing outlives its processes.
        {"windows", {{"abort", "CRASH"}, {"leave-ipc", "PASS"}}},
};

TEST_F(ProcspecTest, EachBehaviourHasItsVerdict) {
  std::map<std::string, std::string> expected = {
      {"pass", "PASS"},
      {"fail", "FAIL"},
      {"unsupported", "FAIL"},  // the backend declares it
      {"hang", "TIMEOUT"},
      {"stop", "TIMEOUT"},
      {"pass-then-hang", "TIMEOUT"},
      {"crash", "CRASH"},
      {"exit-early", "CRASH"},
      {"exit-odd", "CRASH"},
      {"truncated", "CRASH"},
      {"result-is-directory", "CRASH"},
      {"pass-exit-1", "CRASH"},
      {"fail-exit-0", "FAIL"},
      {"output", "PASS"},
      {"escape", "LEAK"},
      {"leave-child", "LEAK"},
      {"leave-file", "LEAK"},
      {"helper", "PASS"},
      {"fork-storm", "LEAK"},
      {"slow", "PASS"},
      {"env", "PASS"},
      {"extra", "UNSUPPORTED"},
      {"infra", "INFRA"},
      {"claims-infra", "CRASH"},
      {"infra-odd", "CRASH"},
      {"usage", "INFRA"},
      {"claims-usage", "CRASH"},
      {"forged", "CRASH"},
  };
  const auto& of_this_system = kOfOneSystem.at(PlatformName());
  expected.insert(of_this_system.begin(), of_this_system.end());
  EXPECT_EQ(Run("--backend=good --jobs=6 --deadline=2", "FAKE_TESTEE_ALL=1"),
            1);
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE(run->ended);
  EXPECT_EQ(run->exit_code, 1);
  size_t found = 0;
  for (const Outcome& o : run->outcomes) {
    const size_t slash = o.case_name.find('/');
    if (slash == std::string::npos) continue;
    const auto it = expected.find(o.case_name.substr(slash + 1));
    ASSERT_NE(it, expected.end()) << o.case_name;
    ++found;
    ASSERT_TRUE(o.verdict.has_value()) << o.case_name;
    EXPECT_EQ(VerdictName(*o.verdict), it->second) << o.case_name << o.reason;
    if (it->first == "infra") {
      EXPECT_EQ(o.reason,
                "the adapter or the machinery is at fault: sent <a>, got <b>");
      EXPECT_EQ(o.failures.size(), 1u);
    }
    if (it->first == "leave-child") {
      EXPECT_EQ(o.leak_count, 1);
    }
    if (it->first == "leave-file") {
      EXPECT_EQ(o.leaks, (std::vector<Leak>{{LeakKind::kFile, "forgotten"}}));
    }
    if (it->first == "output") {
      EXPECT_GT(o.output_bytes, 1 << 20);
      EXPECT_LT(o.output.size(), 100u << 10);
    }
  }
  EXPECT_EQ(found, expected.size());
  for (const char* view : {"summary.json", "junit.xml", "report.html"}) {
    EXPECT_GT(std::filesystem::file_size(root_ + "/out/" + view), 100u);
  }
  // A person sees what failed, and why.
  EXPECT_TRUE(Printed("Expected: Put reports Full")) << output_;
  EXPECT_TRUE(Printed("MUST")) << output_;
}

TEST_F(ProcspecTest, TheSummaryHasItsKeys) {
  EXPECT_EQ(Run("--backend=good,other"), 1);
  const auto json = ParseJson(ReadFile(root_ + "/out/summary.json"));
  ASSERT_TRUE(json.has_value() && json->is_array());
  ASSERT_EQ(json->size(), 2u);
  for (const Json& backend : *json) {
    for (const char* key :
         {"spec_version", "backend", "platform", "clauses_total", "counts",
          "conformance", "coverage", "wall_s"}) {
      EXPECT_TRUE(Has(backend, key)) << key;
    }
    EXPECT_EQ(backend["counts"].size(), kVerdictCount);
  }
  EXPECT_EQ(GetInt((*json)[1]["counts"], "UNSUPPORTED"), 2);
}

TEST_F(ProcspecTest, ATesteeCannotLeaveOutACase) {
  EXPECT_EQ(Run("--backend=good", "FAKE_TESTEE_LIST=missing-case"), 19);
  EXPECT_TRUE(Printed("lacks queue.put.timeout-full:")) << output_;
}

TEST_F(ProcspecTest, ASelectionIsJudgedByItself) {
  EXPECT_EQ(Run("--backend=good --only=queue.get.timeout-empty"), 0) << output_;
  // After what a wrapper gave, as in a repro line of a conformance_test.
  EXPECT_EQ(Run("--backend=other --backend=good --only=queue.put.timeout-full "
                "--only=queue.get.timeout-empty"),
            0)
      << output_;
  EXPECT_NE(output_.find("(queue.get.timeout-empty)"), std::string::npos);
}

// The repro line of every failure, run by a shell, gives the verdict again.
TEST_F(ProcspecTest, ReproLinesRepeat) {
  const std::string prefix =
      absl::StrCat("'", procspec_, " run --testee=", testee_,
                   " --deadline=1 --out=", root_, "/out'");
  Run(absl::StrCat("--backend=good --jobs=6 --deadline=1 --repro=", prefix,
                   " --only='*/fail*,*/crash,*/hang,*/exit-*'"),
      "FAKE_TESTEE_ALL=1");
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->outcomes.size(), 6u);
  const std::string printed = output_;
  for (const Outcome& first : run->outcomes) {
    const std::string line = ReproLine(*run, first.backend, first.case_name);
    EXPECT_NE(printed.find("repeat: " + line + "\n"), std::string::npos)
        << line;
    EXPECT_EQ(Shell("FAKE_TESTEE_ALL=1 " + line), 1) << output_;
    auto again = ReadLog(root_ + "/out/log.jsonl");
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again->outcomes.size(), 1u) << line;
    EXPECT_EQ(again->outcomes[0].verdict, first.verdict) << line;
    EXPECT_EQ(again->outcomes[0].seed, first.seed) << line;
  }
}

// tools/conform would judge its own testee; a command given by --repro brings
// one.
TEST_F(ProcspecTest, ReproLinesNameTheTesteeOnlyWhereTheyMust) {
  const auto prefix = [this](const std::string& arguments) {
    Run("--backend=good --only=queue.get.timeout-empty " + arguments);
    auto run = ReadLog(root_ + "/out/log.jsonl");
    return run.ok() ? run->repro_prefix : run.status().ToString();
  };
  EXPECT_EQ(prefix(""), "tools/conform --testee=" + testee_);
  EXPECT_EQ(prefix("--repro='bazel run //:mine --'"), "bazel run //:mine --");
}

// Nothing was judged, so that nothing may look green: each way of it has an
// error and an exit code of its own.
TEST_F(ProcspecTest, EveryWayOfRunningNothingHasACode) {
  const std::string run = absl::StrCat(procspec_, " run --testee=", testee_,
                                       " --out=", root_, "/out ");
  const std::string matrix = absl::StrCat(
      procspec_, " kill-matrix --testee=", testee_, " --out=", root_, "/km ");
  const std::string report = absl::StrCat(procspec_, " report ", root_);
  ASSERT_TRUE(WriteFile(root_ + "/empty.jsonl", "").ok());
  ASSERT_TRUE(WriteFile(root_ + "/text.jsonl", "no log\n").ok());
  struct Row {
    std::string way;
    std::string command;
    int code;
    std::string says;
  };
  EXPECT_TRUE(KillOnce(absl::StrCat("FAKE_TESTEE_ALL=1 ", run, "--out=", root_,
                                    "/killed --backend=good --only='*/hang'"),
                       root_ + "/killed/log.jsonl", "\"type\":\"begin\"",
                       root_ + "/output"));
  const Row rows[] = {
      {"no testee", run + "--testee=/no/such/testee", 10, "/no/such/testee"},
      {"a testee that cannot say what it has", "FAKE_TESTEE_LIST=broken " + run,
       11, "not a JSON object"},
      {"a testee that cannot say what it has", "FAKE_TESTEE_LIST=crash " + run,
       11, PlatformName() == "windows" ? "exit code 3" : "SIGABRT"},
      {"no backend linked", "FAKE_TESTEE_LIST=no-backends " + run, 12,
       "no backend"},
      {"no case linked", "FAKE_TESTEE_LIST=no-cases " + run, 13, "no case"},
      {"an empty list of backends", run + "--backend=", 14, "names no backend"},
      {"an empty list of backends", run + "--backend=,", 14,
       "names no backend"},
      {"a typo in a backend", run + "--backend=godo", 15, "did you mean good"},
      {"an empty filter", run + "--only=", 16, "names no case"},
      {"a typo in an id", run + "--only=queue.put.timeout-ful", 17,
       "queue.put.timeout-full"},
      {"all unsupported", run + "--backend=other", 18, "unsupported"},
      {"a testee of another specification",
       "FAKE_TESTEE_LIST=unknown-clause " + run, 19, "no.such-clause"},
      {"all INFRA",
       "FAKE_TESTEE_ALL=1 " + run + "--backend=good --only='*/usage'", 20,
       "nothing"},
      {"no mutant linked", "FAKE_TESTEE_LIST=no-backends " + matrix, 21,
       "no mutant"},
      {"a typo in a mutant", matrix + "--mutant=nothing", 22, "'nothing'"},
      {"no log", report + "/none.jsonl", 23, "none.jsonl"},
      {"an empty log", report + "/empty.jsonl", 24, "no record"},
      {"an empty log", report + "/text.jsonl", 24, "no record"},
      {"only backends that are wrong on purpose",
       "FAKE_TESTEE_LIST=only-wrong " + run, 25, "name them"},
      {"an empty list of mutants", matrix + "--mutant=", 26, "names no mutant"},
      {"an empty shard", run + "--shard=3/3", 27, "3/3 has no case"},
      {"the time limit before the first case", run + "--time-limit=0.0001", 5,
       "Not run: 6\n"},
      {"no place for the log", run + "--out=" + root_ + "/text.jsonl/no", 4,
       "/text.jsonl/no"},
      {"a wrong command line", run + "--jobs=0", 2, "jobs"},
      {"a wrong command line", run + "--deadline=-1", 2, "deadline"},
      {"a wrong command line", run + "--time-limit=0", 2, "time-limit"},
      {"a wrong command line", run + "--shard=0/2", 2, "--shard=0/2"},
      {"a wrong command line", run + "--shard=3/2", 2, "--shard=3/2"},
      {"a wrong command line", run + "--no-such-option", 2, "no-such-option"},
      {"a wrong command line", procspec_, 2, "subcommand"},
      {"no backend available",
       "FAKE_TESTEE_UNAVAILABLE=good " + run + "--backend=good", 29,
       "good: not available here: no <interpreter> for good; install it\n"},
      {"no backend available",
       "FAKE_TESTEE_UNAVAILABLE=good,other " + run + "--backend=good,other", 29,
       "other: not available here: no <interpreter> for other"},
      {"a log in which nothing ended", report + "/killed", 28,
       "then ran: queue.put.timeout-full/hang on good"},
  };
  std::map<std::string, int> codes;
  std::map<int, std::string> ways;
  for (const Row& row : rows) {
    EXPECT_EQ(Shell(row.command), row.code)
        << row.way << ": " << row.command << "\n"
        << output_;
    EXPECT_TRUE(Printed(row.says)) << row.says << "\n" << output_;
    EXPECT_TRUE(row.code == 2 || Printed(absl::StrCat("[exit ", row.code, "]")))
        << output_;
    EXPECT_EQ(codes.emplace(row.way, row.code).first->second, row.code);
    EXPECT_EQ(ways.emplace(row.code, row.way).first->second, row.way);
  }
  EXPECT_GE(ways.size(), 12u);
  for (const auto& [code, way] : ways) {
    std::cout << "exit " << code << ": " << way << "\n";
  }
  std::cout << "empty runs " << ways.size() << "/" << codes.size() << "\n";
  EXPECT_EQ(Shell(procspec_ + " run --help"), 0);
}

// The other one is judged; nothing of this one is run, and everything says why.
TEST_F(ProcspecTest, ABackendThatIsNotAvailableIsNotRun) {
  const std::string why = "no <interpreter> for other; install it";
  const std::string note = "not available here: " + why;
  const std::string variables = absl::StrCat(
      "FAKE_TESTEE_UNAVAILABLE=other FAKE_TESTEE_TRACE=", root_, "/trace");
  // That it is expected to fail does not make it go otherwise.
  const std::string file = root_ + "/expected.json";
  ASSERT_TRUE(
      WriteFile(
          file,
          absl::StrCat(R"({"backend": "other", "platform": ")", PlatformName(),
                       R"(", "expect": [{"case": ")"
                       R"(queue.get.timeout-empty", "verdict": "FAIL",)"
                       R"( "reason": "so", "link": "https://a.b/c"}]})"))
          .ok());
  EXPECT_EQ(
      Run(absl::StrCat("--backend=good,other --only=queue.get.timeout-empty "
                       "--expectations=",
                       file),
          variables),
      0)
      << output_;
  EXPECT_TRUE(Printed("other: " + note)) << output_;
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->outcomes.size(), 2u);
  for (const Outcome& o : run->outcomes) {
    if (o.backend == "good") {
      EXPECT_EQ(o.verdict, Verdict::kPass);
      continue;
    }
    EXPECT_EQ(o.verdict, Verdict::kUnsupported);
    EXPECT_EQ(o.reason, note);
    EXPECT_EQ(o.end, "not started");
    EXPECT_FALSE(o.expectation.has_value());
  }
  ASSERT_NE(run->FindBackend("other"), nullptr);
  EXPECT_EQ(run->FindBackend("other")->unavailable, why);
  const std::string trace = ReadFile(root_ + "/trace");
  EXPECT_EQ(trace.find("start"), trace.rfind("start")) << trace;

  const std::string of_xml = "not available here: no &lt;interpreter&gt; for";
  EXPECT_NE(ReadFile(root_ + "/out/junit.xml").find(of_xml), std::string::npos);
  EXPECT_NE(ReadFile(root_ + "/out/report.html").find(of_xml),
            std::string::npos);
  EXPECT_NE(ReadFile(root_ + "/out/report.md")
                .find("not available here: no &lt;interpreter> for"),
            std::string::npos);
  EXPECT_NE(ReadFile(root_ + "/out/badge-other.svg").find("not available<"),
            std::string::npos);
  const auto summary = ParseJson(ReadFile(root_ + "/out/summary.json"));
  ASSERT_TRUE(summary.has_value() && summary->size() == 2);
  EXPECT_FALSE(Has((*summary)[0], "unavailable"));
  EXPECT_EQ(GetString((*summary)[1], "unavailable"), why);
  EXPECT_EQ(GetInt((*summary)[1], "musts_applicable"), 0);

  // Its expectations cannot be mended by a run that says nothing of it.
  EXPECT_EQ(Shell(absl::StrCat(procspec_, " expectations update ", file, " ",
                               root_, "/out")),
            30);
  EXPECT_TRUE(Printed(note)) << output_;

  // Red is red beside it.
  EXPECT_EQ(Run("--backend=good,other --only='*/fail'",
                variables + " FAKE_TESTEE_ALL=1"),
            1);
  EXPECT_EQ(Run("--backend=good,other --only='*/usage'",
                variables + " FAKE_TESTEE_ALL=1"),
            20);

  const std::string list = absl::StrCat(
      variables, " ", procspec_, " list --backends --testee=", testee_, " ");
  EXPECT_EQ(Shell(list), 0);
  EXPECT_TRUE(Printed("other  " + note)) << output_;
  EXPECT_EQ(Shell(list + "--json"), 0);
  EXPECT_TRUE(Printed("\"unavailable\": \"" + why)) << output_;
}

TEST_F(ProcspecTest, ShardsTogetherAreEverything) {
  std::multiset<std::string> run_in_shards;
  for (const char* shard : {"1/2", "2/2"}) {
    Run(absl::StrCat("--backend=good --shard=", shard), "FAKE_TESTEE_COPIES=2");
    auto run = ReadLog(root_ + "/out/log.jsonl");
    ASSERT_TRUE(run.ok());
    EXPECT_EQ(run->shard, shard);
    EXPECT_TRUE(Printed(absl::StrCat("shard ", shard))) << output_;
    for (const Outcome& o : run->outcomes) run_in_shards.insert(o.case_name);
    // By clauses: what the other shard judges is no fault of this one.
    EXPECT_EQ(run->exit_code, run->outcomes.size() > 1 ? 1 : 0);
  }
  Run("--backend=good", "FAKE_TESTEE_COPIES=2");
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok());
  std::multiset<std::string> all;
  for (const Outcome& o : run->outcomes) all.insert(o.case_name);
  EXPECT_EQ(run_in_shards, all);
}

// Guard in the case < deadline of the case < limit of the run < Bazel's.
TEST_F(ProcspecTest, AtItsTimeLimitARunSaysWhatItHasNotRun) {
  const absl::Time start = absl::Now();
  EXPECT_EQ(Run("--backend=good --jobs=1 --time-limit=1 "
                "--only='queue.get.timeout-empty,*/hang,*/stop,*/slow'",
                "FAKE_TESTEE_ALL=1"),
            5)
      << output_;
  EXPECT_LT(absl::Now() - start, absl::Seconds(30));  // the case has 40 s
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE(run->ended);
  EXPECT_TRUE(run->time_limit_reached);
  EXPECT_EQ(run->time_limit_s, 1);
  EXPECT_EQ(run->exit_code, 5);
  std::map<std::string, std::string> states;
  for (const Outcome& o : run->outcomes) {
    states[o.case_name] = o.verdict.has_value() ? "ended" : "cut";
  }
  const std::string junit = ReadFile(root_ + "/out/junit.xml");
  for (const CaseOnBackend& c : NotRun(*run)) {
    EXPECT_EQ(states.count(c.case_info.name), 0u);
    states[c.case_info.name] = "not run";
    EXPECT_TRUE(Printed("  " + c.case_info.name + " on good\n")) << output_;
    EXPECT_NE(junit.find(absl::StrCat("name=\"", c.case_info.name,
                                      "\" time=\"0\"><error type=\"NOT_RUN\"")),
              std::string::npos);
  }
  EXPECT_EQ(states.size(), 4u);
  EXPECT_EQ(states["queue.put.timeout-full/slow"], "not run");
  EXPECT_EQ(states["queue.put.timeout-full/stop"], "not run");
  EXPECT_TRUE(Printed("The run reached its time limit of 1 s")) << output_;
  EXPECT_NE(ReadFile(root_ + "/out/report.html").find("time limit"),
            std::string::npos);
  // Nothing is made of a part of a kill matrix.
  EXPECT_EQ(Shell(absl::StrCat(procspec_, " kill-matrix --testee=", testee_,
                               " --out=", root_, "/km --time-limit=0.0001")),
            5);
  EXPECT_TRUE(Printed("0 of ")) << output_;
  EXPECT_FALSE(std::filesystem::exists(root_ + "/km/kill_matrix.md"));
}

// What cases read of the environment is in the log and in repro lines.
TEST_F(ProcspecTest, TheEnvironmentOfCasesIsKnown) {
  Run("--backend=good --deadline=2.5",
      "PROCSPEC_GUARD_MS=300 PROCSPEC_TIME_SCALE=2");
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(ReproLine(*run, "good", "x"),
            absl::StrCat("PROCSPEC_GUARD_MS=300 PROCSPEC_TIME_SCALE=2 "
                         "tools/conform --testee=",
                         testee_, " --deadline=2.5 --backend=good --only=x"));
  // The deadline is above the hang guard in the case, two guards, also of a
  // longer one.
  for (const auto& [guard_ms, deadline_s] :
       std::map<std::string, double>{{"1", 40}, {"30000", 120}}) {
    Run("--backend=good", "PROCSPEC_GUARD_MS=" + guard_ms);
    run = ReadLog(root_ + "/out/log.jsonl");
    ASSERT_TRUE(run.ok()) << run.status();
    EXPECT_EQ(run->deadline_s, deadline_s);
  }
}

TEST_F(ProcspecTest, ALaterRunLeavesNothingOfAnEarlierOne) {
  Run("--backend=good");
  EXPECT_TRUE(std::filesystem::exists(root_ + "/out/report.html"));
  // Killed before it had anything to say.
  EXPECT_TRUE(KillOnce(
      absl::StrCat("FAKE_TESTEE_ALL=1 ", procspec_, " run --testee=", testee_,
                   " --out=", root_, "/out --backend=good --only='*/hang'"),
      root_ + "/out/log.jsonl", "/hang", root_ + "/output"));
  EXPECT_EQ(ListDirectory(root_ + "/out", 16),
            std::vector<std::string>{"log.jsonl"});
}

TEST_F(ProcspecTest, ReportsAreMadeFromACutLog) {
  Run("--backend=good");
  const std::string log = root_ + "/out/log.jsonl";
  std::string text = ReadFile(log);
  // The last case's end is half written, and no end of the run.
  text = text.substr(0, text.rfind("\"type\":\"end\"") + 60);
  ASSERT_TRUE(WriteFile(log, text).ok());
  std::filesystem::remove(root_ + "/out/report.html");
  EXPECT_EQ(Shell(absl::StrCat(procspec_, " report ", root_, "/out")), 0)
      << output_;
  EXPECT_TRUE(Printed("then ran: queue.")) << output_;
  EXPECT_TRUE(std::filesystem::exists(root_ + "/out/report.html"));
  // Elsewhere, from the file itself.
  EXPECT_EQ(Shell(absl::StrCat(procspec_, " report ", log, " --out=", root_,
                               "/else")),
            0);
  EXPECT_TRUE(std::filesystem::exists(root_ + "/else/summary.json"));
}

TEST_F(ProcspecTest, RunsAreMergedAndCompared) {
  const std::string good = "--backend=good --only=queue.get.timeout-empty";
  Run(good);
  const std::string a = root_ + "/a";
  std::filesystem::rename(root_ + "/out", a);
  Run("--backend=good --only=queue.get.timeout-empty,*/fail",
      "FAKE_TESTEE_ALL=1");
  const std::string b = root_ + "/out";

  EXPECT_EQ(Shell(absl::StrCat(procspec_, " report ", a, " ", b)), 2);
  EXPECT_TRUE(Printed("--out=DIR")) << output_;
  const std::string merged = root_ + "/merged";
  EXPECT_EQ(Shell(absl::StrCat(procspec_, " report ", a, "/log.jsonl ", b,
                               " --out=", merged)),
            0)
      << output_;
  const auto summary = ParseJson(ReadFile(merged + "/summary.json"));
  ASSERT_TRUE(summary.has_value() && summary->is_array());
  EXPECT_EQ(summary->size(), 2u);

  const std::string diff = procspec_ + " diff ";
  EXPECT_EQ(Shell(absl::StrCat(diff, a, " ", b)), 0);
  EXPECT_TRUE(
      Printed("0 regressed, 0 removed, 0 changed, 0 fixed, 1 new, "
              "1 same"))
      << output_;
  EXPECT_EQ(Shell(absl::StrCat(diff, b, " ", a, " --format=json --out=", root_,
                               "/diff.json")),
            40);
  const auto json = ParseJson(ReadFile(root_ + "/diff.json"));
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(GetInt((*json)["counts"], "removed"), 1);
  EXPECT_EQ(Shell(absl::StrCat(diff, a, " ", b, " --format=markdown")), 0);
  EXPECT_TRUE(Printed("## new")) << output_;
  EXPECT_EQ(Shell(absl::StrCat(diff, a, " ", b, " --format=xml")), 2);
  EXPECT_TRUE(Printed("xml")) << output_;
  EXPECT_EQ(Shell(absl::StrCat(diff, a, " /no/such/run")), 23);
  EXPECT_EQ(Shell(absl::StrCat(diff, a)), 2);
  EXPECT_EQ(
      Shell(absl::StrCat(diff, a, " ", b, " --out=", root_, "/diff.json/file")),
      4);
}

TEST_F(ProcspecTest, ListsWhatThereIs) {
  const std::string testee = " --testee=" + testee_;
  EXPECT_EQ(Shell(procspec_ + " list --clauses --json" + testee), 0);
  const auto clauses = ParseJson(output_);
  ASSERT_TRUE(clauses.has_value() && clauses->is_array());
  bool found = false;
  for (const Json& c : *clauses) {
    for (const char* key :
         {"id", "level", "area", "cases", "platform", "requires"}) {
      ASSERT_TRUE(Has(c, key)) << key;
    }
    if (GetString(c, "id") != "queue.put.timeout-full") continue;
    found = true;
    EXPECT_EQ(GetStrings(c, "cases").size(), 2u);
    EXPECT_EQ(GetString(c, "level"), "must");
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(Shell(procspec_ + " list --cases" + testee), 0);
  EXPECT_TRUE(Printed("queue.put.timeout-full/extra\n"));
  EXPECT_EQ(Shell(procspec_ + " list --backends" + testee), 0);
  EXPECT_TRUE(Printed("mutant  breaks queue.put.timeout-full"));
  EXPECT_EQ(Shell(procspec_ + " list --clauses --no-testee"), 0);
  EXPECT_EQ(Shell(procspec_ + " list" + testee), 2);
  EXPECT_EQ(Shell(procspec_ + " list --cases --testee=/no/such"), 10);
}

TEST_F(ProcspecTest, ExplainsAClause) {
  EXPECT_EQ(Shell(procspec_ + " explain queue.put.timeout-full"), 0);
  EXPECT_TRUE(Printed("Full"));
  EXPECT_EQ(Shell(procspec_ + " explain queue.put.timeout-ful"), 2);
  EXPECT_TRUE(Printed("did you mean queue.put.timeout-full")) << output_;
}

TEST_F(ProcspecTest, TheKillMatrixHoldsMutantsToWhatTheyDeclare) {
  const std::string command = absl::StrCat(
      procspec_, " kill-matrix --testee=", testee_, " --out=", root_, "/km ");
  EXPECT_EQ(Shell(command + "--mutant=mutant,always-ok"), 0) << output_;
  EXPECT_TRUE(std::filesystem::exists(root_ + "/km/kill_matrix.json"));
  EXPECT_EQ(Shell(command + "--mutant=stale"), 1);
  EXPECT_TRUE(Printed("declared as collateral, but not red")) << output_;
  EXPECT_EQ(Shell(command + "--mutant=wild"), 1);
  EXPECT_TRUE(Printed("red, but not declared")) << output_;
  EXPECT_EQ(Shell(command), 1);
  EXPECT_TRUE(Printed("Must clauses that no mutant kills")) << output_;
  // What a person would be told of each mutant's failures.
  EXPECT_EQ(Shell(command + "--mutant=mutant"), 0);
  const std::string failures = ReadFile(root_ + "/km/failures.txt");
  EXPECT_NE(failures.find("FAIL queue.put.timeout-full on mutant\n"),
            std::string::npos)
      << failures;
  auto run = ReadLog(root_ + "/km/log.jsonl");
  ASSERT_TRUE(run.ok());
  EXPECT_NE(failures.find(absl::StrCat(
                "  repeat: ",
                ReproLine(*run, "mutant", "queue.put.timeout-full"), "\n")),
            std::string::npos)
      << failures;
}

}  // namespace
}  // namespace procspec::runner
