// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/views.h"

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

}  // namespace procspec::runner
