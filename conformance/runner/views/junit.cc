// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "conformance/runner/views.h"
#include "conformance/runner/views/column.h"

namespace procspec::runner {
namespace {

std::string JUnitDetails(const RunRecord& run, const Outcome& outcome) {
  std::string text;
  if (const ClauseInfo* clause = run.FindClause(outcome.clause)) {
    absl::StrAppend(&text, clause->id, " (", clause->level, "): ", clause->text,
                    "\n\n");
  }
  for (const Failure& f : outcome.failures) {
    absl::StrAppend(&text, f.message, "\n", f.file.empty() ? "" : "at ", f.file,
                    f.file.empty() ? "" : absl::StrCat(":", f.line), "\n\n");
  }
  if (const std::string reason = ReasonOf(outcome); !reason.empty()) {
    absl::StrAppend(&text, reason, "\n\n");
  }
  for (const std::string& p : outcome.at_deadline) {
    absl::StrAppend(&text, p, "\n");
  }
  if (outcome.leak_count > 0) {
    absl::StrAppend(&text, "left behind:\n  ",
                    absl::StrJoin(LeakLines(outcome), "\n  "), "\n\n");
  }
  absl::StrAppend(&text, "repeat: ",
                  ReproLine(run, outcome.backend, outcome.case_name), "\n");
  return text;
}

void AppendJUnitCase(const Column& column, const Outcome& outcome,
                     std::string& out) {
  const RunRecord& run = *column.run;
  const Verdict verdict = VerdictOf(outcome);
  absl::StrAppendFormat(
      &out, "    <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\"",
      Xml(column.name), Xml(outcome.case_name), outcome.duration_s);
  if (verdict == Verdict::kPass) {
    out += "/>\n";
    return;
  }
  out += ">\n";
  const std::string message =
      Xml(absl::StrCat(VerdictName(verdict), ": ", OneLine(outcome)));
  switch (verdict) {
    case Verdict::kPass:
      break;
    case Verdict::kXfail:
    case Verdict::kUnsupported:
      absl::StrAppend(&out, "      <skipped message=\"", message, "\"/>\n");
      break;
    case Verdict::kInfra:
      absl::StrAppend(&out, "      <error type=\"INFRA\" message=\"", message,
                      "\">", Xml(JUnitDetails(run, outcome)), "</error>\n");
      break;
    case Verdict::kXpass:
    case Verdict::kLeak:
    case Verdict::kFail:
    case Verdict::kTimeout:
    case Verdict::kCrash:
      absl::StrAppend(&out, "      <failure type=\"", VerdictName(verdict),
                      "\" message=\"", message, "\">",
                      Xml(JUnitDetails(run, outcome)), "</failure>\n");
      break;
  }
  if (!outcome.output.empty()) {
    absl::StrAppend(&out, "      <system-out>", Xml(outcome.output),
                    "</system-out>\n");
  }
  out += "    </testcase>\n";
}

void AppendProperty(std::string_view name, std::string_view value,
                    std::string& out) {
  absl::StrAppend(&out, "      <property name=\"", name, "\" value=\"",
                  Xml(value), "\"/>\n");
}

}  // namespace

std::string JUnitXml(const std::vector<ScoredRun>& runs) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
      "name=\"procspec\">\n";
  for (const Column& column : Columns(runs)) {
    const BackendScore& s = *column.score;
    int tests = 0;
    int failures = 0;
    int errors = 0;
    int skipped = 0;
    std::string cases;
    for (const Outcome& outcome : column.run->outcomes) {
      if (outcome.backend != s.backend) continue;
      const Verdict verdict = VerdictOf(outcome);
      ++tests;
      if (IsRed(verdict) || verdict == Verdict::kXpass) ++failures;
      if (verdict == Verdict::kInfra) ++errors;
      if (verdict == Verdict::kUnsupported || verdict == Verdict::kXfail) {
        ++skipped;
      }
      AppendJUnitCase(column, outcome, cases);
    }
    std::set<std::string> clauses_not_run;
    for (const CaseOnBackend& c : NotRun(*column.run)) {
      if (c.backend != s.backend) continue;
      clauses_not_run.insert(c.case_info.clause);
      ++tests;
      ++errors;
      absl::StrAppend(&cases, "    <testcase classname=\"", Xml(column.name),
                      "\" name=\"", Xml(c.case_info.name),
                      "\" time=\"0\"><error type=\"NOT_RUN\" "
                      "message=\"the run ended before this case began\"/>"
                      "</testcase>\n");
    }
    // A must clause that no case judged must not look like nothing.
    for (const std::string& id : s.musts_not_held) {
      if (s.verdicts.count(id) > 0 || clauses_not_run.count(id) > 0) continue;
      ++tests;
      ++errors;
      absl::StrAppend(&cases, "    <testcase classname=\"", Xml(column.name),
                      "\" name=\"", Xml(id),
                      "\" time=\"0\"><error type=\"NOT_JUDGED\" "
                      "message=\"no case judged this must clause\"/>"
                      "</testcase>\n");
    }
    absl::StrAppendFormat(&out,
                          "  <testsuite name=\"%s\" tests=\"%d\" "
                          "failures=\"%d\" errors=\"%d\" skipped=\"%d\" "
                          "time=\"%.3f\" timestamp=\"%s\">\n"
                          "    <properties>\n",
                          Xml(column.name), tests, failures, errors, skipped,
                          s.wall_s, Xml(column.run->started));
    AppendProperty("spec_version", column.run->spec_version, out);
    AppendProperty("platform", column.platform, out);
    if (column.backend != nullptr && !column.backend->IsAvailable()) {
      AppendProperty("unavailable", column.backend->unavailable, out);
    }
    AppendProperty("conformance", absl::StrFormat("%.6f", s.conformance()),
                   out);
    AppendProperty("coverage", absl::StrFormat("%.6f", s.coverage()), out);
    for (Verdict v : AllVerdicts()) {
      AppendProperty(absl::StrCat("clauses.", std::string(VerdictName(v))),
                     absl::StrCat(s.count(v)), out);
    }
    absl::StrAppend(&out, "    </properties>\n", cases, "  </testsuite>\n");
  }
  return out + "</testsuites>\n";
}

}  // namespace procspec::runner
