// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/expectations_update.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/runner/expectation.h"
#include "conformance/runner/score.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

constexpr char kToday[] = "2026-07-01";
constexpr char kReason[] = "new reason";
constexpr char kLink[] = "https://example.org/new";

void AddOutcome(RunRecord& run, const std::string& name,
                const std::string& clause, std::optional<Verdict> verdict,
                const std::string& says = "") {
  Outcome o;
  o.number = static_cast<int>(run.outcomes.size());
  o.backend = "mine";
  o.case_name = name;
  o.clause = clause;
  o.verdict = verdict;
  if (!says.empty()) o.failures = {{"a.cc", 1, says}};
  run.outcomes.push_back(std::move(o));
}

RunRecord EmptyRun() {
  RunRecord run;
  BackendInfo backend;
  backend.name = "mine";
  backend.platform = "linux";
  backend.capabilities = {"queue"};
  run.backends = {backend};
  return run;
}

void AddClause(RunRecord& run, const std::string& id,
               const std::string& level = "must",
               const std::string& requirement = "queue") {
  ClauseInfo clause;
  clause.id = id;
  clause.level = level;
  clause.platform = "all";
  clause.requirements = {requirement};
  run.clauses.push_back(clause);
}

ExpectationFile FileOf(const Json& json) {
  ParsedExpectations parsed = ParseExpectations("mine.json", DumpJson(json));
  EXPECT_EQ(parsed.faults, std::vector<std::string>()) << DumpJson(json);
  return parsed.file;
}

ExpectationsUpdate Update(const Json& json, const RunRecord& run,
                          bool with_reason) {
  return UpdateExpectations(FileOf(json), run, with_reason ? kReason : "",
                            with_reason ? kLink : "", kToday);
}

Setting SettingOf(const RunRecord& run) {
  Setting setting;
  setting.linked = run.backends;
  setting.running = {"mine"};
  setting.cases = run.cases;
  setting.clauses = run.clauses;
  setting.today = kToday;
  return setting;
}

// Three cases of one clause, of which two fail.
RunRecord SmallRun() {
  RunRecord run = EmptyRun();
  AddClause(run, "q");
  for (const char* name : {"q/a", "q/b", "q/c"}) {
    run.cases.push_back({name, "q", ""});
  }
  AddOutcome(run, "q/a", "q", Verdict::kFail, "late by 3 ms");
  AddOutcome(run, "q/b", "q", Verdict::kFail, "lost an item");
  AddOutcome(run, "q/c", "q", Verdict::kPass);
  return run;
}

Json FileWith(std::vector<Json> entries) {
  Json json = {{"backend", "mine"}, {"platform", "linux"}};
  json["intermittent_limit"] = 9;
  json["expect"] = std::move(entries);
  return json;
}

Json Entry(const std::string& name, const std::string& verdict = "FAIL") {
  return {{"case", name},
          {"verdict", verdict},
          {"reason", "old"},
          {"link", "https://example.org/old"}};
}

std::vector<std::string> Entries(const ExpectationsUpdate& update) {
  std::vector<std::string> out;
  for (const Json& e : GetObjects(*ParseJson(update.text), "expect")) {
    out.push_back(absl::StrCat(GetString(e, "case"), " ",
                               GetString(e, "verdict"), " ",
                               GetString(e, "reason")));
  }
  return out;
}

using Strings = std::vector<std::string>;

TEST(ExpectationsUpdate, DropsWhatNoLongerFails) {
  const auto update =
      Update(FileWith({Entry("q/c"), Entry("q/gone"), Entry("q/a"),
                       Entry("q/b"), Entry("q/a", "CRASH")}),
             SmallRun(), false);
  EXPECT_EQ(Entries(update), (Strings{"q/a FAIL old", "q/b FAIL old"}));
  EXPECT_EQ(update.left, Strings());
  EXPECT_EQ(update.changes, (Strings{"dropped q/c: it is PASS",
                                     "dropped q/gone: there is no such case",
                                     "dropped q/a: a second entry for it"}));
}

TEST(ExpectationsUpdate, AddsOnlyWithAReason) {
  const Json file = FileWith({Entry("q/a")});
  auto update = Update(file, SmallRun(), false);
  EXPECT_EQ(Entries(update), Strings{"q/a FAIL old"});
  EXPECT_EQ(update.changes, Strings());
  EXPECT_EQ(update.left,
            Strings{"q/b: is FAIL, which is not expected; mend it, or accept "
                    "it with --reason and --link"});
  update = Update(file, SmallRun(), true);
  EXPECT_EQ(Entries(update), (Strings{"q/a FAIL old", "q/b FAIL new reason"}));
  EXPECT_EQ(update.left, Strings());
}

TEST(ExpectationsUpdate, NarrowsAGlob) {
  Json glob = Entry("q/*");
  glob["matches"] = 3;
  auto update = Update(FileWith({glob}), SmallRun(), false);
  EXPECT_EQ(Entries(update), (Strings{"q/a FAIL old", "q/b FAIL old"}));
  EXPECT_EQ(update.left, Strings());
  // An entry of its own says more.
  Json own = Entry("q/a");
  own["reason"] = "its own";
  update = Update(FileWith({glob, own}), SmallRun(), false);
  EXPECT_EQ(Entries(update), (Strings{"q/b FAIL old", "q/a FAIL its own"}));
  // It counts fewer than it matches: which of them were meant?
  glob["matches"] = 2;
  update = Update(FileWith({glob}), SmallRun(), false);
  EXPECT_EQ(Entries(update), Strings{"q/* FAIL old"});
  EXPECT_EQ(update.changes, Strings());
  EXPECT_EQ(update.left.size(), 1u);
  update = Update(FileWith({glob}), SmallRun(), true);
  EXPECT_EQ(Entries(update),
            (Strings{"q/a FAIL new reason", "q/b FAIL new reason"}));
}

TEST(ExpectationsUpdate, AnotherFailureNeedsAnotherReason) {
  Json entry = Entry("q/a", "TIMEOUT");
  const Json b = Entry("q/b");
  EXPECT_EQ(Entries(Update(FileWith({entry, b}), SmallRun(), false)),
            (Strings{"q/a FAIL old", "q/b FAIL old"}));
  entry["message"] = "early";
  auto update = Update(FileWith({entry, b}), SmallRun(), false);
  EXPECT_EQ(update.changes, Strings());
  EXPECT_EQ(update.left.size(), 1u);
  update = Update(FileWith({entry, b}), SmallRun(), true);
  EXPECT_EQ(Entries(update), (Strings{"q/a FAIL new reason", "q/b FAIL old"}));
}

TEST(ExpectationsUpdate, LeavesAnExpiredDateAlone) {
  Json entry = Entry("q/a");
  entry["expires"] = "2026-06-30";
  const auto update = Update(FileWith({entry, Entry("q/b")}), SmallRun(), true);
  EXPECT_EQ(update.changes, Strings());
  EXPECT_EQ(update.left,
            Strings{"q/a: expired on 2026-06-30; look at it again: mend it, or "
                    "give it a new date"});
}

// ---- any results, any file ----

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  size_t Draw(size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random_);
  }
  bool OneIn(size_t n) { return Draw(n) == 0; }

  RunRecord Run() {
    RunRecord run = EmptyRun();
    const size_t clauses = 1 + Draw(8);
    for (size_t i = 0; i < clauses; ++i) {
      const std::string id = absl::StrCat("c", i);
      AddClause(run, id, OneIn(4) ? "should" : "must",
                OneIn(6) ? "pool" : "queue");
      const size_t cases = 1 + Draw(4);
      for (size_t k = 0; k < cases; ++k) {
        const std::string name =
            k == 0 ? id : absl::StrCat(id, "/", std::string(1, "xyz"[k - 1]));
        run.cases.push_back({name, id, ""});
        if (OneIn(12)) continue;  // not run
        std::optional<Verdict> verdict = AnyOf<Verdict>(
            {Verdict::kPass, Verdict::kPass, Verdict::kUnsupported,
             Verdict::kFail, Verdict::kFail, Verdict::kTimeout, Verdict::kCrash,
             Verdict::kLeak, Verdict::kInfra});
        if (OneIn(15)) verdict.reset();
        AddOutcome(run, name, id, verdict,
                   verdict.has_value() && IsRed(*verdict)
                       ? absl::StrCat("says ", std::string(1, "pq"[Draw(2)]))
                       : "");
      }
    }
    return run;
  }

  // Written for other results, and not kept up.
  Json File(const RunRecord& run) {
    std::vector<Json> entries;
    for (size_t n = Draw(9); n > 0; --n) {
      Json entry;
      const CaseInfo& c = run.cases[Draw(run.cases.size())];
      ExpectationEntry meant;
      switch (Draw(5)) {
        case 0:
          meant.pattern = AnyOf<std::string>({"*", "c?", "c?/x", c.clause + "*",
                                              c.clause + "/?", "*/?", "none*"});
          break;
        case 1:
          meant.pattern = OneIn(3) ? "gone" : c.name;
          break;
        default:
          meant.pattern = c.name;
      }
      entry["case"] = meant.pattern;
      if (meant.IsGlob() && !OneIn(6)) {
        const size_t right = MeantCases(meant, run.cases).size();
        // One fewer, as many or one more.
        entry["matches"] =
            std::max<size_t>(2, right + (OneIn(3) ? Draw(3) : 1)) - 1;
      }
      entry["verdict"] = AnyOf<std::string>(
          {"FAIL", "FAIL", "FAIL", "TIMEOUT", "CRASH", "LEAK"});
      if (OneIn(3)) entry["message"] = AnyOf<std::string>({"says p", "q"});
      // To tell them apart afterwards.
      entry["reason"] = absl::StrCat("reason ", entries.size());
      entry["link"] = absl::StrCat("https://example.org/", entries.size());
      if (OneIn(4)) {
        entry["expires"] =
            AnyOf<std::string>({"2026-06-30", "2026-07-01", "2027-01-01"});
      }
      if (OneIn(6)) entry["intermittent"] = true;
      entries.push_back(std::move(entry));
    }
    Json json = FileWith(std::move(entries));
    json["intermittent_limit"] = 100;
    return json;
  }

 private:
  template <typename T>
  T AnyOf(std::vector<T> of) {
    return of[Draw(of.size())];
  }

  std::mt19937 random_;
};

// The cases that a file speaks of.
std::set<std::string> Spoken(const ExpectationFile& file,
                             const RunRecord& run) {
  std::set<std::string> out;
  for (const ExpectationEntry& entry : file.entries) {
    for (const std::string& name : MeantCases(entry, run.cases)) {
      out.insert(name);
    }
  }
  return out;
}

void ExpectNothingIsUnexpected(const ExpectationFile& file, RunRecord run) {
  const Setting setting = SettingOf(run);
  EXPECT_EQ(CheckExpectations({file}, setting), Strings());
  const ExpectationMap map = MapExpectations({file}, run.cases);
  for (Outcome& outcome : run.outcomes) {
    const auto it = map.find({outcome.backend, outcome.case_name});
    if (it != map.end()) Expect(it->second, outcome);
    EXPECT_FALSE(IsUnexpected(outcome)) << outcome.case_name;
  }
  const std::vector<BackendScore> scores = Score(run);
  for (const std::string& id : scores[0].musts_not_held) {
    // Nobody can expect what was not judged.
    const auto it = scores[0].verdicts.find(id);
    const bool judged = it != scores[0].verdicts.end() &&
                        it->second != Verdict::kInfra &&
                        it->second != Verdict::kUnsupported;
    EXPECT_FALSE(judged) << id;
  }
}

TEST(ExpectationsUpdate, HoldsForRandomResults) {
  constexpr uint32_t kSets = 1000;
  int changed = 0;
  int green = 0;
  for (uint32_t seed = 0; seed < kSets; ++seed) {
    Generator draw(seed);
    const RunRecord run = draw.Run();
    const Json json = draw.File(run);
    const ExpectationFile before = FileOf(json);
    const bool with_reason = seed % 2 == 1;
    SCOPED_TRACE(absl::StrCat("set ", seed, ": ", DumpJson(json)));

    const ExpectationsUpdate first = Update(json, run, with_reason);
    SCOPED_TRACE(absl::StrCat(first.text, absl::StrJoin(first.changes, "\n"),
                              "\nleft:\n", absl::StrJoin(first.left, "\n")));
    const ParsedExpectations parsed =
        ParseExpectations("mine.json", first.text);
    ASSERT_EQ(parsed.faults, Strings());
    const ExpectationFile& after = parsed.file;
    if (!first.changes.empty()) ++changed;
    EXPECT_EQ(first.changes.empty(), after.json == before.json);

    // A second one changes nothing.
    const ExpectationsUpdate second = Update(after.json, run, with_reason);
    EXPECT_EQ(second.changes, Strings());
    EXPECT_EQ(second.text, first.text);
    EXPECT_EQ(second.left, first.left);

    // What the log was made with does not matter.
    RunRecord expecting = run;
    const ExpectationMap map = MapExpectations({before}, run.cases);
    for (Outcome& outcome : expecting.outcomes) {
      const auto it = map.find({outcome.backend, outcome.case_name});
      if (it != map.end()) Expect(it->second, outcome);
    }
    EXPECT_EQ(Update(json, expecting, with_reason).text, first.text);

    // No entry without a reason, no wider glob, no new date.
    const std::set<std::string> spoken = Spoken(before, run);
    size_t last = 0;
    for (const ExpectationEntry& entry : after.entries) {
      const Expectation& e = entry.expectation;
      if (e.reason == kReason) {
        EXPECT_TRUE(with_reason);
        EXPECT_EQ(e.link, kLink);
        EXPECT_FALSE(entry.IsGlob());
        continue;
      }
      const auto old = std::find_if(
          before.entries.begin(), before.entries.end(),
          [&](const auto& o) { return o.expectation.reason == e.reason; });
      ASSERT_NE(old, before.entries.end()) << entry.pattern;
      EXPECT_EQ(e.link, old->expectation.link);
      EXPECT_EQ(e.expires, old->expectation.expires);
      EXPECT_EQ(e.message, old->expectation.message);
      EXPECT_EQ(e.intermittent, old->expectation.intermittent);
      if (entry.IsGlob()) {
        EXPECT_EQ(entry.pattern, old->pattern);
        EXPECT_LE(entry.matches, old->matches);
      } else {
        EXPECT_TRUE(GlobMatches(old->pattern, entry.pattern));
        EXPECT_EQ(spoken.count(entry.pattern), 1u);
      }
      // In their order.
      const auto at = static_cast<size_t>(old - before.entries.begin());
      EXPECT_GE(at, last);
      last = at;
    }

    if (first.left.empty()) {
      ExpectNothingIsUnexpected(after, run);
      ++green;
    } else if (with_reason) {
      // Only a date is left to a person.
      for (const std::string& left : first.left) {
        EXPECT_NE(left.find("expired on 2026-06-30"), std::string::npos);
      }
    }
    if (HasFailure()) break;  // one is enough to read
  }
  // The sets are worth their name.
  EXPECT_GT(changed, 500);
  EXPECT_GT(green, 300);
}

}  // namespace
}  // namespace procspec::runner
