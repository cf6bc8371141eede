// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "conformance/runner/format.h"
#include "conformance/runner/views.h"
#include "conformance/runner/views/column.h"

namespace procspec::runner {
namespace {

// White on each of these has a contrast of 4.5 or more.
constexpr char kGreen[] = "#14702c";
constexpr char kAmber[] = "#8a5a00";
constexpr char kRed[] = "#b3261e";
constexpr char kGrey[] = "#5c6470";
constexpr char kLabel[] = "#33383f";

const char* Colour(Standing standing) {
  switch (standing) {
    case Standing::kHolds:
      return kGreen;
    case Standing::kDeviates:
      return kAmber;
    case Standing::kFails:
      return kRed;
    case Standing::kUnknown:
      return kGrey;
  }
  return kGrey;
}

// In a sans-serif font of 11 px, roughly; textLength makes it exact.
int Width(const std::string& text) {
  double width = 0;
  for (const char c : text) {
    width += absl::StrContains(".,: il1|", std::string(1, c)) ? 4.5 : 7;
  }
  return static_cast<int>(width);
}

std::string Badge(const Column& column) {
  const BackendScore& s = *column.score;
  const std::string label = absl::StrCat("procspec ", column.run->spec_version);
  const Standing standing = StandingOf(column);
  const bool available =
      column.backend == nullptr || column.backend->IsAvailable();
  // A part of the clauses says nothing of the rest.
  const std::string message = !available ? "not available"
                              : standing == Standing::kUnknown
                                  ? "partial run"
                                  : Percent(s.conformance());
  const std::string alternative = absl::StrFormat(
      "%s on %s, conformance to procspec %s: %s, %d of %d must clauses passed",
      s.backend, column.platform, column.run->spec_version, message,
      s.musts_passed, s.musts_applicable);
  constexpr int kPad = 7;
  const int label_width = Width(label);
  const int message_width = Width(message);
  const int left = label_width + 2 * kPad;
  const int all = left + message_width + 2 * kPad;
  std::string out = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"20\" "
      "viewBox=\"0 0 %d 20\" role=\"img\" aria-label=\"%s\">\n"
      "<title>%s</title>\n"
      "<clipPath id=\"r\"><rect width=\"%d\" height=\"20\" rx=\"4\"/>"
      "</clipPath>\n<g clip-path=\"url(#r)\">\n"
      "<rect width=\"%d\" height=\"20\" fill=\"%s\"/>\n"
      "<rect x=\"%d\" width=\"%d\" height=\"20\" fill=\"%s\"/>\n</g>\n"
      "<g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" "
      "font-size=\"11\">\n",
      all, all, Xml(alternative), Xml(alternative), all, left, kLabel, left,
      all - left, Colour(standing));
  absl::StrAppendFormat(&out,
                        "<text x=\"%d\" y=\"14\" textLength=\"%d\">%s</text>\n"
                        "<text x=\"%d\" y=\"14\" textLength=\"%d\">%s</text>\n"
                        "</g>\n</svg>\n",
                        kPad, label_width, Xml(label), left + kPad,
                        message_width, Xml(message));
  return out;
}

// Of any name one that is a file's on every system.
std::string FileName(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                       absl::StrContains("-_.", std::string(1, c));
    if (plain) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != '-') {
      out.push_back('-');
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return absl::StrCat("badge-", out);
}

}  // namespace

std::vector<NamedFile> Badges(const std::vector<ScoredRun>& runs) {
  std::vector<NamedFile> files;
  std::set<std::string> used;
  for (const Column& column : Columns(runs)) {
    const std::string wanted = FileName(column.name);
    std::string name = wanted;
    for (int i = 2; !used.insert(name).second; ++i) {
      name = absl::StrCat(wanted, "-", i);
    }
    files.push_back({name + ".svg", Badge(column)});
  }
  return files;
}

}  // namespace procspec::runner
