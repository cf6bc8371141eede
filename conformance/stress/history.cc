// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/history.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace procspec::stress {
namespace {

std::string_view Name(OperationKind kind) {
  switch (kind) {
    case OperationKind::kPut:
      return "put";
    case OperationKind::kGet:
      return "get";
    case OperationKind::kAcquire:
      return "acquire";
    case OperationKind::kRelease:
      return "release";
  }
  return "?";
}

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone:
      return "done";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kPending:
      return "pending";
  }
  return "?";
}

}  // namespace

std::string Brief(const Operation& operation) {
  std::string text =
      absl::StrCat("p", operation.process, " ", Name(operation.kind));
  if (operation.kind == OperationKind::kPut ||
      (operation.kind == OperationKind::kGet &&
       operation.outcome == Outcome::kDone)) {
    absl::StrAppend(&text, "(", operation.value, ")");
  }
  absl::StrAppend(&text, " ", Name(operation.outcome));
  return text;
}

std::string DebugString(const Operation& operation) {
  std::string text =
      absl::StrCat(Brief(operation), " [", operation.invoked, ", ");
  if (operation.outcome == Outcome::kPending) {
    absl::StrAppend(&text, "never]");
  } else {
    absl::StrAppend(&text, operation.returned, "]");
  }
  return text;
}

std::string DebugString(const History& history) {
  std::vector<Operation> sorted = history.operations;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Operation& a, const Operation& b) {
                     return a.invoked < b.invoked;
                   });
  // Times from the first one on, which can be read.
  const int64_t start = sorted.empty() ? 0 : sorted.front().invoked;
  std::string text = history.object == ObjectKind::kLock
                         ? "lock\n"
                         : absl::StrCat("queue of ", history.bound, "\n");
  for (Operation& operation : sorted) {
    operation.invoked -= start;
    operation.returned -= start;
    absl::StrAppend(&text, DebugString(operation), "\n");
  }
  for (const auto& [process, time] : history.killed) {
    absl::StrAppend(&text, "p", process, " killed after ", time - start, "\n");
  }
  return text;
}

}  // namespace procspec::stress
