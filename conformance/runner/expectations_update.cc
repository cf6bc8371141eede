// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/expectations_update.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/runner/expectation.h"

namespace procspec::runner {
namespace {

// How a case went that was judged.
struct Seen {
  Verdict verdict;
  std::string says;
};

class Updater {
 public:
  Updater(const ExpectationFile& file, const RunRecord& run,
          const std::string& reason, const std::string& link,
          std::string_view today)
      : file_(file), run_(run), reason_(reason), link_(link), today_(today) {
    for (const Outcome& outcome : run.outcomes) {
      const std::optional<Verdict> verdict = ObservedVerdict(outcome);
      if (outcome.backend != file.backend || !verdict.has_value() ||
          verdict == Verdict::kInfra) {
        continue;
      }
      seen_.insert_or_assign(outcome.case_name,
                             Seen{*verdict, FailureText(outcome)});
    }
    for (const CaseInfo& c : run.cases) cases_.insert(c.name);
    for (const ExpectationEntry& entry : file.entries) {
      if (!entry.IsGlob()) named_.insert(entry.pattern);
    }
  }

  ExpectationsUpdate Update() {
    for (size_t i = 0; i < file_.entries.size(); ++i) {
      const ExpectationEntry& entry = file_.entries[i];
      const Json& json = file_.json["expect"][i];
      if (entry.IsGlob()) {
        Glob(entry, json);
      } else {
        Single(entry, json);
      }
    }
    Unexpected();
    CheckLimit();
    Json json = file_.json;
    json["expect"] = std::move(entries_);
    out_.text = DumpJsonPretty(json);
    return std::move(out_);
  }

 private:
  void Changed(const std::string& what) { out_.changes.push_back(what); }
  void Left(const std::string& what) { out_.left.push_back(what); }

  bool MayAdd() const { return !reason_.empty() && !link_.empty(); }

  const Seen* Find(const std::string& name) const {
    const auto it = seen_.find(name);
    return it == seen_.end() ? nullptr : &it->second;
  }

  // The run has nothing against the entry.
  static bool Agrees(const Expectation& e, const Seen* seen) {
    if (seen == nullptr) return true;
    if (seen->verdict == Verdict::kPass) return e.intermittent;
    return GoesAs(e, seen->verdict, seen->says);
  }

  void Keep(const ExpectationEntry& entry, Json json) {
    if (HasExpired(entry.expectation, today_)) {
      Left(absl::StrCat(entry.pattern, ": expired on ",
                        entry.expectation.expires,
                        "; look at it again: mend it, or give it a new date"));
    }
    entries_.push_back(std::move(json));
  }

  // With the reason and the link of this update.
  Json WithNewReason(Json json) const {
    json["reason"] = reason_;
    json["link"] = link_;
    return json;
  }

  void Single(const ExpectationEntry& entry, Json json) {
    const std::string& name = entry.pattern;
    if (cases_.count(name) == 0) {
      return Changed(absl::StrCat("dropped ", name, ": there is no such case"));
    }
    if (!taken_.insert(name).second) {
      return Changed(absl::StrCat("dropped ", name, ": a second entry for it"));
    }
    const Seen* seen = Find(name);
    if (Agrees(entry.expectation, seen)) return Keep(entry, std::move(json));
    if (!CanBeExpected(seen->verdict)) {
      return Changed(absl::StrCat("dropped ", name, ": it is ",
                                  VerdictName(seen->verdict)));
    }
    Expectation corrected = entry.expectation;
    corrected.verdict = seen->verdict;
    const bool says_it = GoesAs(corrected, seen->verdict, seen->says);
    if (!says_it && !MayAdd()) {
      Left(absl::StrCat(name, ": is ", VerdictName(seen->verdict),
                        " and no longer says '", corrected.message,
                        "'; accept that with --reason and --link"));
      return Keep(entry, std::move(json));
    }
    if (!says_it) {
      json = WithNewReason(std::move(json));
      json.erase("message");
      Changed(absl::StrCat(name, ": no longer says '", corrected.message,
                           "'; has the new reason"));
    }
    if (corrected.verdict != entry.expectation.verdict) {
      json["verdict"] = VerdictName(seen->verdict);
      Changed(absl::StrCat(name, ": is ", VerdictName(seen->verdict), ", not ",
                           VerdictName(entry.expectation.verdict)));
    }
    Keep(entry, std::move(json));
  }

  void Glob(const ExpectationEntry& entry, Json json) {
    const std::vector<std::string> meant = MeantCases(entry, run_.cases);
    std::vector<std::string> kept;
    for (const std::string& name : meant) {
      // An entry of its own says more than a glob.
      if (named_.count(name) == 0 && taken_.count(name) == 0 &&
          Agrees(entry.expectation, Find(name))) {
        kept.push_back(name);
      }
    }
    if (kept.empty()) {
      return Changed(
          absl::StrCat("dropped ", entry.pattern, ": no case goes as it says"));
    }
    const bool uncounted = meant.size() > static_cast<size_t>(entry.matches);
    if (uncounted && !MayAdd()) {
      Left(absl::StrCat(entry.pattern, ": matches ", meant.size(), " cases, ",
                        meant.size() - static_cast<size_t>(entry.matches),
                        " more than it counts; narrow it, or accept those that "
                        "fail with --reason and --link"));
      for (const std::string& name : meant) taken_.insert(name);
      return Keep(entry, std::move(json));
    }
    taken_.insert(kept.begin(), kept.end());
    if (!uncounted && kept.size() == meant.size() &&
        kept.size() <= static_cast<size_t>(kMaxMatches)) {
      if (static_cast<size_t>(entry.matches) != kept.size()) {
        json["matches"] = kept.size();
        Changed(absl::StrCat(entry.pattern, ": matches ", kept.size(), ", not ",
                             entry.matches));
      }
      return Keep(entry, std::move(json));
    }
    json.erase("matches");
    if (uncounted) json = WithNewReason(std::move(json));
    for (const std::string& name : kept) {
      ExpectationEntry single = entry;
      single.pattern = name;
      json["case"] = name;
      Keep(single, json);
    }
    Changed(absl::StrCat("narrowed ", entry.pattern, " to ",
                         absl::StrJoin(kept, ", "),
                         uncounted ? "; they have the new reason" : ""));
  }

  // What fails, must not, and has no entry.
  void Unexpected() {
    const BackendInfo* backend = run_.FindBackend(file_.backend);
    for (const CaseInfo& c : run_.cases) {
      const Seen* seen = Find(c.name);
      const ClauseInfo* clause = run_.FindClause(c.clause);
      if (seen == nullptr || !CanBeExpected(seen->verdict) ||
          taken_.count(c.name) > 0 || backend == nullptr || clause == nullptr ||
          !IsPromised(*clause, *backend)) {
        continue;
      }
      const std::string verdict(VerdictName(seen->verdict));
      if (!MayAdd()) {
        Left(absl::StrCat(c.name, ": is ", verdict,
                          ", which is not expected; mend it, or accept it with "
                          "--reason and --link"));
        continue;
      }
      entries_.push_back(
          WithNewReason(Json{{"case", c.name}, {"verdict", verdict}}));
      Changed(absl::StrCat("added ", c.name, ": ", verdict));
    }
  }

  void CheckLimit() {
    int intermittent = 0;
    for (const Json& json : entries_) {
      if (GetBool(json, "intermittent")) {
        intermittent += static_cast<int>(GetInt(json, "matches", 1));
      }
    }
    if (intermittent > file_.intermittent_limit) {
      Left(absl::StrCat(intermittent, " intermittent, above the limit of ",
                        file_.intermittent_limit,
                        "; mend one, or raise \"intermittent_limit\""));
    }
  }

  const ExpectationFile& file_;
  const RunRecord& run_;
  const std::string& reason_;
  const std::string& link_;
  const std::string_view today_;
  std::map<std::string, Seen> seen_;
  std::set<std::string> cases_;
  std::set<std::string> named_;  // cases with an entry of their own
  std::set<std::string> taken_;  // cases that an entry before means
  Json entries_ = Json::array();
  ExpectationsUpdate out_;
};

}  // namespace

ExpectationsUpdate UpdateExpectations(const ExpectationFile& file,
                                      const RunRecord& run,
                                      const std::string& reason,
                                      const std::string& link,
                                      std::string_view today) {
  return Updater(file, run, reason, link, today).Update();
}

}  // namespace procspec::runner
