// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/diff.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/runner/console.h"
#include "conformance/runner/json.h"
#include "conformance/runner/views/column.h"
#include "conformance/runner/views/markdown.h"

namespace procspec::runner {
namespace {

// In full; the others have a line each.
constexpr size_t kInFull = 10;

constexpr std::array<Change, kChangeCount> kAll = {
    Change::kRegressed, Change::kRemoved, Change::kChanged,
    Change::kFixed,     Change::kNew,     Change::kSame};

bool Passes(Verdict verdict) {
  return verdict == Verdict::kPass || verdict == Verdict::kXpass;
}

std::string NameOf(const Outcome* outcome) {
  return outcome == nullptr ? "not run"
                            : std::string(VerdictName(VerdictOf(*outcome)));
}

std::string DescribeRun(const RunRecord& run) {
  return absl::StrCat("specification ", run.spec_version, ", ", run.platform,
                      ", ", run.started);
}

std::string Totals(const Diff& diff) {
  return absl::StrJoin(kAll, ", ", [&diff](std::string* out, Change c) {
    absl::StrAppend(out, diff.count(c), " ", std::string(ChangeName(c)));
  });
}

// Why a case is gone, if the specification of the second run knows.
std::string WhyRemoved(const Diff& diff, const CaseDiff& c) {
  const ClauseInfo* clause = diff.b->FindClause(c.clause);
  if (clause == nullptr) {
    return absl::StrCat("no such clause in specification ",
                        diff.b->spec_version);
  }
  return clause->withdrawn.empty()
             ? ""
             : absl::StrCat("the clause is withdrawn: ", clause->withdrawn);
}

Json RunJson(const RunRecord& run) {
  return {{"spec_version", run.spec_version},
          {"platform", run.platform},
          {"started", run.started},
          {"ended", run.ended}};
}

template <typename Each>
void ForEach(const Diff& diff, Change change, Each each) {
  for (const CaseDiff& c : diff.cases) {
    if (c.change == change) each(c);
  }
}

}  // namespace

std::span<const Change> AllChanges() { return kAll; }

std::string_view ChangeName(Change change) {
  switch (change) {
    case Change::kRegressed:
      return "regressed";
    case Change::kRemoved:
      return "removed";
    case Change::kChanged:
      return "changed";
    case Change::kFixed:
      return "fixed";
    case Change::kNew:
      return "new";
    case Change::kSame:
      return "same";
  }
  return "";
}

Change Classify(std::optional<Verdict> before, std::optional<Verdict> after) {
  if (!before.has_value()) return Change::kNew;
  if (!after.has_value()) return Change::kRemoved;
  if (*before == *after) return Change::kSame;
  if (Passes(*before) == Passes(*after)) return Change::kChanged;
  return Passes(*before) ? Change::kRegressed : Change::kFixed;
}

Diff Compare(const RunRecord& a, const RunRecord& b) {
  std::map<std::pair<std::string, std::string>, CaseDiff> cases;
  const auto collect = [&cases](const RunRecord& run,
                                const Outcome* CaseDiff::*side) {
    for (const Outcome& o : run.outcomes) {
      CaseDiff& c = cases[{o.backend, o.case_name}];
      c.backend = o.backend;
      c.case_name = o.case_name;
      c.clause = o.clause;
      c.*side = &o;
    }
  };
  collect(a, &CaseDiff::before);
  collect(b, &CaseDiff::after);

  const auto verdict = [](const Outcome* o) {
    return o == nullptr ? std::nullopt : std::optional<Verdict>(VerdictOf(*o));
  };
  Diff diff;
  diff.a = &a;
  diff.b = &b;
  for (auto& [key, c] : cases) {
    c.change = Classify(verdict(c.before), verdict(c.after));
    ++diff.counts[static_cast<size_t>(c.change)];
    diff.cases.push_back(std::move(c));
  }
  return diff;
}

std::vector<std::string> DiffNotes(const Diff& diff) {
  std::vector<std::string> notes;
  if (diff.a->spec_version != diff.b->spec_version) {
    notes.push_back(absl::StrCat(
        "The specification differs: ", diff.a->spec_version, " in A, ",
        diff.b->spec_version, " in B. Each was judged by its own."));
  }
  if (diff.a->platform != diff.b->platform) {
    notes.push_back(absl::StrCat("The platform differs: ", diff.a->platform,
                                 " in A, ", diff.b->platform, " in B."));
  }
  for (const auto& [name, run] :
       {std::pair("A", diff.a), std::pair("B", diff.b)}) {
    if (!run->IsComplete()) {
      notes.push_back(absl::StrCat(
          name, " did not come to its end: what it did not begin is missing."));
    }
    if (run->IsSelection()) {
      notes.push_back(absl::StrCat(
          name, " is of a selection only: ", DescribeSelection(*run), "."));
    }
    for (const BackendInfo& b : run->backends) {
      if (b.IsAvailable()) continue;
      notes.push_back(
          absl::StrCat("In ", name, " ", b.name, " was ", UnavailableNote(b)));
    }
  }
  return notes;
}

std::string DiffText(const Diff& diff, bool colour) {
  std::string out = absl::StrCat("A: ", DescribeRun(*diff.a),
                                 "\nB: ", DescribeRun(*diff.b), "\n");
  for (const std::string& note : DiffNotes(diff)) {
    absl::StrAppend(&out, note, "\n");
  }
  for (Change change : kAll) {
    if (change == Change::kSame || diff.count(change) == 0) continue;
    if (!absl::EndsWith(out, "\n\n")) out += "\n";
    absl::StrAppend(&out, colour ? "\x1b[1m" : "",
                    std::string(ChangeName(change)), " (", diff.count(change),
                    ")", colour ? "\x1b[0m" : "", "\n");
    size_t told = 0;
    ForEach(diff, change, [&](const CaseDiff& c) {
      if (change == Change::kRegressed && ++told <= kInFull) {
        absl::StrAppend(&out, NameOf(c.before), " -> ",
                        DescribeFailure(*diff.b, *c.after, colour));
        return;
      }
      absl::StrAppend(&out, "  ", c.case_name, " on ", c.backend, ": ",
                      NameOf(c.before), " -> ", NameOf(c.after), "\n");
      if (change == Change::kRemoved) {
        const std::string why = WhyRemoved(diff, c);
        if (!why.empty()) absl::StrAppend(&out, "    ", why, "\n");
      }
    });
  }
  if (!absl::EndsWith(out, "\n\n")) out += "\n";
  absl::StrAppend(&out, Totals(diff), "\n");
  return out;
}

std::string DiffJson(const Diff& diff) {
  Json counts = Json::object();
  for (Change c : kAll) counts[std::string(ChangeName(c))] = diff.count(c);
  Json cases = Json::array();
  for (const CaseDiff& c : diff.cases) {
    const auto verdict = [](const Outcome* o) {
      return o == nullptr ? Json(nullptr) : Json(VerdictName(VerdictOf(*o)));
    };
    cases.push_back({{"backend", c.backend},
                     {"case", c.case_name},
                     {"clause", c.clause},
                     {"change", ChangeName(c.change)},
                     {"before", verdict(c.before)},
                     {"after", verdict(c.after)}});
  }
  return DumpJsonPretty({{"schema", 1},
                         {"a", RunJson(*diff.a)},
                         {"b", RunJson(*diff.b)},
                         {"notes", DiffNotes(diff)},
                         {"counts", std::move(counts)},
                         {"cases", std::move(cases)}});
}

std::string DiffMarkdown(const Diff& diff) {
  std::string out = absl::StrCat(
      "# procspec: what changed\n\n- A: ", MarkdownText(DescribeRun(*diff.a)),
      "\n- B: ", MarkdownText(DescribeRun(*diff.b)), "\n\n");
  for (const std::string& note : DiffNotes(diff)) {
    absl::StrAppend(&out, "**Note:** ", MarkdownText(note), "\n\n");
  }
  out += "|";
  std::string rule = "|";
  std::string row = "|";
  for (Change c : kAll) {
    absl::StrAppend(&out, " ", std::string(ChangeName(c)), " |");
    rule += "--:|";
    absl::StrAppend(&row, " ", diff.count(c), " |");
  }
  absl::StrAppend(&out, "\n", rule, "\n", row, "\n");
  for (Change change : kAll) {
    if (change == Change::kSame || diff.count(change) == 0) continue;
    absl::StrAppend(&out, "\n## ", std::string(ChangeName(change)),
                    "\n\n| case | backend | A | B |\n|---|---|---|---|\n");
    ForEach(diff, change, [&](const CaseDiff& c) {
      absl::StrAppend(&out, "| ", MarkdownText(c.case_name), " | ",
                      MarkdownText(c.backend), " | ", NameOf(c.before), " | ",
                      NameOf(c.after), " |\n");
    });
    if (change != Change::kRegressed) continue;
    size_t told = 0;
    ForEach(diff, change, [&](const CaseDiff& c) {
      if (++told > kInFull) return;
      absl::StrAppend(&out, "\n### ", MarkdownText(c.case_name), " on ",
                      MarkdownText(c.backend), "\n\n",
                      MarkdownFailure(*diff.b, *c.after));
    });
  }
  return out;
}

}  // namespace procspec::runner
