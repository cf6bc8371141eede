// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/explain.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace procspec {
namespace {

constexpr Capability kQueueOnly[] = {Capability::kQueue};

Clause FullClause() {
  return {.id = "queue.put.timeout-full",
          .area = "queue",
          .level = Level::kMust,
          .text = "A put on a full queue **must not** wait past its timeout.",
          .platform = ClausePlatform::kAll,
          .requirements = kQueueOnly,
          .since = "0.1",
          .source = "Python",
          .notes = "",
          .untestable = "",
          .withdrawn = "",
          .file = "spec/clauses/queue.md",
          .line = 12,
          .hash = "0123456789abcdef"};
}

TEST(ExplainTest, PlainTextShowsTheLevelInCapitals) {
  EXPECT_EQ(PlainText(FullClause()),
            "A put on a full queue MUST NOT wait past its timeout.");
}

TEST(ExplainTest, SaysAllThatIsKnownWithinTheWidth) {
  EXPECT_EQ(Explain(FullClause(), {.width = 40}),
            "queue.put.timeout-full  (must)\n"
            "\n"
            "  A put on a full queue MUST NOT wait\n"
            "  past its timeout.\n"
            "\n"
            "  requires  queue\n"
            "  platform  all\n"
            "  since     0.1\n"
            "  source    Python\n"
            "  hash      0123456789abcdef\n"
            "  text      spec/clauses/queue.md:12\n");
}

TEST(ExplainTest, LongValuesAreWrappedBesideTheirName) {
  Clause clause = FullClause();
  clause.notes = "one two three four five six seven";
  clause.withdrawn = "0.2 it was wrong";
  const std::string text = Explain(clause, {.width = 32});
  EXPECT_NE(text.find("  notes      one two three four\n"
                      "             five six seven\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  withdrawn  0.2 it was wrong\n"), std::string::npos)
      << text;
}

TEST(ExplainTest, ColourAddsEscapesAndNothingElse) {
  std::string coloured = Explain(FullClause(), {.colour = true});
  EXPECT_NE(coloured.find("\x1b[1mqueue.put.timeout-full\x1b[0m"),
            std::string::npos);
  for (size_t at; (at = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, Explain(FullClause()));
}

TEST(ExplainTest, NarrowWidthLosesNothing) {
  const std::string text = Explain(FullClause(), {.width = 1});
  EXPECT_NE(text.find("timeout."), std::string::npos);
}

TEST(SimilarClauseIdsTest, MisspeltIdFindsWhatWasMeant) {
  for (const char* typed :
       {"queue.put.timeout-ful", "queue.put.timout-full",
        "queue.put-timeout-full", "queue.put.timeout_full"}) {
    const std::vector<std::string_view> similar = SimilarClauseIds(typed);
    ASSERT_FALSE(similar.empty()) << typed;
    EXPECT_EQ(similar[0], "queue.put.timeout-full") << typed;
    EXPECT_LE(similar.size(), 3u);
  }
}

TEST(SimilarClauseIdsTest, PartOfAnIdFindsIt) {
  const std::vector<std::string_view> similar =
      SimilarClauseIds("put.timeout-full");
  ASSERT_FALSE(similar.empty());
  EXPECT_EQ(similar[0], "queue.put.timeout-full");
}

TEST(SimilarClauseIdsTest, ExactIdComesFirst) {
  for (const Clause& clause : AllClauses()) {
    EXPECT_EQ(SimilarClauseIds(clause.id, 1)[0], clause.id);
  }
}

TEST(SimilarClauseIdsTest, WildGuessFindsNothing) {
  EXPECT_TRUE(SimilarClauseIds("").empty());
  EXPECT_TRUE(SimilarClauseIds("xyzzyplughwibble").empty());
}

TEST(UnknownClauseMessageTest, NamesWhatWasTypedAndWhatWasMeant) {
  const std::string message = UnknownClauseMessage("queue.put.timeout-ful");
  EXPECT_EQ(message.find("no clause 'queue.put.timeout-ful'; did you mean "
                         "queue.put.timeout-full"),
            0u)
      << message;
  EXPECT_EQ(UnknownClauseMessage("xyzzyplughwibble"),
            "no clause 'xyzzyplughwibble'");
}

}  // namespace
}  // namespace procspec
