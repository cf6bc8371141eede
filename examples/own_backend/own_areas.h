// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef OWN_BACKEND_OWN_AREAS_H_
#define OWN_BACKEND_OWN_AREAS_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "spec/connection.h"
#include "spec/sync.h"

// An area a file, each as Backend says. Forked children share what they
// inherit.
namespace own {

// own_pipe.cc: over a pair of sockets.
absl::StatusOr<procspec::ConnectionPair> NewPipe(bool duplex);

// own_sync.cc: over semaphores in shared memory.
absl::StatusOr<std::shared_ptr<procspec::Lock>> NewLock();
absl::StatusOr<std::shared_ptr<procspec::Semaphore>> NewSemaphore(
    int64_t value);

}  // namespace own

#endif  // OWN_BACKEND_OWN_AREAS_H_
