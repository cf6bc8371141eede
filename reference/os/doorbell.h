// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_DOORBELL_H_
#define PROCSPEC_REFERENCE_OS_DOORBELL_H_

#include <utility>

#include "absl/status/statusor.h"
#include "reference/os/handle.h"
#include "reference/os/time.h"

namespace procspec::os {

// One end of a line that carries no data, only two facts: somebody rang, and no
// copy of the other end is left. The second is the system's own knowledge, so
// it is true however the holders of those copies ended.
//
// Copies: every handle of the same end, in whichever process; a forked child
// has one of each. Thread-safe, but for the destructor.
class Doorbell {
 public:
  // Two connected ends.
  static absl::StatusOr<std::pair<Doorbell, Doorbell>> NewPair();

  // Gets what the calling thread needs for it and keeps to its end.
  static void PrepareThread();

  explicit Doorbell(UniqueFile file) : file_(std::move(file)) {}

  // Ends a Wait at the other end, now or later. False: nobody is left there.
  bool Ring() const;

  // Until the other end rings or is gone, or the deadline. May return early.
  void Wait(Deadline deadline) const;

  bool OtherEndGone() const;

  NativeHandle handle() const { return file_.get(); }

  // Gives this copy up. While nobody else uses the object.
  void Close() { file_.reset(); }

 private:
  UniqueFile file_;
};

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_DOORBELL_H_
