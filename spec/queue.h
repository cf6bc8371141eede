// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_QUEUE_H_
#define PROCSPEC_SPEC_QUEUE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/shareable.h"
#include "spec/value.h"

namespace procspec {

// A queue between any number of processes: each item reaches exactly one
// getter; the items of one producer keep their order (queue.put-get.fifo,
// queue.multi-producer).
//
// Bounded: with a positive maxsize at most that many items are in the queue,
// over all processes together. Otherwise there is no limit and Put never waits.
//
// Buffering: Put returns without waiting for a consumer while the bound leaves
// room, whatever the item's size; what does not fit into the shared part waits
// in the putting process and is passed on in the background. A process that
// ends normally first passes on everything it has put, unless it called
// CancelJoinThread (queue.exit-waits-for-flush, queue.cancel-join-thread).
//
// A process killed at any instant loses at most the items it had put and not
// yet passed on, and the one it was getting; it never blocks the others.
//
// Timeouts: InfiniteDuration waits for ever; zero and negative are one
// immediate attempt. A timed call never reports Full or Empty before its time.
//
// Put, Get, PutBytes and GetBytes report Closed after Close in this process.
class Queue : public Shareable {
 public:
  HandleKind handle_kind() const override { return HandleKind::kQueue; }

  // Full: no room in time; the item is not in the queue.
  // Sharing, Serialisation: the value cannot travel; nothing changed.
  virtual absl::Status Put(
      const Value& value,
      absl::Duration timeout = absl::InfiniteDuration()) = 0;

  // Empty: no item in time. Serialisation: the item was not put by Put; it is
  // consumed.
  virtual absl::StatusOr<Value> Get(
      absl::Duration timeout = absl::InfiniteDuration()) = 0;

  // The same without values: an item of exactly these bytes. GetBytes replaces
  // the content of `item` and reuses its storage.
  virtual absl::Status PutBytes(
      std::string_view item,
      absl::Duration timeout = absl::InfiniteDuration()) = 0;
  virtual absl::Status GetBytes(
      std::string& item, absl::Duration timeout = absl::InfiniteDuration()) = 0;

  absl::Status TryPut(const Value& value) {
    return Put(value, absl::ZeroDuration());
  }
  absl::StatusOr<Value> TryGet() { return Get(absl::ZeroDuration()); }

  // Items put and not yet got, counted when Put returns (so also those still
  // buffered). Others may change it at any time.
  virtual absl::StatusOr<int64_t> Size() = 0;

  // Whether a Get would find nothing now. Right after a Put it may still be
  // true; it turns false without further calls.
  virtual absl::StatusOr<bool> Empty() = 0;

  // Whether the bound is reached now, counted when Put returns. False without
  // a bound.
  virtual absl::StatusOr<bool> Full() = 0;

  // This process will put and get no more. Nobody else is told; what was put
  // is still delivered. Again: no effect.
  virtual absl::Status Close() = 0;

  // Waits until everything this process has put is passed on. Misuse: before
  // Close.
  virtual absl::Status JoinThread() = 0;

  // This process may end without passing on what it has put.
  virtual absl::Status CancelJoinThread() = 0;
};

// A queue that counts unfinished work.
class JoinableQueue : public Queue {
 public:
  HandleKind handle_kind() const final { return HandleKind::kJoinableQueue; }

  // One item that was got is finished. Value: more often than items were put.
  virtual absl::Status TaskDone() = 0;

  // Blocks until TaskDone was called, by any process, once for each item put.
  virtual absl::Status Join() = 0;
};

// A queue without a bound, without timeouts and without background work: Put
// writes in the caller and may wait for room.
class SimpleQueue : public Shareable {
 public:
  HandleKind handle_kind() const final { return HandleKind::kSimpleQueue; }

  // Every call but Close reports Closed after Close in this process.
  virtual absl::Status Put(const Value& value) = 0;
  virtual absl::StatusOr<Value> Get() = 0;
  // Exact once a Put has returned.
  virtual absl::StatusOr<bool> Empty() = 0;
  virtual absl::Status Close() = 0;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_QUEUE_H_
