// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/views/markdown.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "conformance/runner/format.h"
#include "conformance/runner/views.h"
#include "conformance/runner/views/column.h"

namespace procspec::runner {
namespace {

// In full; the others have a line each. A page of a code host shows about
// 64 KiB.
constexpr size_t kInFull = 20;
constexpr size_t kMessageShown = 2000;

std::string_view Plural(size_t count) { return count == 1 ? "" : "s"; }

}  // namespace

std::string MarkdownText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\n':
      case '\r':
        out.push_back(' ');
        break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '|':
      case '~':
        out.push_back('\\');
        out.push_back(c);
        break;
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out.push_back(' ');
        } else {
          out.push_back(c);
        }
    }
  }
  return out;
}

std::string MarkdownCode(std::string_view text) {
  size_t run = 0;
  size_t longest = 2;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  std::string out = absl::StrCat(fence, "text\n");
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 && c != '\n' && c != '\t') {
      absl::StrAppend(&out, "\\x", absl::Hex(u, absl::kZeroPad2));
    } else {
      out.push_back(c);
    }
  }
  if (out.back() != '\n') out.push_back('\n');
  return absl::StrCat(out, fence, "\n");
}

std::string MarkdownFailure(const RunRecord& run, const Outcome& outcome) {
  std::string out;
  if (const ClauseInfo* clause = run.FindClause(outcome.clause)) {
    absl::StrAppend(&out, "> ", MarkdownText(clause->text), " (", clause->level,
                    ")\n\n");
  }
  std::string said;
  for (const Failure& f : outcome.failures) {
    absl::StrAppend(&said, f.message, "\n");
    if (!f.file.empty())
      absl::StrAppend(&said, "at ", f.file, ":", f.line, "\n");
  }
  if (const std::string reason = ReasonOf(outcome); !reason.empty()) {
    absl::StrAppend(&said, reason, "\n");
  }
  for (const std::string& process : outcome.at_deadline) {
    absl::StrAppend(&said, "at the deadline: ", process, "\n");
  }
  for (const std::string& leak : LeakLines(outcome)) {
    absl::StrAppend(&said, "left behind: ", leak, "\n");
  }
  if (said.size() > kMessageShown) {
    said.resize(kMessageShown);
    said += "\n[... more in the log ...]";
  }
  if (!said.empty()) absl::StrAppend(&out, MarkdownCode(said), "\n");
  absl::StrAppend(
      &out, "Repeat:\n\n",
      MarkdownCode(ReproLine(run, outcome.backend, outcome.case_name)), "\n");
  return out;
}

std::string Markdown(const std::vector<ScoredRun>& runs) {
  const std::vector<Column> columns = Columns(runs);
  std::string out = "# procspec conformance\n\n";
  for (const ScoredRun& r : runs) {
    absl::StrAppend(&out, runs.size() > 1 ? "- " : "", "Specification ",
                    MarkdownText(r.run.spec_version), " on ",
                    MarkdownText(r.run.platform), ", ",
                    MarkdownText(r.run.started), "\n");
  }
  out += "\n";
  for (const std::string& note : Notes(runs)) {
    absl::StrAppend(&out, "**Note:** ", MarkdownText(note), "\n\n");
  }

  const std::vector<Verdict> shown = VerdictsShown(columns);
  out += "| backend | platform | conformance | coverage |";
  std::string rule = "|---|---|--:|--:|";
  for (Verdict v : shown) {
    absl::StrAppend(&out, " ", std::string(VerdictName(v)), " |");
    rule += "--:|";
  }
  absl::StrAppend(&out, " not run | wall |\n", rule, "--:|--:|\n");
  for (const Column& column : columns) {
    const BackendScore& s = *column.score;
    absl::StrAppendFormat(
        &out, "| %s | %s | %s (%d/%d) | %s (%d/%d) |",
        MarkdownText(column.name), MarkdownText(column.platform),
        Percent(s.conformance()), s.musts_passed, s.musts_applicable,
        Percent(s.coverage()), s.judged, s.clauses_total);
    for (Verdict v : shown) absl::StrAppend(&out, " ", s.count(v), " |");
    absl::StrAppendFormat(&out, " %d | %.1f s |\n", ClausesNotRun(s), s.wall_s);
  }
  out +=
      "\nClauses by verdict. Conformance: must clauses that passed, of those "
      "that apply. Coverage: clauses that were judged, of all.\n\n";

  size_t count = 0;
  size_t known = 0;
  for (const Column& c : columns) {
    count += Troubles(c).size();
    known += KnownDeviations(c).size();
  }
  if (count == 0) {
    out += "No case failed.\n\n";
  } else {
    absl::StrAppend(&out, "## ", count, " case", Plural(count),
                    " did not pass\n\n");
  }
  size_t told = 0;
  for (const Column& column : columns) {
    for (const Outcome* o : Troubles(column)) {
      const std::string title = absl::StrCat(
          std::string(VerdictName(VerdictOf(*o))), " ",
          MarkdownText(o->case_name), " on ", MarkdownText(column.name));
      if (told == kInFull) absl::StrAppend(&out, "### The others\n\n");
      if (++told > kInFull) {
        absl::StrAppend(&out, "- ", title, ": ", MarkdownText(OneLine(*o)),
                        "\n");
      } else {
        absl::StrAppend(&out, "### ", title, "\n\n",
                        MarkdownFailure(*column.run, *o));
      }
    }
  }
  if (known == 0) return out;
  absl::StrAppend(&out, "\n## ", known, " known deviation", Plural(known),
                  "\n\n");
  for (const Column& column : columns) {
    for (const Outcome* o : KnownDeviations(column)) {
      absl::StrAppend(&out, "- ", MarkdownText(o->case_name), " on ",
                      MarkdownText(column.name), ": ",
                      MarkdownText(OneLine(*o)), "\n");
    }
  }
  return out;
}

}  // namespace procspec::runner
