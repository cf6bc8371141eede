// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_MEMBER_H_
#define PROCSPEC_CONFORMANCE_STRESS_MEMBER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/backend.h"

// A process of a load and the line between it and who leads the load: a pipe of
// its own, so that what a kill does to it concerns nobody else.
//
// Messages are lists that begin with a number of the load's own, from 0 on.

namespace procspec::stress {

// What a member that fails says before it ends: [kFailed, text].
inline constexpr int64_t kFailed = -1;

// The leader's side.
class Member {
 public:
  // Starts `target` with [line, the leader's pid, arguments...].
  static absl::StatusOr<Member> Start(Backend& backend, std::string_view target,
                                      List arguments, int64_t id);

  int64_t id() const { return id_; }
  Process& process() { return *process_; }

  absl::Status Send(List message) { return line_->Send(std::move(message)); }

  // nullopt: nothing is there now, or never will be.
  absl::StatusOr<std::optional<List>> TryReceive();

  // Kills it and waits for its end. Its line can still be read.
  //   DeadlineExceeded   it does not end
  //   FailedPrecondition it had ended by itself
  absl::Status Kill(absl::Duration patience);

  // For one that was told to end. nullopt: it has not yet.
  absl::StatusOr<std::optional<int>> ExitCode() { return process_->ExitCode(); }

 private:
  Member() = default;

  int64_t id_ = 0;
  std::shared_ptr<Process> process_;
  std::shared_ptr<Connection> line_;
};

// The member's side. Its calls return an error once the leader is gone.
class MemberLine {
 public:
  static absl::StatusOr<MemberLine> Open(Backend& backend,
                                         const Arguments& arguments);

  absl::Status Send(List message) { return line_->Send(std::move(message)); }

  // nullopt: nothing in time.
  absl::StatusOr<std::optional<List>> Receive(absl::Duration timeout);

  // Waits however long it takes.
  absl::StatusOr<List> Receive();

  // After a wait in vain for something else.
  absl::Status CheckLeader();

 private:
  MemberLine(Backend& backend, std::shared_ptr<Connection> line, int64_t leader)
      : backend_(&backend), line_(std::move(line)), leader_(leader) {}

  Backend* backend_;
  std::shared_ptr<Connection> line_;
  int64_t leader_;
};

// The arguments of a target begin here.
inline constexpr size_t kFirstArgument = 2;

// The body of a member: what it reports goes to the leader, too.
absl::StatusOr<Value> RunMember(
    Backend& backend, const Arguments& arguments,
    absl::Status (*body)(MemberLine& line, const Arguments& arguments));

// Element `index` of a message as an integer.
absl::StatusOr<int64_t> IntAt(const List& message, size_t index);

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_MEMBER_H_
