// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/member.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::stress {
namespace {

// How often a process that waits looks whether its leader is still there.
constexpr absl::Duration kLook = absl::Seconds(1);

absl::StatusOr<List> ReceiveList(Connection& line) {
  PROCSPEC_ASSIGN_OR_RETURN(Value value, line.Recv());
  if (List* list = value.get_if<List>()) return std::move(*list);
  return value.As<List>().status();
}

}  // namespace

absl::StatusOr<Member> Member::Start(Backend& backend, std::string_view target,
                                     List arguments, int64_t id) {
  PROCSPEC_ASSIGN_OR_RETURN(ConnectionPair pipe, backend.NewPipe());
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t pid, backend.Pid());
  arguments.insert(arguments.begin(), {Value(pipe.second), Value(pid)});
  Member member;
  member.id_ = id;
  PROCSPEC_ASSIGN_OR_RETURN(
      member.process_, backend.NewProcess({.target = std::string(target),
                                           .arguments = {std::move(arguments)},
                                           .daemon = true}));
  PROCSPEC_RETURN_IF_ERROR(member.process_->Start());
  PROCSPEC_RETURN_IF_ERROR(pipe.second->Close());
  member.line_ = std::move(pipe.first);
  return member;
}

absl::StatusOr<std::optional<List>> Member::TryReceive() {
  PROCSPEC_ASSIGN_OR_RETURN(const bool readable,
                            line_->Poll(absl::ZeroDuration()));
  if (!readable) return std::nullopt;
  absl::StatusOr<List> message = ReceiveList(*line_);
  if (message.ok()) return std::optional<List>(*std::move(message));
  if (IsKind(message.status(), ErrorKind::kEndOfFile)) return std::nullopt;
  return message.status();
}

absl::Status Member::Kill(absl::Duration patience) {
  PROCSPEC_RETURN_IF_ERROR(process_->Kill());
  PROCSPEC_RETURN_IF_ERROR(process_->Join(patience));
  PROCSPEC_ASSIGN_OR_RETURN(const std::optional<int> code,
                            process_->ExitCode());
  if (!code.has_value()) {
    return absl::DeadlineExceededError(
        absl::StrCat("member ", id_, " was killed and has not ended"));
  }
  if (*code >= 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "member ", id_, " had ended by itself with exit code ", *code));
  }
  return absl::OkStatus();
}

absl::StatusOr<MemberLine> MemberLine::Open(Backend& backend,
                                            const Arguments& arguments) {
  PROCSPEC_ASSIGN_OR_RETURN(auto line, arguments.Get<Connection>(0));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t leader, arguments.Get<int64_t>(1));
  return MemberLine(backend, std::move(line), leader);
}

absl::StatusOr<std::optional<List>> MemberLine::Receive(
    absl::Duration timeout) {
  PROCSPEC_ASSIGN_OR_RETURN(const bool readable, line_->Poll(timeout));
  if (!readable) return std::nullopt;
  PROCSPEC_ASSIGN_OR_RETURN(List message, ReceiveList(*line_));
  return std::optional<List>(std::move(message));
}

absl::StatusOr<List> MemberLine::Receive() {
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(std::optional<List> message, Receive(kLook));
    if (message.has_value()) return *std::move(message);
    PROCSPEC_RETURN_IF_ERROR(CheckLeader());
  }
}

absl::Status MemberLine::CheckLeader() {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t parent, backend_->ParentPid());
  if (parent == leader_) return absl::OkStatus();
  return absl::CancelledError("the leader is gone");
}

absl::StatusOr<Value> RunMember(
    Backend& backend, const Arguments& arguments,
    absl::Status (*body)(MemberLine& line, const Arguments& arguments)) {
  PROCSPEC_ASSIGN_OR_RETURN(MemberLine line,
                            MemberLine::Open(backend, arguments));
  const absl::Status status = body(line, arguments);
  if (status.ok()) return Value();
  line.Send({kFailed, status.ToString()}).IgnoreError();
  return status;
}

absl::StatusOr<int64_t> IntAt(const List& message, size_t index) {
  if (index >= message.size()) return TypeError("the message is too short");
  return message[index].As<int64_t>();
}

}  // namespace procspec::stress
