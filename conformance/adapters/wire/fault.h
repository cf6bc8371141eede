// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_FAULT_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_FAULT_H_

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace procspec::wire {

// Where is told what a testee does against the protocol. The first fault is
// reported and ends the work with the testee; others are then its consequences.
// Thread-safe.
class FaultSink {
 public:
  // Both are called with the first fault, on the thread that tells it. They
  // must not wait for anything.
  FaultSink(std::function<void(std::string_view hint)> report,
            std::function<void()> give_up);
  FaultSink(const FaultSink&) = delete;
  FaultSink& operator=(const FaultSink&) = delete;

  // `hint`: what was sent, what came, and what should have.
  void Report(std::string_view hint);

  bool reported() const;

  // From now on `give_up` is not called. Waits for a call that is going on.
  void Detach();

 private:
  const std::function<void(std::string_view hint)> report_;
  mutable std::mutex mutex_;
  bool reported_ = false;
  std::function<void()> give_up_;
};

// What every operation gives once its process is gone. Of no kind: it is no
// outcome of the operation.
absl::Status GoneError(std::string_view process);

// For hints: the beginning of a message.
std::string Excerpt(std::string_view line);

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_FAULT_H_
