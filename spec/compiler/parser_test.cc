// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/compiler/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace procspec::compiler {
namespace {

constexpr char kPath[] = "spec/clauses/queue.md";

// A file that is right but for what `clauses` has.
std::string File(const std::string& clauses) {
  return "# Queue\n\nA first-in, first-out channel.\n\n" + clauses;
}

// A clause that is right but for its text and further keys. Its heading is on
// line 5 of a File, its text on line 6, `keys` begin on line 9.
std::string Clause(const std::string& text, const std::string& keys = "",
                   const std::string& id = "queue.put.full") {
  return "## " + id + "\n" + text + "\n- since: 0.1\n- source: somewhere\n" +
         keys;
}

// One a line; empty if there is none.
std::string ProblemsOf(const ParseResult& result) {
  std::string lines;
  for (const Problem& problem : result.problems) {
    lines += problem.ToString() + "\n";
  }
  return lines;
}

ParseResult Parse(const std::string& content) {
  const std::vector<SourceFile> files = {{kPath, content}};
  return ParseClauses(files);
}

TEST(ParserTest, ClauseHasAllItsParts) {
  const ParseResult result =
      Parse(File("## queue.put.full\n"
                 "A put on a full queue\n"
                 "  **must**   report Full.\n"
                 "\n"
                 "- requires: rlock, queue\n"
                 "- platform: posix\n"
                 "- since: 0.1\n"
                 "- source: Python library reference: Queue.put\n"
                 "- notes: a long one\n"
                 "  that wraps\n"
                 "- untestable: nobody can wait for ever\n"
                 "- withdrawn: 0.2 replaced by queue.put.timeout-full\n"));
  EXPECT_EQ(ProblemsOf(result), "");
  ASSERT_EQ(result.clauses.size(), 1u);
  const ParsedClause& clause = result.clauses[0];
  EXPECT_EQ(clause.id, "queue.put.full");
  EXPECT_EQ(clause.area, "queue");
  EXPECT_EQ(clause.level, "must");
  EXPECT_EQ(clause.text, "A put on a full queue **must** report Full.");
  EXPECT_EQ(clause.platform, "posix");
  EXPECT_EQ(clause.requirements,
            (std::vector<Capability>{Capability::kQueue, Capability::kRLock}));
  EXPECT_EQ(clause.since, "0.1");
  EXPECT_EQ(clause.source, "Python library reference: Queue.put");
  EXPECT_EQ(clause.notes, "a long one that wraps");
  EXPECT_EQ(clause.untestable, "nobody can wait for ever");
  EXPECT_EQ(clause.withdrawn, "0.2 replaced by queue.put.timeout-full");
  EXPECT_EQ(clause.file, kPath);
  EXPECT_EQ(clause.line, 5);
}

struct LevelRow {
  std::string word;
  std::string level;
};

TEST(ParserTest, LevelWordGivesTheLevel) {
  const LevelRow rows[] = {{"must", "must"},         {"must not", "must"},
                           {"must\nnot", "must"},    {"should", "should"},
                           {"should not", "should"}, {"may", "may"}};
  for (const LevelRow& row : rows) {
    SCOPED_TRACE(row.word);
    const ParseResult result =
        Parse(File(Clause("It **" + row.word + "** be so, or **else**.")));
    EXPECT_EQ(ProblemsOf(result), "");
    ASSERT_EQ(result.clauses.size(), 1u);
    EXPECT_EQ(result.clauses[0].level, row.level);
  }
}

TEST(ParserTest, ClausesAreSortedById) {
  const std::vector<SourceFile> files = {
      {"spec/clauses/queue.md", File(Clause("It **may**.", "", "queue.b") +
                                     Clause("It **may**.", "", "queue.a"))},
      {"spec/clauses/pipe.md", File(Clause("It **may**.", "", "pipe.c"))}};
  std::vector<std::string> ids;
  for (const ParsedClause& c : ParseClauses(files).clauses) ids.push_back(c.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"pipe.c", "queue.a", "queue.b"}));
}

TEST(ParserTest, WindowsLineEndsChangeNothing) {
  std::string content = File(Clause("It **must**\nbe so.", "- notes: why\n"));
  const ParseResult unix_result = Parse(content);
  for (size_t at = 0; (at = content.find('\n', at)) != std::string::npos;) {
    content.replace(at, 1, "\r\n");
    at += 2;
  }
  const ParseResult windows_result = Parse(content);
  EXPECT_EQ(ProblemsOf(windows_result), "");
  ASSERT_EQ(windows_result.clauses.size(), 1u);
  EXPECT_EQ(windows_result.clauses[0].text, unix_result.clauses[0].text);
  EXPECT_EQ(windows_result.clauses[0].notes, "why");
}

struct ErrorRow {
  std::string name;
  std::string content;
  int line;
  std::string offence;  // a part of the message
  std::string remedy;   // another
};

void PrintTo(const ErrorRow& row, std::ostream* out) { *out << row.name; }

class ParserErrorTest : public testing::TestWithParam<ErrorRow> {};

TEST_P(ParserErrorTest, IsReportedWithPlaceOffenceAndRemedy) {
  const ErrorRow& row = GetParam();
  const ParseResult result = Parse(row.content);
  ASSERT_EQ(result.problems.size(), 1u) << ProblemsOf(result);
  const Problem& problem = result.problems[0];
  EXPECT_EQ(problem.file, kPath);
  EXPECT_EQ(problem.line, row.line);
  EXPECT_NE(problem.message.find(row.offence), std::string::npos)
      << problem.message;
  EXPECT_NE(problem.message.find(row.remedy), std::string::npos)
      << problem.message;
}

const ErrorRow kErrorRows[] = {
    {"EmptyFile", "", 1, "the file is empty", "# Title"},
    {"NoTitle", "A channel.\n\n" + Clause("It **may**."), 1, "no title",
     "# Title"},
    {"NoTitleBeforeClause", Clause("It **may**."), 1, "no title", "# Title"},
    {"NoIntroduction", "# Queue\n\n" + Clause("It **may**."), 1,
     "no introduction", "add a paragraph"},
    {"NoClause", "# Queue\n\nA channel.\n", 1, "no clause", "add '## "},
    {"SecondTitle", File(Clause("It **may**.") + "# More\n"), 9,
     "neither the file's title nor a clause", "'## id'"},
    {"DeepHeading", File("### Part\n" + Clause("It **may**.")), 5,
     "neither the file's title nor a clause", "'## id'"},
    {"IdOfOnePart", File(Clause("It **may**.", "", "queue")), 5,
     "bad clause id 'queue'", "two or more parts"},
    {"IdWithCapital", File(Clause("It **may**.", "", "queue.Put")), 5,
     "bad clause id 'queue.Put'", "a-z"},
    {"IdWithEmptyPart", File(Clause("It **may**.", "", "queue..put")), 5,
     "bad clause id 'queue..put'", "joined by dots"},
    {"IdMissing", File(Clause("It **may**.", "", "")), 5, "bad clause id ''",
     "two or more parts"},
    {"DuplicateId", File(Clause("It **may**.") + Clause("It **must**.")), 9,
     "'queue.put.full' is taken by spec/clauses/queue.md:5", "choose another"},
    {"NoText", File(Clause("")), 5, "has no text", "write the promise"},
    {"SecondParagraph", File(Clause("It **may**.\n\nAlso this.\nAnd this.")), 8,
     "second paragraph", "split it"},
    {"NoLevelWord", File(Clause("It is so.")), 5, "no level word",
     "exactly one of **must**"},
    {"LevelWordNotBold", File(Clause("It must be so.")), 5, "no level word",
     "exactly one of **must**"},
    {"LevelWordInCapitals", File(Clause("It **MUST** be so.")), 5,
     "no level word", "exactly one of **must**"},
    {"TwoLevelWords", File(Clause("It **must** so, it **may** so.")), 5,
     "2 level words (must, may)", "split it"},
    {"SameLevelWordTwice", File(Clause("It **must** so, **must** so.")), 5,
     "2 level words (must, must)", "split it"},
    {"BoldNotClosed", File(Clause("It **must** be **so.")), 5,
     "bold is opened and not closed", "add the other"},
    {"UnknownKey", File(Clause("It **may**.", "- level: must\n")), 9,
     "unknown key 'level'", "known keys: requires"},
    {"ListItemWithoutKey", File(Clause("It **may**.", "- and so on\n")), 9,
     "unknown key 'and so on'", "known keys: requires"},
    {"EmptyListItem", File(Clause("It **may**.", "- \n")), 9, "unknown key ''",
     "known keys: requires"},
    {"KeyTwice", File(Clause("It **may**.", "- notes: a\n- notes: b\n")), 10,
     "key 'notes' given twice", "first on line 9; remove one"},
    {"KeyWithoutValue", File(Clause("It **may**.", "- notes:\n")), 9,
     "key 'notes' has no value", "remove the line"},
    {"SinceWithoutValue",
     File("## queue.a\nIt **may**.\n- since:\n- source: x\n"), 7,
     "key 'since' has no value", "give one"},
    {"NoSince", File("## queue.a\nIt **may**.\n- source: x\n"), 5,
     "lacks the key 'since'", "add '- since:"},
    {"NoSource", File("## queue.a\nIt **may**.\n- since: 0.1\n"), 5,
     "lacks the key 'source'", "add '- source:"},
    {"BadSince", File("## queue.a\nIt **may**.\n- since: soon\n- source: x\n"),
     7, "bad version 'soon'", "as in 0.1"},
    {"UnknownCapability",
     File(Clause("It **may**.", "- requires: queue, quue\n")), 9,
     "unknown capability 'quue'", "known capabilities: process"},
    {"EmptyCapability", File(Clause("It **may**.", "- requires: queue,\n")), 9,
     "unknown capability ''", "known capabilities: process"},
    {"CapabilityTwice", File(Clause("It **may**.", "- requires: pipe, pipe\n")),
     9, "capability 'pipe' given twice", "remove one"},
    {"UnknownPlatform", File(Clause("It **may**.", "- platform: linux\n")), 9,
     "unknown platform 'linux'", "use posix or windows"},
    {"WithdrawnWithoutVersion",
     File(Clause("It **may**.", "- withdrawn: it was wrong\n")), 9,
     "bad 'withdrawn'", "give the version and the reason"},
    {"WithdrawnWithoutReason",
     File(Clause("It **may**.", "- withdrawn: 0.2\n")), 9, "bad 'withdrawn'",
     "give the version and the reason"},
    {"TextAfterKeys", File(Clause("It **may**.", "so there\n")), 9,
     "text after the keys", "put it before them"},
    {"KeyContinuedAfterBlankLine",
     File(Clause("It **may**.", "- notes: a\n\n  b\n")), 11,
     "text after the keys", "put it before them"},
};

INSTANTIATE_TEST_SUITE_P(Rows, ParserErrorTest, testing::ValuesIn(kErrorRows),
                         [](const auto& row) { return row.param.name; });

TEST(ParserTest, SeveralProblemsAreReportedInTheOrderOfTheText) {
  const std::vector<SourceFile> files = {
      {"spec/clauses/b.md", File(Clause("No level."))},
      {"spec/clauses/a.md",
       File(Clause("It **may**.", "- requires: quue\n- lvel: 1\n"))}};
  std::vector<std::string> places;
  for (const Problem& p : ParseClauses(files).problems) {
    places.push_back(p.file + ":" + std::to_string(p.line));
  }
  // b.md's clause has the id of a.md's besides its missing level word.
  EXPECT_EQ(places, (std::vector<std::string>{
                        "spec/clauses/a.md:9", "spec/clauses/a.md:10",
                        "spec/clauses/b.md:5", "spec/clauses/b.md:5"}));
}

TEST(ParserTest, DuplicateIsTheLaterFileWhateverTheOrderOfArguments) {
  const std::vector<SourceFile> files = {
      {"spec/clauses/b.md", File(Clause("It **may**."))},
      {"spec/clauses/a.md", File(Clause("It **may**."))}};
  const std::vector<Problem> problems = ParseClauses(files).problems;
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].file, "spec/clauses/b.md");
}

TEST(ParserTest, NoFilesIsAProblem) {
  EXPECT_EQ(ParseClauses({}).problems.size(), 1u);
}

TEST(ParserTest, ProblemPrintsAsCompilersDo) {
  EXPECT_EQ((Problem{kPath, 7, "it is wrong; mend it"}).ToString(),
            "spec/clauses/queue.md:7: error: it is wrong; mend it");
}

class ClauseHashTest : public testing::Test {
 protected:
  ParsedClause clause_ =
      Parse(File(Clause("It **must**\nbe so.", "- requires: queue\n")))
          .clauses.at(0);
  const std::string hash_ = ClauseHash(clause_);
};

// The value itself is checked in, in spec/manifest.json and spec/baseline: a
// changed algorithm would look like a changed specification.
TEST_F(ClauseHashTest, IsStable) { EXPECT_EQ(hash_, "1d110c5198814cd6"); }

TEST_F(ClauseHashTest, IgnoresLineBreaksAndPlace) {
  const ParsedClause other =
      Parse(File("\n" + Clause("It   **must** be\n so.",
                               "- requires: queue\n- notes: new\n")))
          .clauses.at(0);
  EXPECT_EQ(ClauseHash(other), hash_);
}

TEST_F(ClauseHashTest, ChangesWithEachPartOfThePromise) {
  std::vector<ParsedClause> changed(5, clause_);
  changed[0].text += " Now.";
  changed[1].level = "should";
  changed[2].platform = "posix";
  changed[3].requirements = {Capability::kPipe};
  changed[4].withdrawn = "0.2 wrong";
  std::vector<std::string> hashes = {hash_};
  for (const ParsedClause& clause : changed) {
    hashes.push_back(ClauseHash(clause));
  }
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

TEST(VersionTest, NumbersCompareAsNumbers) {
  EXPECT_TRUE(VersionLess("0.9", "0.10"));
  EXPECT_TRUE(VersionLess("0.10", "1.0"));
  EXPECT_TRUE(VersionLess("1.0", "1.0.1"));
  EXPECT_FALSE(VersionLess("0.1", "0.1"));
}

}  // namespace
}  // namespace procspec::compiler
