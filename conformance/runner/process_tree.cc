// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/process_tree.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace procspec::runner {

std::string Describe(const ProcessInfo& process) {
  std::string out =
      absl::StrCat(process.pid, " (parent ", process.parent, ") ");
  out.push_back(process.state);
  if (!process.waits_in.empty()) absl::StrAppend(&out, " ", process.waits_in);
  absl::StrAppend(&out, ": ", process.command);
  return out;
}

std::vector<ProcessInfo> Descendants(int64_t root) {
  std::multimap<int64_t, ProcessInfo> by_parent;
  for (ProcessInfo& process : AllProcesses()) {
    by_parent.emplace(process.parent, std::move(process));
  }
  std::vector<ProcessInfo> found;
  std::vector<int64_t> parents = {root};
  for (size_t i = 0; i < parents.size(); ++i) {
    auto [begin, end] = by_parent.equal_range(parents[i]);
    for (auto it = begin; it != end; ++it) {
      // A dead leader may have living threads, and those children.
      parents.push_back(it->second.pid);
      if (it->second.state == 'Z' || it->second.state == 'X') continue;
      found.push_back(it->second);
    }
  }
  return found;
}

std::string ShortenedCommand(std::string command) {
  constexpr size_t kLimit = 160;
  if (command.size() > kLimit) command = command.substr(0, kLimit) + "...";
  return command;
}

}  // namespace procspec::runner
