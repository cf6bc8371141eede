// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_STAGE_H_
#define PROCSPEC_CONFORMANCE_HARNESS_STAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "conformance/harness/timing.h"
#include "gtest/gtest.h"
#include "spec/value.h"

// The judge's own channel between a case and the targets it runs in other
// processes. Order comes from here, never from the object under test and never
// from sleeping. The child says what it saw; the case decides.
//
//   PROCSPEC_TARGET(GetOne) {
//     Actor actor(arguments.Get<std::string>(0), "getter");
//     PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(1));
//     PROCSPEC_RETURN_IF_ERROR(actor.Say("ready"));
//     PROCSPEC_RETURN_IF_ERROR(actor.Say(queue->Get()));
//     return Value();
//   }
//
//   PROCSPEC_CASE("queue.get.blocks") {
//     ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
//     ASSERT_OK(StartProcess("GetOne", {stage().address(), queue}));
//     EXPECT_THAT(stage().Expect("getter"), IsOkAndHolds("ready"));
//     EXPECT_TRUE(stage().IsSilent("getter", Observation()));
//     ASSERT_OK(queue->Put("item"));
//     EXPECT_THAT(stage().Expect("getter"), IsOkAndHolds("item"));
//   }
//
// It is a socket in the case's directory, on Windows a named pipe; there is no
// thread, because cases fork.

namespace procspec::harness {

// A message with its sender.
struct Said {
  std::string actor;
  absl::StatusOr<Value> outcome;
};

// The case's side. Not thread-safe; only for the process that opened it.
//
// What an actor says is an outcome, a value or an error, and arrives as the
// result of Expect: as if the case had made the call itself. Trouble with the
// stage itself (nobody came, nothing was said in time, the actor ended) is a
// status without an ErrorKind, so that Raises never mistakes it for the
// actor's.
//
// An actor is known by the name it gives. A name belongs to one live process at
// a time; a later process may take over the name of one that has ended.
class Stage {
 public:
  // `directory` is private to the case and must exist.
  static absl::StatusOr<std::unique_ptr<Stage>> Open(
      std::string_view directory);

  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // What a target needs to be an actor on this stage: pass it as an argument.
  virtual const std::string& address() const = 0;

  // What the actor says next. Waits for it to connect and to speak.
  //   DeadlineExceeded    nothing in time
  //   Unavailable         the actor's process ended, and said no more
  //   FailedPrecondition  two live processes use the name
  virtual absl::StatusOr<Value> Expect(std::string_view actor,
                                       absl::Duration patience = Guard()) = 0;

  // The same for whoever of these speaks first; of any actor if none is named.
  // Unavailable only when each of them has ended.
  virtual absl::StatusOr<Said> ExpectAny(
      const std::vector<std::string>& actors = {},
      absl::Duration patience = Guard()) = 0;

  // Answers the actor's Await. Waits for it to connect, not for it to listen.
  virtual absl::Status Cue(std::string_view actor,
                           const Value& value = Value()) = 0;

  // That the actor says nothing, and lives, for this long: it is still blocked.
  // False also if it has never connected: first Expect a word from it that
  // tells that it is about to block.
  virtual testing::AssertionResult IsSilent(std::string_view actor,
                                            absl::Duration duration) = 0;

  // Waits until the actor's process has ended, however it did, without asking
  // the object under test. What it said before can still be expected.
  //
  // The trap: a connection ends with the last process that holds a copy of it.
  // Children that an actor forks give theirs up at once, through
  // pthread_atfork; under a backend that forks without fork(3), they do so only
  // when they become actors themselves.
  virtual absl::Status ExpectGone(std::string_view actor,
                                  absl::Duration patience = Guard()) = 0;

  // The process id of the actor as the system knows it, and not as the object
  // under test tells. Waits for it to connect.
  virtual absl::StatusOr<int64_t> PidOf(std::string_view actor) = 0;

  // The names of all that have connected so far, in order.
  virtual std::vector<std::string> Actors() = 0;

 protected:
  Stage() = default;
};

namespace stage_internal {
class Line;
}

// A target's side. An actor is its process: the connection stays when this
// object goes, until the process ends, and a second Actor of the same name in
// the same process continues it. So a pool's worker may construct one in each
// task, and ExpectGone means the process. Which process that is, when a target
// runs elsewhere than in the process it speaks for, actor_host.h tells.
//
// When the case is over or has died, every call reports an error, so nobody is
// left waiting: return it from the target.
//
// Thread-safety: one thread at a time for each name.
class Actor {
 public:
  // The address as it came in the arguments. Errors, the address's too, are
  // kept for the calls below.
  Actor(const absl::StatusOr<std::string>& address, std::string_view name);

  // Tells the case a value or an outcome. Returns when it is sent. A message of
  // more than some 100 kB may wait until the case expects something.
  absl::Status Say(const Value& value);
  absl::Status Say(const absl::Status& outcome);
  template <typename T>
  absl::Status Say(const absl::StatusOr<T>& outcome) {
    if (!outcome.ok()) return Say(outcome.status());
    return Say(ToValue(*outcome));
  }

  // Waits for a cue, and returns what came with it.
  absl::StatusOr<Value> Await();

 private:
  template <typename T>
  static Value ToValue(const T& value) {
    return Value(value);
  }
  template <typename T>
  static Value ToValue(const std::optional<T>& value) {
    return value.has_value() ? Value(*value) : Value();
  }

  absl::Status error_;
  std::shared_ptr<stage_internal::Line> line_;
};

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_STAGE_H_
