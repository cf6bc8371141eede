// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/run.h"

#include <exception>
#include <typeinfo>

#include "absl/strings/str_cat.h"
#include "reference/os/stream.h"
#include "spec/error.h"

namespace procspec::reference {

absl::StatusOr<Value> CallGuardedForValue(
    absl::FunctionRef<absl::StatusOr<Value>()> call) {
  // Not catch (...): that is also how a cancelled thread leaves.
  try {
    return call();
  } catch (const std::exception& error) {
    return RaisedError(typeid(error).name(), error.what());
  }
}

absl::Status CallGuarded(absl::FunctionRef<absl::StatusOr<Value>()> call) {
  return CallGuardedForValue(call).status();
}

void ReportError(std::string_view who, const absl::Status& status) {
  const ErrorDetail detail = DetailOf(status);
  std::string text = absl::StrCat(who, ":\n", detail.traceback);
  if (!detail.traceback.empty() && text.back() != '\n') text += '\n';
  absl::StrAppend(&text, detail.type, ": ", detail.message, "\n");
  os::FlushStandardStreams();
  (void)os::Write(StandardStream::kErr, text);
}

}  // namespace procspec::reference
