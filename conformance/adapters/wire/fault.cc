// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/fault.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace procspec::wire {

FaultSink::FaultSink(std::function<void(std::string_view hint)> report,
                     std::function<void()> give_up)
    : report_(std::move(report)), give_up_(std::move(give_up)) {}

void FaultSink::Report(std::string_view hint) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (reported_) return;
  reported_ = true;
  report_(hint);
  if (give_up_) give_up_();
}

bool FaultSink::reported() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return reported_;
}

void FaultSink::Detach() {
  std::lock_guard<std::mutex> lock(mutex_);
  give_up_ = nullptr;
}

absl::Status GoneError(std::string_view process) {
  return absl::UnavailableError(
      absl::StrCat("wire: the process ", process, " has ended"));
}

std::string Excerpt(std::string_view line) {
  constexpr size_t kLongest = 400;
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (line.size() <= kLongest) return std::string(line);
  return absl::StrCat(line.substr(0, kLongest), "... (", line.size(),
                      " bytes)");
}

}  // namespace procspec::wire
