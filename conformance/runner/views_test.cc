// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/views.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/base/config.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "conformance/runner/console.h"
#include "conformance/runner/files.h"
#include "conformance/runner/format.h"
#include "conformance/runner/json.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/score.h"
#include "conformance/runner/testing/random_run.h"
#include "conformance/runner/views/column.h"
#include "conformance/runner/views/markdown.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

using Counts = std::map<std::string, int>;  // by verdict, none of them 0

// What one view says of one backend on one platform.
struct Said {
  Counts clauses;
  std::string conformance;  // "12.5 %"
  std::string coverage;
};

bool operator==(const Said& a, const Said& b) {
  return a.clauses == b.clauses && a.conformance == b.conformance &&
         a.coverage == b.coverage;
}

std::ostream& operator<<(std::ostream& out, const Said& said) {
  out << said.conformance << " " << said.coverage;
  for (const auto& [verdict, count] : said.clauses) {
    out << " " << verdict << ":" << count;
  }
  return out;
}

void Count(const std::string& verdict, int count, Counts& counts) {
  if (count != 0) counts[verdict] += count;
}

int Number(absl::string_view text) {
  int number = -1;
  EXPECT_TRUE(absl::SimpleAtoi(text, &number)) << text;
  return number;
}

// What is between the marks, each time; the rest after the last is dropped.
std::vector<std::string> Between(absl::string_view text, absl::string_view from,
                                 absl::string_view to) {
  std::vector<std::string> out;
  for (size_t at = text.find(from); at != absl::string_view::npos;
       at = text.find(from, at)) {
    at += from.size();
    const size_t end = text.find(to, at);
    if (end == absl::string_view::npos) break;
    out.emplace_back(text.substr(at, end - at));
  }
  return out;
}

std::string First(absl::string_view text, absl::string_view from,
                  absl::string_view to) {
  const std::vector<std::string> all = Between(text, from, to);
  return all.empty() ? "" : all[0];
}

std::vector<Said> FromSummary(const std::string& text) {
  std::vector<Said> out;
  const auto json = ParseJson(text);
  EXPECT_TRUE(json.has_value() && json->is_array());
  for (const Json& entry : *json) {
    Said said;
    for (const auto& item : entry["counts"].items()) {
      Count(item.key(), item.value().get<int>(), said.clauses);
    }
    const auto ratio = [&entry](const char* part, const char* whole) {
      const double all = GetDouble(entry, whole);
      return Percent(all == 0 ? 0 : GetDouble(entry, part) / all);
    };
    said.conformance = ratio("musts_passed", "musts_applicable");
    said.coverage = ratio("judged", "clauses_total");
    EXPECT_NEAR(
        GetDouble(entry, "conformance") * GetDouble(entry, "musts_applicable"),
        GetDouble(entry, "musts_passed"), 1e-4);
    out.push_back(std::move(said));
  }
  return out;
}

std::vector<Said> FromJUnit(const std::string& xml) {
  std::vector<Said> out;
  for (const std::string& suite : Between(xml, "<testsuite ", "</testsuite>")) {
    Said said;
    for (Verdict v : AllVerdicts()) {
      const std::string name(VerdictName(v));
      Count(name,
            Number(First(suite,
                         absl::StrCat("name=\"clauses.", name, "\" value=\""),
                         "\"")),
            said.clauses);
    }
    double value = -1;
    EXPECT_TRUE(absl::SimpleAtod(
        First(suite, "name=\"conformance\" value=\"", "\""), &value));
    said.conformance = Percent(value);
    EXPECT_TRUE(absl::SimpleAtod(
        First(suite, "name=\"coverage\" value=\"", "\""), &value));
    said.coverage = Percent(value);
    out.push_back(std::move(said));
  }
  return out;
}

std::vector<Said> FromMarkdown(const std::string& markdown) {
  std::vector<Said> out;
  std::vector<std::string> names;
  for (absl::string_view line : absl::StrSplit(markdown, '\n')) {
    if (!absl::StartsWith(line, "| ")) {
      if (!out.empty()) break;  // the first table only
      continue;
    }
    std::string plain = absl::StrReplaceAll(line, {{"\\|", "/"}});
    std::vector<std::string> cells = absl::StrSplit(plain, '|');
    for (std::string& cell : cells) absl::StripAsciiWhitespace(&cell);
    if (names.empty()) {
      names = cells;
      continue;
    }
    EXPECT_EQ(cells.size(), names.size()) << line;
    Said said;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string percent = cells[i].substr(0, cells[i].find(" ("));
      if (names[i] == "conformance") said.conformance = percent;
      if (names[i] == "coverage") said.coverage = percent;
      if (ParseVerdict(names[i]).has_value()) {
        Count(names[i], Number(cells[i]), said.clauses);
      }
    }
    out.push_back(std::move(said));
  }
  return out;
}

std::vector<Said> FromConsole(const std::string& table) {
  std::vector<Said> out;
  std::vector<std::string> names;
  for (absl::string_view line : absl::StrSplit(table, '\n')) {
    std::vector<std::string> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.empty()) break;
    if (names.empty()) {
      // backend conformance coverage VERDICT... wall
      names = words;
      continue;
    }
    // name 12.5 % (1/8) 100.0 % (2/2) COUNT... 1.0 s
    Said said;
    said.conformance = absl::StrCat(words[1], " %");
    said.coverage = absl::StrCat(words[4], " %");
    for (size_t i = 3; i + 1 < names.size(); ++i) {
      Count(names[i], Number(words[i + 4]), said.clauses);
    }
    out.push_back(std::move(said));
  }
  return out;
}

std::vector<Said> FromCards(const std::string& html) {
  std::vector<Said> out;
  for (const std::string& card :
       Between(html, "<div class=\"card\">", "</div></div>")) {
    Said said;
    const std::string big = First(card, "<div class=\"big", "<small>");
    said.conformance =
        std::string(absl::StripAsciiWhitespace(big.substr(big.find('>') + 1)));
    said.coverage = std::string(
        absl::StripAsciiWhitespace(First(card, "<p>coverage ", "<small>")));
    for (const std::string& tag :
         Between(card, "<span class=\"tag ", "</span>")) {
      const std::vector<std::string> words =
          absl::StrSplit(tag.substr(tag.find('>') + 1), ' ');
      Count(words[1], Number(words[0]), said.clauses);
    }
    out.push_back(std::move(said));
  }
  return out;
}

// Of the cells only; the numbers are not there.
std::vector<Counts> FromCells(const std::string& html, size_t columns) {
  std::vector<Counts> out(columns);
  for (const std::string& row : Between(html, "<tr class=\"r\"", "</tr>")) {
    const std::vector<std::string> cells = Between(row, "<td data-v=", " ");
    EXPECT_EQ(cells.size(), columns);
    for (size_t i = 0; i < cells.size() && i < columns; ++i) {
      if (cells[i] != "NONE") Count(cells[i], 1, out[i]);
    }
  }
  return out;
}

// Cases by verdict.
std::vector<Counts> CasesFromPage(const std::string& html, size_t columns) {
  std::vector<Counts> out(columns);
  const auto data = ParseJson(First(
      html, "<script type=\"application/json\" id=\"data\">", "</script>"));
  EXPECT_TRUE(data.has_value());
  for (const Json& o : GetObjects(*data, "outcomes")) {
    Count(GetString(o, "v"), 1, out[static_cast<size_t>(GetInt(o, "b"))]);
  }
  return out;
}

std::vector<Counts> CasesFromJUnit(const std::string& xml) {
  std::vector<Counts> out;
  for (const std::string& suite : Between(xml, "<testsuite ", "</testsuite>")) {
    Counts counts;
    int cases = 0;
    std::vector<std::string> entries = absl::StrSplit(suite, "<testcase ");
    entries.erase(entries.begin());
    for (const std::string& entry : entries) {
      ++cases;
      if (absl::StrContains(entry, "type=\"NOT_")) continue;
      const std::string verdict = First(entry, " message=\"", ":");
      Count(verdict.empty() ? "PASS" : verdict, 1, counts);
    }
    EXPECT_EQ(cases, Number(First(suite, "tests=\"", "\"")));
    out.push_back(std::move(counts));
  }
  return out;
}

// Under sanitizers they would take a minute.
#if defined(ABSL_HAVE_ADDRESS_SANITIZER) || defined(ABSL_HAVE_THREAD_SANITIZER)
constexpr int kRandomLogs = 100;
#else
constexpr int kRandomLogs = 1000;
#endif

TEST(Views, AgreeOnTheCountsOfManyRandomLogs) {
  auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok());
  std::mt19937 random(20260101);
  int logs = 0;
  int columns_seen = 0;
  Counts seen;
  while (logs < kRandomLogs) {
    std::vector<ScoredRun> runs;
    for (size_t n = random() % 4 == 0 ? 3 : 1; n > 0; --n) {
      std::string text = LogOf(RandomRun(random), *root);
      // A killed runner leaves half a record.
      if (random() % 8 == 0) {
        const size_t header = text.find('\n') + 1;
        text.resize(header + random() % (text.size() - header + 1));
      }
      auto run = ParseLog(text);
      ASSERT_TRUE(run.ok()) << run.status();
      runs.push_back(Scored(*std::move(run)));
      ++logs;
    }
    const std::vector<Column> columns = Columns(runs);
    columns_seen += static_cast<int>(columns.size());
    const std::vector<Said> summary = FromSummary(SummaryJson(runs));
    const std::string junit = JUnitXml(runs);
    const std::string html = HtmlReport(runs);
    std::vector<Said> console;
    for (const ScoredRun& r : runs) {
      for (Said& said : FromConsole(FinalTable(r.run, r.scores, false))) {
        console.push_back(std::move(said));
      }
    }
    ASSERT_EQ(summary.size(), columns.size());
    EXPECT_EQ(FromJUnit(junit), summary);
    EXPECT_EQ(FromMarkdown(Markdown(runs)), summary);
    EXPECT_EQ(console, summary);
    EXPECT_EQ(FromCards(html), summary);
    const std::vector<Counts> cells = FromCells(html, columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      EXPECT_EQ(cells[i], summary[i].clauses);
    }

    const std::vector<NamedFile> badges = Badges(runs);
    ASSERT_EQ(badges.size(), columns.size());
    for (size_t i = 0; i < badges.size(); ++i) {
      const std::string shown = First(
          badges[i].content.substr(badges[i].content.rfind("<text")), ">", "<");
      if (shown != "partial run") {
        EXPECT_EQ(shown, summary[i].conformance);
      }
      for (size_t k = 0; k < i; ++k) {
        EXPECT_NE(badges[i].name, badges[k].name);
      }
    }

    // Cases, against the log itself.
    std::vector<Counts> cases(columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      for (const Outcome& o : columns[i].run->outcomes) {
        if (o.backend != columns[i].score->backend) continue;
        Count(std::string(VerdictName(VerdictOf(o))), 1, cases[i]);
        Count(std::string(VerdictName(VerdictOf(o))), 1, seen);
      }
    }
    EXPECT_EQ(CasesFromPage(html, columns.size()), cases);
    EXPECT_EQ(CasesFromJUnit(junit), cases);
    if (HasFailure()) FAIL() << "in log " << logs;
  }
  RemoveTree(*root);
  EXPECT_EQ(seen.size(), kVerdictCount);
  EXPECT_GT(columns_seen, 2 * kRandomLogs);
}

ScoredRun OneRun(const std::string& platform, const std::string& version) {
  RunRecord run;
  run.platform = platform;
  run.spec_version = version;
  run.started = "2026-01-02T03:04:05+00:00";
  run.ended = true;
  ClauseInfo clause;
  clause.id = "queue.one";
  clause.area = "queue";
  clause.level = "must";
  clause.text = absl::StrCat("As of ", version, " it MUST.");
  clause.platform = "all";
  run.clauses = {clause};
  BackendInfo backend;
  backend.name = "mine";
  backend.platform = platform;
  run.backends = {backend};
  run.cases = {{"queue.one", "queue.one", ""}};
  Outcome o;
  o.backend = "mine";
  o.case_name = "queue.one";
  o.clause = "queue.one";
  o.verdict = Verdict::kPass;
  run.outcomes = {o};
  return Scored(run);
}

TEST(Views, PlatformsStandSideBySide) {
  const std::vector<ScoredRun> runs = {OneRun("linux", "0.9"),
                                       OneRun("windows", "0.10")};
  const std::vector<Column> columns = Columns(runs);
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].name, "mine (linux)");
  EXPECT_EQ(columns[1].name, "mine (windows)");
  EXPECT_EQ(Badges(runs)[1].name, "badge-mine-windows.svg");
  for (const std::string& view : {Markdown(runs), HtmlReport(runs)}) {
    EXPECT_NE(view.find("different versions of the specification: 0.10, 0.9"),
              std::string::npos);
  }
  // The newest text counts; what the other was judged by is there too.
  const std::string html = HtmlReport(runs);
  EXPECT_NE(html.find("<p>As of 0.10 it MUST.</p>"), std::string::npos);
  EXPECT_NE(html.find("\"0.9\":\"As of 0.9 it MUST.\""), std::string::npos);
  EXPECT_EQ(FromCells(html, 2),
            (std::vector<Counts>{{{"PASS", 1}}, {{"PASS", 1}}}));
}

TEST(Views, TheSameLogTwiceIsTwoColumns) {
  const std::vector<ScoredRun> runs = {OneRun("linux", "0.1"),
                                       OneRun("linux", "0.1")};
  const std::vector<Column> columns = Columns(runs);
  EXPECT_EQ(columns[0].name, "mine (linux) #1");
  EXPECT_EQ(columns[1].name, "mine (linux) #2");
}

TEST(Views, TheWorstComesFirstAndKnownDeviationsLast) {
  ScoredRun run = OneRun("linux", "0.1");
  Outcome o = run.run.outcomes[0];
  for (Verdict v : {Verdict::kFail, Verdict::kXfail, Verdict::kCrash}) {
    o.case_name = absl::StrCat("queue.one/", VerdictName(v));
    o.verdict = v;
    o.reason = "because\n  of this";
    run.run.outcomes.push_back(o);
    run.run.cases.push_back({o.case_name, "queue.one", "x"});
  }
  run = Scored(run.run);
  for (const std::string& view :
       {Markdown({run}), FinalTable(run.run, run.scores, false)}) {
    const size_t crash = view.find("queue.one/CRASH");
    const size_t fail = view.find("queue.one/FAIL");
    EXPECT_NE(crash, std::string::npos) << view;
    EXPECT_LT(crash, fail) << view;
    EXPECT_NE(view.find("because"), std::string::npos) << view;
  }
  const std::string markdown = Markdown({run});
  EXPECT_LT(markdown.find("queue.one/FAIL"), markdown.find("queue.one/XFAIL"));
  EXPECT_EQ(OneLine(o), "because of this");
  EXPECT_EQ(Between(markdown, "known deviation", "\n").size(), 1u);
}

TEST(Console, OfManyFailuresShowsTheFirst) {
  ScoredRun run = OneRun("linux", "0.1");
  Outcome& o = run.run.outcomes[0];
  o.verdict = Verdict::kFail;
  for (int i = 0; i < 5; ++i) {
    o.failures.push_back({"a.cc", i, absl::StrCat("failure ", i)});
  }
  const std::string text = DescribeFailure(run.run, o, false);
  EXPECT_NE(text.find("failure 2\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("failure 3"), std::string::npos) << text;
  EXPECT_NE(text.find("and 2 more"), std::string::npos) << text;
  EXPECT_NE(text.find("repeat: "), std::string::npos) << text;
}

TEST(Badge, SaysWhatItShows) {
  ScoredRun run = OneRun("linux", "0.1");
  const auto badge = [&run] { return Badges({run})[0]; };
  EXPECT_EQ(badge().name, "badge-mine.svg");
  EXPECT_NE(badge().content.find("100.0 %</text>"), std::string::npos);
  EXPECT_NE(badge().content.find(
                "aria-label=\"mine on linux, conformance to procspec 0.1: "
                "100.0 %, 1 of 1 must clauses passed\""),
            std::string::npos);
  const std::string green = badge().content;

  run.run.outcomes[0].verdict = Verdict::kXfail;
  run = Scored(run.run);
  EXPECT_EQ(StandingOf(Columns({run})[0]), Standing::kDeviates);

  run.run.outcomes[0].verdict = Verdict::kFail;
  run = Scored(run.run);
  EXPECT_NE(badge().content.find("0.0 %</text>"), std::string::npos);
  EXPECT_EQ(badge().content.find("#14702c"), std::string::npos);
  EXPECT_NE(green.find("#14702c"), std::string::npos);

  // A part says nothing of the rest.
  run.run.outcomes[0].verdict = Verdict::kPass;
  run.run.only = {"queue.*"};
  run = Scored(run.run);
  EXPECT_NE(badge().content.find("partial run</text>"), std::string::npos);
}

TEST(Markdown, NothingACaseSaysEndsItsBlock) {
  EXPECT_EQ(MarkdownCode("a\n````\nb\x1b"),
            "`````text\na\n````\nb\\x1b\n`````\n");
  EXPECT_EQ(MarkdownText("a|b\n<c> `d` *e*"), "a\\|b &lt;c> \\`d\\` \\*e\\*");
}

}  // namespace
}  // namespace procspec::runner
