// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/clause.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string_view>

namespace procspec {
namespace {

constexpr char kId[] = "queue.put.timeout-full";

TEST(ClauseTest, EveryClauseIsFoundByItsId) {
  ASSERT_FALSE(AllClauses().empty());
  for (const Clause& clause : AllClauses()) {
    EXPECT_EQ(FindClause(clause.id), &clause) << clause.id;
  }
}

TEST(ClauseTest, EveryClauseIsWhole) {
  for (const Clause& clause : AllClauses()) {
    SCOPED_TRACE(clause.id);
    EXPECT_FALSE(clause.text.empty());
    EXPECT_FALSE(clause.since.empty());
    EXPECT_FALSE(clause.source.empty());
    EXPECT_TRUE(clause.file.starts_with("spec/clauses/"));
    EXPECT_GT(clause.line, 1);
    EXPECT_EQ(clause.hash.size(), 16u);
  }
}

TEST(ClauseTest, UnknownIdIsNotFound) {
  EXPECT_EQ(FindClause(""), nullptr);
  EXPECT_EQ(FindClause("a.a"), nullptr);
  EXPECT_EQ(FindClause("queue.put.timeout-ful"), nullptr);
  EXPECT_EQ(FindClause("zzz.zzz"), nullptr);
}

TEST(ClauseTest, IdLeadsToItsClause) {
  constexpr ClauseId id(kId);
  static_assert(id.id() == kId);
  EXPECT_EQ(id.clause().id, kId);
  EXPECT_EQ(&id.clause(), FindClause(kId));
  EXPECT_EQ(id.clause().area, "queue");
  EXPECT_EQ(id.clause().level, Level::kMust);
  EXPECT_TRUE(id.clause().IsTestable());
}

TEST(ClauseTest, SpecVersionIsANumber) {
  ASSERT_FALSE(SpecVersion().empty());
  EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(SpecVersion()[0])));
}

}  // namespace
}  // namespace procspec
