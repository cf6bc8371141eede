// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_SHAREABLE_H_
#define PROCSPEC_SPEC_SHAREABLE_H_

#include <memory>
#include <string_view>

namespace procspec {

// What a handle inside a Value refers to. Closed; switched without default.
enum class HandleKind {
  kConnection,
  kQueue,
  kJoinableQueue,
  kSimpleQueue,
  kLock,
  kRLock,
  kSemaphore,
  kBoundedSemaphore,
  kCondition,
  kEvent,
  kBarrier,
  kLocalObject,
};

// "Queue" for kQueue: for messages.
std::string_view HandleKindName(HandleKind kind);

// An object that several processes can use. It reaches a child only through
// inheritance: inside the arguments of a process that is being started, or in
// the initializer arguments of a pool. Anywhere else (in a queue item, over a
// connection, in a pool task) a handle is refused with the Sharing error
// (clauses queue.share.inheritance-only, sync.pickle-outside-spawn).
//
// Thread-safety: every operation of a shareable object may be called from any
// thread of any process that holds it, unless its own header says otherwise.
class Shareable {
 public:
  Shareable() = default;
  Shareable(const Shareable&) = delete;
  Shareable& operator=(const Shareable&) = delete;
  virtual ~Shareable() = default;

  virtual HandleKind handle_kind() const = 0;
};

using Handle = std::shared_ptr<Shareable>;

// The one deliberately unserialisable handle. A child started by fork inherits
// it; every other way to move it reports the Serialisation error. It exists so
// that "cannot be serialised" can be tested on any backend.
class LocalObject : public Shareable {
 public:
  HandleKind handle_kind() const final { return HandleKind::kLocalObject; }
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_SHAREABLE_H_
