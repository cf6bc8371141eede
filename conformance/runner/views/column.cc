// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/views/column.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "conformance/runner/expectation.h"
#include "conformance/runner/json.h"

namespace procspec::runner {
namespace {

constexpr size_t kOneLine = 160;

// Makes names that several columns have unlike, by what `more` says of each.
template <typename More>
void Distinguish(std::vector<Column>& columns, More more) {
  std::map<std::string, int> uses;
  for (const Column& c : columns) ++uses[c.name];
  for (Column& c : columns) {
    if (uses[c.name] > 1) c.name = more(c);
  }
}

int LevelRank(const RunRecord& run, const std::string& clause) {
  const ClauseInfo* info = run.FindClause(clause);
  if (info == nullptr) return 3;
  return info->level == "must" ? 0 : info->level == "should" ? 1 : 2;
}

}  // namespace

std::vector<Column> Columns(const std::vector<ScoredRun>& runs) {
  std::vector<Column> columns;
  for (const ScoredRun& r : runs) {
    for (const BackendScore& score : r.scores) {
      Column column;
      column.run = &r.run;
      column.score = &score;
      column.backend = r.run.FindBackend(score.backend);
      column.platform =
          score.platform.empty() ? r.run.platform : score.platform;
      column.name = score.backend;
      columns.push_back(std::move(column));
    }
  }
  Distinguish(columns, [](const Column& c) {
    return absl::StrCat(c.name, " (", c.platform, ")");
  });
  std::map<std::string, int> seen;
  Distinguish(columns, [&seen](const Column& c) {
    return absl::StrCat(c.name, " #", ++seen[c.name]);
  });
  return columns;
}

Standing StandingOf(const Column& column) {
  const BackendScore& s = *column.score;
  const RunRecord& run = *column.run;
  const bool whole = run.IsComplete() && !run.IsSelection();
  for (const std::string& id : s.musts_not_held) {
    if (whole || s.verdicts.count(id) > 0) return Standing::kFails;
  }
  if (!whole || s.musts_applicable == 0) return Standing::kUnknown;
  return s.musts_passed == s.musts_applicable ? Standing::kHolds
                                              : Standing::kDeviates;
}

int ClausesNotRun(const BackendScore& score) {
  return score.clauses_total - static_cast<int>(score.verdicts.size());
}

std::vector<Verdict> VerdictsShown(const std::vector<Column>& columns) {
  std::vector<Verdict> shown;
  for (Verdict v : AllVerdicts()) {
    if (v == Verdict::kPass || v == Verdict::kFail ||
        std::any_of(columns.begin(), columns.end(),
                    [v](const Column& c) { return c.score->count(v) > 0; })) {
      shown.push_back(v);
    }
  }
  return shown;
}

std::vector<std::string> Notes(const std::vector<ScoredRun>& runs) {
  std::vector<std::string> notes;
  std::set<std::string> versions;
  for (const ScoredRun& r : runs) versions.insert(r.run.spec_version);
  if (versions.size() > 1) {
    notes.push_back(absl::StrCat(
        "These runs are of different versions of the specification: ",
        absl::StrJoin(versions, ", "), ". Each was judged by its own."));
  }
  for (const ScoredRun& r : runs) {
    const std::string of = runs.size() == 1
                               ? "The run"
                               : absl::StrCat("The run on ", r.run.platform,
                                              " of ", r.run.started);
    if (r.run.interrupted) {
      notes.push_back(absl::StrCat(
          of, " was interrupted: what had not ended is INFRA or missing."));
    } else if (r.run.time_limit_reached) {
      notes.push_back(
          absl::StrCat(of, " reached its time limit of ", r.run.time_limit_s,
                       " s: what had not ended is INFRA or missing."));
    } else if (!r.run.ended) {
      notes.push_back(
          absl::StrCat(of,
                       " has no end in its log: what had not ended is INFRA or "
                       "missing."));
    }
    if (r.run.IsSelection()) {
      notes.push_back(absl::StrCat(
          of, " was of a selection only: ", DescribeSelection(r.run),
          ". Percentages are of the whole "
          "specification."));
    }
    for (const BackendInfo& b : r.run.backends) {
      if (b.IsAvailable()) continue;
      notes.push_back(absl::StrCat(b.name, runs.size() == 1 ? "" : " on ",
                                   runs.size() == 1 ? "" : b.platform, ": ",
                                   UnavailableNote(b)));
    }
    if (std::string note = LeakNote(r.run); !note.empty()) {
      notes.push_back(std::move(note));
    }
    int not_judged = 0;
    for (const BackendScore& s : r.scores) {
      for (const std::string& id : s.musts_not_held) {
        if (s.verdicts.count(id) == 0) ++not_judged;
      }
    }
    if (not_judged > 0) {
      notes.push_back(absl::StrCat(
          of, " has ", not_judged,
          not_judged == 1 ? " must clause in scope" : " must clauses in scope",
          " that no case judged."));
    }
  }
  return notes;
}

Verdict VerdictOf(const Outcome& outcome) {
  return outcome.verdict.value_or(Verdict::kInfra);
}

std::string ReasonOf(const Outcome& outcome) {
  if (!outcome.verdict.has_value()) return "the run ended before this case did";
  const std::string note = ExpectationNote(outcome);
  return absl::StrCat(note, note.empty() || outcome.reason.empty() ? "" : "\n",
                      outcome.reason);
}

std::string OneLine(const Outcome& outcome) {
  // Of an INFRA the reason says more than what then failed.
  std::string text = outcome.failures.empty() ||
                             outcome.expectation.has_value() ||
                             VerdictOf(outcome) == Verdict::kInfra
                         ? ReasonOf(outcome)
                         : outcome.failures[0].message;
  if (text.empty() && outcome.leak_count > 0) {
    text =
        absl::StrCat("left behind: ", absl::StrJoin(LeakLines(outcome), ", "));
  }
  absl::RemoveExtraAsciiWhitespace(&text);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= kOneLine) return text;
  // Not within a character of several bytes.
  size_t end = kOneLine;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end) + "...";
}

bool NeedsALook(Verdict verdict) {
  return IsRed(verdict) || verdict == Verdict::kXpass ||
         verdict == Verdict::kInfra;
}

std::vector<const Outcome*> Troubles(const Column& column) {
  std::vector<const Outcome*> troubles;
  for (const Outcome& o : column.run->outcomes) {
    if (o.backend == column.score->backend && NeedsALook(VerdictOf(o))) {
      troubles.push_back(&o);
    }
  }
  std::stable_sort(troubles.begin(), troubles.end(),
                   [&](const Outcome* a, const Outcome* b) {
                     const int rank_a = LevelRank(*column.run, a->clause);
                     const int rank_b = LevelRank(*column.run, b->clause);
                     return rank_a != rank_b ? rank_a < rank_b
                                             : VerdictOf(*a) > VerdictOf(*b);
                   });
  return troubles;
}

std::vector<const Outcome*> KnownDeviations(const Column& column) {
  std::vector<const Outcome*> known;
  for (const Outcome& o : column.run->outcomes) {
    if (o.backend == column.score->backend && VerdictOf(o) == Verdict::kXfail) {
      known.push_back(&o);
    }
  }
  return known;
}

bool OlderVersion(std::string_view a, std::string_view b) {
  const auto numbers = [](std::string_view version) {
    std::vector<int> out;
    for (absl::string_view part : absl::StrSplit(
             absl::string_view(version.data(), version.size()), '.')) {
      int number = 0;
      if (!absl::SimpleAtoi(part, &number)) number = 0;
      out.push_back(number);
    }
    return out;
  };
  return numbers(a) < numbers(b);
}

std::string Xml(std::string_view text) {
  // The JSON writer mends UTF-8; what is left to do is ASCII.
  std::string mended = DumpJson(Json(std::string(text)));
  const std::optional<Json> back = ParseJson(mended);
  mended = back.has_value() ? back->get<std::string>() : "";
  // U+FFFE and U+FFFF.
  mended = absl::StrReplaceAll(mended,
                               {{"\xef\xbf\xbe", "?"}, {"\xef\xbf\xbf", "?"}});
  std::string out;
  for (const char c : mended) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        // In an attribute a bare newline would be read as a blank.
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "?";
        } else {
          out.push_back(c);
        }
    }
  }
  return out;
}

}  // namespace procspec::runner
