// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_LEAK_H_
#define PROCSPEC_CONFORMANCE_RUNNER_LEAK_H_

#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a case leaves behind that it should have cleaned up.

namespace procspec::runner {

enum class LeakKind {
  kProcess,
  kThread,
  kDescriptor,
  kSharedMemory,
  kSemaphore,
  kSocket,
  kFile,
};

inline constexpr size_t kLeakKindCount =
    static_cast<size_t>(LeakKind::kFile) + 1;

std::span<const LeakKind> AllLeakKinds();

// "shared-memory".
std::string_view LeakKindName(LeakKind kind);
std::optional<LeakKind> ParseLeakKind(std::string_view name);

struct Leak {
  LeakKind kind = LeakKind::kFile;
  std::string what;  // which one: "forgotten", "1234 (parent 1) S: sleep 9"

  auto operator<=>(const Leak&) const = default;
};

// Of each kind a list names this many; a count beside it tells how many there
// were of all kinds.
inline constexpr size_t kLeaksKept = 16;

// The first kLeaksKept of each kind, in their order.
std::vector<Leak> ShortenedLeaks(const std::vector<Leak>& leaks);

// "file forgotten".
std::string Describe(const Leak& leak);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_LEAK_H_
