// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/belongings.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/harness/timing.h"

namespace procspec::harness {
namespace {

auto Identity(const Belonging& b) {
  return std::tie(b.kind, b.number, b.device, b.inode);
}

}  // namespace

std::string_view KindName(const Belonging& belonging) {
  switch (belonging.kind) {
    case Belonging::Kind::kThread:
      return "thread";
    case Belonging::Kind::kDescriptor:
      return "descriptor";
  }
  return "?";
}

std::string Describe(const Belonging& belonging) {
  const bool is_thread = belonging.kind == Belonging::Kind::kThread;
  return absl::StrCat(belonging.number, is_thread ? " " : " -> ",
                      belonging.name);
}

std::vector<Belonging> NewBelongings(const std::vector<Belonging>& then,
                                     absl::Duration grace) {
  const auto was_there = [&then](const Belonging& b) {
    return std::any_of(then.begin(), then.end(), [&b](const Belonging& old) {
      return Identity(old) == Identity(b);
    });
  };
  const Stopwatch watch;
  while (true) {
    std::vector<Belonging> now = ListBelongings();
    now.erase(std::remove_if(now.begin(), now.end(), was_there), now.end());
    if (now.empty() || watch.Elapsed() >= grace) return now;
    absl::SleepFor(absl::Milliseconds(1));
  }
}

}  // namespace procspec::harness
