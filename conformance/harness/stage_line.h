// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_STAGE_LINE_H_
#define PROCSPEC_CONFORMANCE_HARNESS_STAGE_LINE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The operating system's part of stage.h: bytes between the case and its
// actors, both ways and in order, and the end of a process, which ends its
// connection.
//
// Nothing here is inherited by a program that is started. The case's side has
// no thread, because cases fork: what arrives waits in the system.

namespace procspec::harness::stage_internal {

class Line;  // stage.cc

enum class ReadOutcome { kData, kNothing, kEnd };

// The actor's end.
class ActorEnd {
 public:
  // Requires the lock of LockLines.
  static absl::StatusOr<std::unique_ptr<ActorEnd>> Connect(
      const std::string& address);

  // Closes it. Takes the lock of LockLines.
  virtual ~ActorEnd() = default;
  ActorEnd(const ActorEnd&) = delete;
  ActorEnd& operator=(const ActorEnd&) = delete;

  // False in a child that was forked: it has given this up.
  virtual bool IsOfThisProcess() const = 0;

  // Waits until all is sent; false: the case is over.
  virtual bool Write(std::string_view data) = 0;

  // Waits until something has arrived, and appends it. Never kNothing.
  virtual ReadOutcome Read(std::string& buffer) = 0;

 protected:
  ActorEnd() = default;
};

// What this process has as an actor, by address and name.
using Lines =
    std::map<std::pair<std::string, std::string>, std::shared_ptr<Line>>;

// In a child that was forked they are empty, and its parent's ends are closed.
struct LockedLines {
  std::unique_lock<std::mutex> lock;
  Lines& lines;
};
LockedLines LockLines();

// The case's end of an actor's connection. Nothing waits. Goes before its
// listener.
class CaseEnd {
 public:
  virtual ~CaseEnd() = default;
  CaseEnd(const CaseEnd&) = delete;
  CaseEnd& operator=(const CaseEnd&) = delete;

  // The actor's process, as the system knows it.
  virtual int64_t pid() const = 0;

  // Appends a part of what has arrived.
  virtual ReadOutcome Read(std::string& buffer) = 0;

  // How much of it was sent, which may be nothing; nullopt: the actor ended.
  virtual std::optional<size_t> Write(std::string_view data) = 0;

  // For a little while, until more can be sent.
  virtual void WaitUntilWritable() = 0;

 protected:
  CaseEnd() = default;
};

// Where actors connect.
class Listener {
 public:
  // `directory` must exist.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(
      std::string_view directory);

  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  virtual const std::string& address() const = 0;

  // Null: nobody has come.
  virtual std::unique_ptr<CaseEnd> Accept() = 0;

  // Waits until somebody has come or there is something to read from one of
  // `ends`; false: not in time. It may be true too often.
  virtual bool Wait(const std::vector<CaseEnd*>& ends,
                    absl::Duration patience) = 0;

 protected:
  Listener() = default;
};

}  // namespace procspec::harness::stage_internal

#endif  // PROCSPEC_CONFORMANCE_HARNESS_STAGE_LINE_H_
