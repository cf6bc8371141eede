// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/expectation.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace procspec::runner {

bool CanBeExpected(Verdict verdict) { return IsRed(verdict); }

bool GoesAs(const Expectation& expectation, Verdict observed,
            std::string_view failure_text) {
  return CanBeExpected(observed) && observed == expectation.verdict &&
         absl::StrContains(failure_text, expectation.message);
}

std::string FailureText(const Outcome& outcome) {
  std::string text;
  for (const Failure& f : outcome.failures) {
    absl::StrAppend(&text, f.message, "\n");
  }
  absl::StrAppend(&text, outcome.reason, "\n");
  for (const std::string& line : LeakLines(outcome)) {
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

void Expect(const Expectation& expectation, Outcome& outcome) {
  outcome.expectation = expectation;
  outcome.observed = outcome.verdict;
  if (!outcome.verdict.has_value()) return;
  if (GoesAs(expectation, *outcome.verdict, FailureText(outcome))) {
    outcome.verdict = Verdict::kXfail;
  } else if (outcome.verdict == Verdict::kPass && !expectation.intermittent) {
    outcome.verdict = Verdict::kXpass;
  }
}

std::optional<Verdict> ObservedVerdict(const Outcome& outcome) {
  return outcome.expectation.has_value() ? outcome.observed : outcome.verdict;
}

bool IsUnexpected(const Outcome& outcome) {
  if (!outcome.verdict.has_value()) return false;
  if (outcome.verdict == Verdict::kXpass) return true;
  return outcome.expectation.has_value() &&
         outcome.verdict != Verdict::kXfail &&
         outcome.verdict != Verdict::kPass &&  // of an intermittent one
         outcome.verdict != Verdict::kInfra;
}

std::string ExpectationNote(const Outcome& outcome) {
  if (!outcome.expectation.has_value()) return "";
  const Expectation& e = *outcome.expectation;
  const std::string why =
      absl::StrCat(VerdictName(e.verdict), e.intermittent ? " or PASS" : "",
                   e.expires.empty() ? "" : absl::StrCat(" until ", e.expires),
                   ": ", e.reason, " (", e.link, ")");
  if (!IsUnexpected(outcome)) return absl::StrCat("expected ", why);
  const Verdict verdict = outcome.verdict.value_or(Verdict::kInfra);
  if (verdict == Verdict::kXpass) {
    return absl::StrCat("passes, although ", e.file, " expects ", why);
  }
  if (verdict == e.verdict) {
    return absl::StrCat("fails otherwise than ", e.file, " expects, which is '",
                        e.message, "'; ", why);
  }
  return absl::StrCat("ends as ", VerdictName(verdict), ", although ", e.file,
                      " expects ", why);
}

std::string ExpectationSummary(const RunRecord& run,
                               const std::string& log_path) {
  std::string expected;
  std::string unexpected;
  std::set<std::string> files;
  for (const Outcome& outcome : run.outcomes) {
    if (!outcome.expectation.has_value() || !outcome.verdict.has_value()) {
      continue;
    }
    const bool wrong = IsUnexpected(outcome);
    if (wrong) files.insert(outcome.expectation->file);
    absl::StrAppend(wrong ? &unexpected : &expected, "  ",
                    VerdictName(*outcome.verdict), " ", outcome.case_name,
                    " on ", outcome.backend, "\n    ", ExpectationNote(outcome),
                    "\n");
  }
  std::string out;
  if (!expected.empty()) {
    absl::StrAppend(&out, "\nGoes as its expectation says:\n", expected);
  }
  if (!unexpected.empty()) {
    absl::StrAppend(&out, "\nGoes otherwise than its expectation says:\n",
                    unexpected);
  }
  for (const std::string& file : files) {
    absl::StrAppend(&out, "  mend: procspec expectations update ",
                    ShellQuote(file), " ", ShellQuote(log_path), "\n");
  }
  return out;
}

}  // namespace procspec::runner
