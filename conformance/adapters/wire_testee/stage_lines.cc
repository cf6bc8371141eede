// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire_testee/stage_lines.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/message.h"
#include "spec/status_macros.h"

namespace procspec::wire_testee {
namespace {

absl::Status NoSuchLine(int64_t line) {
  return wire::Violation(absl::StrCat("this process has no line ", line));
}

}  // namespace

absl::StatusOr<int64_t> StageLines::Connect(const std::string& address) {
  PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket,
                            Socket::Connect(address));
  std::lock_guard lock(mutex_);
  lines_[++last_line_] = std::move(socket);
  return last_line_;
}

absl::StatusOr<bool> StageLines::Write(int64_t line, std::string_view data) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Socket> socket, Find(line));
  return socket->Write(data);
}

absl::StatusOr<std::optional<std::string>> StageLines::Read(int64_t line) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Socket> socket, Find(line));
  std::string data;
  if (!socket->Read(data)) return std::optional<std::string>();
  return std::optional<std::string>(std::move(data));
}

absl::Status StageLines::Close(int64_t line) {
  std::shared_ptr<Socket> socket;  // closed after the mutex
  std::lock_guard lock(mutex_);
  auto it = lines_.find(line);
  if (it == lines_.end()) return NoSuchLine(line);
  socket = std::move(it->second);
  lines_.erase(it);
  // Whoever reads it holds it open.
  socket->Shutdown();
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Socket>> StageLines::Find(int64_t line) {
  std::lock_guard lock(mutex_);
  auto it = lines_.find(line);
  if (it == lines_.end()) return NoSuchLine(line);
  return it->second;
}

}  // namespace procspec::wire_testee
