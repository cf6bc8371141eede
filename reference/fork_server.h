// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_FORK_SERVER_H_
#define PROCSPEC_REFERENCE_FORK_SERVER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "reference/os/handle.h"
#include "reference/os/process.h"

namespace procspec::reference {

// The fork server of this process: one for all its backends, made when the
// first child is started, and again when it has died or the environment has
// changed. It goes with the last keeper, and in the exit work. A forked child
// has none until it needs one of its own. Thread-safe.

// A backend whose children it makes has one of these.
class ForkServerKeeper {
 public:
  ForkServerKeeper();
  ~ForkServerKeeper();
  ForkServerKeeper(const ForkServerKeeper&) = delete;
  ForkServerKeeper& operator=(const ForkServerKeeper&) = delete;
};

// As os::ForkServer::Start, by the server of this process; Os if a new one ends
// at once. While there is a keeper.
absl::StatusOr<os::Child> StartByForkServer(
    std::string_view bytes, absl::Span<const os::NativeHandle> handles);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_FORK_SERVER_H_
