// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/log.h"

#include <fstream>
#include <iterator>
#include <string>

#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/score.h"
#include "conformance/runner/views.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

RunRecord SomeRun() {
  RunRecord run;
  run.spec_version = "0.1";
  run.platform = "linux";
  run.machine = {{"system", "Linux"}, {"processors", "2"}};
  run.argv = {"procspec", "run", "--only=a b"};
  run.started = "2026-01-02T03:04:05+00:00";
  run.testee = "/bin/testee";
  run.seed = 5;
  run.jobs = 2;
  run.deadline_s = 1.5;
  run.ipc_watch = IpcWatch::kCompared;
  run.repro_prefix = "tools/conform";
  run.environment = {{"X", "1 2"}};
  ClauseInfo clause;
  clause.id = "a.b";
  clause.area = "a";
  clause.level = "must";
  clause.text = "It MUST.";
  clause.platform = "all";
  clause.requirements = {"queue"};
  run.clauses = {clause};
  clause.id = "a.c";
  clause.level = "should";
  clause.untestable = "no";
  run.clauses.push_back(clause);
  BackendInfo backend;
  backend.name = "good";
  backend.capabilities = {"queue"};
  backend.platform = "linux";
  run.backends = {backend};
  run.cases = {{"a.b", "a.b", "", {"queue"}, true},
               {"a.b/x", "a.b", "x", {}, true},
               {"a.b/y", "a.b", "y", {}, false}};
  return run;
}

Outcome SomeOutcome(int number, const std::string& name) {
  Outcome o;
  o.number = number;
  o.backend = "good";
  o.case_name = name;
  o.clause = "a.b";
  o.seed = 9;
  o.time = "2026-01-02T03:04:05.5+00:00";
  o.began_s = 0.5 * number;
  return o;
}

Outcome Finished(Outcome o, Verdict verdict) {
  o.verdict = verdict;
  o.ended_s = o.began_s + 0.25;
  o.reason = "because";
  o.failures = {{"f.cc", 3, "Expected: x\n  Actual: \xff \x01 <y>"}};
  o.duration_s = 0.25;
  o.end = "exit code 1";
  o.leaks = {{LeakKind::kProcess, "12 (parent 1) S: sleep"},
             {LeakKind::kSharedMemory, "/t"}};
  o.leak_count = 3;
  o.expectation = Expectation{"mine.json",     Verdict::kFail, "part", "slow",
                              "example.org/7", "2027-06-30",   true};
  o.observed = Verdict::kFail;
  o.output = "]]> \x1b[0m";
  o.output_bytes = 9;
  return o;
}

std::string WriteSomeLog() {
  auto root = MakePrivateRoot();
  EXPECT_TRUE(root.ok());
  const std::string path = *root + "/log.jsonl";
  RunRecord run = SomeRun();
  auto log = LogWriter::Create(path, run);
  EXPECT_TRUE(log.ok());
  const Outcome first = SomeOutcome(0, "a.b");
  const Outcome second = SomeOutcome(1, "a.b/x");
  EXPECT_TRUE((*log)->WriteBegin(first).ok());
  EXPECT_TRUE((*log)->WriteBegin(second).ok());
  EXPECT_TRUE((*log)->WriteEnd(Finished(second, Verdict::kFail)).ok());
  EXPECT_TRUE((*log)->WriteEnd(Finished(first, Verdict::kPass)).ok());
  run.wall_s = 2;
  run.exit_code = 1;
  EXPECT_TRUE((*log)->WriteRunEnd(run).ok());
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)),
                   std::istreambuf_iterator<char>());
  RemoveTree(*root);
  return text;
}

TEST(Log, RoundTrip) {
  auto run = ParseLog(WriteSomeLog());
  ASSERT_TRUE(run.ok()) << run.status();
  const RunRecord expected = SomeRun();
  EXPECT_EQ(run->spec_version, expected.spec_version);
  EXPECT_EQ(run->machine, expected.machine);
  EXPECT_EQ(run->argv, expected.argv);
  EXPECT_EQ(run->seed, 5u);
  EXPECT_EQ(run->deadline_s, 1.5);
  EXPECT_EQ(run->ipc_watch, IpcWatch::kCompared);
  EXPECT_EQ(run->environment, expected.environment);
  ASSERT_EQ(run->clauses.size(), 2u);
  EXPECT_EQ(run->clauses[0].requirements, expected.clauses[0].requirements);
  EXPECT_EQ(run->clauses[1].untestable, "no");
  ASSERT_EQ(run->cases.size(), 3u);
  EXPECT_EQ(run->cases[0].requirements, expected.cases[0].requirements);
  EXPECT_TRUE(run->cases[1].selected);
  EXPECT_FALSE(run->cases[2].selected);
  EXPECT_TRUE(run->ended);
  EXPECT_EQ(run->exit_code, 1);
  EXPECT_EQ(run->unreadable_lines, 0);

  ASSERT_EQ(run->outcomes.size(), 2u);
  const Outcome& o = run->outcomes[1];
  EXPECT_EQ(o.case_name, "a.b/x");
  EXPECT_EQ(o.verdict, Verdict::kFail);
  EXPECT_EQ(o.began_s, 0.5);
  EXPECT_EQ(o.ended_s, 0.75);
  ASSERT_EQ(o.failures.size(), 1u);
  EXPECT_EQ(o.failures[0].line, 3);
  // What was not UTF-8 is marked; the rest is as it was.
  EXPECT_EQ(o.failures[0].message,
            "Expected: x\n  Actual: \xef\xbf\xbd \x01 <y>");
  EXPECT_EQ(o.leaks, Finished(SomeOutcome(1, "a.b/x"), Verdict::kFail).leaks);
  EXPECT_EQ(o.leak_count, 3);
  EXPECT_EQ(o.observed, Verdict::kFail);
  ASSERT_TRUE(o.expectation.has_value());
  EXPECT_EQ(o.expectation->file, "mine.json");
  EXPECT_EQ(o.expectation->message, "part");
  EXPECT_EQ(o.expectation->reason, "slow");
  EXPECT_EQ(o.expectation->link, "example.org/7");
  EXPECT_EQ(o.expectation->expires, "2027-06-30");
  EXPECT_TRUE(o.expectation->intermittent);
}

// The runner may be killed between any two bytes.
TEST(Log, ALogCutAnywhereTellsWhatHadEnded) {
  const std::string text = WriteSomeLog();
  const size_t header = text.find('\n');
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string part = text.substr(0, cut);
    auto run = ParseLog(part);
    if (cut < header) {
      EXPECT_FALSE(run.ok()) << cut;
      continue;
    }
    ASSERT_TRUE(run.ok()) << cut << ": " << run.status();
    size_t ended = 0;
    for (const Outcome& o : run->outcomes) {
      if (o.verdict.has_value()) ++ended;
    }
    size_t lines = 0;
    for (size_t at = 0;
         (at = part.find("\"type\":\"end\"", at)) != std::string::npos; ++at) {
      // As a whole only; the newline itself may be missing.
      const size_t newline = part.find('\n', at);
      if (newline != std::string::npos || text[cut] == '\n') ++lines;
    }
    EXPECT_EQ(ended, lines) << cut;
    EXPECT_EQ(run->unreadable_lines, 0) << cut;
    // A whole record but for its newline is taken as such.
    const size_t last = part.rfind('\n');
    const bool whole = last == cut - 1 || text[cut] == '\n';
    EXPECT_EQ(run->cut_bytes, whole ? 0 : static_cast<int64_t>(cut - last - 1))
        << cut;
    const std::vector<ScoredRun> runs = {Scored(*run)};
    EXPECT_FALSE(JUnitXml(runs).empty());
    EXPECT_FALSE(SummaryJson(runs).empty());
    EXPECT_FALSE(HtmlReport(runs).empty());
  }
}

TEST(Log, WhatIsNotALogIsAnError) {
  EXPECT_FALSE(ParseLog("").ok());
  EXPECT_FALSE(ParseLog("hello\n").ok());
  EXPECT_FALSE(ParseLog("{\"type\":\"run\",\"schema\":999}\n").ok());
  EXPECT_TRUE(absl::IsNotFound(ReadLog("/no/such/log").status()));
}

TEST(Log, ADamagedLineCostsOneLine) {
  std::string text = WriteSomeLog();
  const size_t first = text.find('\n') + 1;
  text.insert(first, "{\"type\":\"beg\n");
  auto run = ParseLog(text);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->unreadable_lines, 1);
  EXPECT_EQ(run->outcomes.size(), 2u);
}

TEST(Views, EscapeWhatCasesSay) {
  auto run = ParseLog(WriteSomeLog());
  ASSERT_TRUE(run.ok());
  run->outcomes[0].verdict = Verdict::kCrash;
  run->outcomes[0].output = "</script><script>alert(1)</script> ]]> \x07";
  const std::vector<ScoredRun> runs = {Scored(*run)};
  const std::string html = HtmlReport(runs);
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find("http://"), std::string::npos);
  EXPECT_EQ(html.find("https://"), std::string::npos);
  const std::string xml = JUnitXml(runs);
  EXPECT_EQ(xml.find("<script>"), std::string::npos);
  EXPECT_EQ(xml.find('\x07'), std::string::npos);
  EXPECT_NE(xml.find("failures=\"2\""), std::string::npos) << xml;
}

TEST(Repro, IsQuotedForAShell) {
  RunRecord run = SomeRun();
  EXPECT_EQ(ReproLine(run, "good", "a.b/it's"),
            "X='1 2' tools/conform --backend=good '--only=a.b/it'\\''s' "
            "--seed=5");
  run.environment.clear();
  run.seed = 0;
  EXPECT_EQ(ReproLine(run, "good", "a.b/x"),
            "tools/conform --backend=good --only=a.b/x");
}

}  // namespace
}  // namespace procspec::runner
