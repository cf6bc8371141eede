// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_CONNECTION_H_
#define PROCSPEC_REFERENCE_CONNECTION_H_

#include "absl/status/statusor.h"
#include "spec/connection.h"

namespace procspec::reference {

// A pipe: one Ring (reference/ring.h) for each direction, and an os::Doorbell
// that carries no data. The doorbell is how an end learns that no copy of the
// other one is left, and what its reader sleeps on, so that both a message and
// the other end's death wake it.
//
// Who sends finds out about a dead reader without asking the system each time:
// it asks when a copy of the other end was closed, when this process has seen a
// child end, when a microsecond or two have passed since it last asked (nobody
// learns of a death sooner), when it has to wait for space and when it has to
// wake the reader.
absl::StatusOr<ConnectionPair> NewPipe(bool duplex);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_CONNECTION_H_
