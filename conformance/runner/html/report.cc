// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "conformance/runner/expectation.h"
#include "conformance/runner/format.h"
#include "conformance/runner/html/assets.h"
#include "conformance/runner/json.h"
#include "conformance/runner/views.h"
#include "conformance/runner/views/column.h"

// The matrix is written as HTML, so that it is there at once and without a
// script; what a click shows is data in the page, and report.js shows it.

namespace procspec::runner {
namespace {

// Up to here a cell has room for the verdict's name.
constexpr size_t kFewColumns = 4;
// From here on the cards are small.
constexpr size_t kManyCards = 7;
constexpr size_t kFailuresShown = 8;
constexpr size_t kOutputShown = 16 << 10;

std::string Html(std::string_view text) {
  std::string out;
  for (const char c : text) {
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
      default:
        out.push_back(c);
    }
  }
  return out;
}

// An id may be broken after its dots.
std::string Breakable(const std::string& html) {
  return absl::StrReplaceAll(html, {{".", ".<wbr>"}});
}

std::string_view Symbol(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "✓";
    case Verdict::kXfail:
      return "x";
    case Verdict::kUnsupported:
      return "–";
    case Verdict::kInfra:
      return "?";
    case Verdict::kXpass:
      return "P";
    case Verdict::kLeak:
      return "L";
    case Verdict::kFail:
      return "✕";
    case Verdict::kTimeout:
      return "T";
    case Verdict::kCrash:
      return "!";
  }
  return "";
}

std::string_view StandingClass(const Column& column) {
  switch (StandingOf(column)) {
    case Standing::kHolds:
      return "ok";
    case Standing::kDeviates:
      return "deviates";
    case Standing::kFails:
      return "bad";
    case Standing::kUnknown:
      return "";
  }
  return "";
}

// "2026-01-02 03:04:05 UTC".
std::string Readable(const std::string& time) {
  return absl::StrReplaceAll(time, {{"T", " "}, {"+00:00", " UTC"}});
}

// No text of a case can end the script element or begin a comment in it.
std::string ForScript(const Json& json) {
  return absl::StrReplaceAll(DumpJson(json), {{"<", "\\u003c"}});
}

class Page {
 public:
  explicit Page(const std::vector<ScoredRun>& runs)
      : runs_(runs), columns_(Columns(runs)) {
    // The newest specification comes first: its texts and its order count.
    for (const ScoredRun& r : runs) by_version_.push_back(&r.run);
    std::stable_sort(by_version_.begin(), by_version_.end(),
                     [](const RunRecord* a, const RunRecord* b) {
                       return OlderVersion(b->spec_version, a->spec_version);
                     });
    std::set<std::string> seen;
    for (const RunRecord* run : by_version_) {
      for (const ClauseInfo& clause : run->clauses) {
        if (clause.withdrawn.empty() && seen.insert(clause.id).second) {
          clauses_.push_back(&clause);
        }
      }
    }
    // By area; within one in the order of the specification.
    std::stable_sort(clauses_.begin(), clauses_.end(),
                     [](const ClauseInfo* a, const ClauseInfo* b) {
                       return a->area < b->area;
                     });
    for (size_t i = 0; i < clauses_.size(); ++i) {
      clause_index_[clauses_[i]->id] = static_cast<int>(i);
    }
    for (const Column& c : columns_) platforms_.insert(c.platform);
    for (const ScoredRun& r : runs) {
      for (const ClauseInfo& clause : r.run.clauses) {
        clause_of_[{&r.run, clause.id}] = &clause;
      }
    }
  }

  std::string Make() {
    Head();
    Cards();
    Failures();
    Tools();
    Matrix();
    Data();
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void Add(const Args&... args) {
    absl::StrAppend(&out_, args...);
  }

  void Head() {
    Add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n<title>procspec: conformance</title>\n"
        // Else the browser asks a server for one.
        "<link rel=\"icon\" href=\"data:,\">\n<style>\n",
        kReportCss, "</style>\n</head>\n<body>\n<header class=\"pane\">\n",
        "<h1>procspec conformance</h1>\n");
    for (const ScoredRun& r : runs_) {
      Add("<p class=\"sub\">specification ", Html(r.run.spec_version), " · ",
          Html(r.run.platform), " · <span class=\"nb\">",
          Html(Readable(r.run.started)), "</span></p>\n");
    }
    Add("<details class=\"about\"><summary>",
        runs_.size() == 1 ? "About this run" : "About these runs",
        "</summary>\n");
    for (const ScoredRun& r : runs_) {
      Add("<dl>\n");
      Fact("command", absl::StrJoin(r.run.argv, " "));
      Fact("testee", r.run.testee);
      Fact("wall time", absl::StrFormat("%.1f s, %d cases at a time",
                                        r.run.wall_s, r.run.jobs));
      Fact("deadline", absl::StrFormat("%g s a case", r.run.deadline_s));
      Fact("seed", absl::StrCat(r.run.seed));
      for (const auto& [key, value] : r.run.machine) Fact(key, value);
      Add("</dl>\n");
    }
    Add("<dl>\n");
    Fact("conformance",
         "must clauses of which every case passed, of all must clauses for the "
         "platform that can be tested and whose requirements the backend "
         "declares");
    Fact("coverage",
         "clauses of which a case was judged, of all clauses for the platform");
    for (Verdict v : AllVerdicts()) Fact(VerdictName(v), VerdictMeaning(v));
    Add("</dl></details>\n</header>\n");
  }

  void Fact(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    Add("<dt>", Html(key), "</dt><dd>", Html(value), "</dd>\n");
  }

  bool SeveralPlatforms() const { return platforms_.size() > 1; }

  void Cards() {
    Add("<main>\n<section class=\"pane cards",
        columns_.size() >= kManyCards ? " small" : "",
        "\" aria-label=\"Backends\">\n");
    for (const Column& column : columns_) {
      const BackendScore& s = *column.score;
      Add("<div class=\"card\"><h2>", Html(s.backend));
      if (SeveralPlatforms()) {
        Add(" <span class=\"lv\">", Html(column.platform), "</span>");
      }
      Add("</h2>\n");
      if (column.backend != nullptr && !column.backend->IsAvailable()) {
        Add("<p class=\"note\">", Html(UnavailableNote(*column.backend)),
            "</p>\n");
      }
      Add("<div class=\"big ", StandingClass(column), "\">",
          Percent(s.conformance()), " <small>", s.musts_passed, " of ",
          s.musts_applicable, " must clauses</small></div>\n",
          "<div class=\"bar\">");
      for (Verdict v : AllVerdicts()) {
        if (s.count(v) == 0 || s.clauses_total == 0) continue;
        Add("<i class=\"v-", VerdictName(v), "\" style=\"width:",
            absl::StrFormat("%.2f", 100.0 * s.count(v) / s.clauses_total),
            "%\"></i>");
      }
      Add("</div>\n<p>coverage ", Percent(s.coverage()), " <small>", s.judged,
          " of ", s.clauses_total, "</small> · <span class=\"nb\">",
          absl::StrFormat("%.1f s", s.wall_s),
          "</span></p>\n<div class=\"tags\">");
      for (Verdict v : AllVerdicts()) {
        if (s.count(v) == 0) continue;
        Add("<span class=\"tag v-", VerdictName(v), "\">", s.count(v), " ",
            VerdictName(v), "</span>");
      }
      Add("</div></div>\n");
    }
    Add("</section>\n");
  }

  void Failures() {
    Add("<section class=\"pane\" aria-label=\"What did not pass\">\n");
    const std::vector<std::string> notes = Notes(runs_);
    for (const std::string& note : notes) {
      Add("<p class=\"note\">", Html(note), "</p>\n");
    }
    std::vector<std::pair<size_t, const Outcome*>> red;  // with their columns
    for (size_t i = 0; i < columns_.size(); ++i) {
      for (const Outcome* o : Troubles(columns_[i])) red.emplace_back(i, o);
    }
    std::stable_sort(red.begin(), red.end(), [this](auto& a, auto& b) {
      const int rank_a = LevelRank(a.second->clause);
      const int rank_b = LevelRank(b.second->clause);
      return rank_a != rank_b ? rank_a < rank_b
                              : VerdictOf(*a.second) > VerdictOf(*b.second);
    });
    if (red.empty()) {
      if (notes.empty()) Add("<p class=\"note good\">No case failed.</p>\n");
    } else {
      Add("<h2>", red.size(), red.size() == 1 ? " case" : " cases",
          " did not pass</h2>\n");
      CaseList(red);
      if (red.size() > kFailuresShown) {
        Add("<button class=\"btn more\" id=\"more\">Show all ", red.size(),
            "</button>\n");
      }
    }
    std::vector<std::pair<size_t, const Outcome*>> known;
    for (size_t i = 0; i < columns_.size(); ++i) {
      for (const Outcome* o : KnownDeviations(columns_[i])) {
        known.emplace_back(i, o);
      }
    }
    if (!known.empty()) {
      Add("<details class=\"known\"><summary>", known.size(),
          known.size() == 1 ? " known deviation" : " known deviations",
          "</summary>\n");
      CaseList(known);
      Add("</details>\n");
    }
    Add("</section>\n");
  }

  // Those after the first few have to be asked for.
  void CaseList(const std::vector<std::pair<size_t, const Outcome*>>& cases) {
    Add("<ul class=\"failed\">\n");
    size_t shown = 0;
    for (const auto& [column, o] : cases) {
      const auto clause = clause_index_.find(o->clause);
      if (clause == clause_index_.end()) continue;
      const Verdict verdict = VerdictOf(*o);
      const auto name = VerdictName(verdict);
      const bool hidden =
          ++shown > kFailuresShown && verdict != Verdict::kXfail;
      Add("<li", hidden ? " hidden" : "", "><button data-c=\"", clause->second,
          "\" data-b=\"", column, "\"><span class=\"tag v-", name, "\">", name,
          "</span><span><span class=\"id\">", Breakable(Html(o->case_name)),
          "</span> <span class=\"lv\">",
          Html(clauses_[static_cast<size_t>(clause->second)]->level),
          "</span> on ", Html(columns_[column].name), "<span class=\"why\">",
          Html(OneLine(*o)), "</span></span></button></li>\n");
    }
    Add("</ul>\n");
  }

  int LevelRank(const std::string& id) const {
    const auto it = clause_index_.find(id);
    if (it == clause_index_.end()) return 3;
    const std::string& level = clauses_[static_cast<size_t>(it->second)]->level;
    return level == "must" ? 0 : level == "should" ? 1 : 2;
  }

  void Tools() {
    std::map<std::string, int> by_verdict;
    std::map<std::string, int> by_level;
    int differ = 0;
    for (const ClauseInfo* c : clauses_) {
      ++by_level[c->level];
      const std::vector<std::string> verdicts = VerdictsOf(*c);
      for (const std::string& v : verdicts) ++by_verdict[v];
      if (verdicts.size() > 1) ++differ;
    }
    Add("<div class=\"pane tools\" role=\"search\">\n<input type=\"search\" "
        "id=\"search\" placeholder=\"Filter by id or text ( / )\" "
        "aria-label=\"Filter by id or text\" autocomplete=\"off\">\n"
        "<div class=\"chips\">\n"
        "<div class=\"group\" role=\"group\" aria-label=\"Verdicts\">");
    std::vector<Verdict> worst_first(AllVerdicts().begin(),
                                     AllVerdicts().end());
    std::reverse(worst_first.begin(), worst_first.end());
    for (Verdict v : worst_first) {
      const std::string name(VerdictName(v));
      if (by_verdict[name] == 0) continue;
      Chip("verdict", name, name, VerdictMeaning(v), by_verdict[name],
           columns_.size() > kFewColumns ? Symbol(v) : "");
    }
    if (by_verdict["NONE"] > 0) {
      Chip("verdict", "NONE", "not run", "no case was run", by_verdict["NONE"]);
    }
    Add("</div>\n<div class=\"group\" role=\"group\" aria-label=\"Levels\">");
    for (const char* level : {"must", "should", "may"}) {
      if (by_level[level] > 0) {
        Chip("level", level, level, "", by_level[level]);
      }
    }
    Add("</div>\n");
    if (columns_.size() > 1) {
      Add("<div class=\"group\" role=\"group\" aria-label=\"Columns\">");
      if (differ > 0) {
        Chip("differ", "1", "differ", "the verdicts of a clause are not alike",
             differ);
      }
      if (SeveralPlatforms()) {
        for (const std::string& p : platforms_) {
          Chip("platform", p, p, "",
               static_cast<int>(std::count_if(
                   columns_.begin(), columns_.end(),
                   [&](const Column& c) { return c.platform == p; })));
        }
      }
      Add("<details class=\"menu\"><summary class=\"chip\">Backends</summary>"
          "<div class=\"choices\">");
      std::set<std::string> backends;
      for (const Column& c : columns_) {
        if (!backends.insert(c.score->backend).second) continue;
        Add("<label><input type=\"checkbox\" checked value=\"",
            Html(c.score->backend), "\"> ", Html(c.score->backend),
            "</label>\n");
      }
      Add("</div></details></div>\n");
    }
    Add("</div>\n<button class=\"btn\" id=\"clear\" hidden>Clear filters"
        "</button>\n<span class=\"shown\" role=\"status\"></span>\n</div>\n");
  }

  void Chip(std::string_view kind, std::string_view value,
            std::string_view label, std::string_view meaning, int count,
            std::string_view symbol = "") {
    Add("<button class=\"chip\" aria-pressed=\"false\" data-k=\"", kind,
        "\" data-v=\"", Html(value), "\"");
    if (!meaning.empty()) Add(" title=\"", Html(meaning), "\"");
    Add(">");
    if (!symbol.empty()) {
      Add("<i class=\"sym v-", value, "\" aria-hidden=\"true\">", symbol,
          "</i> ");
    }
    Add(Html(label), " <span class=\"n\">", count, "</span></button>");
  }

  static std::string VerdictIn(const Column& column, const std::string& id) {
    const auto it = column.score->verdicts.find(id);
    return it == column.score->verdicts.end()
               ? "NONE"
               : std::string(VerdictName(it->second));
  }

  // Without repetitions.
  std::vector<std::string> VerdictsOf(const ClauseInfo& clause) const {
    std::vector<std::string> out;
    for (const Column& c : columns_) {
      std::string v = VerdictIn(c, clause.id);
      if (std::find(out.begin(), out.end(), v) == out.end()) {
        out.push_back(std::move(v));
      }
    }
    return out;
  }

  // Why a column has no verdict on a clause.
  std::string WhyNone(const Column& column, const std::string& id) const {
    const auto it = clause_of_.find({column.run, id});
    if (it == clause_of_.end()) {
      return absl::StrCat("not in specification ", column.run->spec_version);
    }
    const ClauseInfo& clause = *it->second;
    if (!clause.withdrawn.empty()) {
      return absl::StrCat("withdrawn: ", clause.withdrawn);
    }
    if (!AppliesTo(clause, column.platform)) {
      return absl::StrCat("for ", clause.platform, " only");
    }
    if (!clause.untestable.empty()) return "untestable";
    return "not run";
  }

  void Matrix() {
    const bool few = columns_.size() <= kFewColumns;
    Add("<div class=\"wrap\">\n<table role=\"grid\" "
        "aria-label=\"Clauses by backend\" class=\"",
        few ? "few" : "many", "\" style=\"--columns:", columns_.size(),
        "\">\n<thead><tr><th scope=\"col\">Clause</th>");
    for (const Column& c : columns_) {
      Add("<th scope=\"col\" class=\"b\"><span>",
          few ? Breakable(Html(c.score->backend)) : Html(c.score->backend));
      if (SeveralPlatforms()) Add(" <small>", Html(c.platform), "</small>");
      Add("</span></th>");
    }
    Add("</tr></thead>\n");
    for (size_t i = 0; i < clauses_.size();) {
      size_t end = i;
      while (end < clauses_.size() &&
             clauses_[end]->area == clauses_[i]->area) {
        ++end;
      }
      Area(i, end, few);
      i = end;
    }
    Add("</table>\n</div>\n<p class=\"empty\" hidden>No clause matches.</p>\n"
        "</main>\n<dialog aria-labelledby=\"title\"></dialog>\n");
  }

  void Area(size_t begin, size_t end, bool few) {
    std::string area = clauses_[begin]->area;
    std::replace(area.begin(), area.end(), '_', ' ');
    Add("<tbody>\n<tr class=\"area\"><th class=\"c\" scope=\"row\"><button "
        "aria-expanded=\"true\">",
        Html(area), "</button> <span class=\"lv\">", end - begin,
        " clauses</span></th>");
    for (const Column& c : columns_) {
      int passed = 0;
      for (size_t i = begin; i < end; ++i) {
        if (VerdictIn(c, clauses_[i]->id) == "PASS") ++passed;
      }
      Add("<td aria-label=\"", passed, " of ", end - begin, " pass\">", passed);
      if (few) Add("/", end - begin);
      Add("</td>");
    }
    Add("</tr>\n");
    for (size_t i = begin; i < end; ++i) Row(i, few);
    Add("</tbody>\n");
  }

  void Row(size_t index, bool few) {
    const ClauseInfo& c = *clauses_[index];
    const std::string id = Html(c.id);
    Add("<tr class=\"r\" id=\"", id, "\" data-i=\"", index, "\" data-l=\"",
        Html(c.level),
        "\"><th class=\"c\" scope=\"row\"><a class=\"id\" "
        "href=\"#",
        id, "\">", Breakable(id), "</a><span class=\"lv ", Html(c.level), "\">",
        Html(c.level), c.untestable.empty() ? "" : ", untestable", "</span><p>",
        Html(c.text), "</p></th>");
    for (const Column& column : columns_) {
      const auto it = column.score->verdicts.find(c.id);
      if (it == column.score->verdicts.end()) {
        Add("<td data-v=NONE aria-label=\"", Html(WhyNone(column, c.id)),
            "\">·</td>");
        continue;
      }
      const std::string_view name = VerdictName(it->second);
      if (few) {
        Add("<td data-v=", name, " aria-label=", name, " data-s=\"",
            Symbol(it->second), "\"><b>", name, "</b></td>");
      } else {
        Add("<td data-v=", name, " aria-label=", name, ">", Symbol(it->second),
            "</td>");
      }
    }
    Add("</tr>\n");
  }

  // What report.js reads; names are short because there are thousands.
  Json OutcomeData(const Outcome& o, const RunRecord& run, int clause,
                   size_t column) const {
    const Verdict verdict = VerdictOf(o);
    Json json = {{"c", clause},
                 {"b", column},
                 {"v", VerdictName(verdict)},
                 {"d", std::round(o.duration_s * 1e3) / 1e3}};
    if (o.case_name != o.clause) json["n"] = o.case_name;
    if (!o.verdict.has_value()) {
      json["r"] = ReasonOf(o);
    } else if (!o.reason.empty()) {
      json["r"] = o.reason;
    }
    if (o.expectation.has_value()) {
      json["e"] = ExpectationNote(o);
      json["k"] = o.expectation->link;
    }
    if (!o.failures.empty()) {
      Json failures = Json::array();
      for (const Failure& f : o.failures) {
        failures.push_back(
            {{"m", f.message},
             {"a", f.file.empty() ? "" : absl::StrCat(f.file, ":", f.line)}});
      }
      json["f"] = std::move(failures);
    }
    if (!o.at_deadline.empty()) json["t"] = o.at_deadline;
    if (o.leak_count > 0) json["l"] = LeakLines(o);
    if (verdict != Verdict::kPass && !o.output.empty()) {
      json["o"] = o.output.size() <= kOutputShown
                      ? o.output
                      : absl::StrCat(o.output.substr(0, kOutputShown),
                                     "\n[... more in the log ...]");
    }
    const std::string repro = ReproLine(run, o.backend, o.case_name);
    if (repro != absl::StrCat(ReproHead(run), " --backend=", o.backend,
                              " --only=", o.case_name, ReproTail(run))) {
      json["x"] = repro;
    }
    return json;
  }

  static std::string ReproHead(const RunRecord& run) {
    std::string head;
    for (const auto& [name, value] : run.environment) {
      absl::StrAppend(&head, name, "=", ShellQuote(value), " ");
    }
    return head + run.repro_prefix;
  }

  static std::string ReproTail(const RunRecord& run) {
    return run.seed == 0 ? "" : absl::StrCat(" --seed=", run.seed);
  }

  void Data() {
    Json clauses = Json::array();
    for (const ClauseInfo* c : clauses_) {
      Json json = {{"platform", c->platform},
                   {"since", c->since},
                   {"source", c->source},
                   {"area", c->area}};
      if (!c->requirements.empty()) json["requires"] = c->requirements;
      if (!c->notes.empty()) json["notes"] = c->notes;
      if (!c->untestable.empty()) json["untestable"] = c->untestable;
      // What a run was judged by, where that reads otherwise.
      for (const RunRecord* run : by_version_) {
        const auto it = clause_of_.find({run, c->id});
        if (it != clause_of_.end() && it->second->text != c->text) {
          json["texts"][run->spec_version] = it->second->text;
        }
      }
      clauses.push_back(std::move(json));
    }
    Json columns = Json::array();
    Json outcomes = Json::array();
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      const RunRecord& run = *column.run;
      columns.push_back({{"name", column.name},
                         {"backend", column.score->backend},
                         {"platform", column.platform},
                         {"version", run.spec_version},
                         {"repro", ReproHead(run)},
                         {"tail", ReproTail(run)}});
      for (const Outcome& o : run.outcomes) {
        const auto clause = clause_index_.find(o.clause);
        if (o.backend != column.score->backend ||
            clause == clause_index_.end()) {
          continue;
        }
        outcomes.push_back(OutcomeData(o, run, clause->second, i));
      }
    }
    const Json data = {{"columns", std::move(columns)},
                       {"clauses", std::move(clauses)},
                       {"outcomes", std::move(outcomes)}};
    Add("<script type=\"application/json\" id=\"data\">", ForScript(data),
        "</script>\n<script>\n", kReportJs, "</script>\n</body>\n</html>\n");
  }

  const std::vector<ScoredRun>& runs_;
  const std::vector<Column> columns_;
  std::set<std::string> platforms_;
  std::vector<const RunRecord*> by_version_;
  std::vector<const ClauseInfo*> clauses_;
  std::map<std::string, int> clause_index_;
  std::map<std::pair<const RunRecord*, std::string>, const ClauseInfo*>
      clause_of_;
  std::string out_;
};

}  // namespace

std::string HtmlReport(const std::vector<ScoredRun>& runs) {
  return Page(runs).Make();
}

}  // namespace procspec::runner
