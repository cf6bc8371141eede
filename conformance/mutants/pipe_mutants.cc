// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Mutants for spec/clauses/pipe.md. Those that go wrong only now and then, or
// only on some messages, do so to break one clause and not its neighbours.

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
#include "absl/types/span.h"
#include "conformance/harness/timing.h"
#include "conformance/mutants/forward.h"
#include "conformance/mutants/maker.h"
#include "conformance/mutants/mutant.h"
#include "spec/connection.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::mutants {
namespace {

constexpr size_t kSmall = 1000;
constexpr size_t kLarge = size_t{1} << 20;

template <typename C>
bool RegisterPipe(std::string name, std::vector<ClauseId> breaks,
                  std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<Wrapping<C, Connection>>(
      {.name = std::move(name),
       .breaks = std::move(breaks),
       .collateral = std::move(collateral),
       .touches = {Capability::kPipe}});
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

// Shows every receive and its outcome to one function.
class WatchedReceives : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<Value> Recv() override {
    return Watched(ForwardConnection::Recv());
  }
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    return Watched(ForwardConnection::RecvBytes(max_length));
  }
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset) override {
    return Watched(ForwardConnection::RecvBytesInto(buffer, offset));
  }

 protected:
  // What a receive reports that has come to `status`; OK stays OK.
  virtual absl::Status AfterReceive(const absl::Status& status) = 0;

 private:
  template <typename T>
  absl::StatusOr<T> Watched(absl::StatusOr<T> result) {
    const absl::Status status = AfterReceive(result.status());
    if (result.ok()) return result;
    return status;
  }
};

// A connection that knows the other end of its pipe.
class PairedConnection : public ForwardConnection {
 public:
  PairedConnection(ForwardBackend& backend, std::shared_ptr<Connection> inner)
      : ForwardConnection(std::move(inner)), maker_(backend) {}
  void SetOther(const std::shared_ptr<PairedConnection>& other) {
    made_here_ = true;
    other_ = other;
  }

 protected:
  std::shared_ptr<PairedConnection> other() const { return other_.lock(); }
  // Whether this is the process that made the pipe. In a child the object may
  // be the maker's, copied by the fork, or a new one.
  bool InMaker() const { return made_here_ && maker_.IsThis(); }

 private:
  const Maker maker_;
  bool made_here_ = false;
  std::weak_ptr<PairedConnection> other_;
};

// Pipes whose ends are of the class C, derived from PairedConnection.
template <typename C>
class Pairing : public Wrapping<C, Connection> {
 public:
  using Wrapping<C, Connection>::Wrapping;
  absl::StatusOr<ConnectionPair> NewPipe(bool duplex) override {
    PROCSPEC_ASSIGN_OR_RETURN(ConnectionPair pipe,
                              (Wrapping<C, Connection>::NewPipe(duplex)));
    auto first = std::static_pointer_cast<C>(pipe.first);
    auto second = std::static_pointer_cast<C>(pipe.second);
    first->SetOther(second);
    second->SetOther(first);
    return pipe;
  }
};

template <typename C>
bool RegisterPair(std::string name, std::vector<ClauseId> breaks) {
  return RegisterMutant<Pairing<C>>({.name = std::move(name),
                                     .breaks = std::move(breaks),
                                     .touches = {Capability::kPipe}});
}

// --- Ends and directions -----------------------------------------------------

// In its maker, an end can do only what it has done first.
class ReceiverCannotAnswer : public PairedConnection {
 public:
  using PairedConnection::PairedConnection;
  absl::Status Send(const Value& value) override {
    if (only_receives_) return WrongDirectionError("this end receives");
    has_sent_ = true;
    return PairedConnection::Send(value);
  }
  absl::StatusOr<Value> Recv() override {
    absl::StatusOr<Value> value = inner().Recv();
    if (value.ok() && InMaker() && !has_sent_) only_receives_ = true;
    return value;
  }

 private:
  bool has_sent_ = false;
  bool only_receives_ = false;
};
const bool receiver_cannot_answer = RegisterPair<ReceiverCannotAnswer>(
    "pipe-receiver-cannot-answer", {"pipe.duplex.default.both-ways"});

class SpoilsAnswersOfChildren : public PairedConnection {
 public:
  using PairedConnection::PairedConnection;
  absl::Status Send(const Value& value) override {
    const int64_t* number = value.get_if<int64_t>();
    if (InMaker() || !has_received_ || number == nullptr) {
      return PairedConnection::Send(value);
    }
    return PairedConnection::Send(*number + 1);
  }
  absl::StatusOr<Value> Recv() override {
    absl::StatusOr<Value> value = inner().Recv();
    if (value.ok()) has_received_ = true;
    return value;
  }

 private:
  bool has_received_ = false;
};
const bool spoils_answers_of_children = RegisterPair<SpoilsAnswersOfChildren>(
    "pipe-spoils-the-numbers-that-children-answer", {"pipe.between-processes"});

class DuplexSaysNotWritable : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  bool writable() const override {
    return inner().writable() && !inner().readable();
  }
};
const bool duplex_says_not_writable = RegisterPipe<DuplexSaysNotWritable>(
    "pipe-duplex-says-it-is-not-writable", {"pipe.duplex.default.flags"});

class SimplexLosesText : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<Value> Recv() override {
    PROCSPEC_ASSIGN_OR_RETURN(Value value, inner().Recv());
    if (!inner().writable() && value.get_if<std::string>() != nullptr) {
      return Value();
    }
    return value;
  }
};
const bool simplex_loses_text = RegisterPipe<SimplexLosesText>(
    "pipe-simplex-loses-text", {"pipe.simplex.roles.transfer"});

class SimplexSaysItIsDuplex : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  bool readable() const override { return true; }
  bool writable() const override { return true; }
};
const bool simplex_says_it_is_duplex = RegisterPipe<SimplexSaysItIsDuplex>(
    "pipe-simplex-says-it-is-duplex", {"pipe.simplex.roles.flags"});

class SendOnReceiverIsMisuse : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::Status Send(const Value& value) override {
    return Instead(ForwardConnection::Send(value), ErrorKind::kWrongDirection,
                   ErrorKind::kMisuse);
  }
  absl::Status SendBytes(std::string_view message) override {
    return Instead(ForwardConnection::SendBytes(message),
                   ErrorKind::kWrongDirection, ErrorKind::kMisuse);
  }
};
const bool send_on_receiver_is_misuse =
    RegisterPipe<SendOnReceiverIsMisuse>("pipe-send-on-receiver-reports-misuse",
                                         {"pipe.simplex.wrong-direction.send"});

class ReceiveOnSenderIsMisuse : public ForwardConnection {
 public:
  explicit ReceiveOnSenderIsMisuse(std::shared_ptr<Connection> inner)
      : ForwardConnection(std::move(inner)),
        only_sends_(!this->inner().readable()) {}
  absl::StatusOr<Value> Recv() override {
    if (only_sends_) return MisuseError("this end sends");
    return inner().Recv();
  }
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    if (only_sends_) return false;
    return inner().Poll(timeout);
  }

 private:
  const bool only_sends_;
};
const bool receive_on_sender_is_misuse = RegisterPipe<ReceiveOnSenderIsMisuse>(
    "pipe-receive-on-sender-reports-misuse",
    {"pipe.simplex.wrong-direction.receive"});

class RefusalSpoilsNextMessage : public WatchedReceives {
 public:
  using WatchedReceives::WatchedReceives;
  absl::Status SendBytes(std::string_view message) override {
    return inner().SendBytes(std::exchange(refused_, false) ? "" : message);
  }

 protected:
  absl::Status AfterReceive(const absl::Status& status) override {
    if (IsKind(status, ErrorKind::kWrongDirection)) refused_ = true;
    return status;
  }

 private:
  bool refused_ = false;
};
const bool refusal_spoils_next_message = RegisterPipe<RefusalSpoilsNextMessage>(
    "pipe-refused-receive-spoils-the-next-message",
    {"pipe.simplex.wrong-direction.harmless"});

// --- Values ------------------------------------------------------------------

class GivesTextForBytes : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<Value> Recv() override {
    PROCSPEC_ASSIGN_OR_RETURN(Value value, inner().Recv());
    const Bytes* bytes = value.get_if<Bytes>();
    if (bytes == nullptr || bytes->data.size() > kSmall) return value;
    return Value(bytes->data);
  }
};
const bool gives_text_for_bytes = RegisterPipe<GivesTextForBytes>(
    "pipe-gives-text-for-bytes", {"pipe.send-recv.object.equal"});

class SwapsMessages : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<Value> Recv() override {
    if (held_.has_value()) return *std::exchange(held_, std::nullopt);
    PROCSPEC_ASSIGN_OR_RETURN(Value one, inner().Recv());
    if (++receives_ != 30) return one;
    PROCSPEC_ASSIGN_OR_RETURN(Value other, inner().Recv());
    held_ = std::move(one);
    return other;
  }

 private:
  int receives_ = 0;
  std::optional<Value> held_;
};
const bool swaps_messages = RegisterPipe<SwapsMessages>(
    "pipe-swaps-messages", {"pipe.send-recv.object.order"});

// Looks at the value only when it is asked for. Of all values, only lists of
// one text are sent so late: no case lets such a one go before it has arrived.
class SendsLate : public PairedConnection {
 public:
  using PairedConnection::PairedConnection;
  absl::Status Send(const Value& value) override {
    const List* list = value.get_if<List>();
    if (list == nullptr || list->size() != 1 ||
        list->front().get_if<std::string>() == nullptr) {
      return PairedConnection::Send(value);
    }
    late_ = &value;
    return absl::OkStatus();
  }
  absl::StatusOr<Value> Recv() override {
    if (auto sender = std::static_pointer_cast<SendsLate>(other())) {
      if (sender->late_ != nullptr) {
        PROCSPEC_RETURN_IF_ERROR(
            sender->PairedConnection::Send(*sender->late_));
        sender->late_ = nullptr;
      }
    }
    return inner().Recv();
  }

 private:
  const Value* late_ = nullptr;
};
const bool sends_late =
    RegisterPair<SendsLate>("pipe-sends-late", {"pipe.send.copy-semantics"});

// The first receive on an end that came as an argument does not wait.
class FirstReceiveGivesUp : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    for (const Value& value : arguments.args) {
      if (auto end = value.HandleAs<Connection>(); end.ok()) {
        if (auto* argument = dynamic_cast<End*>(end->get())) argument->Arm();
      }
    }
    return ForwardBackend::Invoke(target, arguments);
  }
  using ForwardBackend::Wrap;
  std::shared_ptr<Connection> Wrap(std::shared_ptr<Connection> end) override {
    return std::make_shared<End>(std::move(end));
  }

 private:
  class End : public ForwardConnection {
   public:
    using ForwardConnection::ForwardConnection;
    void Arm() { armed_ = true; }
    absl::StatusOr<Value> Recv() override {
      if (std::exchange(armed_, false)) {
        PROCSPEC_ASSIGN_OR_RETURN(const bool ready,
                                  inner().Poll(absl::ZeroDuration()));
        if (!ready) return EndOfFileError();
      }
      return inner().Recv();
    }

   private:
    bool armed_ = false;
  };
};
const bool first_receive_gives_up = RegisterMutant<FirstReceiveGivesUp>(
    {.name = "pipe-first-receive-does-not-wait",
     .breaks = {"pipe.recv.blocks"},
     .touches = {Capability::kPipe}});

// --- The end of the other side -----------------------------------------------

class EndOfUnusedPipe : public WatchedReceives {
 public:
  using WatchedReceives::WatchedReceives;

 protected:
  absl::Status AfterReceive(const absl::Status& status) override {
    if (status.ok()) has_received_ = true;
    if (has_received_) return status;
    return Instead(status, ErrorKind::kEndOfFile, ErrorKind::kBrokenPipe);
  }

 private:
  bool has_received_ = false;
};
const bool end_of_unused_pipe = RegisterPipe<EndOfUnusedPipe>(
    "pipe-end-of-an-unused-pipe-reports-broken-pipe", {"pipe.recv.eof"});

class EndOfFileOnlyOnce : public WatchedReceives {
 public:
  using WatchedReceives::WatchedReceives;

 protected:
  absl::Status AfterReceive(const absl::Status& status) override {
    if (!IsEndOfFile(status) || !std::exchange(ended_, true)) return status;
    return ClosedError("it has ended");
  }

 private:
  bool ended_ = false;
};
const bool end_of_file_only_once = RegisterPipe<EndOfFileOnlyOnce>(
    "pipe-second-end-of-file-reports-closed", {"pipe.recv.eof-repeated"});

class CloseDropsMessages : public PairedConnection {
 public:
  using PairedConnection::PairedConnection;
  absl::Status Close() override {
    auto receiver = std::static_pointer_cast<CloseDropsMessages>(other());
    if (InMaker() && receiver != nullptr) receiver->DropAll();
    return inner().Close();
  }

 private:
  void DropAll() {
    while (inner().Poll(absl::ZeroDuration()).value_or(false)) {
      if (!inner().RecvBytes().ok()) return;
    }
  }
};
const bool close_drops_messages = RegisterPair<CloseDropsMessages>(
    "pipe-close-drops-what-was-sent", {"pipe.recv.data-before-eof"});

// An end that was given to a child is never closed here, whatever Close says.
class KeepsWhatItPassed : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    for (const Value& value : options.arguments.args) {
      if (auto end = value.HandleAs<Connection>(); end.ok()) {
        if (auto* passed = dynamic_cast<End*>(end->get())) passed->Keep();
      }
    }
    return ForwardBackend::NewProcess(std::move(options));
  }
  using ForwardBackend::Wrap;
  std::shared_ptr<Connection> Wrap(std::shared_ptr<Connection> end) override {
    return std::make_shared<End>(std::move(end));
  }

 private:
  class End : public ForwardConnection {
   public:
    using ForwardConnection::ForwardConnection;
    void Keep() { keep_ = true; }
    absl::Status Close() override {
      return keep_ ? absl::OkStatus() : inner().Close();
    }

   private:
    bool keep_ = false;
  };
};
const bool keeps_what_it_passed = RegisterMutant<KeepsWhatItPassed>(
    {.name = "pipe-keeps-the-ends-it-passed",
     .breaks = {"pipe.recv.eof-on-peer-exit.ended",
                "pipe.recv.eof-on-peer-exit.killed"},
     .collateral = {"pipe.send.broken"},
     .touches = {Capability::kPipe}});

// To have closed one's own copy is taken for the end of the other side.
class OwnCloseIsTheEnd : public PairedConnection {
 public:
  using PairedConnection::PairedConnection;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    auto sender = other();
    if (InMaker() && sender != nullptr && sender->closed()) return true;
    return inner().Poll(timeout);
  }
  absl::StatusOr<Value> Recv() override {
    auto sender = other();
    if (InMaker() && sender != nullptr && sender->closed() &&
        !inner().Poll(absl::ZeroDuration()).value_or(false)) {
      return EndOfFileError();
    }
    return inner().Recv();
  }
};
const bool own_close_is_the_end = RegisterPair<OwnCloseIsTheEnd>(
    "pipe-ends-with-the-first-copy", {"pipe.recv.no-eof-while-copy-open"});

class SendsToNobody : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::Status Send(const Value& value) override {
    const absl::Status status = ForwardConnection::Send(value);
    return IsBrokenPipe(status) ? absl::OkStatus() : status;
  }
};
const bool sends_to_nobody = RegisterPipe<SendsToNobody>(
    "pipe-send-to-nobody-seems-to-work", {"pipe.send.broken"});

// --- Close -------------------------------------------------------------------

class ClosedIsValueError : public WatchedReceives {
 public:
  using WatchedReceives::WatchedReceives;
  absl::Status Close() override {
    closed_here_ = true;
    return inner().Close();
  }

 protected:
  absl::Status AfterReceive(const absl::Status& status) override {
    if (!closed_here_) return status;
    return Instead(status, ErrorKind::kClosed, ErrorKind::kValue);
  }

 private:
  bool closed_here_ = false;
};
const bool closed_is_value_error = RegisterPipe<ClosedIsValueError>(
    "pipe-closed-reports-value", {"pipe.closed.operations.refused"});

class CloseOnlyOnce : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::Status Close() override {
    if (std::exchange(closed_, true)) return ClosedError("closed before");
    return inner().Close();
  }

 private:
  bool closed_ = false;
};
const bool close_only_once = RegisterPipe<CloseOnlyOnce>(
    "pipe-second-close-is-refused", {"pipe.closed.operations.again"});

// --- Bytes -------------------------------------------------------------------

class StopsAtZero : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::Status SendBytes(std::string_view message) override {
    if (message.size() > kSmall) return inner().SendBytes(message);
    return inner().SendBytes(message.substr(0, message.find('\0')));
  }
};
const bool stops_at_zero = RegisterPipe<StopsAtZero>("pipe-bytes-stop-at-zero",
                                                     {"pipe.bytes.roundtrip"});

class EmptyIsTheEnd : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    absl::StatusOr<std::string> message = inner().RecvBytes(max_length);
    if (message.ok() && message->empty() && !max_length.has_value()) {
      return EndOfFileError();
    }
    return message;
  }
};
const bool empty_is_the_end = RegisterPipe<EmptyIsTheEnd>(
    "pipe-empty-message-reports-end-of-file", {"pipe.bytes.empty"});

class MergesMessages : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    PROCSPEC_ASSIGN_OR_RETURN(std::string message,
                              inner().RecvBytes(max_length));
    if (message.size() == 1 &&
        inner().Poll(absl::ZeroDuration()).value_or(false)) {
      PROCSPEC_ASSIGN_OR_RETURN(const std::string next, inner().RecvBytes());
      message += next;
    }
    return message;
  }
};
const bool merges_messages = RegisterPipe<MergesMessages>(
    "pipe-merges-messages", {"pipe.bytes.boundaries"});

class LimitIsExclusive : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    if (max_length.has_value() && *max_length > 0) --*max_length;
    return inner().RecvBytes(max_length);
  }
};
const bool limit_is_exclusive = RegisterPipe<LimitIsExclusive>(
    "pipe-maximum-length-is-exclusive", {"pipe.bytes.maxlength-ok"});

class TooLongIsValueError : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    return Instead(inner().RecvBytes(max_length), ErrorKind::kMessageTooLong,
                   ErrorKind::kValue);
  }
};
const bool too_long_is_value_error = RegisterPipe<TooLongIsValueError>(
    "pipe-too-long-reports-value", {"pipe.bytes.maxlength-exceeded.reported"});

class TooLongIsSkipped : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    PROCSPEC_ASSIGN_OR_RETURN(std::string message, inner().RecvBytes());
    if (max_length.has_value() && message.size() > *max_length) {
      return MessageTooLongError("skipped");
    }
    return message;
  }
};
const bool too_long_is_skipped = RegisterPipe<TooLongIsSkipped>(
    "pipe-too-long-message-is-skipped",
    {"pipe.bytes.maxlength-exceeded.unreadable"});

class TooLongEndsSending : public WatchedReceives {
 public:
  using WatchedReceives::WatchedReceives;
  absl::Status SendBytes(std::string_view message) override {
    if (too_long_) return ClosedError("closed by a message too long");
    return inner().SendBytes(message);
  }

 protected:
  absl::Status AfterReceive(const absl::Status& status) override {
    if (IsKind(status, ErrorKind::kMessageTooLong)) too_long_ = true;
    return status;
  }

 private:
  bool too_long_ = false;
};
const bool too_long_ends_sending = RegisterPipe<TooLongEndsSending>(
    "pipe-too-long-ends-sending", {"pipe.bytes.maxlength-exceeded.writable"});

class IntoClearsTheRest : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset) override {
    absl::StatusOr<size_t> size = inner().RecvBytesInto(buffer, offset);
    if (size.ok()) {
      std::fill(buffer.begin() + static_cast<ptrdiff_t>(offset + *size),
                buffer.end(), '\0');
    }
    return size;
  }
};
const bool into_clears_the_rest = RegisterPipe<IntoClearsTheRest>(
    "pipe-into-clears-the-rest", {"pipe.into.basic"});

class TooShortCarriesWhatFits : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset) override {
    absl::StatusOr<size_t> size = inner().RecvBytesInto(buffer, offset);
    const std::optional<std::string> whole = MessageOf(size.status());
    if (!whole.has_value()) return size;
    return BufferTooShortError(whole->substr(0, buffer.size() - offset));
  }
};
const bool too_short_carries_what_fits = RegisterPipe<TooShortCarriesWhatFits>(
    "pipe-too-short-carries-what-fits", {"pipe.into.too-short.reported"});

class TooShortKeepsMessage : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset) override {
    absl::StatusOr<size_t> size = inner().RecvBytesInto(buffer, offset);
    kept_ = MessageOf(size.status());
    return size;
  }
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    if (kept_.has_value()) return *std::exchange(kept_, std::nullopt);
    return inner().RecvBytes(max_length);
  }

 private:
  std::optional<std::string> kept_;
};
const bool too_short_keeps_message = RegisterPipe<TooShortKeepsMessage>(
    "pipe-too-short-keeps-the-message", {"pipe.into.too-short.consumed"});

// --- Poll --------------------------------------------------------------------

class PollSeesGhosts : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(const bool ready, inner().Poll(timeout));
    return ready || timeout == absl::ZeroDuration();
  }
};
const bool poll_sees_ghosts = RegisterPipe<PollSeesGhosts>(
    "pipe-idle-poll-says-true", {"pipe.poll.default.idle"});

class FirstPollIsBlind : public WatchedReceives {
 public:
  using WatchedReceives::WatchedReceives;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(const bool ready, inner().Poll(timeout));
    return ready && (has_received_ || timeout != absl::ZeroDuration());
  }

 protected:
  absl::Status AfterReceive(const absl::Status& status) override {
    if (status.ok()) has_received_ = true;
    return status;
  }

 private:
  bool has_received_ = false;
};
const bool first_poll_is_blind = RegisterPipe<FirstPollIsBlind>(
    "pipe-poll-misses-the-first-message", {"pipe.poll.default.pending"});

// Of those that do not wait: who waits for a message usually takes it next.
class ThirdPollConsumes : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(const bool ready, inner().Poll(timeout));
    if (timeout == absl::ZeroDuration() && ready && ++polls_ == 3) {
      (void)inner().Recv();
    }
    return ready;
  }

 private:
  int polls_ = 0;
};
const bool third_poll_consumes = RegisterPipe<ThirdPollConsumes>(
    "pipe-third-poll-consumes", {"pipe.poll.default.consumes-nothing"});

class PollIsEarly : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    if (timeout > absl::ZeroDuration()) timeout /= 2;
    return inner().Poll(timeout);
  }
};
const bool poll_is_early = RegisterPipe<PollIsEarly>(
    "pipe-poll-times-out-early", {"pipe.poll.timeout.expires"});

class PollRefusesNegative : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    if (timeout < absl::ZeroDuration()) return ValueError("negative timeout");
    return inner().Poll(timeout);
  }
};
const bool poll_refuses_negative = RegisterPipe<PollRefusesNegative>(
    "pipe-poll-refuses-negative-timeouts", {"pipe.poll.timeout.zero-negative"});

// With a long timeout it looks only now and then.
class PollOversleeps : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    if (timeout <= harness::HangGuard()) return inner().Poll(timeout);
    const absl::Time end = absl::Now() + timeout;
    while (true) {
      PROCSPEC_ASSIGN_OR_RETURN(const bool ready,
                                inner().Poll(absl::ZeroDuration()));
      if (ready || absl::Now() >= end) return ready;
      absl::SleepFor(std::min(end - absl::Now(), harness::HangGuard()));
    }
  }
};
const bool poll_oversleeps = RegisterPipe<PollOversleeps>(
    "pipe-poll-sleeps-through-arrivals", {"pipe.poll.wakes"});

class PollMissesTheEnd : public PairedConnection {
 public:
  using PairedConnection::PairedConnection;
  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    auto sender = other();
    if (InMaker() && sender != nullptr && sender->closed()) return false;
    return inner().Poll(timeout);
  }
};
const bool poll_misses_the_end = RegisterPair<PollMissesTheEnd>(
    "pipe-poll-misses-the-end", {"pipe.poll.eof-readable"});

// --- Size --------------------------------------------------------------------

class SpoilsLargeMessages : public ForwardConnection {
 public:
  using ForwardConnection::ForwardConnection;
  absl::StatusOr<Value> Recv() override {
    PROCSPEC_ASSIGN_OR_RETURN(Value value, inner().Recv());
    if (Bytes* bytes = value.get_if<Bytes>()) Spoil(bytes->data);
    return value;
  }
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    PROCSPEC_ASSIGN_OR_RETURN(std::string message,
                              inner().RecvBytes(max_length));
    Spoil(message);
    return message;
  }

 private:
  static void Spoil(std::string& message) {
    if (message.size() > kLarge) {
      message[kLarge] = static_cast<char>(~message[kLarge]);
    }
  }
};
const bool spoils_large_messages = RegisterPipe<SpoilsLargeMessages>(
    "pipe-spoils-large-messages", {"pipe.large"});

}  // namespace
}  // namespace procspec::mutants
