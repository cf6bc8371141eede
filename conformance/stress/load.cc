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

std::vector<int64_t> Timeline::Stalls() const {
  std::vector<int64_t> done = done_;
  std::sort(done.begin(), done.end());
  std::vector<int64_t> stalls;
  for (const int64_t mark : marks_) {
    const auto next = std::lower_bound(done.begin(), done.end(), mark);
    if (next != done.end()) stalls.push_back(*next - mark);
  }
  return stalls;
}

void Stalls::Add(const Timeline& timeline) {
  const std::vector<int64_t> stalls = timeline.Stalls();
  nanoseconds_.insert(nanoseconds_.end(), stalls.begin(), stalls.end());
}

std::string Stalls::DebugString() const {
  if (nanoseconds_.empty()) return "none";
  std::vector<int64_t> sorted = nanoseconds_;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](size_t percent) {
    const size_t place = (sorted.size() - 1) * percent / 100;
    return absl::FormatDuration(
        absl::Trunc(absl::Nanoseconds(sorted[place]), absl::Microseconds(1)));
  };
  return absl::StrCat("median ", at(50), ", 99% ", at(99), ", longest ",
                      at(100));
}

}  // namespace procspec::stress
