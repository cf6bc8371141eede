// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/console.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "conformance/runner/expectation.h"
#include "conformance/runner/format.h"
#include "conformance/runner/views/column.h"

namespace procspec::runner {
namespace {

constexpr double kProgressInterval = 0.1;
constexpr size_t kOutputLines = 12;
constexpr size_t kMissingShown = 10;

constexpr size_t kFailedShown = 20;
constexpr size_t kFailuresShown = 3;

std::string_view Red(bool colour) { return colour ? "\x1b[31;1m" : ""; }
std::string_view Yellow(bool colour) { return colour ? "\x1b[33;1m" : ""; }
std::string_view Green(bool colour) { return colour ? "\x1b[32m" : ""; }
std::string_view Bold(bool colour) { return colour ? "\x1b[1m" : ""; }
std::string_view Dim(bool colour) { return colour ? "\x1b[2m" : ""; }
std::string_view Reset(bool colour) { return colour ? "\x1b[0m" : ""; }

}  // namespace

std::string Coloured(Verdict verdict, bool colour) {
  return absl::StrCat(IsRed(verdict) ? Red(colour) : Yellow(colour),
                      VerdictName(verdict), Reset(colour));
}

std::string Dimmed(std::string_view text, bool colour) {
  return absl::StrCat(Dim(colour), text, Reset(colour));
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 && c != '\n' && c != '\t') {
      absl::StrAppend(&out, "\\x", absl::Hex(u, absl::kZeroPad2));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

namespace {

void AppendIndented(std::string_view text, std::string_view indent,
                    std::string& out) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  for (std::string_view line : absl::StrSplit(Printable(text), '\n')) {
    absl::StrAppend(&out, line.empty() ? "" : indent, line, "\n");
  }
}

std::string Wrapped(std::string_view text, size_t width,
                    std::string_view indent) {
  std::string out;
  size_t column = 0;
  for (std::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (column == 0 || column + 1 + word.size() > width) {
      absl::StrAppend(&out, column == 0 ? "" : "\n", indent, word);
      column = indent.size() + word.size();
    } else {
      absl::StrAppend(&out, " ", word);
      column += 1 + word.size();
    }
  }
  return out + "\n";
}

std::string LastLines(const std::string& text, size_t count) {
  std::vector<std::string_view> lines = absl::StrSplit(text, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.size() <= count) return absl::StrJoin(lines, "\n");
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(
                                                 lines.size() - count));
  return absl::StrCat("[...]\n", absl::StrJoin(lines, "\n"));
}

std::string Seconds(double s) {
  if (s < 60) return absl::StrFormat("%.0f s", s);
  return absl::StrFormat("%d min %02d s", static_cast<int>(s) / 60,
                         static_cast<int>(s) % 60);
}

}  // namespace

Console::Console(std::ostream& out, const RunRecord& run,
                 const ConsoleOptions& options)
    : out_(out), run_(run), options_(options), started_s_(ElapsedSeconds()) {}

void Console::OnBegin(const Outcome& outcome) {
  running_[outcome.number] = outcome.case_name;
}

void Console::OnEnd(const Outcome& outcome) {
  ++done_;
  running_.erase(outcome.number);
  const bool show =
      outcome.verdict.has_value() &&
      (IsRed(*outcome.verdict) || *outcome.verdict == Verdict::kInfra ||
       *outcome.verdict == Verdict::kXpass);
  if (!show) return;
  ++red_;
  if (options_.quiet || !options_.failures) return;
  ClearProgress();
  out_ << DescribeFailure(run_, outcome, options_.terminal) << std::flush;
}

void Console::OnTick() {
  if (!options_.terminal || options_.quiet) return;
  const double now = ElapsedSeconds();
  if (now - last_shown_s_ < kProgressInterval) return;
  last_shown_s_ = now;
  ShowProgress();
}

void Console::Done() { ClearProgress(); }

void Console::ShowProgress() {
  const double passed = ElapsedSeconds() - started_s_;
  std::string line = absl::StrCat("[", done_, "/", options_.total, "]");
  if (red_ > 0) {
    absl::StrAppend(&line, "  ", red_, options_.failures ? " failed" : " red");
  }
  // The first few say nothing about the rest.
  if (done_ >= 5 && done_ < options_.total) {
    const double left = passed / static_cast<double>(done_) *
                        static_cast<double>(options_.total - done_);
    absl::StrAppend(&line, "  ", Seconds(std::ceil(left)), " left");
  }
  // What runs longest is what the others may have to wait for.
  if (!running_.empty()) {
    absl::StrAppend(&line, "  ", running_.begin()->second);
  }
  const auto width = static_cast<size_t>(std::max(options_.width - 1, 20));
  if (line.size() > width) line.resize(width);
  out_ << "\r\x1b[K" << line << std::flush;
  shown_ = true;
}

void Console::ClearProgress() {
  if (shown_) out_ << "\r\x1b[K" << std::flush;
  shown_ = false;
}

std::string DescribeFailure(const RunRecord& run, const Outcome& outcome,
                            bool colour) {
  const Verdict verdict = outcome.verdict.value_or(Verdict::kInfra);
  std::string out = absl::StrCat(Coloured(verdict, colour), " ", Bold(colour),
                                 outcome.case_name, Reset(colour), " on ",
                                 outcome.backend, "\n");
  if (const ClauseInfo* clause = run.FindClause(outcome.clause)) {
    absl::StrAppend(&out, Wrapped(absl::StrCat(clause->id, " (", clause->level,
                                               "): ", clause->text),
                                  78, "  "));
  }
  for (size_t i = 0; i < outcome.failures.size(); ++i) {
    // What fails in a loop fails alike.
    if (i == kFailuresShown) {
      absl::StrAppend(&out, "    and ", outcome.failures.size() - i,
                      " more: report.html has them all\n");
      break;
    }
    const Failure& failure = outcome.failures[i];
    AppendIndented(failure.message, "    ", out);
    if (!failure.file.empty()) {
      absl::StrAppend(&out, "    ", Dim(colour), "at ", failure.file, ":",
                      failure.line, Reset(colour), "\n");
    }
  }
  if (!outcome.reason.empty()) AppendIndented(outcome.reason, "    ", out);
  if (outcome.expectation.has_value()) {
    AppendIndented(ExpectationNote(outcome), "    ", out);
  }
  if (!outcome.at_deadline.empty()) {
    absl::StrAppend(&out, "    at the deadline there were:\n");
    for (const std::string& process : outcome.at_deadline) {
      AppendIndented(process, "      ", out);
    }
  }
  if (outcome.leak_count > 0) {
    absl::StrAppend(&out, "    left behind:\n");
    for (const std::string& line : LeakLines(outcome)) {
      AppendIndented(line, "      ", out);
    }
  }
  // When assertions or leaks speak, the output is for the report.
  if (outcome.failures.empty() && verdict != Verdict::kLeak &&
      !outcome.output.empty()) {
    absl::StrAppend(&out, "    output:\n");
    AppendIndented(LastLines(outcome.output, kOutputLines), "      ", out);
  }
  absl::StrAppend(&out, "  repeat: ",
                  ReproLine(run, outcome.backend, outcome.case_name), "\n\n");
  return out;
}

namespace {

// What expectations speak of is told with them.
std::string FailedCases(const RunRecord& run,
                        const std::vector<BackendScore>& scores, bool colour) {
  std::string out;
  size_t count = 0;
  for (const BackendScore& s : scores) {
    Column column;
    column.run = &run;
    column.score = &s;
    for (const Outcome* o : Troubles(column)) {
      if (o->expectation.has_value()) continue;
      if (++count > kFailedShown) continue;
      const Verdict verdict = VerdictOf(*o);
      const std::string why = Printable(OneLine(*o));
      absl::StrAppend(&out, "  ", Coloured(verdict, colour),
                      std::string(8 - VerdictName(verdict).size(), ' '),
                      o->case_name, " on ", o->backend, why.empty() ? "" : ": ",
                      why, "\n");
    }
  }
  if (count == 0) return "";
  if (count > kFailedShown) {
    absl::StrAppend(&out, "  and ", count - kFailedShown,
                    " more: report.html has them all\n");
  }
  return absl::StrCat("\n", count, count == 1 ? " case" : " cases",
                      " did not pass:\n", out);
}

}  // namespace

std::string FinalTable(const RunRecord& run,
                       const std::vector<BackendScore>& scores, bool colour) {
  size_t name_width = 7;
  for (const BackendScore& s : scores) {
    name_width = std::max(name_width, s.backend.size());
  }
  std::vector<Verdict> shown;
  for (Verdict v : AllVerdicts()) {
    const bool any = std::any_of(scores.begin(), scores.end(),
                                 [v](const auto& s) { return s.count(v) > 0; });
    if (any || v == Verdict::kPass || v == Verdict::kFail) shown.push_back(v);
  }
  const int width = static_cast<int>(name_width);
  std::string out = absl::StrFormat("%-*s  %-18s %-18s", width, "backend",
                                    "conformance", "coverage");
  for (Verdict v : shown) {
    absl::StrAppendFormat(
        &out, " %*s", std::max<int>(5, static_cast<int>(VerdictName(v).size())),
        std::string(VerdictName(v)));
  }
  absl::StrAppend(&out, "     wall\n");
  for (const BackendScore& s : scores) {
    const std::string conformance =
        absl::StrFormat("%s (%d/%d)", Percent(s.conformance()), s.musts_passed,
                        s.musts_applicable);
    const std::string coverage = absl::StrFormat(
        "%s (%d/%d)", Percent(s.coverage()), s.judged, s.clauses_total);
    absl::StrAppendFormat(&out, "%-*s  ", width, s.backend);
    const BackendInfo* backend = run.FindBackend(s.backend);
    const bool available = backend == nullptr || backend->IsAvailable();
    absl::StrAppend(&out,
                    !available                 ? Yellow(colour)
                    : s.musts_not_held.empty() ? Green(colour)
                                               : Red(colour),
                    absl::StrFormat("%-18s", conformance), Reset(colour));
    absl::StrAppendFormat(&out, " %-18s", coverage);
    for (Verdict v : shown) {
      absl::StrAppendFormat(
          &out, " %*d",
          std::max<int>(5, static_cast<int>(VerdictName(v).size())),
          s.count(v));
    }
    absl::StrAppendFormat(&out, " %6.1f s\n", s.wall_s);
  }
  for (const BackendInfo& backend : run.backends) {
    if (backend.IsAvailable()) continue;
    absl::StrAppend(&out, "\n", Yellow(colour), Printable(backend.name),
                    Reset(colour), ": ", Printable(UnavailableNote(backend)),
                    "\n");
  }
  out += FailedCases(run, scores, colour);
  for (const BackendScore& s : scores) {
    std::vector<std::string> missing;
    for (const std::string& id : s.musts_not_held) {
      if (s.verdicts.count(id) == 0) missing.push_back(id);
    }
    if (missing.empty()) continue;
    absl::StrAppendFormat(&out, "\n%s: %d must %s not judged:\n", s.backend,
                          missing.size(),
                          missing.size() == 1 ? "clause was" : "clauses were");
    for (size_t i = 0; i < missing.size() && i < kMissingShown; ++i) {
      absl::StrAppend(&out, "  ", missing[i], "\n");
    }
    if (missing.size() > kMissingShown) {
      absl::StrAppend(&out, "  and ", missing.size() - kMissingShown,
                      " more\n");
    }
  }
  if (const std::string note = LeakNote(run); !note.empty()) {
    absl::StrAppend(&out, "\n", Wrapped(note, 80, ""));
  }
  if (run.IsSelection()) {
    absl::StrAppend(&out, "\nOnly a selection was run (",
                    DescribeSelection(run),
                    "); the percentages are of the whole specification.\n");
  }
  return out;
}

std::string DescribeCut(const RunRecord& run) {
  std::string out;
  if (run.interrupted) {
    out = "\nThe run was interrupted";
  } else if (run.time_limit_reached) {
    out = absl::StrCat("\nThe run reached its time limit of ", run.time_limit_s,
                       " s");
  } else if (!run.ended) {
    out = "\nThe log ends before the run did";
  } else {
    return "";
  }
  if (run.cut_bytes > 0) {
    absl::StrAppend(&out, ", in the middle of a record (", run.cut_bytes,
                    " bytes of it are there)");
  }
  std::vector<std::string> open;
  for (const Outcome& o : run.outcomes) {
    if (o.verdict.has_value()) continue;
    open.push_back(absl::StrCat(o.case_name, " on ", o.backend));
  }
  if (!open.empty()) {
    absl::StrAppend(&out, "; then ran: ", absl::StrJoin(open, ", "));
  }
  out += ".\n";
  const std::vector<CaseOnBackend> not_run = NotRun(run);
  if (not_run.empty()) return out;
  absl::StrAppend(&out, "Not run: ", not_run.size(), "\n");
  for (size_t i = 0; i < not_run.size() && i < kMissingShown; ++i) {
    absl::StrAppend(&out, "  ", not_run[i].case_info.name, " on ",
                    not_run[i].backend, "\n");
  }
  if (not_run.size() > kMissingShown) {
    absl::StrAppend(&out, "  and ", not_run.size() - kMissingShown,
                    " more: junit.xml has them all\n");
  }
  return out;
}

}  // namespace procspec::runner
