// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/private_ipc.h"

namespace procspec::runner {

std::string_view IpcWatchName(IpcWatch watch) {
  switch (watch) {
    case IpcWatch::kNone:
      return "none";
    case IpcWatch::kCompared:
      return "compared";
    case IpcWatch::kPrivate:
      return "private";
    case IpcWatch::kPrivateByUserNamespace:
      return "private-by-user-namespace";
    case IpcWatch::kNothingOutlives:
      return "nothing-outlives";
  }
  return "none";
}

std::optional<IpcWatch> ParseIpcWatch(std::string_view name) {
  for (IpcWatch watch :
       {IpcWatch::kNone, IpcWatch::kCompared, IpcWatch::kPrivate,
        IpcWatch::kPrivateByUserNamespace, IpcWatch::kNothingOutlives}) {
    if (IpcWatchName(watch) == name) return watch;
  }
  return std::nullopt;
}

}  // namespace procspec::runner
