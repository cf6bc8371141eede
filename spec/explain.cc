// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/explain.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace procspec {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

constexpr size_t kIndent = 2;

// Columns that UTF-8 text takes, near enough for wrapping: one a code point.
size_t Columns(std::string_view s) {
  return static_cast<size_t>(std::count_if(s.begin(), s.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// Appends `text`, wrapped; every line after the first begins with `indent`
// spaces. The first line stands at column `indent` already.
void AppendWrapped(std::string_view text, size_t indent, size_t width,
                   std::string& out) {
  size_t column = indent;
  for (std::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const size_t columns = Columns(word);
    if (column > indent) {
      if (column + 1 + columns > width) {
        absl::StrAppend(&out, "\n", std::string(indent, ' '));
        column = indent;
      } else {
        out += ' ';
        ++column;
      }
    }
    absl::StrAppend(&out, word);
    column += columns;
  }
  out += '\n';
}

std::string RequirementNames(const Clause& clause) {
  return absl::StrJoin(clause.requirements, ", ",
                       [](std::string* out, Capability capability) {
                         absl::StrAppend(out, CapabilityName(capability));
                       });
}

// Letters to insert, remove or replace to turn one into the other.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string PlainText(const Clause& clause) {
  std::string plain;
  bool bold = false;
  for (std::string_view part : absl::StrSplit(clause.text, "**")) {
    absl::StrAppend(&plain, bold ? absl::AsciiStrToUpper(part) : part);
    bold = !bold;
  }
  return plain;
}

std::string Explain(const Clause& clause, const ExplainOptions& options) {
  const auto styled = [&](std::string_view style, std::string_view s) {
    return options.colour ? absl::StrCat(style, s, kPlain) : std::string(s);
  };

  std::string out = absl::StrCat(styled(kBold, clause.id), "  (",
                                 LevelName(clause.level), ")\n\n  ");
  AppendWrapped(PlainText(clause), kIndent, options.width, out);
  out += '\n';

  const std::string requirements = RequirementNames(clause);
  const std::string place = absl::StrCat(clause.file, ":", clause.line);
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"requires", requirements},
      {"platform", ClausePlatformName(clause.platform)},
      {"since", clause.since},
      {"source", clause.source},
      {"notes", clause.notes},
      {"untestable", clause.untestable},
      {"withdrawn", clause.withdrawn},
      {"hash", clause.hash},
      {"text", place},
  };
  size_t name_width = 0;
  for (const auto& [name, value] : rows) {
    if (!value.empty()) name_width = std::max(name_width, name.size());
  }
  for (const auto& [name, value] : rows) {
    if (value.empty()) continue;
    const std::string padding(name_width - name.size() + 2, ' ');
    absl::StrAppend(&out, "  ", styled(kDim, name), padding);
    AppendWrapped(value, kIndent + name_width + 2, options.width, out);
  }
  return out;
}

std::vector<std::string_view> SimilarClauseIds(std::string_view id,
                                               size_t limit) {
  if (id.empty()) return {};
  // A third of the letters may be wrong; beyond that any id resembles any.
  const size_t tolerance = std::max<size_t>(2, id.size() / 3);
  std::vector<std::pair<size_t, std::string_view>> ranked;
  for (const Clause& clause : AllClauses()) {
    const size_t distance = EditDistance(id, clause.id);
    if (distance <= tolerance) {
      ranked.emplace_back(distance, clause.id);
    } else if (absl::StartsWith(clause.id, id)) {
      ranked.emplace_back(tolerance + 1, clause.id);
    } else if (id.size() >= 3 && absl::StrContains(clause.id, id)) {
      ranked.emplace_back(tolerance + 2, clause.id);
    }
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string_view> ids;
  for (const auto& [distance, similar] : ranked) {
    if (ids.size() == limit) break;
    ids.push_back(similar);
  }
  return ids;
}

std::string UnknownClauseMessage(std::string_view id) {
  const std::vector<std::string_view> similar = SimilarClauseIds(id);
  std::string message = absl::StrCat("no clause '", id, "'");
  if (!similar.empty()) {
    absl::StrAppend(&message, "; did you mean ", absl::StrJoin(similar, " or "),
                    "?");
  }
  return message;
}

}  // namespace procspec
