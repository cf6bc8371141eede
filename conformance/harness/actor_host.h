// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_ACTOR_HOST_H_
#define PROCSPEC_CONFORMANCE_HARNESS_ACTOR_HOST_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "conformance/harness/stage_line.h"

// Where an Actor (stage.h) connects from.
//
// An actor is its process: the end of its connection is the end of the process,
// and the pid of its connection the process's. Under a foreign backend the
// target's body runs on a thread of the judge, but the actor has to be the
// foreign process. So whoever calls the target says which process it speaks
// for:
//
//   class ForeignProcess : public harness::ActorHost { ... };
//
//   harness::ScopedActorHost host(&process);
//   CallTarget(backend, name, arguments);

namespace procspec::harness {

// Another process that is an actor. It has its own lines to stages: a second
// Actor of the same name with the same host continues the first one's, with
// another host it is another actor.
//
// Thread-safety: several threads may be actors of one host, each name one
// thread at a time.
class ActorHost {
 public:
  ActorHost();
  // The actors of this host end, unless an Actor still holds its line, which
  // then has the end that Connect gave: that must do without the host.
  // No call may be going on.
  virtual ~ActorHost();
  ActorHost(const ActorHost&) = delete;
  ActorHost& operator=(const ActorHost&) = delete;

  // A connection of that process to the stage at this address. Its calls may
  // wait; its destructor must not wait for the case.
  virtual absl::StatusOr<std::unique_ptr<stage_internal::ActorEnd>> Connect(
      const std::string& address) = 0;

 protected:
  // Forgets all lines. First thing in the destructor of a host whose ends need
  // it.
  void DropLines();

 private:
  friend class stage_internal::Line;
  using Key = std::pair<std::string, std::string>;  // address and name

  // Null: it has none.
  std::shared_ptr<stage_internal::Line> Find(const Key& key);
  void Keep(const Key& key, std::shared_ptr<stage_internal::Line> line);

  // Of all hosts: a stage that goes is forgotten, for another one may come to
  // have its address.
  static void ForgetAll(const std::string& address);

  std::mutex mutex_;
  stage_internal::Lines lines_;
};

// The calling thread speaks for this host while this lives, and for the former
// one afterwards; nullptr: for the process itself, whatever the default is. The
// host must live longer. For the thread that made it.
class ScopedActorHost {
 public:
  explicit ScopedActorHost(ActorHost* host);
  ~ScopedActorHost();
  ScopedActorHost(const ScopedActorHost&) = delete;
  ScopedActorHost& operator=(const ScopedActorHost&) = delete;

 private:
  const std::optional<ActorHost*> former_;
};

// The host of threads that have none of their own; nullptr, as at first: the
// process itself. For a program's main process, whose target is called by
// others than the adapter. A host that is destroyed is the default no longer.
void SetDefaultActorHost(ActorHost* host);

// The calling thread's; null: the process itself.
ActorHost* CurrentActorHost();

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_ACTOR_HOST_H_
