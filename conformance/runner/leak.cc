// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/leak.h"

#include <array>

#include "absl/strings/str_cat.h"

namespace procspec::runner {
namespace {

constexpr std::array<LeakKind, kLeakKindCount> kAll = {
    LeakKind::kProcess,      LeakKind::kThread,    LeakKind::kDescriptor,
    LeakKind::kSharedMemory, LeakKind::kSemaphore, LeakKind::kSocket,
    LeakKind::kFile};

}  // namespace

std::span<const LeakKind> AllLeakKinds() { return kAll; }

std::string_view LeakKindName(LeakKind kind) {
  switch (kind) {
    case LeakKind::kProcess:
      return "process";
    case LeakKind::kThread:
      return "thread";
    case LeakKind::kDescriptor:
      return "descriptor";
    case LeakKind::kSharedMemory:
      return "shared-memory";
    case LeakKind::kSemaphore:
      return "semaphore";
    case LeakKind::kSocket:
      return "socket";
    case LeakKind::kFile:
      return "file";
  }
  return "?";
}

std::optional<LeakKind> ParseLeakKind(std::string_view name) {
  for (LeakKind kind : kAll) {
    if (LeakKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

std::vector<Leak> ShortenedLeaks(const std::vector<Leak>& leaks) {
  std::array<size_t, kLeakKindCount> kept = {};
  std::vector<Leak> out;
  for (const Leak& leak : leaks) {
    if (kept[static_cast<size_t>(leak.kind)]++ < kLeaksKept) {
      out.push_back(leak);
    }
  }
  return out;
}

std::string Describe(const Leak& leak) {
  return absl::StrCat(LeakKindName(leak.kind), " ", leak.what);
}

}  // namespace procspec::runner
