// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_PROGRAM_FRONT_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_PROGRAM_FRONT_H_

#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "conformance/adapters/wire/main_process.h"
#include "conformance/adapters/wire/socket.h"

namespace procspec::wire {

// The process that a case takes for the main process of a program: it does
// nothing but end as the testee's main process does. The judge of the program
// is a child of it, for it may have to go on: with processes of the testee that
// live longer than their main process.
class ProgramFront {
 public:
  // Makes two processes of this one, which must have one thread. The one that
  // it was becomes the front, and does not return from here; the other one goes
  // on as the judge. The front ends as that does which is told first, or as the
  // judge, if that ends without having told anything.
  static absl::StatusOr<std::unique_ptr<ProgramFront>> Split();

  ProgramFront(const ProgramFront&) = delete;
  ProgramFront& operator=(const ProgramFront&) = delete;

  // Of the main process. Again: no effect. Thread-safe.
  void Tell(const ProcessEnd& end);

  // Something arrives on it when the front has ended, and not before.
  const Channel& channel() const { return channel_; }

 private:
  explicit ProgramFront(int fd) : channel_(fd) {}

  std::mutex mutex_;
  bool told_ = false;
  Channel channel_;
};

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_PROGRAM_FRONT_H_
