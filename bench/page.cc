// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/page.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "bench/catalogue.h"
#include "bench/chart.h"
#include "bench/format.h"
#include "bench/page_css.h"
#include "bench/statistics.h"
#include "bench/summary.h"

namespace procspec::bench {
namespace {

constexpr int kPeerStyles = 8;  // of page.css

// The size that people ask for first.
constexpr std::string_view kUsualSize = "64B";

// "64KiB" is 65536, "8" is 8.
std::optional<double> OnAxis(std::string_view token) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}};
  for (const auto& [unit, size] : kUnits) {
    if (!token.ends_with(unit)) continue;
    int number = 0;
    if (!absl::SimpleAtoi(token.substr(0, token.size() - unit.size()),
                          &number) ||
        number <= 0) {
      return std::nullopt;
    }
    return number * size;
  }
  return std::nullopt;
}

// "64 KiB".
std::string Spaced(std::string_view token) {
  const size_t unit = token.find_first_not_of("0123456789");
  if (unit == std::string_view::npos || unit == 0) return std::string(token);
  return absl::StrCat(token.substr(0, unit), " ", token.substr(unit));
}

// Groups of a workload that differ in a size alone.
struct Variant {
  std::string name;  // the other parameters: "1x1"
  std::vector<std::pair<Tick, const GroupSummary*>> sizes;
  bool has_axis = false;
};

// Takes the parameter with the size out of the others. A unit tells it from a
// number of processes.
Tick TakeSize(const std::string& parameters, std::string& others) {
  std::vector<std::string> tokens;
  if (!parameters.empty()) tokens = absl::StrSplit(parameters, '/');
  const auto is_size = [](const std::string& token) {
    return OnAxis(token).has_value() && token.ends_with('B');
  };
  auto size = std::ranges::find_if(tokens, is_size);
  if (size == tokens.end()) {
    size = std::ranges::find_if(tokens, [](const std::string& token) {
      return OnAxis(token).has_value();
    });
  }
  Tick tick;
  if (size != tokens.end()) {
    tick = {.at = *OnAxis(*size), .text = Spaced(*size)};
    tokens.erase(size);
  }
  others = absl::StrJoin(tokens, "/");
  return tick;
}

std::vector<Variant> VariantsOf(
    const std::vector<const GroupSummary*>& groups) {
  std::vector<Variant> variants;
  for (const GroupSummary* group : groups) {
    std::string others;
    Tick tick = TakeSize(group->parameters, others);
    auto variant = std::ranges::find(variants, others, &Variant::name);
    if (variant == variants.end()) {
      variants.push_back({.name = others});
      variant = std::prev(variants.end());
    }
    variant->sizes.emplace_back(std::move(tick), group);
  }
  for (Variant& variant : variants) {
    std::ranges::stable_sort(variant.sizes, {},
                             [](const auto& size) { return size.first.at; });
    variant.has_axis = variant.sizes.size() > 1;
    for (const auto& [tick, group] : variant.sizes) {
      if (tick.at == 0) variant.has_axis = false;
    }
  }
  return variants;
}

class Page {
 public:
  explicit Page(const Results& results)
      : results_(results), groups_(Summarize(results)) {
    // In the order in which they appear, so that one chart has no two alike
    // before the styles are used up.
    for (const GroupSummary& group : groups_) {
      for (const RowSummary& row : group.rows) {
        if (KindOfSubject(row.name.subject) != SubjectKind::kPeer) continue;
        peer_styles_.emplace(
            row.name.subject,
            absl::StrCat("p", peer_styles_.size() % kPeerStyles));
      }
    }
    for (const GroupSummary& group : groups_) {
      // Those that the catalogue has not are workloads by themselves.
      const std::string name = group.workload == nullptr
                                   ? group.name
                                   : std::string(group.workload->name);
      if (workloads_.empty() || workloads_.back().name != name) {
        workloads_.push_back({.name = name});
      }
      workloads_.back().groups.push_back(&group);
    }
    for (WorkloadPart& part : workloads_) {
      part.variants = VariantsOf(part.groups);
    }
  }

  std::string Make() {
    Head();
    Add("<main class=\"pane\">\n");
    if (workloads_.empty()) Add("<p>No rows were measured.</p>\n");
    if (!workloads_.empty()) Glance();
    for (const WorkloadPart& part : workloads_) Workload(part);
    Add("</main>\n</body>\n</html>\n");
    return std::move(out_);
  }

 private:
  struct WorkloadPart {
    std::string name;
    std::vector<const GroupSummary*> groups = {};
    std::vector<Variant> variants = {};
  };

  template <typename... Args>
  void Add(const Args&... args) {
    absl::StrAppend(&out_, args...);
  }

  void Fact(std::string_view key, const std::string& value) {
    if (value.empty()) return;
    Add("<dt>", key, "</dt><dd>", Html(value), "</dd>\n");
  }

  void Head() {
    const Machine& machine = results_.machine;
    const std::string placement = Placement(machine);
    Add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n<title>procspec: benchmarks</title>\n"
        // Else the browser asks a server for one.
        "<link rel=\"icon\" href=\"data:,\">\n<style>\n",
        kPageCss,
        "</style>\n</head>\n<body>\n<header><div class=\"pane\">\n"
        "<h1>procspec benchmarks</h1>\n<p class=\"sub\">",
        Html(machine.processors > 0
                 ? absl::StrCat(machine.processors, " x ", machine.processor)
                 : machine.processor),
        " · ", Html(machine.system.empty() ? machine.platform : machine.system),
        " · processors ", placement, " · <span class=\"nb\">",
        Html(
            absl::StrReplaceAll(results_.started, {{"T", " "}, {"Z", " UTC"}})),
        "</span></p>\n");
    if (results_.quick) {
      Add("<p class=\"note\">A quick run: few samples, wide intervals.</p>\n");
    }
    Add("<ul class=\"key\">\n");
    Key("ours", "procspec");
    Key("p0", "peers: the same by other means");
    Key("cpython", "CPython");
    Key("limit", "limit: only the physical part");
    Add("</ul>\n<details><summary>About this run</summary>\n<dl>\n");
    Fact(
        "repeat it",
        absl::StrCat("tools/bench", results_.quick ? " --quick" : "",
                     " --rounds=", results_.rounds, " --seed=", results_.seed));
    Fact("rounds", absl::StrCat(results_.rounds));
    Fact("taken again",
         absl::StrCat(results_.repeated_samples,
                      " samples during which others used the machine"));
    Fact("platform", machine.platform);
    Fact("memory",
         absl::StrFormat("%.1f GiB", static_cast<double>(machine.memory_bytes) /
                                         (1 << 30)));
    Fact("compiler", machine.compiler);
    Fact("placement",
         machine.line_ns.empty()
             ? placement
             : absl::StrFormat(
                   "%s: a cache line goes from one processor to another and "
                   "back in %.0f ns (median)",
                   placement, Median(machine.line_ns)));
    Fact("figure", "the median of the rounds; behind it the interval of 95 %");
    Fact("ratio",
         "how many times as fast, the median of the ratios within rounds: 5x "
         "the best peer is five times as fast; 0.5x the limit, half as fast");
    Fact("p99", "of single operations, where each is timed");
    Fact("cpu", "processor time of all participants, an operation");
    Fact("fairness",
         "the least loaded participant's share by the most loaded "
         "one's: 1 is fair");
    Add("</dl></details>\n</div></header>\n");
  }

  void Key(std::string_view style, std::string_view text) {
    Add("<li><svg viewBox=\"0 0 35 12\" class=\"", style,
        "\" aria-hidden=\"true\"><path class=\"line\" d=\"M0 6H35\"/><circle "
        "cx=\"17\" cy=\"6\" r=\"3\"/></svg>",
        text, "</li>\n");
  }

  std::string StyleOf(const std::string& subject) const {
    if (IsOurs(subject)) return "ours";
    if (IsCpython(subject)) return "cpython";
    if (KindOfSubject(subject) == SubjectKind::kLimit) return "limit";
    const auto found = peer_styles_.find(subject);
    return found == peer_styles_.end() ? "" : found->second;
  }

  std::string RatioCell(const RowSummary& row, const RowSummary* other,
                        bool named = false) const {
    if (other == nullptr) return "<td></td>";
    if (other == &row) return "<td class=\"of\">–</td>";
    const Estimate ratio = SpeedRatio(row, *other);
    std::string title = absl::StrCat("beside ", other->name.subject);
    if (ratio.IsBounded()) {
      absl::StrAppend(&title, ": ", RatioText(ratio.low), " to ",
                      RatioText(ratio.high));
    }
    return absl::StrCat(
        "<td title=\"", Html(title), "\">", RatioText(ratio.value),
        named ? absl::StrCat(" <small>", Html(other->name.subject), "</small>")
              : "",
        "</td>");
  }

  // One line a workload: of its sizes, the usual one.
  void Glance() {
    Add("<h2>At a glance</h2>\n<div class=\"scroll\"><table class=\"glance\">\n"
        "<thead><tr><th>workload</th><th>procspec</th><th>of the limit</th>"
        "<th>× best peer</th><th>× CPython</th></tr></thead>\n<tbody>\n");
    for (const WorkloadPart& part : workloads_) {
      for (const Variant& variant : part.variants) {
        const GroupSummary* group = variant.sizes.front().second;
        for (const auto& [tick, other] : variant.sizes) {
          if (tick.text == Spaced(kUsualSize)) group = other;
        }
        Add("<tr><th><a href=\"#", Html(part.name), "\">", Html(group->Title()),
            "</a> <small>", Html(group->parameters), "</small></th>");
        const RowSummary* ours = group->Fastest(IsOurs);
        const RowSummary* peer = group->BestPeer();
        if (ours == nullptr) {
          Add("<td class=\"of\" colspan=\"4\">no figures</td></tr>\n");
          continue;
        }
        Add("<td><b>", HtmlFigure(ours->ns.value, group->shown()), "</b></td>",
            RatioCell(*ours, group->Limit()), RatioCell(*ours, peer, true),
            RatioCell(*ours, group->Cpython()), "</tr>\n");
      }
    }
    Add("</tbody></table></div>\n");
  }

  void Workload(const WorkloadPart& part) {
    const GroupSummary& first = *part.groups.front();
    Add("<section id=\"", Html(part.name), "\"><h2>", Html(first.Title()),
        "<span class=\"id\">", Html(part.name), "</span></h2>\n");
    for (const Variant& variant : part.variants) {
      if (variant.has_axis) {
        Lines(first, variant);
      } else {
        for (const auto& [tick, group] : variant.sizes) Dots(*group);
      }
    }
    Add("</section>\n");
  }

  void Title(const std::string& parameters) {
    if (!parameters.empty()) Add("<h3>", Html(parameters), "</h3>\n");
  }

  Chart NewChart(const GroupSummary& group, const std::string& name) const {
    return {
        .title = absl::StrCat(group.Title(), name.empty() ? "" : ", ", name),
        .operation = group.workload == nullptr
                         ? "operation"
                         : std::string(group.workload->operation),
        .shown = group.shown()};
  }

  void Lines(const GroupSummary& first, const Variant& variant) {
    Title(variant.name);
    Chart chart = NewChart(first, variant.name);
    std::map<std::string, Series> by_subject;
    for (const auto& [tick, group] : variant.sizes) {
      chart.ticks.push_back(tick);
      for (const RowSummary& row : group->rows) {
        if (!row.HasFigures()) continue;
        Series& series = by_subject[row.name.subject];
        series.subject = row.name.subject;
        series.style = StyleOf(row.name.subject);
        series.marks.push_back({.at = tick.at, .ns = row.ns});
      }
    }
    for (auto& [subject, series] : by_subject) {
      chart.series.push_back(std::move(series));
    }
    if (!chart.series.empty()) Add(LineChart(chart));
    for (const auto& [tick, group] : variant.sizes) Missing(*group, tick.text);
    Add("<details class=\"figures\"><summary>Figures</summary>\n");
    std::vector<std::pair<std::string, const GroupSummary*>> parts;
    for (const auto& [tick, group] : variant.sizes) {
      parts.emplace_back(tick.text, group);
    }
    Table(parts);
    Add("</details>\n");
  }

  void Dots(const GroupSummary& group) {
    Title(group.parameters);
    Chart chart = NewChart(group, group.parameters);
    for (const RowSummary& row : group.rows) {
      if (!row.HasFigures()) continue;
      chart.series.push_back({.subject = row.name.subject,
                              .style = StyleOf(row.name.subject),
                              .marks = {{.ns = row.ns}}});
    }
    if (!chart.series.empty()) Add(DotChart(chart));
    Missing(group, "");
    Add("<details class=\"figures\" open><summary>Figures</summary>\n");
    Table({{"", &group}});
    Add("</details>\n");
  }

  // Never only in a table that is folded.
  void Missing(const GroupSummary& group, const std::string& where) {
    for (const RowSummary& row : group.rows) {
      if (row.row->withheld.empty() && row.row->failed.empty()) continue;
      Add("<p class=\"note\"><b>", Html(row.name.subject), "</b>",
          where.empty() ? "" : absl::StrCat(" at ", Html(where)));
      if (!row.row->withheld.empty()) {
        Add(" is withheld: it does not hold <span class=\"id\">",
            Html(row.row->withheld), "</span>");
      } else {
        Add(row.HasFigures() ? " has fewer samples: " : " has no figures: ",
            Html(row.row->failed));
      }
      Add("</p>\n");
    }
  }

  // Each part under its name.
  void Table(
      const std::vector<std::pair<std::string, const GroupSummary*>>& parts) {
    const auto has = [&parts](const std::string& counter) {
      return std::ranges::any_of(parts, [&counter](const auto& part) {
        return std::ranges::any_of(part.second->rows, [&](const auto& row) {
          return row.counters.contains(counter);
        });
      });
    };
    const bool p99 = has("p99_ns");
    const bool cpu = has("cpu_ns");
    const bool fairness = has("fairness");
    const int columns = 5 + (p99 ? 1 : 0) + (cpu ? 1 : 0) + (fairness ? 1 : 0);
    Add("<div class=\"scroll\"><table>\n<thead><tr><th>subject</th><th>median"
        "</th><th>interval</th><th>× best peer</th><th>of the limit</th>",
        p99 ? "<th>p99</th>" : "", cpu ? "<th>cpu</th>" : "",
        fairness ? "<th>fairness</th>" : "", "</tr></thead>\n<tbody>\n");
    for (const auto& [name, group] : parts) {
      if (!name.empty()) {
        Add("<tr class=\"part\"><th colspan=\"", columns, "\">", Html(name),
            "</th></tr>\n");
      }
      for (const RowSummary& row : group->rows) {
        Add("<tr class=\"",
            row.HasFigures() ? StyleOf(row.name.subject) : "out", "\"><th>",
            Html(row.name.subject), "</th>");
        if (!row.HasFigures()) {
          Add("<td class=\"text\" colspan=\"", columns - 1, "\">",
              row.row->withheld.empty()
                  ? absl::StrCat("no figures: ", Html(row.row->failed))
                  : absl::StrCat("withheld: ", Html(row.row->withheld)),
              "</td></tr>\n");
          continue;
        }
        Add("<td>", HtmlFigure(row.ns.value, group->shown()),
            "</td><td class=\"of\">", Interval(row.ns, group->shown()), "</td>",
            RatioCell(row, group->BestPeer()), RatioCell(row, group->Limit()));
        if (p99) Add(Counter(row, "p99_ns", HtmlTime));
        if (cpu) Add(Counter(row, "cpu_ns", HtmlTime));
        if (fairness) {
          Add(Counter(row, "fairness", [](double value) {
            return absl::StrFormat("%.2f", value);
          }));
        }
        Add("</tr>\n");
      }
    }
    Add("</tbody></table></div>\n");
  }

  static std::string HtmlTime(double ns) {
    return HtmlFigure(ns, Shown::kTime);
  }

  static std::string Counter(const RowSummary& row, const std::string& name,
                             std::string (*text)(double value)) {
    const auto found = row.counters.find(name);
    return absl::StrCat("<td>",
                        found == row.counters.end() ? "" : text(found->second),
                        "</td>");
  }

  // Of a rate from the lower one, which is the longer time.
  static std::string Interval(const Estimate& ns, Shown shown) {
    if (!ns.IsBounded()) return "too few samples";
    const bool rate = shown == Shown::kRate;
    return absl::StrCat(HtmlFigure(rate ? ns.high : ns.low, shown), " – ",
                        HtmlFigure(rate ? ns.low : ns.high, shown));
  }

  const Results& results_;
  const std::vector<GroupSummary> groups_;
  std::vector<WorkloadPart> workloads_;
  std::map<std::string, std::string> peer_styles_;
  std::string out_;
};

}  // namespace

std::string HtmlPage(const Results& results) { return Page(results).Make(); }

}  // namespace procspec::bench
