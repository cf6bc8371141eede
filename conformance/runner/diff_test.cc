// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/diff.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "conformance/runner/json.h"
#include "conformance/runner/testing/random_run.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

constexpr auto kAbsent = std::nullopt;

TEST(Classify, EachPairOfVerdictsHasItsClass) {
  using V = Verdict;
  struct Row {
    std::optional<Verdict> before;
    std::optional<Verdict> after;
    Change change;
  };
  const Row rows[] = {
      {V::kPass, V::kPass, Change::kSame},
      {V::kPass, V::kFail, Change::kRegressed},
      {V::kPass, V::kInfra, Change::kRegressed},
      {V::kPass, V::kUnsupported, Change::kRegressed},
      // Expected by now, but it did pass.
      {V::kPass, V::kXfail, Change::kRegressed},
      {V::kXpass, V::kXfail, Change::kRegressed},
      {V::kPass, V::kXpass, Change::kChanged},
      {V::kFail, V::kXfail, Change::kChanged},
      {V::kFail, V::kCrash, Change::kChanged},
      {V::kXfail, V::kXfail, Change::kSame},
      {kAbsent, V::kFail, Change::kNew},
      {kAbsent, V::kPass, Change::kNew},
      {V::kFail, kAbsent, Change::kRemoved},
      {V::kPass, kAbsent, Change::kRemoved},
  };
  const std::map<Change, Change> swapped = {
      {Change::kRegressed, Change::kFixed},
      {Change::kFixed, Change::kRegressed},
      {Change::kNew, Change::kRemoved},
      {Change::kRemoved, Change::kNew},
      {Change::kChanged, Change::kChanged},
      {Change::kSame, Change::kSame}};
  for (const Row& row : rows) {
    EXPECT_EQ(Classify(row.before, row.after), row.change);
    EXPECT_EQ(Classify(row.after, row.before), swapped.at(row.change));
  }
  // No pair is without one, and none changes its kind when swapped.
  for (Verdict a : AllVerdicts()) {
    for (Verdict b : AllVerdicts()) {
      EXPECT_EQ(Classify(a, b), swapped.at(Classify(b, a)));
      EXPECT_EQ(Classify(a, b) == Change::kSame, a == b);
    }
  }
}

using Key = std::pair<std::string, std::string>;

std::map<Key, Verdict> VerdictsIn(const RunRecord& run) {
  std::map<Key, Verdict> out;
  for (const Outcome& o : run.outcomes) {
    out[{o.backend, o.case_name}] = o.verdict.value_or(Verdict::kInfra);
  }
  return out;
}

// The second run: another one, or the first with some verdicts changed.
RunRecord Later(const RunRecord& run, std::mt19937& random) {
  if (random() % 2 == 0) return RandomRun(random);
  RunRecord later = run;
  std::erase_if(later.outcomes,
                [&](const Outcome&) { return random() % 6 == 0; });
  for (Outcome& o : later.outcomes) {
    if (random() % 3 == 0) o.verdict = AllVerdicts()[random() % kVerdictCount];
  }
  return later;
}

TEST(Diff, EveryCaseIsInExactlyOneClass) {
  std::mt19937 random(7);
  std::map<Change, int> seen;
  for (int i = 0; i < 1000; ++i) {
    const RunRecord a = RandomRun(random);
    const RunRecord b = Later(a, random);
    const auto before = VerdictsIn(a);
    const auto after = VerdictsIn(b);
    std::set<Key> all;
    for (const auto& [key, verdict] : before) all.insert(key);
    for (const auto& [key, verdict] : after) all.insert(key);

    const Diff diff = Compare(a, b);
    const Diff back = Compare(b, a);
    ASSERT_EQ(diff.cases.size(), all.size());
    ASSERT_EQ(back.cases.size(), all.size());
    std::array<int, kChangeCount> counts = {};
    std::set<Key> classed;
    for (size_t k = 0; k < diff.cases.size(); ++k) {
      const CaseDiff& c = diff.cases[k];
      const Key key(c.backend, c.case_name);
      EXPECT_TRUE(classed.insert(key).second) << c.case_name;
      EXPECT_EQ(all.count(key), 1u);
      const auto was = before.find(key);
      const auto is = after.find(key);
      EXPECT_EQ(c.before != nullptr, was != before.end());
      EXPECT_EQ(c.after != nullptr, is != after.end());
      EXPECT_EQ(
          c.change,
          Classify(was == before.end() ? kAbsent : std::optional(was->second),
                   is == after.end() ? kAbsent : std::optional(is->second)));
      ++counts[static_cast<size_t>(c.change)];
      ++seen[c.change];
    }
    EXPECT_EQ(counts, diff.counts);
    EXPECT_EQ(diff.count(Change::kRegressed), back.count(Change::kFixed));
    EXPECT_EQ(diff.count(Change::kFixed), back.count(Change::kRegressed));
    EXPECT_EQ(diff.count(Change::kNew), back.count(Change::kRemoved));
    EXPECT_EQ(diff.count(Change::kRemoved), back.count(Change::kNew));
    EXPECT_EQ(diff.count(Change::kChanged), back.count(Change::kChanged));
    EXPECT_EQ(diff.count(Change::kSame), back.count(Change::kSame));
    EXPECT_EQ(Compare(a, a).count(Change::kSame),
              static_cast<int>(before.size()));

    // The views say the same.
    const auto json = ParseJson(DiffJson(diff));
    ASSERT_TRUE(json.has_value());
    EXPECT_EQ(GetObjects(*json, "cases").size(), all.size());
    const std::string text = DiffText(diff, false);
    const std::string markdown = DiffMarkdown(diff);
    for (Change c : AllChanges()) {
      const std::string name(ChangeName(c));
      EXPECT_EQ(GetInt((*json)["counts"], name), diff.count(c));
      EXPECT_NE(text.find(std::to_string(diff.count(c)) + " " + name),
                std::string::npos);
      if (c == Change::kSame) continue;
      EXPECT_EQ(markdown.find("## " + name + "\n") != std::string::npos,
                diff.count(c) > 0);
    }
  }
  EXPECT_EQ(seen.size(), kChangeCount);
}

RunRecord RunWith(const std::string& version, Verdict verdict) {
  RunRecord run;
  run.spec_version = version;
  run.platform = "linux";
  run.started = "2026-01-02T03:04:05+00:00";
  run.ended = true;
  run.repro_prefix = "tools/conform";
  ClauseInfo clause;
  clause.id = "queue.one";
  clause.area = "queue";
  clause.level = "must";
  clause.text = "It MUST.";
  clause.platform = "all";
  run.clauses = {clause};
  Outcome o;
  o.backend = "mine";
  o.case_name = "queue.one";
  o.clause = "queue.one";
  o.verdict = verdict;
  if (verdict != Verdict::kPass) {
    o.failures = {{"a.cc", 3, "Expected: Full\n  Actual: OK"}};
  }
  run.outcomes = {o};
  return run;
}

TEST(Diff, ARegressionIsExplained) {
  const RunRecord a = RunWith("0.1", Verdict::kPass);
  const RunRecord b = RunWith("0.1", Verdict::kFail);
  const Diff diff = Compare(a, b);
  EXPECT_FALSE(diff.Ok());
  EXPECT_TRUE(DiffNotes(diff).empty());
  for (const std::string& view : {DiffText(diff, false), DiffMarkdown(diff)}) {
    for (const char* part : {"queue.one", "It MUST.", "Expected: Full",
                             "Actual: OK", "tools/conform --backend=mine"}) {
      EXPECT_NE(view.find(part), std::string::npos) << part << "\n" << view;
    }
  }
}

TEST(Diff, OtherSpecificationsAreNamed) {
  const RunRecord a = RunWith("0.1", Verdict::kPass);
  RunRecord b = RunWith("0.2", Verdict::kPass);
  b.outcomes.clear();
  b.clauses[0].withdrawn = "0.2 replaced by queue.two";
  const Diff diff = Compare(a, b);
  EXPECT_FALSE(diff.Ok());
  const std::string text = DiffText(diff, false);
  EXPECT_NE(text.find("0.1 in A, 0.2 in B"), std::string::npos) << text;
  EXPECT_NE(text.find("replaced by queue.two"), std::string::npos) << text;
  EXPECT_NE(DiffMarkdown(diff).find("0.1 in A, 0.2 in B"), std::string::npos);
  EXPECT_NE(DiffJson(diff).find("0.1 in A, 0.2 in B"), std::string::npos);
}

}  // namespace
}  // namespace procspec::runner
