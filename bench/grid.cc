// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/grid.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace procspec::bench {

std::string MarkdownCell(std::string_view text) {
  constexpr std::string_view kSpecial = "\\`*_[]<>|~#";
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

Grid::Grid(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Grid::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Grid::Text() const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(column.title.size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string out;
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string blanks(widths[i] - cell.size(), ' ');
      absl::StrAppend(&text, i == 0 ? "" : "  ",
                      columns_[i].align == Align::kLeft
                          ? absl::StrCat(cell, blanks)
                          : absl::StrCat(blanks, cell));
    }
    text.erase(text.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, text, "\n");
  };
  line([this](size_t i) -> const std::string& { return columns_[i].title; });
  for (const auto& row : rows_) {
    line([&row](size_t i) -> const std::string& { return row[i]; });
  }
  return out;
}

std::string Grid::Markdown() const {
  std::string out = "|";
  for (const Column& column : columns_) {
    absl::StrAppend(&out, " ", column.title, " |");
  }
  out += "\n|";
  for (const Column& column : columns_) {
    out += column.align == Align::kLeft ? "---|" : "--:|";
  }
  out += "\n";
  for (const auto& row : rows_) {
    out += "|";
    for (const std::string& cell : row) {
      absl::StrAppend(&out, " ", MarkdownCell(cell), " |");
    }
    out += "\n";
  }
  return out;
}

}  // namespace procspec::bench
