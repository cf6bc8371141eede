// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/diff.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "bench/catalogue.h"
#include "bench/format.h"
#include "bench/grid.h"
#include "bench/summary.h"
#include "nlohmann/json.hpp"

namespace procspec::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<Change, kChangeCount> kAll = {
    Change::kSlower,       Change::kFaster, Change::kUnclear, Change::kWithheld,
    Change::kIncomparable, Change::kNew,    Change::kRemoved, Change::kSame};

constexpr std::string_view kSecond = "@B";

// With fewer rows of others nothing is known of what lay between two runs. Then
// it is taken to be as much as it often is.
constexpr size_t kFewControls = 4;
constexpr double kUsualDisturbance = 0.05;

// Logarithms, in which a shift is a difference.
struct Shift {
  std::string name;
  std::string group;
  bool control = false;
  Estimate estimate;
};

std::vector<double> Logs(const Row& row) {
  std::vector<double> out;
  for (const Sample& sample : row.samples) out.push_back(std::log(sample.ns));
  return out;
}

double MedianNs(const Row* row) {
  if (row == nullptr || row->samples.empty() || !row->withheld.empty()) {
    return 0;
  }
  std::vector<double> ns;
  for (const Sample& sample : row->samples) ns.push_back(sample.ns);
  return Median(std::move(ns));
}

Estimate Exp(Estimate log) {
  log.value = std::exp(log.value);
  log.low = std::exp(log.low);
  log.high = std::exp(log.high);
  return log;
}

// What only one processor has part in goes at the same pace however far the
// other one is; and an interpreter nearly so.
bool DependsOnPlacement(const RowName& name) {
  static constexpr std::string_view kAlone[] = {
      "rlock.pair", "event.isset", "event.set", "condition.notify"};
  return !IsCpython(name.subject) &&
         std::ranges::find(kAlone, name.workload) == std::end(kAlone);
}

// Empty if the runs are of like machines.
std::string MachinesDiffer(const Machine& a, const Machine& b) {
  if (a.platform != b.platform) {
    return absl::StrCat("A ran on ", a.platform, ", B on ", b.platform);
  }
  if (a.processor != b.processor || a.processors != b.processors) {
    return absl::StrCat("A ran on ", a.processors, " x ", a.processor,
                        ", B on ", b.processors, " x ", b.processor);
  }
  return "";
}

// What can be said of a row without its figures. False: they have to tell.
bool JudgedUnseen(const Row* a, const Row* b, RowDiff& diff) {
  const auto is = [&diff](Change change, std::string why) {
    diff.change = change;
    diff.why = std::move(why);
    return true;
  };
  if (a == nullptr) return is(Change::kNew, "");
  if (b == nullptr) return is(Change::kRemoved, "");
  std::vector<std::string> withheld;
  std::vector<std::string> failed;
  for (const auto& [side, row] : {std::pair("A", a), std::pair("B", b)}) {
    if (!row->withheld.empty()) {
      withheld.push_back(absl::StrCat(side, ": ", row->withheld));
    } else if (row->samples.empty()) {
      failed.push_back(absl::StrCat(
          side, ": ", row->failed.empty() ? "no samples" : row->failed));
    }
  }
  if (!withheld.empty()) {
    return is(Change::kWithheld, absl::StrJoin(withheld, "; "));
  }
  if (!failed.empty()) {
    return is(Change::kUnclear, absl::StrJoin(failed, "; "));
  }
  return false;
}

std::string WhyUnclear(const Estimate& ratio) {
  if (!ratio.IsBounded()) {
    return absl::StrCat("too few samples (", ratio.count, ")");
  }
  return absl::StrFormat("it may be anything between %+.1f and %+.1f %%",
                         (ratio.low - 1) * 100, (ratio.high - 1) * 100);
}

void JudgeByFigures(const Estimate& ratio, RowDiff& diff) {
  diff.ratio = ratio;
  diff.change = Judge(ratio);
  if (diff.change == Change::kUnclear) diff.why = WhyUnclear(ratio);
}

double EffectOf(const RowDiff& row) {
  return row.ratio.count > 0 ? std::abs(std::log(row.ratio.value)) : 0;
}

void Arrange(Diff& diff) {
  for (const RowDiff& row : diff.rows) {
    ++diff.counts[static_cast<size_t>(row.change)];
  }
  std::ranges::stable_sort(diff.rows, [](const RowDiff& x, const RowDiff& y) {
    if (x.change != y.change) return x.change < y.change;
    const double effect_x = EffectOf(x);
    const double effect_y = EffectOf(y);
    return effect_x != effect_y ? effect_x > effect_y : x.name < y.name;
  });
}

std::string DescribeRun(const Results& run) {
  return absl::StrCat(run.started, ", ", run.machine.platform, ", ",
                      run.machine.processors, " x ", run.machine.processor,
                      ", ", Placement(run.machine), ", ", run.rounds, " rounds",
                      run.quick ? ", quick" : "");
}

// Of the others; of the row's own group if it has any.
double Drift(const std::vector<Shift>& shifts, const Shift& of) {
  std::vector<double> near;
  std::vector<double> all;
  for (const Shift& shift : shifts) {
    if (!shift.control || &shift == &of) continue;
    all.push_back(shift.estimate.value);
    if (shift.group == of.group) near.push_back(shift.estimate.value);
  }
  if (all.empty()) return 0;
  return Median(near.empty() ? std::move(all) : std::move(near));
}

// How far rows that have not changed are from what the others say of them: half
// the width of an interval.
double Disturbance(const std::vector<Shift>& shifts) {
  std::vector<double> distances;
  for (const Shift& shift : shifts) {
    if (!shift.control) continue;
    distances.push_back(std::abs(shift.estimate.value - Drift(shifts, shift)));
  }
  if (distances.size() < kFewControls) return kUsualDisturbance;
  return 1.4826 * Median(std::move(distances)) *
         NormalQuantile((1 + kJudgedConfidence) / 2);
}

// Without the drift, and as wide as that is uncertain.
Estimate Corrected(const Estimate& shift, double drift, double disturbance) {
  Estimate out = shift;
  out.value = shift.value - drift;
  out.low = out.value - std::hypot(shift.value - shift.low, disturbance);
  out.high = out.value + std::hypot(shift.high - shift.value, disturbance);
  return out;
}

// The row's group is asked for what it can be seen beside.
void ShowBeside(const std::vector<GroupSummary>& a,
                const std::vector<GroupSummary>& b, const RowName& name,
                RowDiff& diff) {
  const auto group_a = std::ranges::find(a, name.group(), &GroupSummary::name);
  const auto group_b = std::ranges::find(b, name.group(), &GroupSummary::name);
  if (group_a == a.end() || group_b == b.end()) return;
  const auto row_of = [](const GroupSummary& group,
                         const std::string& subject) -> const RowSummary* {
    for (const RowSummary& row : group.rows) {
      if (row.name.subject == subject && row.HasFigures()) return &row;
    }
    return nullptr;
  };
  for (const RowSummary* other : {group_a->BestPeer(), group_a->Cpython()}) {
    if (other == nullptr || other->name.subject == name.subject) continue;
    const RowSummary* other_b = row_of(*group_b, other->name.subject);
    const RowSummary* own_a = row_of(*group_a, name.subject);
    const RowSummary* own_b = row_of(*group_b, name.subject);
    if (other_b == nullptr || own_a == nullptr || own_b == nullptr) continue;
    diff.beside = other->name.subject;
    diff.beside_a = SpeedRatio(*own_a, *other).value;
    diff.beside_b = SpeedRatio(*own_b, *other_b).value;
    return;
  }
}

std::map<std::string, const Row*> RowsOfFirst(const Results& run) {
  std::map<std::string, const Row*> rows;
  for (const Row& row : run.rows) {
    if (!absl::EndsWith(row.name, kSecond)) rows[row.name] = &row;
  }
  return rows;
}

const Row* RowIn(const std::map<std::string, const Row*>& rows,
                 const std::string& name) {
  const auto found = rows.find(name);
  return found == rows.end() ? nullptr : found->second;
}

std::string Method(const Diff& diff) {
  return diff.paired
             ? "Paired: both took turns in one run, compared round by round."
             : "Unpaired: two runs. What happened to the machine between them "
               "is taken off as far as peers and limits tell of it. Let both "
               "take turns (tools/bench --against=WORKER) for a sharper look.";
}

std::string Totals(const Diff& diff) {
  return absl::StrJoin(kAll, ", ", [&diff](std::string* out, Change c) {
    absl::StrAppend(out, diff.count(c), " ", std::string(ChangeName(c)));
  });
}

Grid GridOf(const Diff& diff) {
  using enum Grid::Align;
  Grid grid({{"row", kLeft},
             {"change", kLeft},
             {"time"},
             {"interval"},
             {"A"},
             {"B"},
             {"n"},
             {"", kLeft}});
  for (const RowDiff& row : diff.rows) {
    RowName name;
    const Workload* workload =
        ParseRowName(row.name, name) ? FindWorkload(name.workload) : nullptr;
    const Shown shown = workload == nullptr ? Shown::kTime : workload->shown;
    const auto figure = [shown](double ns) {
      return ns > 0 ? FigureText(ns, shown) : std::string("-");
    };
    const bool seen = row.ratio.count > 0;
    std::string why = row.why;
    if (!row.beside.empty()) {
      absl::StrAppend(&why, why.empty() ? "" : "; ", "beside ", row.beside,
                      ": ", RatioText(row.beside_a), " in A, ",
                      RatioText(row.beside_b), " in B");
    }
    grid.Add({row.name, std::string(ChangeName(row.change)),
              seen ? ChangeText(row.ratio.value) : "-",
              seen ? ChangeInterval(row.ratio) : "-", figure(row.ns_a),
              figure(row.ns_b), seen ? absl::StrCat(row.ratio.count) : "-",
              why});
  }
  return grid;
}

Json Number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json Figure(double value) { return value > 0 ? Json(value) : Json(nullptr); }

}  // namespace

std::span<const Change> AllChanges() { return kAll; }

std::string_view ChangeName(Change change) {
  switch (change) {
    case Change::kSlower:
      return "slower";
    case Change::kFaster:
      return "faster";
    case Change::kUnclear:
      return "unclear";
    case Change::kWithheld:
      return "withheld";
    case Change::kIncomparable:
      return "incomparable";
    case Change::kNew:
      return "new";
    case Change::kRemoved:
      return "removed";
    case Change::kSame:
      return "same";
  }
  return "";
}

Change Judge(const Estimate& ratio) {
  if (ratio.count == 0) return Change::kUnclear;
  if (ratio.low > 1 && ratio.value >= kLeast) return Change::kSlower;
  if (ratio.high < 1 && ratio.value <= 1 / kLeast) return Change::kFaster;
  if (ratio.low >= 1 / kMatters && ratio.high <= kMatters) return Change::kSame;
  return Change::kUnclear;
}

absl::StatusOr<Diff> CompareWithin(const Results& run) {
  // By the name without the mark.
  std::map<std::string, const Row*> second;
  std::set<std::string> subjects;
  for (const Row& row : run.rows) {
    std::string_view text = row.name;
    RowName name;
    if (!absl::ConsumeSuffix(&text, kSecond) || !ParseRowName(text, name)) {
      continue;
    }
    second[std::string(text)] = &row;
    subjects.insert(name.subject);
  }
  if (second.empty()) {
    return absl::InvalidArgumentError(
        "it has no rows of a second worker (SUBJECT@B): name a second run, or "
        "take one with `tools/bench --against=WORKER`");
  }
  std::map<std::string, std::pair<const Row*, const Row*>> both;
  for (const auto& [name, row] : RowsOfFirst(run)) {
    RowName parsed;
    if (ParseRowName(name, parsed) && subjects.contains(parsed.subject)) {
      both[name].first = row;
    }
  }
  for (const auto& [name, row] : second) both[name].second = row;

  Diff diff;
  diff.paired = true;
  diff.a = DescribeRun(run);
  diff.b = absl::StrCat(diff.a, ", second worker");
  for (const auto& [name, rows] : both) {
    const auto& [a, b] = rows;
    RowDiff row{.name = name, .ns_a = MedianNs(a), .ns_b = MedianNs(b)};
    if (!JudgedUnseen(a, b, row)) {
      const std::map<int, double> of_a = ByRound(*a);
      std::vector<double> differences;
      for (const auto& [round, ns] : ByRound(*b)) {
        const auto other = of_a.find(round);
        if (other != of_a.end()) {
          differences.push_back(std::log(ns / other->second));
        }
      }
      JudgeByFigures(
          Exp(ShiftOfPairs(std::move(differences), kJudgedConfidence)), row);
    }
    diff.rows.push_back(std::move(row));
  }
  Arrange(diff);
  return diff;
}

Diff CompareRuns(const Results& a, const Results& b) {
  const std::map<std::string, const Row*> rows_a = RowsOfFirst(a);
  const std::map<std::string, const Row*> rows_b = RowsOfFirst(b);
  std::set<std::string> names;
  for (const auto& [name, row] : rows_a) names.insert(name);
  for (const auto& [name, row] : rows_b) names.insert(name);

  const std::string machines = MachinesDiffer(a.machine, b.machine);
  const std::string placement_a = Placement(a.machine);
  const std::string placement_b = Placement(b.machine);
  const bool placed_alike = placement_a == placement_b;

  Diff diff;
  diff.a = DescribeRun(a);
  diff.b = DescribeRun(b);
  std::vector<Shift> shifts;
  for (const std::string& text : names) {
    const Row* row_a = RowIn(rows_a, text);
    const Row* row_b = RowIn(rows_b, text);
    RowDiff row{.name = text, .ns_a = MedianNs(row_a), .ns_b = MedianNs(row_b)};
    RowName name;
    const bool parsed = ParseRowName(text, name);
    if (JudgedUnseen(row_a, row_b, row)) {
      diff.rows.push_back(std::move(row));
      continue;
    }
    if (!machines.empty()) {
      row.change = Change::kIncomparable;
    } else if (!placed_alike && (!parsed || DependsOnPlacement(name))) {
      row.change = Change::kIncomparable;
    } else {
      shifts.push_back({.name = text,
                        .group = parsed ? name.group() : "",
                        .control = parsed && KindOfSubject(name.subject) !=
                                                 SubjectKind::kBackend,
                        .estimate = ShiftBetween(Logs(*row_a), Logs(*row_b),
                                                 kJudgedConfidence)});
    }
    diff.rows.push_back(std::move(row));
  }

  const double disturbance = Disturbance(shifts);
  std::vector<GroupSummary> groups_a;
  std::vector<GroupSummary> groups_b;
  if (shifts.size() < diff.rows.size()) {
    groups_a = Summarize(a);
    groups_b = Summarize(b);
  }
  for (RowDiff& row : diff.rows) {
    const auto shift = std::ranges::find(shifts, row.name, &Shift::name);
    if (shift != shifts.end()) {
      JudgeByFigures(
          Exp(Corrected(shift->estimate, Drift(shifts, *shift), disturbance)),
          row);
    } else if (RowName name; row.change == Change::kIncomparable &&
                             ParseRowName(row.name, name)) {
      ShowBeside(groups_a, groups_b, name, row);
    }
  }
  Arrange(diff);

  if (!machines.empty()) {
    diff.notes.push_back(absl::StrCat(
        "The machines are not alike (", machines,
        "): rows are shown without a judgement, beside a peer of each."));
  } else if (!placed_alike) {
    diff.notes.push_back(absl::StrCat(
        "The processors were ", placement_a, " in A and ", placement_b,
        " in B, which changes what two of them share by three to ten times: "
        "such rows are shown without a judgement. Take a run again."));
  }
  if (a.quick || b.quick) {
    diff.notes.push_back(
        "A quick run has few samples: much of it will be unclear.");
  }
  if (a.machine.compiler != b.machine.compiler) {
    diff.notes.push_back(
        absl::StrCat("The compiler differs: ", a.machine.compiler, " in A, ",
                     b.machine.compiler, " in B."));
  }
  if (!shifts.empty()) {
    std::vector<double> drifts;
    for (const Shift& shift : shifts) {
      if (shift.control) drifts.push_back(shift.estimate.value);
    }
    if (drifts.size() < kFewControls) {
      diff.notes.push_back(absl::StrFormat(
          "There are %d rows of peers and limits in both, too few to tell what "
          "happened to the machine in between: every interval is widened by "
          "%.0f %%.",
          static_cast<int>(drifts.size()), kUsualDisturbance * 100));
    } else {
      diff.notes.push_back(absl::StrFormat(
          "Peers and limits (%d rows), which have not changed, are %s in B in "
          "the median, and within %.1f %% of each other: so wide are intervals "
          "at least.",
          static_cast<int>(drifts.size()),
          ChangeText(std::exp(Median(std::move(drifts)))),
          (std::exp(disturbance) - 1) * 100));
    }
  }
  return diff;
}

std::string DiffText(const Diff& diff) {
  std::string out =
      absl::StrCat("A: ", diff.a, "\nB: ", diff.b, "\n", Method(diff), "\n");
  for (const std::string& note : diff.notes) absl::StrAppend(&out, note, "\n");
  const Grid grid = GridOf(diff);
  if (!grid.empty()) absl::StrAppend(&out, "\n", grid.Text());
  absl::StrAppend(&out, "\n", Totals(diff), "\n");
  return out;
}

std::string DiffMarkdown(const Diff& diff) {
  std::string out = absl::StrCat(
      "# procspec: what changed in time\n\n- A: ", MarkdownCell(diff.a),
      "\n- B: ", MarkdownCell(diff.b), "\n\n", MarkdownCell(Method(diff)),
      "\n\n");
  for (const std::string& note : diff.notes) {
    absl::StrAppend(&out, "**Note:** ", MarkdownCell(note), "\n\n");
  }
  const Grid grid = GridOf(diff);
  if (!grid.empty()) absl::StrAppend(&out, grid.Markdown(), "\n");
  absl::StrAppend(&out, Totals(diff), "\n");
  return out;
}

std::string DiffJson(const Diff& diff) {
  Json counts = Json::object();
  for (const Change c : kAll)
    counts[std::string(ChangeName(c))] = diff.count(c);
  Json rows = Json::array();
  for (const RowDiff& row : diff.rows) {
    Json ratio = nullptr;
    if (row.ratio.count > 0) {
      ratio = {{"value", Number(row.ratio.value)},
               {"low", Number(row.ratio.low)},
               {"high", Number(row.ratio.high)},
               {"count", row.ratio.count},
               {"left_out", row.ratio.left_out}};
      // Of logarithms: an open end below is none, not zero.
      if (!row.ratio.IsBounded()) ratio["low"] = nullptr;
    }
    rows.push_back({{"name", row.name},
                    {"change", ChangeName(row.change)},
                    {"ratio", std::move(ratio)},
                    {"ns_a", Figure(row.ns_a)},
                    {"ns_b", Figure(row.ns_b)},
                    {"beside", row.beside},
                    {"beside_a", Figure(row.beside_a)},
                    {"beside_b", Figure(row.beside_b)},
                    {"why", row.why}});
  }
  return Json{{"schema", 1},
              {"paired", diff.paired},
              {"a", diff.a},
              {"b", diff.b},
              {"notes", diff.notes},
              {"counts", std::move(counts)},
              {"rows", std::move(rows)}}
      .dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace procspec::bench
