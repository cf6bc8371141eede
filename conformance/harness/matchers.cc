// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/matchers.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace procspec::harness {

std::string Describe(const absl::Status& status) {
  if (status.ok()) return "OK";
  if (std::optional<ErrorKind> kind = KindOf(status)) {
    return absl::StrCat(ErrorKindName(*kind), ": ", status.message());
  }
  return absl::StrCat("a fault, ", absl::StatusCodeToString(status.code()),
                      ": ", status.message());
}

}  // namespace procspec::harness
