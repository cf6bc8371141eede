// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/selection.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace procspec::runner {
namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1,
                         diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

bool GlobMatches(std::string_view glob, std::string_view text) {
  size_t g = 0;
  size_t t = 0;
  // Where to resume: the last star, and how much of the text it has taken.
  size_t star = std::string_view::npos;
  size_t taken = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

std::vector<std::string> SplitList(std::string_view list) {
  return absl::StrSplit(list, ',', absl::SkipWhitespace());
}

std::vector<std::string> NearMatches(std::string_view name,
                                     const std::vector<std::string>& names) {
  constexpr size_t kLimit = 3;
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& candidate : names) {
    const size_t distance = EditDistance(name, candidate);
    const bool contains = !name.empty() && absl::StrContains(candidate, name);
    if (contains) {
      ranked.emplace_back(0, candidate);
    } else if (distance <= std::max<size_t>(2, name.size() / 4)) {
      ranked.emplace_back(distance, candidate);
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](auto& a, auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (auto& [distance, candidate] : ranked) {
    if (out.size() == kLimit) break;
    out.push_back(std::move(candidate));
  }
  return out;
}

std::string DidYouMean(std::string_view name,
                       const std::vector<std::string>& names) {
  const std::vector<std::string> near = NearMatches(name, names);
  if (near.empty()) return "";
  return absl::StrCat("; did you mean ", absl::StrJoin(near, " or "), "?");
}

Chosen<std::vector<BackendInfo>> ChooseBackends(
    const std::vector<BackendInfo>& linked,
    const std::optional<std::string>& names) {
  if (linked.empty()) {
    return Problem{ExitCode::kNoBackendsLinked,
                   "the testee has no backend linked into it"};
  }
  std::vector<BackendInfo> chosen;
  if (!names.has_value()) {
    for (const BackendInfo& b : linked) {
      if (!b.wrong) chosen.push_back(b);
    }
    if (chosen.empty()) {
      return Problem{ExitCode::kOnlyWrongBackends,
                     "the testee has no backend but those that are wrong on "
                     "purpose; name them to run them"};
    }
    return chosen;
  }
  const std::vector<std::string> parts = SplitList(*names);
  if (parts.empty()) {
    return Problem{ExitCode::kEmptyBackendList,
                   "--backend= names no backend; leave it out to run all"};
  }
  std::set<std::string> wanted;
  for (const std::string& part : parts) {
    std::vector<const BackendInfo*> matches;
    bool all_wrong = true;
    for (const BackendInfo& b : linked) {
      if (!GlobMatches(part, b.name)) continue;
      matches.push_back(&b);
      all_wrong = all_wrong && b.wrong;
    }
    if (matches.empty()) {
      std::vector<std::string> all;
      std::vector<std::string> right;
      for (const BackendInfo& b : linked) {
        all.push_back(b.name);
        if (!b.wrong) right.push_back(b.name);
      }
      return Problem{
          ExitCode::kUnknownBackend,
          absl::StrCat("no backend '", part, "'", DidYouMean(part, all),
                       " There are: ", absl::StrJoin(right, ", "),
                       " (all: procspec list --backends)")};
    }
    for (const BackendInfo* b : matches) {
      if (!b->wrong || all_wrong) wanted.insert(b->name);
    }
  }
  for (const BackendInfo& b : linked) {
    if (wanted.count(b.name) > 0) chosen.push_back(b);
  }
  return chosen;
}

Chosen<std::vector<CaseInfo>> ChooseCases(
    const std::vector<CaseInfo>& linked,
    const std::optional<std::string>& globs) {
  if (linked.empty()) {
    return Problem{ExitCode::kNoCasesLinked,
                   "the testee has no case linked into it (a library of cases "
                   "without alwayslink?)"};
  }
  if (!globs.has_value()) return linked;
  const std::vector<std::string> parts = SplitList(*globs);
  if (parts.empty()) {
    return Problem{ExitCode::kEmptyOnlyList,
                   "--only= names no case; leave it out to run all"};
  }
  std::set<std::string> wanted;
  for (const std::string& part : parts) {
    const bool exact =
        std::any_of(linked.begin(), linked.end(),
                    [&](const CaseInfo& c) { return c.name == part; });
    bool any = false;
    for (const CaseInfo& c : linked) {
      const bool match =
          exact ? c.name == part
                : GlobMatches(part, c.name) || GlobMatches(part, c.clause);
      if (!match) continue;
      any = true;
      wanted.insert(c.name);
    }
    if (!any) {
      std::vector<std::string> names;
      for (const CaseInfo& c : linked) names.push_back(c.name);
      return Problem{ExitCode::kOnlyMatchesNothing,
                     absl::StrCat("--only: no case matches '", part, "'",
                                  DidYouMean(part, names),
                                  " (all: procspec list --cases)")};
    }
  }
  std::vector<CaseInfo> chosen = linked;
  for (CaseInfo& c : chosen) c.selected = wanted.count(c.name) > 0;
  return chosen;
}

Chosen<std::vector<CaseInfo>> ChooseShard(std::vector<CaseInfo> cases,
                                          const std::string& shard) {
  const std::vector<std::string> parts = absl::StrSplit(shard, '/');
  int index = 0;
  int count = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &index) ||
      !absl::SimpleAtoi(parts[1], &count) || index < 1 || index > count) {
    return Problem{ExitCode::kUsage,
                   absl::StrCat("--shard=", shard,
                                ": expected I/N with 1 <= I <= N, as 2/5")};
  }
  // By clauses, so that the verdict of each is made in one shard.
  std::map<std::string, int> clauses;
  bool any = false;
  for (CaseInfo& c : cases) {
    if (!c.selected) continue;
    const int number =
        clauses.emplace(c.clause, static_cast<int>(clauses.size()))
            .first->second;
    c.selected = number % count == index - 1;
    any = any || c.selected;
  }
  if (!any) {
    return Problem{
        ExitCode::kEmptyShard,
        absl::StrCat("the shard ", shard,
                     " has no case: a clause's cases stay "
                     "together, and there are ",
                     clauses.size(),
                     " clauses; take fewer shards (bazel: shard_count, or "
                     "--test_sharding_strategy=disabled)")};
  }
  return cases;
}

std::optional<Problem> CheckClauses(const std::vector<CaseInfo>& cases,
                                    const std::vector<ClauseInfo>& clauses) {
  for (const CaseInfo& c : cases) {
    const auto it = std::find_if(
        clauses.begin(), clauses.end(),
        [&](const ClauseInfo& clause) { return clause.id == c.clause; });
    if (it != clauses.end() && it->withdrawn.empty()) continue;
    return Problem{
        ExitCode::kSpecMismatch,
        absl::StrCat("the case ", c.name, " is for the clause '", c.clause,
                     it == clauses.end() ? "', which this specification has not"
                                         : "', which is withdrawn",
                     "; testee and runner are of different versions")};
  }
  return std::nullopt;
}

}  // namespace procspec::runner
