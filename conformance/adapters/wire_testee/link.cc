// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire_testee/link.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace procspec::wire_testee {

void Vanish() {
  kill(getpid(), SIGKILL);
  std::abort();  // not reached
}

void Refuse(const absl::Status& why) {
  std::fprintf(stderr, "wire_testee: %s\n", why.ToString().c_str());
  Vanish();
}

std::optional<Json> Link::Receive() {
  size_t searched = 0;
  size_t end;
  while ((end = buffer_.find('\n', searched)) == std::string::npos) {
    searched = buffer_.size();
    if (searched > wire::kMaxLine) {
      Refuse(wire::Violation("a line is too long"));
    }
    if (!socket_->Read(buffer_)) return std::nullopt;
  }
  absl::StatusOr<Json> message =
      wire::ParseLine(std::string_view(buffer_).substr(0, end));
  if (!message.ok()) Refuse(message.status());
  buffer_.erase(0, end + 1);
  return *std::move(message);
}

}  // namespace procspec::wire_testee
