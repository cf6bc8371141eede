// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_GRID_H_
#define PROCSPEC_BENCH_GRID_H_

#include <string>
#include <string_view>
#include <vector>

namespace procspec::bench {

// On one line, and no part of a table or of other Markdown.
std::string MarkdownCell(std::string_view text);

// Rows of cells under titles, as text or as Markdown. Cells are ASCII.
class Grid {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kRight;
  };

  explicit Grid(std::vector<Column> columns);

  // Missing cells are empty.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // Columns as wide as what is in them, two blanks between.
  std::string Text() const;
  std::string Markdown() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_GRID_H_
