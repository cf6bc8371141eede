// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/mutants/maker.h"

#include <cstdlib>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/probe.h"

namespace procspec::mutants {
namespace {

constexpr char kMakerVariable[] = "PROCSPEC_MUTANT_MAKER";

// Of this image, if it was begun by a mutant.
std::optional<int64_t>& MakerOfImage() {
  static std::optional<int64_t> maker = []() -> std::optional<int64_t> {
    const char* text = std::getenv(kMakerVariable);
    int64_t pid = 0;
    if (text == nullptr || !absl::SimpleAtoi(text, &pid)) return std::nullopt;
    return pid;
  }();
  return maker;
}

}  // namespace

int64_t MakerPid(Backend& inner) {
  if (const std::optional<int64_t> maker = MakerOfImage()) return *maker;
  return inner.Pid().value_or(-1);
}

void BecomeMaker() {
  MakerOfImage().reset();
  harness::SetEnvironment(kMakerVariable, absl::StrCat(harness::OwnPid()));
}

}  // namespace procspec::mutants
