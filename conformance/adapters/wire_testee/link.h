// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_LINK_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_LINK_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "conformance/adapters/wire/message.h"
#include "conformance/adapters/wire_testee/socket.h"

namespace procspec::wire_testee {

using wire::Json;

// Ends this process at once, without cleaning up: the judge is gone.
[[noreturn]] void Vanish();

// The same with a word on standard error: the judge sent what it must not, or
// cannot be reached.
[[noreturn]] void Refuse(const absl::Status& why);

// One connection to the judge: messages, a line each. One thread at a time.
class Link {
 public:
  explicit Link(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}

  // `line` ends with its line break. False: the judge has ended it.
  bool Send(const std::string& line) { return socket_->Write(line); }

  // Waits for a message; nullopt: the judge has ended it. What is no JSON
  // object on a line of at most wire::kMaxLine bytes is refused.
  std::optional<Json> Receive();

 private:
  std::unique_ptr<Socket> socket_;
  std::string buffer_;
};

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_LINK_H_
