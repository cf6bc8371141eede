// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/views.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/os.h"

namespace procspec::runner {
namespace {

double Rounded(double value, double unit) {
  return std::round(value * unit) / unit;
}

// XML 1.0 knows no control characters, escaped or not, and no broken UTF-8.
std::string Xml(std::string_view text) {
  // The JSON writer mends UTF-8; what is left to do is ASCII.
  std::string mended = DumpJson(Json(std::string(text)));
  const std::optional<Json> back = ParseJson(mended);
  mended = back.has_value() ? back->get<std::string>() : "";
  std::string out;
  for (const char c : mended) {
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
      case '\n':
        // In an attribute a bare newline would be read as a blank.
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "?";
        } else {
          out.push_back(c);
        }
    }
  }
  return out;
}

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
  if (!outcome.reason.empty()) absl::StrAppend(&text, outcome.reason, "\n\n");
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

std::string FirstLine(const Outcome& outcome) {
  std::string text =
      outcome.failures.empty() ? outcome.reason : outcome.failures[0].message;
  const size_t newline = text.find('\n');
  return newline == std::string::npos ? text : text.substr(0, newline);
}

void AppendJUnitCase(const RunRecord& run, const Outcome& outcome,
                     std::string& out) {
  const Verdict verdict = outcome.verdict.value_or(Verdict::kInfra);
  absl::StrAppendFormat(
      &out, "    <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\"",
      Xml(outcome.backend), Xml(outcome.case_name), outcome.duration_s);
  if (verdict == Verdict::kPass) {
    out += "/>\n";
    return;
  }
  out += ">\n";
  const std::string message =
      Xml(absl::StrCat(VerdictName(verdict), ": ", FirstLine(outcome)));
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

}  // namespace

std::string SummaryJson(const RunRecord& run,
                        const std::vector<BackendScore>& scores) {
  Json list = Json::array();
  for (const BackendScore& s : scores) {
    Json counts = Json::object();
    for (Verdict v : AllVerdicts()) {
      counts[std::string(VerdictName(v))] = s.count(v);
    }
    list.push_back({{"spec_version", run.spec_version},
                    {"backend", s.backend},
                    {"platform", s.platform},
                    {"clauses_total", s.clauses_total},
                    {"counts", std::move(counts)},
                    {"conformance", Rounded(s.conformance(), 1e6)},
                    {"coverage", Rounded(s.coverage(), 1e6)},
                    {"wall_s", Rounded(s.wall_s, 1e3)},
                    {"musts_applicable", s.musts_applicable},
                    {"musts_passed", s.musts_passed},
                    {"judged", s.judged},
                    {"musts_not_held", s.musts_not_held}});
  }
  return DumpJsonPretty(list);
}

std::string JUnitXml(const RunRecord& run,
                     const std::vector<BackendScore>& scores) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
      "name=\"procspec\">\n";
  for (const BackendScore& s : scores) {
    int tests = 0;
    int failures = 0;
    int errors = 0;
    int skipped = 0;
    std::string cases;
    for (const Outcome& outcome : run.outcomes) {
      if (outcome.backend != s.backend) continue;
      const Verdict verdict = outcome.verdict.value_or(Verdict::kInfra);
      ++tests;
      if (IsRed(verdict) || verdict == Verdict::kXpass) ++failures;
      if (verdict == Verdict::kInfra) ++errors;
      if (verdict == Verdict::kUnsupported || verdict == Verdict::kXfail) {
        ++skipped;
      }
      if (!outcome.verdict.has_value()) {
        Outcome cut = outcome;
        cut.reason = "the run ended before this case did";
        AppendJUnitCase(run, cut, cases);
      } else {
        AppendJUnitCase(run, outcome, cases);
      }
    }
    // A must clause that no case judged must not look like nothing.
    for (const std::string& id : s.musts_not_held) {
      if (s.verdicts.count(id) > 0) continue;
      ++tests;
      ++errors;
      absl::StrAppend(&cases, "    <testcase classname=\"", Xml(s.backend),
                      "\" name=\"", Xml(id),
                      "\" time=\"0\"><error type=\"NOT_JUDGED\" "
                      "message=\"no case judged this must clause\"/>"
                      "</testcase>\n");
    }
    absl::StrAppendFormat(
        &out,
        "  <testsuite name=\"%s\" tests=\"%d\" "
        "failures=\"%d\" errors=\"%d\" skipped=\"%d\" "
        "time=\"%.3f\" timestamp=\"%s\">\n"
        "    <properties>\n"
        "      <property name=\"spec_version\" value=\"%s\"/>\n"
        "      <property name=\"platform\" value=\"%s\"/>\n"
        "      <property name=\"conformance\" value=\"%.6f\"/>\n"
        "      <property name=\"coverage\" value=\"%.6f\"/>\n"
        "    </properties>\n",
        Xml(s.backend), tests, failures, errors, skipped, s.wall_s,
        Xml(run.started), Xml(run.spec_version), Xml(s.platform),
        s.conformance(), s.coverage());
    absl::StrAppend(&out, cases, "  </testsuite>\n");
  }
  return out + "</testsuites>\n";
}

absl::Status WriteViews(const RunRecord& run,
                        const std::vector<BackendScore>& scores,
                        const std::string& directory) {
  const std::string junit = JUnitXml(run, scores);
  absl::Status status =
      WriteFile(directory + "/summary.json", SummaryJson(run, scores));
  status.Update(WriteFile(directory + "/junit.xml", junit));
  status.Update(WriteFile(directory + "/report.html", HtmlReport(run, scores)));
  if (const std::string path = GetEnv("XML_OUTPUT_FILE"); !path.empty()) {
    status.Update(WriteFile(path, junit));
  }
  return status;
}

}  // namespace procspec::runner
