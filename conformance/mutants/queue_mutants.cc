// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Mutants for spec/clauses/queue.md. Those that go wrong only now and then, or
// only on some values, do so to break one clause and not its neighbours.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "conformance/harness/timing.h"
#include "conformance/mutants/common_ground.h"
#include "conformance/mutants/forward.h"
#include "conformance/mutants/maker.h"
#include "conformance/mutants/mutant.h"
#include "spec/error.h"
#include "spec/queue.h"
#include "spec/status_macros.h"

namespace procspec::mutants {
namespace {

constexpr size_t kLarge = size_t{1} << 20;

template <typename Q>
bool RegisterQueue(std::string name, std::vector<ClauseId> breaks,
                   std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<Wrapping<Q, Queue>>(
      {.name = std::move(name),
       .breaks = std::move(breaks),
       .collateral = std::move(collateral),
       .touches = {Capability::kQueue}});
}

template <typename B>
bool RegisterQueues(std::string name, std::vector<ClauseId> breaks,
                    std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<B>({.name = std::move(name),
                            .breaks = std::move(breaks),
                            .collateral = std::move(collateral),
                            .touches = {Capability::kQueue}});
}

template <typename Q>
bool RegisterSimpleQueue(std::string name, std::vector<ClauseId> breaks) {
  return RegisterMutant<Wrapping<Q, SimpleQueue>>(
      {.name = std::move(name),
       .breaks = std::move(breaks),
       .touches = {Capability::kSimpleQueue}});
}

template <typename Q>
bool RegisterJoinableQueue(std::string name, std::vector<ClauseId> breaks,
                           std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<Wrapping<Q, JoinableQueue>>(
      {.name = std::move(name),
       .breaks = std::move(breaks),
       .collateral = std::move(collateral),
       .touches = {Capability::kJoinableQueue}});
}

// Whether `value` is or contains a handle to a queue.
bool ContainsQueue(const Value& value) {
  if (value.HandleAs<Queue>().ok()) return true;
  if (const List* list = value.get_if<List>()) {
    return std::any_of(list->begin(), list->end(), ContainsQueue);
  }
  if (const Dict* dict = value.get_if<Dict>()) {
    return std::any_of(dict->begin(), dict->end(), [](const auto& entry) {
      return ContainsQueue(entry.second);
    });
  }
  return false;
}

// The error, of another kind: `from` becomes `to`.
absl::Status Instead(const absl::Status& status, ErrorKind from, ErrorKind to) {
  if (!IsKind(status, from)) return status;
  return MakeError(to, status.message());
}
template <typename T>
absl::StatusOr<T> Instead(absl::StatusOr<T> result, ErrorKind from,
                          ErrorKind to) {
  if (result.ok()) return result;
  return Instead(result.status(), from, to);
}

bool IsTimed(absl::Duration timeout) {
  return timeout > absl::ZeroDuration() && timeout != absl::InfiniteDuration();
}

// --- Order and number --------------------------------------------------------

class PutsTwice : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    if (++puts_ == 30) PROCSPEC_RETURN_IF_ERROR(inner().Put(value, timeout));
    return ForwardQueue::Put(value, timeout);
  }

 private:
  int puts_ = 0;
};
const bool puts_twice = RegisterQueue<PutsTwice>(
    "queue-puts-an-item-twice", {"queue.multi-producer.exactly-once"},
    {"queue.put-get.fifo", "queue.fork-after-use"});

// Late enough to spare whoever wants a few items in order.
class SwapsItems : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (held_.has_value()) return *std::exchange(held_, std::nullopt);
    PROCSPEC_ASSIGN_OR_RETURN(Value one, inner().Get(timeout));
    if (++gets_ < 15 || swapped_ || one.get_if<List>() == nullptr) return one;
    absl::StatusOr<Value> other = inner().Get(absl::ZeroDuration());
    if (!other.ok()) return one;
    if (AreOfOneProducer(one, *other)) {
      swapped_ = true;
      std::swap(one, *other);
    }
    held_ = *std::move(other);
    return one;
  }

 private:
  static bool AreOfOneProducer(const Value& a, const Value& b) {
    const List* one = a.get_if<List>();
    const List* other = b.get_if<List>();
    return one != nullptr && other != nullptr && !one->empty() &&
           !other->empty() && one->front() == other->front();
  }

  int gets_ = 0;
  bool swapped_ = false;
  std::optional<Value> held_;
};
const bool swaps_items = RegisterQueue<SwapsItems>(
    "queue-swaps-items-of-one-producer",
    {"queue.put-get.fifo", "queue.multi-producer.producer-order"});

class GivesTextForBytes : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(Value item, inner().Get(timeout));
    const Bytes* bytes = item.get_if<Bytes>();
    if (bytes == nullptr || bytes->data.size() > kLarge) return item;
    return Value(bytes->data);
  }
};
const bool gives_text_for_bytes = RegisterQueue<GivesTextForBytes>(
    "queue-gives-text-for-bytes", {"queue.value-kinds"});

// As if an end marker had a meaning to the queue: who was working passes it on.
class EndsAllConsumers : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(Value item, inner().Get(timeout));
    if (!item.is_none()) {
      worked_ = true;
    } else if (std::exchange(worked_, false)) {
      PROCSPEC_RETURN_IF_ERROR(inner().Put(item));
    }
    return item;
  }

 private:
  bool worked_ = false;
};
const bool ends_all_consumers = RegisterQueue<EndsAllConsumers>(
    "queue-end-marker-is-for-all", {"queue.sentinel-per-consumer"});

// --- Get ---------------------------------------------------------------------

class EndlessGetGivesUp : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (timeout == absl::InfiniteDuration()) timeout = absl::Milliseconds(20);
    return inner().Get(timeout);
  }
};
const bool endless_get_gives_up = RegisterQueue<EndlessGetGivesUp>(
    "queue-endless-get-gives-up", {"queue.get.blocks"},
    {"queue.reader-terminated-blocked",
     "queue.terminate-idle-reader-pattern.reader-ends",
     "queue.terminate-idle-reader-pattern.program-ends"});

class TryGetTimesOut : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    absl::StatusOr<Value> item = inner().Get(timeout);
    if (timeout != absl::ZeroDuration()) return item;
    return Instead(std::move(item), ErrorKind::kEmpty, ErrorKind::kTimeout);
  }
};
const bool try_get_times_out = RegisterQueue<TryGetTimesOut>(
    "queue-get-nowait-reports-timeout",
    {"queue.get.nonblocking-empty", "queue.get.zero-negative-timeout"});

class GetRefusesNegative : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (timeout < absl::ZeroDuration()) return ValueError("negative timeout");
    return inner().Get(timeout);
  }
};
const bool get_refuses_negative = RegisterQueue<GetRefusesNegative>(
    "queue-get-refuses-negative-timeouts", {"queue.get.zero-negative-timeout"});

class GetIsEarly : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return inner().Get(IsTimed(timeout) ? timeout / 2 : timeout);
  }
};
const bool get_is_early = RegisterQueue<GetIsEarly>(
    "queue-get-times-out-early", {"queue.get.timeout-empty"});

// With a long timeout it looks only now and then.
class GetOversleeps : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (timeout <= harness::HangGuard() ||
        timeout == absl::InfiniteDuration()) {
      return inner().Get(timeout);
    }
    const absl::Time end = absl::Now() + timeout;
    while (true) {
      absl::StatusOr<Value> item = inner().Get(absl::ZeroDuration());
      if (item.ok() || absl::Now() >= end) return item;
      absl::SleepFor(std::min(end - absl::Now(), harness::HangGuard()));
    }
  }
};
const bool get_oversleeps = RegisterQueue<GetOversleeps>(
    "queue-get-sleeps-through-arrivals", {"queue.get.timeout-item"});

// --- Put ---------------------------------------------------------------------

class LargePutWaits : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    PROCSPEC_RETURN_IF_ERROR(ForwardQueue::Put(value, timeout));
    const Bytes* bytes = value.get_if<Bytes>();
    if (bytes == nullptr || bytes->data.size() <= kLarge) {
      return absl::OkStatus();
    }
    const absl::Time end = absl::Now() + timeout;
    while (inner().Size().value_or(0) > 0) {
      if (absl::Now() >= end) return FullError();
      absl::SleepFor(absl::Milliseconds(1));
    }
    return absl::OkStatus();
  }
};
const bool large_put_waits = RegisterQueue<LargePutWaits>(
    "queue-large-put-waits-for-consumer", {"queue.put.default"});

class SpoilsLargeValues : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(Value item, inner().Get(timeout));
    Bytes* bytes = item.get_if<Bytes>();
    if (bytes != nullptr && bytes->data.size() > kLarge) {
      bytes->data[kLarge] = static_cast<char>(~bytes->data[kLarge]);
    }
    return item;
  }
};
const bool spoils_large_values = RegisterQueue<SpoilsLargeValues>(
    "queue-spoils-large-values", {"queue.put.large-value"});

class EndlessPutGivesUp : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    if (timeout == absl::InfiniteDuration()) timeout = absl::Milliseconds(20);
    return ForwardQueue::Put(value, timeout);
  }
};
const bool endless_put_gives_up = RegisterQueue<EndlessPutGivesUp>(
    "queue-endless-put-gives-up", {"queue.put.blocks-when-full"});

class TryPutTimesOut : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    const absl::Status status = ForwardQueue::Put(value, timeout);
    if (timeout != absl::ZeroDuration()) return status;
    return Instead(status, ErrorKind::kFull, ErrorKind::kTimeout);
  }
};
const bool try_put_times_out = RegisterQueue<TryPutTimesOut>(
    "queue-put-nowait-reports-timeout",
    {"queue.put.nonblocking-full", "queue.put.zero-negative-timeout"},
    {"queue.put.full-not-enqueued"});

class PutRefusesNegative : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    if (timeout < absl::ZeroDuration()) return ValueError("negative timeout");
    return ForwardQueue::Put(value, timeout);
  }
};
const bool put_refuses_negative = RegisterQueue<PutRefusesNegative>(
    "queue-put-refuses-negative-timeouts", {"queue.put.zero-negative-timeout"});

class PutIsEarly : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    return ForwardQueue::Put(value, IsTimed(timeout) ? timeout / 2 : timeout);
  }
};
const bool put_is_early = RegisterQueue<PutIsEarly>("queue-put-times-out-early",
                                                    {"queue.put.timeout-full"});

class RefusedPutComesLater : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    absl::Status status = ForwardQueue::Put(value, timeout);
    if (IsFull(status)) refused_ = value;
    return status;
  }
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    absl::StatusOr<Value> item = inner().Get(timeout);
    if (item.ok() && refused_.has_value()) {
      (void)inner().Put(*std::exchange(refused_, std::nullopt),
                        absl::ZeroDuration());
    }
    return item;
  }

 private:
  std::optional<Value> refused_;
};
const bool refused_put_comes_later = RegisterQueue<RefusedPutComesLater>(
    "queue-refused-put-comes-later", {"queue.put.full-not-enqueued"});

// --- The bound ---------------------------------------------------------------

// Each process has a bound of its own.
class CountsForItself : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

  absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize) override {
    if (maxsize <= 0) return ForwardBackend::NewQueue(maxsize);
    making_ = maxsize;
    absl::StatusOr<std::shared_ptr<Queue>> queue = ForwardBackend::NewQueue(0);
    making_ = 0;
    return queue;
  }

  using ForwardBackend::Wrap;
  std::shared_ptr<Queue> Wrap(std::shared_ptr<Queue> queue) override {
    if (making_ == 0) return queue;
    return std::make_shared<Bounded>(*this, std::move(queue), making_);
  }

 private:
  class Bounded : public ForwardQueue {
   public:
    Bounded(ForwardBackend& backend, std::shared_ptr<Queue> queue,
            int64_t maxsize)
        : ForwardQueue(std::move(queue)), maker_(backend), maxsize_(maxsize) {}
    absl::Status Put(const Value& value, absl::Duration timeout) override {
      const absl::Time end = absl::Now() + timeout;
      while (count() >= maxsize_ && inner().Size().value_or(0) >= maxsize_) {
        if (absl::Now() >= end) return FullError();
        absl::SleepFor(absl::Milliseconds(1));
      }
      ++count();
      return ForwardQueue::Put(value, timeout);
    }
    absl::StatusOr<Value> Get(absl::Duration timeout) override {
      absl::StatusOr<Value> item = inner().Get(timeout);
      if (item.ok()) --count();
      return item;
    }
    absl::StatusOr<bool> Full() override { return count() >= maxsize_; }

   private:
    int64_t& count() { return maker_.IsThis() ? of_maker_ : of_child_; }

    const Maker maker_;
    const int64_t maxsize_;
    int64_t of_maker_ = 0;
    int64_t of_child_ = 0;
  };

  int64_t making_ = 0;
};
const bool counts_for_itself = RegisterQueues<CountsForItself>(
    "queue-bound-is-for-each-process", {"queue.bounded-across-processes"},
    {"queue.put.blocks-when-full"});

class AlwaysBounded : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize) override {
    return ForwardBackend::NewQueue(maxsize > 0 ? maxsize : 20'000);
  }
};
const bool always_bounded = RegisterQueues<AlwaysBounded>(
    "queue-always-has-a-bound", {"queue.maxsize.nonpositive"});

// --- Questions ---------------------------------------------------------------

template <bool kAnswer>
class EmptyAlways : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<bool> Empty() override { return kAnswer; }
};
const bool never_empty = RegisterQueue<EmptyAlways<false>>(
    "queue-is-never-empty", {"queue.empty.nothing-waits"});
const bool always_empty = RegisterQueue<EmptyAlways<true>>(
    "queue-is-always-empty", {"queue.empty.item-waits"});

template <bool kAnswer>
class FullAlways : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<bool> Full() override { return kAnswer; }
};
const bool never_full = RegisterQueue<FullAlways<false>>(
    "queue-is-never-full", {"queue.full.at-bound"});
const bool always_full = RegisterQueue<FullAlways<true>>(
    "queue-is-always-full", {"queue.full.below-bound"});

class MissesTheLastPut : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<int64_t> Size() override {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t size, inner().Size());
    return std::max<int64_t>(size - 1, 0);
  }
};
const bool misses_the_last_put = RegisterQueue<MissesTheLastPut>(
    "queue-size-misses-the-last-put", {"queue.qsize"});

class FirstTryFindsNothing : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (timeout == absl::ZeroDuration() && !std::exchange(tried_, true)) {
      return EmptyError();
    }
    return inner().Get(timeout);
  }

 private:
  bool tried_ = false;
};
const bool first_try_finds_nothing = RegisterQueue<FirstTryFindsNothing>(
    "queue-first-try-finds-nothing", {"queue.visible-after-producer-joined"});

// --- Close, JoinThread -------------------------------------------------------

class ClosedIsValueError : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    return Instead(ForwardQueue::Put(value, timeout), ErrorKind::kClosed,
                   ErrorKind::kValue);
  }
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return Instead(inner().Get(timeout), ErrorKind::kClosed, ErrorKind::kValue);
  }
};
const bool closed_is_value_error = RegisterQueue<ClosedIsValueError>(
    "queue-closed-reports-value", {"queue.close.put-get-raise"});

class CloseOnlyOnce : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Close() override {
    if (std::exchange(closed_, true)) return ClosedError("closed before");
    return inner().Close();
  }

 private:
  bool closed_ = false;
};
const bool close_only_once = RegisterQueue<CloseOnlyOnce>(
    "queue-second-close-is-refused", {"queue.close.idempotent"});

// Close leaves word for the consumers, each of which passes it on.
class CloseIsForAll : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Close() override {
    (void)inner().Put(Word());
    return inner().Close();
  }
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(Value item, inner().Get(timeout));
    if (item != Word()) return item;
    PROCSPEC_RETURN_IF_ERROR(inner().Put(item));
    return ClosedError("closed elsewhere");
  }

 private:
  static Value Word() { return Bytes{"closed"}; }
};
const bool close_is_for_all =
    RegisterQueue<CloseIsForAll>("queue-close-is-for-all-processes",
                                 {"queue.close.local-only.no-signal",
                                  "queue.close.local-only.others-continue"});

class CloseDropsAnItem : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Close() override {
    (void)inner().Get(absl::ZeroDuration());
    return inner().Close();
  }
};
const bool close_drops_an_item = RegisterQueue<CloseDropsAnItem>(
    "queue-close-drops-an-item", {"queue.close.flushes"},
    {"queue.join-thread.after-close.flushed"});

class JoinThreadForgives : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status JoinThread() override {
    const absl::Status status = inner().JoinThread();
    return IsKind(status, ErrorKind::kMisuse) ? absl::OkStatus() : status;
  }
};
const bool join_thread_forgives = RegisterQueue<JoinThreadForgives>(
    "queue-join-thread-needs-no-close", {"queue.join-thread.before-close"});

class JoinThreadDoesNotWait : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Close() override {
    closed_ = true;
    return inner().Close();
  }
  absl::Status JoinThread() override {
    return closed_ ? absl::OkStatus() : inner().JoinThread();
  }

 private:
  bool closed_ = false;
};
const bool join_thread_does_not_wait = RegisterQueue<JoinThreadDoesNotWait>(
    "queue-join-thread-does-not-wait",
    {"queue.join-thread.after-close.flushed"});

class JoinThreadWantsPuts : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    has_put_ = true;
    return ForwardQueue::Put(value, timeout);
  }
  absl::Status JoinThread() override {
    if (!has_put_) return MisuseError("nothing to join");
    return inner().JoinThread();
  }

 private:
  bool has_put_ = false;
};
const bool join_thread_wants_puts = RegisterQueue<JoinThreadWantsPuts>(
    "queue-join-thread-wants-puts",
    {"queue.join-thread.after-close.nothing-put"});

// --- The end of a process ----------------------------------------------------

// What is not passed on when a target returns is lost.
class EndDoesNotFlush : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Wrap;
  std::shared_ptr<Queue> Wrap(std::shared_ptr<Queue> queue) override {
    queues_.push_back(queue);
    return std::make_shared<ForwardQueue>(std::move(queue));
  }
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    absl::StatusOr<Value> result = ForwardBackend::Invoke(target, arguments);
    for (const std::weak_ptr<Queue>& weak : queues_) {
      if (auto queue = weak.lock()) (void)queue->CancelJoinThread();
    }
    return result;
  }

 private:
  std::vector<std::weak_ptr<Queue>> queues_;
};
const bool end_does_not_flush = RegisterQueues<EndDoesNotFlush>(
    "queue-end-does-not-flush", {"queue.exit-waits-for-flush"});

// A child ends only when everything is read.
class EndWaitsForReader : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Wrap;
  std::shared_ptr<Queue> Wrap(std::shared_ptr<Queue> queue) override {
    auto wrapper = std::make_shared<Watched>(*this, std::move(queue));
    queues_.push_back(wrapper);
    return wrapper;
  }
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    absl::StatusOr<Value> result = ForwardBackend::Invoke(target, arguments);
    for (const std::weak_ptr<Watched>& weak : queues_) {
      if (auto queue = weak.lock()) queue->WaitUntilRead();
    }
    return result;
  }

 private:
  class Watched : public ForwardQueue {
   public:
    Watched(ForwardBackend& backend, std::shared_ptr<Queue> queue)
        : ForwardQueue(std::move(queue)), maker_(backend) {}
    absl::Status Put(const Value& value, absl::Duration timeout) override {
      child_has_put_ = !maker_.IsThis();
      return ForwardQueue::Put(value, timeout);
    }
    absl::Status CancelJoinThread() override {
      cancelled_ = true;
      return inner().CancelJoinThread();
    }
    void WaitUntilRead() {
      if (!child_has_put_ || cancelled_) return;
      const absl::Time end = absl::Now() + 1.2 * harness::HangGuard();
      while (inner().Size().value_or(0) > 0 && absl::Now() < end) {
        absl::SleepFor(absl::Milliseconds(1));
      }
    }

   private:
    const Maker maker_;
    bool child_has_put_ = false;
    bool cancelled_ = false;
  };

  std::vector<std::weak_ptr<Watched>> queues_;
};
const bool end_waits_for_reader = RegisterQueues<EndWaitsForReader>(
    "queue-end-waits-for-reader", {"queue.exit-small-item"},
    // The latter leaves items unread, and so its children.
    {"queue.visible-after-producer-joined", "queue.bounded-across-processes"});

class CannotCancel : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status CancelJoinThread() override { return absl::OkStatus(); }
};
const bool cannot_cancel =
    RegisterQueue<CannotCancel>("queue-cancel-join-thread-does-nothing",
                                {"queue.cancel-join-thread.prompt-end"});

// --- Sharing -----------------------------------------------------------------

class DropsQueues : public ForwardQueue {
 public:
  using ForwardQueue::ForwardQueue;
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    const absl::Status status = ForwardQueue::Put(value, timeout);
    return IsKind(status, ErrorKind::kSharing) ? absl::OkStatus() : status;
  }
};
const bool drops_queues =
    RegisterQueue<DropsQueues>("queue-put-of-a-queue-seems-to-work",
                               {"queue.share.inheritance-only.queue"});

class SendsNoQueues : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::Status Send(const Value& value) override {
    if (ContainsQueue(value)) return absl::OkStatus();
    return ForwardConnection::Send(value);
  }
};
const bool sends_no_queues =
    RegisterMutant<Wrapping<SendsNoQueues, Connection>>(
        {.name = "queue-send-of-a-queue-seems-to-work",
         .breaks = {"queue.share.inheritance-only.connection"},
         .touches = {Capability::kPipe}});

// Queues inside of other arguments arrive as new ones.
class NestedQueuesAreNew : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    Arguments changed = arguments;
    for (Value& value : changed.args) {
      if (value.get_if<Handle>() != nullptr) continue;
      PROCSPEC_ASSIGN_OR_RETURN(value, WithNewQueues(value));
    }
    return ForwardBackend::Invoke(target, changed);
  }

 private:
  absl::StatusOr<Value> WithNewQueues(const Value& value) {
    if (value.HandleAs<Queue>().ok()) {
      PROCSPEC_ASSIGN_OR_RETURN(auto queue, NewQueue(0));
      return Value(queue);
    }
    if (const List* list = value.get_if<List>()) {
      List changed;
      for (const Value& item : *list) {
        PROCSPEC_ASSIGN_OR_RETURN(Value other, WithNewQueues(item));
        changed.push_back(std::move(other));
      }
      return Value(std::move(changed));
    }
    if (const Dict* dict = value.get_if<Dict>()) {
      Dict changed;
      for (const auto& [key, item] : *dict) {
        PROCSPEC_ASSIGN_OR_RETURN(Value other, WithNewQueues(item));
        changed.emplace(key, std::move(other));
      }
      return Value(std::move(changed));
    }
    return value;
  }
};
const bool nested_queues_are_new = RegisterQueues<NestedQueuesAreNew>(
    "queue-nested-argument-is-another-queue", {"queue.share.argument"});

class GlobalIsNew : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<Value> Global(std::string_view name) override {
    PROCSPEC_ASSIGN_OR_RETURN(Value value, ForwardBackend::Global(name));
    if (!value.HandleAs<Queue>().ok()) return value;
    PROCSPEC_ASSIGN_OR_RETURN(auto queue, NewQueue(0));
    return Value(queue);
  }
};
const bool global_is_new = RegisterQueues<GlobalIsNew>(
    "queue-inherited-global-is-another-queue", {"queue.share.global"});

// A forked child has the parent's last item, and sends it again with its first.
class ForkCopiesBuffer : public ForwardQueue {
 public:
  ForkCopiesBuffer(ForwardBackend& backend, std::shared_ptr<Queue> queue)
      : ForwardQueue(std::move(queue)), maker_(backend) {}
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    if (maker_.IsThis()) {
      last_ = value;
    } else if (last_.has_value()) {
      PROCSPEC_RETURN_IF_ERROR(
          inner().Put(*std::exchange(last_, std::nullopt), timeout));
    }
    return ForwardQueue::Put(value, timeout);
  }

 private:
  const Maker maker_;
  std::optional<Value> last_;
};
const bool fork_copies_buffer = RegisterQueue<ForkCopiesBuffer>(
    "queue-fork-sends-the-buffer-again", {"queue.fork-after-use"});

// --- Readers that are terminated ---------------------------------------------

// To terminate a reader counts as a failure: its own, and the program's.
class TerminatedReaderFailed : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    return std::make_shared<Reader>(*this, std::move(process));
  }
  int FinishProgram(int status) override {
    return inner().FinishProgram(failed_ ? 1 : status);
  }

 private:
  class Reader : public ForwardProcess {
   public:
    Reader(TerminatedReaderFailed& backend, std::shared_ptr<Process> process)
        : ForwardProcess(backend, std::move(process)), backend_(backend) {}
    absl::Status Start() override {
      // They are the child's afterwards.
      const List& args = inner().arguments().args;
      is_reader_ = std::any_of(args.begin(), args.end(), ContainsQueue);
      return inner().Start();
    }
    absl::Status Terminate() override {
      terminated_ = is_reader_;
      if (terminated_) backend_.failed_ = true;
      return inner().Terminate();
    }
    absl::StatusOr<std::optional<int>> ExitCode() override {
      PROCSPEC_ASSIGN_OR_RETURN(const auto code, inner().ExitCode());
      if (terminated_ && code.has_value()) return std::optional<int>(1);
      return code;
    }

   private:
    TerminatedReaderFailed& backend_;
    bool is_reader_ = false;
    bool terminated_ = false;
  };

  bool failed_ = false;
};
const bool terminated_reader_failed = RegisterQueues<TerminatedReaderFailed>(
    "queue-terminated-reader-counts-as-failure",
    {"queue.terminate-idle-reader-pattern.reader-ends",
     "queue.terminate-idle-reader-pattern.program-ends"});

// --- SimpleQueue -------------------------------------------------------------

class SimpleSwapsItems : public ForwardSimpleQueue {
 public:
  using ForwardSimpleQueue::ForwardSimpleQueue;
  absl::StatusOr<Value> Get() override {
    if (held_.has_value()) return *std::exchange(held_, std::nullopt);
    PROCSPEC_ASSIGN_OR_RETURN(Value one, inner().Get());
    if (++gets_ != 50) return one;
    PROCSPEC_ASSIGN_OR_RETURN(Value other, inner().Get());
    held_ = std::move(one);
    return other;
  }

 private:
  int gets_ = 0;
  std::optional<Value> held_;
};
const bool simple_swaps_items = RegisterSimpleQueue<SimpleSwapsItems>(
    "simplequeue-swaps-items", {"simplequeue.put-get.fifo"});

class SimpleEmptyLags : public ForwardSimpleQueue {
 public:
  using ForwardSimpleQueue::ForwardSimpleQueue;
  absl::Status Put(const Value& value) override {
    lags_ = ++puts_ > 1;
    return ForwardSimpleQueue::Put(value);
  }
  absl::StatusOr<bool> Empty() override {
    absl::StatusOr<bool> empty = inner().Empty();
    if (empty.ok() && std::exchange(lags_, false)) return true;
    return empty;
  }

 private:
  int puts_ = 0;
  bool lags_ = false;
};
const bool simple_empty_lags = RegisterSimpleQueue<SimpleEmptyLags>(
    "simplequeue-empty-lags", {"simplequeue.put-get.empty-exact"});

class SimplePutHidesErrors : public ForwardSimpleQueue {
 public:
  using ForwardSimpleQueue::ForwardSimpleQueue;
  absl::Status Put(const Value& value) override {
    const absl::Status status = ForwardSimpleQueue::Put(value);
    return IsKind(status, ErrorKind::kSerialisation) ? absl::OkStatus()
                                                     : status;
  }
};
const bool simple_put_hides_errors = RegisterSimpleQueue<SimplePutHidesErrors>(
    "simplequeue-put-hides-errors", {"simplequeue.put-synchronous.error"});

class SimpleClosedIsValueError : public ForwardSimpleQueue {
 public:
  using ForwardSimpleQueue::ForwardSimpleQueue;
  absl::Status Put(const Value& value) override {
    return Instead(ForwardSimpleQueue::Put(value), ErrorKind::kClosed,
                   ErrorKind::kValue);
  }
  absl::StatusOr<bool> Empty() override {
    return Instead(inner().Empty(), ErrorKind::kClosed, ErrorKind::kValue);
  }
};
const bool simple_closed_is_value_error =
    RegisterSimpleQueue<SimpleClosedIsValueError>(
        "simplequeue-closed-reports-value",
        {"simplequeue.close.reports-closed"});

class SimpleCloseOnlyOnce : public ForwardSimpleQueue {
 public:
  using ForwardSimpleQueue::ForwardSimpleQueue;
  absl::Status Close() override {
    if (std::exchange(closed_, true)) return ClosedError("closed before");
    return inner().Close();
  }

 private:
  bool closed_ = false;
};
const bool simple_close_only_once = RegisterSimpleQueue<SimpleCloseOnlyOnce>(
    "simplequeue-second-close-is-refused", {"simplequeue.close.idempotent"});

// --- JoinableQueue -----------------------------------------------------------

class JoinWaitsUntilEmpty : public ForwardJoinableQueue {
 public:
  using ForwardJoinableQueue::ForwardJoinableQueue;
  absl::Status Join() override {
    while (inner().Size().value_or(0) > 0) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    return absl::OkStatus();
  }
};
const bool join_waits_until_empty = RegisterJoinableQueue<JoinWaitsUntilEmpty>(
    "joinablequeue-join-waits-until-empty", {"joinablequeue.join-waits"});

class JoinWantsPuts : public ForwardJoinableQueue {
 public:
  JoinWantsPuts(ForwardBackend& backend, std::shared_ptr<JoinableQueue> queue)
      : ForwardJoinableQueue(std::move(queue)), maker_(backend) {}
  absl::Status Put(const Value& value, absl::Duration timeout) override {
    has_put_ = true;
    return ForwardJoinableQueue::Put(value, timeout);
  }
  absl::Status Join() override {
    if (!has_put_ && maker_.IsThis()) return MisuseError("nothing to join");
    return inner().Join();
  }

 private:
  const Maker maker_;
  bool has_put_ = false;
};
const bool join_wants_puts = RegisterJoinableQueue<JoinWantsPuts>(
    "joinablequeue-join-wants-puts", {"joinablequeue.join-empty"});

class TaskDoneForgives : public ForwardJoinableQueue {
 public:
  using ForwardJoinableQueue::ForwardJoinableQueue;
  absl::Status TaskDone() override {
    const absl::Status status = inner().TaskDone();
    return IsKind(status, ErrorKind::kValue) ? absl::OkStatus() : status;
  }
};
const bool task_done_forgives = RegisterJoinableQueue<TaskDoneForgives>(
    "joinablequeue-task-done-is-never-too-much",
    {"joinablequeue.task-done-excess"});

class TaskDoneIsLocal : public ForwardJoinableQueue {
 public:
  TaskDoneIsLocal(ForwardBackend& backend, std::shared_ptr<JoinableQueue> queue)
      : ForwardJoinableQueue(std::move(queue)), maker_(backend) {}
  absl::Status TaskDone() override {
    return maker_.IsThis() ? inner().TaskDone() : absl::OkStatus();
  }

 private:
  const Maker maker_;
};
const bool task_done_is_local = RegisterJoinableQueue<TaskDoneIsLocal>(
    "joinablequeue-task-done-counts-in-its-process",
    {"joinablequeue.across-processes.task-done"},
    {"joinablequeue.daemon-consumers"});

// Of those that wait, one returns.
class WakesOneJoiner : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Wrap;
  std::shared_ptr<JoinableQueue> Wrap(
      std::shared_ptr<JoinableQueue> queue) override {
    return std::make_shared<OneJoiner>(std::move(queue), ground_);
  }

 private:
  class OneJoiner : public ForwardJoinableQueue {
   public:
    OneJoiner(std::shared_ptr<JoinableQueue> queue, const CommonGround& ground)
        : ForwardJoinableQueue(std::move(queue)), ground_(ground) {}
    absl::Status Join() override {
      const absl::Time start = absl::Now();
      const absl::Status status = inner().Join();
      const bool waited = absl::Now() - start > absl::Milliseconds(50);
      if (status.ok() && waited && !ground_.First("joiner")) {
        absl::SleepFor(absl::Seconds(20));
      }
      return status;
    }

   private:
    const CommonGround& ground_;
  };

  const CommonGround ground_{inner()};
};
const bool wakes_one_joiner = RegisterMutant<WakesOneJoiner>(
    {.name = "joinablequeue-wakes-one-joiner",
     .breaks = {"joinablequeue.across-processes.all-joiners"},
     .touches = {Capability::kJoinableQueue}});

// A process that has the queue is never daemonic.
class ConsumersAreNotDaemons : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    for (const Value& value : options.arguments.args) {
      if (value.HandleAs<JoinableQueue>().ok()) options.daemon = false;
    }
    return ForwardBackend::NewProcess(std::move(options));
  }
};
const bool consumers_are_not_daemons = RegisterMutant<ConsumersAreNotDaemons>(
    {.name = "joinablequeue-consumers-are-not-daemonic",
     .breaks = {"joinablequeue.daemon-consumers"},
     .touches = {Capability::kJoinableQueue}});

class JoinableIsUnbounded : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<JoinableQueue>> NewJoinableQueue(
      int64_t) override {
    return ForwardBackend::NewJoinableQueue(0);
  }
};
const bool joinable_is_unbounded = RegisterMutant<JoinableIsUnbounded>(
    {.name = "joinablequeue-has-no-bound",
     .breaks = {"joinablequeue.queue-api"},
     .touches = {Capability::kJoinableQueue}});

}  // namespace
}  // namespace procspec::mutants
