// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/views.h"

#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"

namespace procspec::runner {

absl::Status WriteViews(const std::vector<ScoredRun>& runs,
                        const std::string& directory) {
  std::vector<NamedFile> files = Badges(runs);
  const std::string junit = JUnitXml(runs);
  files.push_back({"summary.json", SummaryJson(runs)});
  files.push_back({"junit.xml", junit});
  files.push_back({"report.md", Markdown(runs)});
  files.push_back({"report.html", HtmlReport(runs)});
  absl::Status status;
  for (const NamedFile& file : files) {
    status.Update(WriteFile(directory + "/" + file.name, file.content));
  }
  if (const std::string path = GetEnv("XML_OUTPUT_FILE"); !path.empty()) {
    status.Update(WriteFile(path, junit));
  }
  return status;
}

void RemoveViews(const std::string& directory) {
  for (const std::string& name :
       ListDirectory(directory, std::numeric_limits<size_t>::max())) {
    if (name == "summary.json" || name == "junit.xml" || name == "report.md" ||
        name == "report.html" ||
        (absl::StartsWith(name, "badge-") && absl::EndsWith(name, ".svg"))) {
      RemoveTree(absl::StrCat(directory, "/", name));
    }
  }
}

}  // namespace procspec::runner
