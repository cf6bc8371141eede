// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "conformance/runner/format.h"
#include "conformance/runner/html/assets.h"
#include "conformance/runner/json.h"
#include "conformance/runner/views.h"

// The matrix is written as HTML, so that it is there at once and without a
// script; what a click shows is data in the page, and report.js shows it.

namespace procspec::runner {
namespace {

// Up to here a cell has room for the verdict's name.
constexpr size_t kFewBackends = 4;
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

std::string FirstLine(const Outcome& outcome) {
  std::string text =
      outcome.failures.empty() ? outcome.reason : outcome.failures[0].message;
  std::replace(text.begin(), text.end(), '\n', ' ');
  constexpr size_t kLimit = 240;
  if (text.size() > kLimit) text.resize(kLimit);
  return text;
}

class Page {
 public:
  Page(const RunRecord& run, const std::vector<BackendScore>& scores)
      : run_(run), scores_(scores) {
    for (const ClauseInfo& clause : run.clauses) {
      if (clause.withdrawn.empty()) clauses_.push_back(&clause);
    }
    // By area; within one in the order of the specification.
    std::stable_sort(clauses_.begin(), clauses_.end(),
                     [](const ClauseInfo* a, const ClauseInfo* b) {
                       return a->area < b->area;
                     });
    for (size_t i = 0; i < clauses_.size(); ++i) {
      clause_index_[clauses_[i]->id] = static_cast<int>(i);
    }
    for (size_t i = 0; i < scores.size(); ++i) {
      backend_index_[scores[i].backend] = static_cast<int>(i);
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
        "initial-scale=1\">\n<title>procspec: conformance</title>\n<style>\n",
        kReportCss, "</style>\n</head>\n<body>\n<header class=\"pane\">\n",
        "<h1>procspec conformance</h1>\n<p class=\"sub\">specification ",
        Html(run_.spec_version), " · ", Html(run_.platform), " · ",
        Html(run_.started),
        "</p>\n<details class=\"about\"><summary>About this "
        "run</summary>\n<dl>\n");
    Fact("command", absl::StrJoin(run_.argv, " "));
    Fact("testee", run_.testee);
    Fact("wall time",
         absl::StrFormat("%.1f s, %d cases at a time", run_.wall_s, run_.jobs));
    Fact("deadline", absl::StrFormat("%g s a case", run_.deadline_s));
    Fact("seed", absl::StrCat(run_.seed));
    for (const auto& [key, value] : run_.machine) Fact(key, value);
    Fact("conformance",
         "must clauses of which every case passed, of all must clauses for the "
         "platform that can be tested and whose requirements the backend "
         "declares");
    Fact("coverage",
         "clauses of which a case was judged, of all clauses for the platform");
    Add("</dl></details>\n</header>\n");
  }

  void Fact(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    Add("<dt>", Html(key), "</dt><dd>", Html(value), "</dd>\n");
  }

  void Cards() {
    Add("<main>\n<section class=\"pane cards\" aria-label=\"Backends\">\n");
    for (const BackendScore& s : scores_) {
      Add("<div class=\"card\"><h2>", Html(s.backend), "</h2>\n",
          "<div class=\"big ", s.musts_not_held.empty() ? "ok" : "bad", "\">",
          Percent(s.conformance()), " <small>", s.musts_passed, " of ",
          s.musts_applicable, " must clauses</small></div>\n",
          "<div class=\"bar\">");
      for (Verdict v : AllVerdicts()) {
        if (s.count(v) == 0 || s.clauses_total == 0) continue;
        Add("<i class=\"v-", VerdictName(v), "\" style=\"width:",
            absl::StrFormat("%.2f", 100.0 * s.count(v) / s.clauses_total),
            "%\"></i>");
      }
      Add("</div>\n<p>coverage ", Percent(s.coverage()), " · ", s.judged,
          " of ", s.clauses_total, " · ", absl::StrFormat("%.1f s", s.wall_s),
          "</p>\n<div class=\"tags\">");
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
    Add("<section class=\"pane\">\n");
    if (!run_.ended || run_.interrupted) {
      Add("<p class=\"note\">",
          run_.interrupted ? "The run was interrupted."
                           : "The log ends before the run did.",
          " What had not ended is shown as INFRA or not at all.</p>\n");
    }
    if (!run_.only.empty()) {
      Add("<p class=\"note\">Only a selection was run: ",
          Html(absl::StrJoin(run_.only, ", ")),
          ". Percentages are of the whole specification.</p>\n");
    }
    std::vector<const Outcome*> red;
    for (const Outcome& o : run_.outcomes) {
      const Verdict v = o.verdict.value_or(Verdict::kInfra);
      if (IsRed(v) || v == Verdict::kXpass || v == Verdict::kInfra) {
        red.push_back(&o);
      }
    }
    const auto unjudged = [&] {
      size_t count = 0;
      for (const BackendScore& s : scores_) {
        for (const std::string& id : s.musts_not_held) {
          if (s.verdicts.count(id) == 0) ++count;
        }
      }
      return count;
    }();
    if (unjudged > 0) {
      Add("<p class=\"note\">", unjudged,
          " times a must clause in scope was not judged: no case for it was "
          "run.</p>\n");
    }
    if (red.empty()) {
      if (unjudged == 0) {
        Add("<p class=\"note good\">No case failed.</p>\n");
      }
    } else {
      std::stable_sort(red.begin(), red.end(), [this](auto* a, auto* b) {
        return LevelRank(a->clause) < LevelRank(b->clause);
      });
      Add("<h2>", red.size(), red.size() == 1 ? " case" : " cases",
          " did not pass</h2>\n<ul class=\"failed\">\n");
      size_t shown = 0;
      for (const Outcome* o : red) {
        const auto clause = clause_index_.find(o->clause);
        const auto backend = backend_index_.find(o->backend);
        if (clause == clause_index_.end() || backend == backend_index_.end()) {
          continue;
        }
        const auto name = VerdictName(o->verdict.value_or(Verdict::kInfra));
        Add("<li", ++shown > kFailuresShown ? " hidden" : "",
            "><button data-c=\"", clause->second, "\" data-b=\"",
            backend->second, "\"><span class=\"tag v-", name, "\">", name,
            "</span><span><span class=\"id\">", Html(o->case_name),
            "</span> <span class=\"lv\">",
            Html(clauses_[static_cast<size_t>(clause->second)]->level),
            "</span> on ", Html(o->backend), "<span class=\"why\">",
            Html(FirstLine(*o)), "</span></span></button></li>\n");
      }
      Add("</ul>\n");
      if (shown > kFailuresShown) {
        Add("<button class=\"btn more\" id=\"more\">Show all ", shown,
            "</button>\n");
      }
    }
    Add("</section>\n");
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
    for (const ClauseInfo* c : clauses_) {
      ++by_level[c->level];
      for (const std::string& v : VerdictsOf(*c)) ++by_verdict[v];
    }
    Add("<div class=\"pane tools\" role=\"search\">\n<input type=\"search\" "
        "id=\"search\" placeholder=\"Filter by id or text ( / )\" "
        "aria-label=\"Filter by id or text\" autocomplete=\"off\">\n"
        "<div class=\"group\" role=\"group\" aria-label=\"Verdicts\">");
    std::vector<std::string> names;
    for (Verdict v : AllVerdicts()) names.emplace_back(VerdictName(v));
    std::reverse(names.begin(), names.end());  // the worst first
    names.emplace_back("NONE");
    for (const std::string& name : names) {
      if (by_verdict[name] == 0) continue;
      Chip("verdict", name, name == "NONE" ? "not run" : name,
           by_verdict[name]);
    }
    Add("</div>\n<div class=\"group\" role=\"group\" aria-label=\"Levels\">");
    for (const char* level : {"must", "should", "may"}) {
      if (by_level[level] > 0) Chip("level", level, level, by_level[level]);
    }
    Add("</div>\n<span class=\"shown\" aria-live=\"polite\"></span>\n</div>\n");
  }

  void Chip(std::string_view kind, std::string_view value,
            std::string_view label, int count) {
    Add("<button class=\"chip\" aria-pressed=\"false\" data-k=\"", kind,
        "\" data-v=\"", value, "\">", label, " <span class=\"n\">", count,
        "</span></button>");
  }

  std::string VerdictOn(const BackendScore& score,
                        const std::string& id) const {
    const auto it = score.verdicts.find(id);
    return it == score.verdicts.end() ? "NONE"
                                      : std::string(VerdictName(it->second));
  }

  // Without repetitions.
  std::vector<std::string> VerdictsOf(const ClauseInfo& clause) const {
    std::vector<std::string> out;
    for (const BackendScore& s : scores_) {
      std::string v = VerdictOn(s, clause.id);
      if (std::find(out.begin(), out.end(), v) == out.end()) {
        out.push_back(std::move(v));
      }
    }
    return out;
  }

  void Matrix() {
    const bool few = scores_.size() <= kFewBackends;
    Add("<table class=\"", few ? "few" : "many",
        "\">\n<thead><tr><th scope=\"col\">Clause</th>");
    for (const BackendScore& s : scores_) {
      Add("<th scope=\"col\" class=\"b\"><span>", Html(s.backend),
          "</span></th>");
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
    Add("</table>\n<p class=\"empty\" hidden>No clause matches.</p>\n</main>\n"
        "<dialog aria-label=\"Details\"></dialog>\n");
  }

  void Area(size_t begin, size_t end, bool few) {
    std::string area = clauses_[begin]->area;
    std::replace(area.begin(), area.end(), '_', ' ');
    Add("<tbody>\n<tr class=\"area\"><th class=\"c\"><button "
        "aria-expanded=\"true\">",
        Html(area), "</button> <span class=\"lv\">", end - begin,
        " clauses</span></th>");
    for (const BackendScore& s : scores_) {
      int passed = 0;
      for (size_t i = begin; i < end; ++i) {
        if (VerdictOn(s, clauses_[i]->id) == "PASS") ++passed;
      }
      Add("<td>", passed, few ? " of " : "/", end - begin, "</td>");
    }
    Add("</tr>\n");
    for (size_t i = begin; i < end; ++i) Row(i, few);
    Add("</tbody>\n");
  }

  void Row(size_t index, bool few) {
    const ClauseInfo& c = *clauses_[index];
    const std::string id = Html(c.id);
    Add("<tr class=\"r\" id=\"", id, "\" data-i=\"", index, "\" data-l=\"",
        Html(c.level), "\" data-v=\"", absl::StrJoin(VerdictsOf(c), " "),
        "\"><th class=\"c\" scope=\"row\"><a class=\"id\" href=\"#", id, "\">",
        Breakable(id), "</a><span class=\"lv ", Html(c.level), "\">",
        Html(c.level), c.untestable.empty() ? "" : ", untestable", "</span><p>",
        Html(c.text), "</p></th>");
    for (const BackendScore& s : scores_) {
      const auto it = s.verdicts.find(c.id);
      if (it == s.verdicts.end()) {
        Add("<td tabindex=-1 data-v=NONE aria-label=\"not run\"><i "
            "class=v-NONE>·</i></td>");
        continue;
      }
      const std::string_view name = VerdictName(it->second);
      if (few) {
        Add("<td tabindex=-1 data-v=", name, " aria-label=", name,
            "><i class=v-", name, " data-s=\"", Symbol(it->second), "\"><b>",
            name, "</b></i></td>");
      } else {
        Add("<td tabindex=-1 data-v=", name, " aria-label=", name,
            " title=", name, "><i class=v-", name, ">", Symbol(it->second),
            "</i></td>");
      }
    }
    Add("</tr>\n");
  }

  Json OutcomeData(const Outcome& o, int clause, int backend) const {
    const Verdict verdict = o.verdict.value_or(Verdict::kInfra);
    Json json = {{"c", clause},
                 {"b", backend},
                 {"n", o.case_name},
                 {"v", VerdictName(verdict)},
                 {"d", std::round(o.duration_s * 1e3) / 1e3}};
    const std::string reason =
        o.verdict.has_value() ? o.reason : "the run ended before this case did";
    if (!reason.empty()) json["r"] = reason;
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
    const std::string repro = ReproLine(run_, o.backend, o.case_name);
    if (repro != absl::StrCat(ReproHead(), " --backend=", o.backend,
                              " --only=", o.case_name, ReproTail())) {
      json["x"] = repro;
    }
    return json;
  }

  std::string ReproHead() const {
    std::string head;
    for (const auto& [name, value] : run_.environment) {
      absl::StrAppend(&head, name, "=", ShellQuote(value), " ");
    }
    return head + run_.repro_prefix;
  }

  std::string ReproTail() const {
    return run_.seed == 0 ? "" : absl::StrCat(" --seed=", run_.seed);
  }

  void Data() {
    Json clauses = Json::array();
    for (const ClauseInfo* c : clauses_) {
      Json json = {{"id", c->id},
                   {"level", c->level},
                   {"platform", c->platform},
                   {"since", c->since},
                   {"source", c->source}};
      if (!c->requirements.empty()) json["requires"] = c->requirements;
      if (!c->notes.empty()) json["notes"] = c->notes;
      if (!c->untestable.empty()) json["untestable"] = c->untestable;
      clauses.push_back(std::move(json));
    }
    Json backends = Json::array();
    for (const BackendScore& s : scores_) backends.push_back(s.backend);
    Json outcomes = Json::array();
    for (const Outcome& o : run_.outcomes) {
      const auto clause = clause_index_.find(o.clause);
      const auto backend = backend_index_.find(o.backend);
      if (clause == clause_index_.end() || backend == backend_index_.end()) {
        continue;
      }
      outcomes.push_back(OutcomeData(o, clause->second, backend->second));
    }
    const Json data = {{"repro", ReproHead()},
                       {"repro_tail", ReproTail()},
                       {"clauses", std::move(clauses)},
                       {"backends", std::move(backends)},
                       {"outcomes", std::move(outcomes)}};
    std::string text = DumpJson(data);
    // No text of a case can end the element or begin a comment in it.
    std::string safe;
    for (const char c : text) {
      if (c == '<') {
        safe += "\\u003c";
      } else {
        safe.push_back(c);
      }
    }
    Add("<script type=\"application/json\" id=\"data\">", safe,
        "</script>\n<script>\n", kReportJs, "</script>\n</body>\n</html>\n");
  }

  const RunRecord& run_;
  const std::vector<BackendScore>& scores_;
  std::vector<const ClauseInfo*> clauses_;
  std::map<std::string, int> clause_index_;
  std::map<std::string, int> backend_index_;
  std::string out_;
};

}  // namespace

std::string HtmlReport(const RunRecord& run,
                       const std::vector<BackendScore>& scores) {
  return Page(run, scores).Make();
}

}  // namespace procspec::runner
