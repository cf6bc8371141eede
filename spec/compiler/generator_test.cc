// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/compiler/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "spec/compiler/parser.h"

namespace procspec::compiler {
namespace {

std::vector<SourceFile> Files() {
  return {{"spec/clauses/queue.md",
           "# Queue\nA channel.\n\n"
           "## queue.say\nIt **must** say \"Full\\Empty\".\n"
           "- requires: rlock\n- since: 0.1\n- source: x\n"
           "## queue.old\nIt **may**.\n"
           "- since: 0.9\n- source: x\n- withdrawn: 0.10 wrong\n"},
          {"spec/clauses/pipe.md",
           "# Pipe\nA channel.\n\n"
           "## pipe.end\nIt **should**.\n- since: 0.1\n- source: x\n"}};
}

std::vector<ParsedClause> Clauses(const std::vector<SourceFile>& files) {
  ParseResult result = ParseClauses(files);
  EXPECT_TRUE(result.problems.empty());
  return result.clauses;
}

TEST(GeneratorTest, OutputDoesNotDependOnTheOrderOfFiles) {
  std::vector<SourceFile> reversed = Files();
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(GenerateIds(Clauses(Files())), GenerateIds(Clauses(reversed)));
  EXPECT_EQ(GenerateTable(Clauses(Files())), GenerateTable(Clauses(reversed)));
}

TEST(GeneratorTest, EditedTextLeavesTheIdsAlone) {
  std::vector<SourceFile> edited = Files();
  std::string& content = edited[1].content;
  content.replace(content.find("It **should**"), 2, "All");
  EXPECT_EQ(GenerateIds(Clauses(Files())), GenerateIds(Clauses(edited)));
  EXPECT_NE(GenerateTable(Clauses(Files())), GenerateTable(Clauses(edited)));
}

TEST(GeneratorTest, IdsSayWhatIsWithdrawn) {
  const std::string ids = GenerateIds(Clauses(Files()));
  EXPECT_NE(ids.find("{\"queue.old\", true},\n    {\"queue.say\", false}"),
            std::string::npos)
      << ids;
}

TEST(GeneratorTest, TextIsEscaped) {
  const std::string table = GenerateTable(Clauses(Files()));
  EXPECT_NE(table.find(R"("It **must** say \"Full\\Empty\".")"),
            std::string::npos)
      << table;
}

TEST(GeneratorTest, SpecVersionIsTheHighestOneNamed) {
  EXPECT_NE(GenerateTable(Clauses(Files())).find("kSpecVersion = \"0.10\""),
            std::string::npos);
}

}  // namespace
}  // namespace procspec::compiler
