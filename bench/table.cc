// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/table.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/format.h"
#include "bench/grid.h"
#include "bench/summary.h"

namespace procspec::bench {
namespace {

struct Table {
  Grid grid;
  // Rows that it has no figures of, and why.
  std::vector<std::string> missing;
};

std::string Ratio(const RowSummary* row, const RowSummary* other) {
  if (row == nullptr || other == nullptr) return "-";
  return RatioText(SpeedRatio(*row, *other).value);
}

std::string NameAndFigure(const RowSummary* row, Shown shown) {
  if (row == nullptr) return "-";
  return absl::StrCat(row->name.subject, " ", FigureText(row->ns.value, shown));
}

void AddLine(const GroupSummary& group, const RowSummary* ours, Grid& grid) {
  const Shown shown = group.shown();
  grid.Add({group.name, NameAndFigure(ours, shown),
            NameAndFigure(group.BestPeer(), shown),
            Ratio(ours, group.BestPeer()), NameAndFigure(group.Limit(), shown),
            Ratio(ours, group.Limit()), NameAndFigure(group.Cpython(), shown),
            Ratio(ours, group.Cpython())});
}

Table TableOf(const Results& results) {
  using enum Grid::Align;
  Table table{.grid = Grid({{"", kLeft},
                            {"ours"},
                            {"best peer"},
                            {""},
                            {"limit"},
                            {""},
                            {"CPython"},
                            {""}})};
  for (const GroupSummary& group : Summarize(results)) {
    bool has_ours = false;
    for (const RowSummary& row : group.rows) {
      if (!row.row->withheld.empty()) {
        table.missing.push_back(
            absl::StrCat(row.row->name, ": withheld, ", row.row->withheld));
      } else if (!row.row->failed.empty()) {
        table.missing.push_back(
            absl::StrCat(row.row->name, ": ", row.row->failed));
      }
      if (!row.HasFigures() || !IsOurs(row.name.subject)) continue;
      has_ours = true;
      AddLine(group, &row, table.grid);
    }
    if (!has_ours) AddLine(group, nullptr, table.grid);
  }
  return table;
}

}  // namespace

std::string TableText(const Results& results) {
  const Table table = TableOf(results);
  std::string out = table.grid.Text();
  for (const std::string& line : table.missing) {
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

std::string TableMarkdown(const Results& results) {
  const Table table = TableOf(results);
  std::string out = table.grid.Markdown();
  if (!table.missing.empty()) out += "\n";
  for (const std::string& line : table.missing) {
    absl::StrAppend(&out, "- ", MarkdownCell(line), "\n");
  }
  return out;
}

}  // namespace procspec::bench
