// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/load.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace procspec::stress {

void Findings::Add(std::string_view kind, std::string story) {
  constexpr size_t kStories = 5;
  Entry& entry = stories_[std::string(kind)];
  ++entry.count;
  if (entry.stories.size() < kStories) {
    entry.stories.push_back(std::move(story));
  }
}

std::string Findings::DebugString() const {
  std::string text;
  for (const auto& [kind, entry] : stories_) {
    absl::StrAppend(&text, kind, ": ", entry.count, " times\n");
    for (const std::string& story : entry.stories) {
      absl::StrAppend(&text, "  ", story, "\n");
    }
  }
  return text;
}

absl::Duration Timeline::LongestStall() const {
  std::vector<int64_t> done = done_;
  std::sort(done.begin(), done.end());
  int64_t longest = 0;
  for (const int64_t mark : marks_) {
    const auto next = std::lower_bound(done.begin(), done.end(), mark);
    if (next != done.end()) longest = std::max(longest, *next - mark);
  }
  return absl::Nanoseconds(longest);
}

}  // namespace procspec::stress
