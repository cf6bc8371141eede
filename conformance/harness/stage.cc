// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/stage.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/harness/actor_host.h"
#include "conformance/harness/stage_line.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

// On the wire, in both directions: a frame is four bytes of length, big-endian,
// and one encoded Value.
//   actor to case: first its name; then [0, value] or [1, error detail]
//   case to actor: the value of a cue

namespace procspec::harness {
namespace {

constexpr uint32_t kMaxFrame = 16 << 20;
constexpr size_t kHeader = 4;

using stage_internal::ActorEnd;
using stage_internal::CaseEnd;
using stage_internal::Listener;
using stage_internal::ReadOutcome;

// --- Frames -----------------------------------------------------------------

absl::StatusOr<std::string> Frame(const Value& value) {
  std::string frame(kHeader, '\0');
  PROCSPEC_RETURN_IF_ERROR(Encode(value, frame));
  const size_t size = frame.size() - kHeader;
  if (size > kMaxFrame) {
    return absl::InvalidArgumentError(
        absl::StrCat("stage: a message of ", size, " bytes is too long"));
  }
  for (size_t i = 0; i < kHeader; ++i) {
    frame[i] = static_cast<char>(size >> (24 - 8 * i));
  }
  return frame;
}

// Takes the first whole frame off `buffer`: its value; nullopt: there is none
// yet. An error leaves the connection unusable.
absl::StatusOr<std::optional<Value>> TakeFrame(std::string& buffer) {
  if (buffer.size() < kHeader) return std::nullopt;
  uint32_t size = 0;
  for (size_t i = 0; i < kHeader; ++i) {
    size = size << 8 | static_cast<unsigned char>(buffer[i]);
  }
  if (size > kMaxFrame) {
    return absl::DataLossError("stage: a message of impossible length");
  }
  if (buffer.size() - kHeader < size) return std::nullopt;
  absl::StatusOr<Value> value =
      Decode(std::string_view(buffer).substr(kHeader, size));
  buffer.erase(0, kHeader + size);
  if (!value.ok()) {
    return absl::DataLossError(
        absl::StrCat("stage: ", value.status().message()));
  }
  return std::optional<Value>(*std::move(value));
}

}  // namespace

// --- The actor --------------------------------------------------------------

namespace stage_internal {

// A connection of this process, or of the one that the calling thread speaks
// for (actor_host.h), to a stage. Kept in the table until the process ends, for
// its end is what tells the case that the process has ended, or until the stage
// is gone, if this is the case's own process.
class Line {
 public:
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // Of this process and its hosts to that stage.
  static void ForgetAll(const std::string& address) {
    ActorHost::ForgetAll(address);
    std::vector<std::shared_ptr<Line>> forgotten;  // dropped after the lock
    LockedLines locked = LockLines();
    for (auto it = locked.lines.begin(); it != locked.lines.end();) {
      if (it->first.first == address) {
        forgotten.push_back(std::move(it->second));
        it = locked.lines.erase(it);
      } else {
        ++it;
      }
    }
  }

  static absl::StatusOr<std::shared_ptr<Line>> Get(const std::string& address,
                                                   std::string_view name) {
    if (ActorHost* host = CurrentActorHost()) {
      return GetOf(*host, address, name);
    }
    std::shared_ptr<Line> fresh;  // dropped after the lock
    LockedLines locked = LockLines();
    std::shared_ptr<Line>& line = locked.lines[{address, std::string(name)}];
    if (line == nullptr) {
      PROCSPEC_ASSIGN_OR_RETURN(std::unique_ptr<ActorEnd> end,
                                ActorEnd::Connect(address));
      fresh.reset(new Line(std::move(end)));
      PROCSPEC_RETURN_IF_ERROR(fresh->Send(name));
      line = fresh;
    }
    return line;
  }

  absl::Status Send(const Value& value) {
    PROCSPEC_RETURN_IF_ERROR(CheckOwner());
    PROCSPEC_ASSIGN_OR_RETURN(const std::string frame, Frame(value));
    return end_->Write(frame) ? absl::OkStatus() : Over();
  }

  absl::StatusOr<Value> Receive() {
    PROCSPEC_RETURN_IF_ERROR(CheckOwner());
    while (true) {
      PROCSPEC_ASSIGN_OR_RETURN(std::optional<Value> value, TakeFrame(buffer_));
      if (value.has_value()) return *std::move(value);
      if (end_->Read(buffer_) == ReadOutcome::kEnd) return Over();
    }
  }

 private:
  explicit Line(std::unique_ptr<ActorEnd> end) : end_(std::move(end)) {}

  // No lock while it connects: that may wait for another process, and a name is
  // one thread's at a time.
  static absl::StatusOr<std::shared_ptr<Line>> GetOf(ActorHost& host,
                                                     const std::string& address,
                                                     std::string_view name) {
    const ActorHost::Key key(address, std::string(name));
    if (std::shared_ptr<Line> line = host.Find(key)) return line;
    PROCSPEC_ASSIGN_OR_RETURN(std::unique_ptr<ActorEnd> end,
                              host.Connect(address));
    if (end == nullptr) {
      return absl::InternalError("stage: the actor's host gave no connection");
    }
    std::shared_ptr<Line> line(new Line(std::move(end)));
    PROCSPEC_RETURN_IF_ERROR(line->Send(name));
    host.Keep(key, line);
    return line;
  }

  static absl::Status Over() {
    return absl::UnavailableError("stage: the case is over");
  }

  absl::Status CheckOwner() const {
    if (end_->IsOfThisProcess()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "stage: this Actor belongs to the process that forked this one; "
        "construct another");
  }

  const std::unique_ptr<ActorEnd> end_;
  std::string buffer_;
};

}  // namespace stage_internal

Actor::Actor(const absl::StatusOr<std::string>& address,
             std::string_view name) {
  if (!address.ok()) {
    error_ = address.status();
    return;
  }
  absl::StatusOr<std::shared_ptr<stage_internal::Line>> line =
      stage_internal::Line::Get(*address, name);
  if (line.ok()) {
    line_ = *std::move(line);
  } else {
    error_ = line.status();
  }
}

absl::Status Actor::Say(const Value& value) {
  PROCSPEC_RETURN_IF_ERROR(error_);
  return line_->Send(List{0, value});
}

absl::Status Actor::Say(const absl::Status& outcome) {
  PROCSPEC_RETURN_IF_ERROR(error_);
  if (outcome.ok()) return line_->Send(List{0, Value()});
  return line_->Send(List{1, procspec::ToValue(DetailOf(outcome))});
}

absl::StatusOr<Value> Actor::Await() {
  PROCSPEC_RETURN_IF_ERROR(error_);
  return line_->Receive();
}

// --- The stage --------------------------------------------------------------

namespace {

// The case's end of an actor's line.
struct Peer {
  bool ended() const { return end == nullptr; }

  std::unique_ptr<CaseEnd> end;  // null: its process has ended
  int64_t pid = 0;
  std::string name;     // empty until it said it
  absl::Status broken;  // what came was not a message
  std::string buffer;
  // With the number of its arrival, over all peers.
  std::vector<std::pair<uint64_t, absl::StatusOr<Value>>> said;
};

absl::StatusOr<Value> OutcomeFrom(const Value& message, bool& malformed) {
  const List* pair = message.get_if<List>();
  const int64_t* tag =
      pair && pair->size() == 2 ? (*pair)[0].get_if<int64_t>() : nullptr;
  if (tag != nullptr && *tag == 0) return (*pair)[1];
  if (tag != nullptr && *tag == 1) {
    absl::StatusOr<ErrorDetail> detail = ErrorDetailFrom((*pair)[1]);
    if (detail.ok()) return ErrorFrom(*detail);
  }
  malformed = true;
  return absl::DataLossError("stage: a malformed message");
}

class LineStage : public Stage {
 public:
  explicit LineStage(std::unique_ptr<Listener> listener)
      : listener_(std::move(listener)) {}

  ~LineStage() override {
    for (const std::unique_ptr<Peer>& peer : peers_) peer->end.reset();
    stage_internal::Line::ForgetAll(address());
  }

  const std::string& address() const override { return listener_->address(); }

  absl::StatusOr<Value> Expect(std::string_view actor,
                               absl::Duration patience) override {
    PROCSPEC_ASSIGN_OR_RETURN(Said said,
                              ExpectAny({std::string(actor)}, patience));
    return std::move(said.outcome);
  }

  absl::StatusOr<Said> ExpectAny(const std::vector<std::string>& actors,
                                 absl::Duration patience) override {
    absl::Status trouble;
    Peer* speaker = nullptr;
    const bool found = PumpUntil(patience, [&] {
      trouble = CheckNames(actors);
      if (!trouble.ok()) return true;
      speaker = NextSpeaker(actors);
      if (speaker != nullptr) return true;
      trouble = AllHaveEnded(actors);
      return !trouble.ok();
    });
    if (!trouble.ok()) return trouble;
    if (!found) {
      return absl::DeadlineExceededError(
          absl::StrCat("stage: ", NamesOf(actors), " said nothing within ",
                       absl::FormatDuration(patience), Present()));
    }
    Said said{speaker->name, std::move(speaker->said.front().second)};
    speaker->said.erase(speaker->said.begin());
    return said;
  }

  absl::Status Cue(std::string_view actor, const Value& value) override {
    PROCSPEC_ASSIGN_OR_RETURN(Peer * peer, WaitFor(actor, Guard()));
    PROCSPEC_ASSIGN_OR_RETURN(const std::string frame, Frame(value));
    Stopwatch watch;
    std::string_view left = frame;
    while (true) {
      const std::optional<size_t> sent =
          peer->ended() ? std::nullopt : peer->end->Write(left);
      if (!sent.has_value()) return Ended(actor);
      left.remove_prefix(*sent);
      if (left.empty()) return absl::OkStatus();
      if (*sent > 0) continue;
      if (watch.Elapsed() > Guard()) {
        return absl::DeadlineExceededError(
            absl::StrCat("stage: '", actor, "' takes no cue"));
      }
      // It may itself be waiting for us to read.
      Drain();
      if (!peer->ended()) peer->end->WaitUntilWritable();
    }
  }

  testing::AssertionResult IsSilent(std::string_view actor,
                                    absl::Duration duration) override {
    Drain();
    Peer* peer = Latest(actor);
    if (peer == nullptr) {
      return testing::AssertionFailure()
             << "'" << actor << "' has never connected" << Present();
    }
    const std::vector<std::string> actors = {std::string(actor)};
    Peer* speaker = nullptr;
    PumpUntil(duration, [&] {
      speaker = NextSpeaker(actors);
      return speaker != nullptr || peer->ended();
    });
    if (speaker != nullptr) {
      const absl::StatusOr<Value>& said = speaker->said.front().second;
      return testing::AssertionFailure()
             << "'" << actor << "' was to be silent and said "
             << (said.ok() ? DebugString(*said) : said.status().ToString());
    }
    if (peer->ended()) {
      return testing::AssertionFailure()
             << "'" << actor << "' was to be blocked and has ended";
    }
    return testing::AssertionSuccess();
  }

  absl::Status ExpectGone(std::string_view actor,
                          absl::Duration patience) override {
    Stopwatch watch;
    PROCSPEC_ASSIGN_OR_RETURN(Peer * peer, WaitFor(actor, patience));
    if (PumpUntil(patience - watch.Elapsed(), [&] { return peer->ended(); })) {
      return absl::OkStatus();
    }
    return absl::DeadlineExceededError(
        absl::StrCat("stage: the process of '", actor, "' still lives after ",
                     absl::FormatDuration(patience)));
  }

  absl::StatusOr<int64_t> PidOf(std::string_view actor) override {
    PROCSPEC_ASSIGN_OR_RETURN(Peer * peer, WaitFor(actor, Guard()));
    return peer->pid;
  }

  std::vector<std::string> Actors() override {
    Drain();
    std::vector<std::string> names;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (!peer->name.empty() &&
          std::find(names.begin(), names.end(), peer->name) == names.end()) {
        names.push_back(peer->name);
      }
    }
    return names;
  }

 private:
  // Takes in what is there, then waits for more, until `done` or the time is
  // over; whether it was done. What has happened before the call is seen even
  // with no time at all.
  template <typename Predicate>
  bool PumpUntil(absl::Duration patience, Predicate done) {
    Stopwatch watch;
    while (true) {
      Drain();
      if (done()) return true;
      const absl::Duration left = patience - watch.Elapsed();
      if (left <= absl::ZeroDuration()) return false;
      WaitForInput(left);
    }
  }

  bool WaitForInput(absl::Duration patience) {
    std::vector<CaseEnd*> ends;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (!peer->ended()) ends.push_back(peer->end.get());
    }
    return listener_->Wait(ends, patience);
  }

  // Everything that has arrived, so that the end of one process is seen before
  // the beginning of the next one of its name.
  void Drain() {
    do {
      Accept();
      for (const std::unique_ptr<Peer>& peer : peers_) {
        if (!peer->ended()) Read(*peer);
      }
    } while (WaitForInput(absl::ZeroDuration()));
  }

  void Accept() {
    while (std::unique_ptr<CaseEnd> end = listener_->Accept()) {
      auto peer = std::make_unique<Peer>();
      peer->pid = end->pid();
      peer->end = std::move(end);
      peers_.push_back(std::move(peer));
    }
  }

  void Read(Peer& peer) {
    while (true) {
      const ReadOutcome outcome = peer.end->Read(peer.buffer);
      if (outcome == ReadOutcome::kNothing) return;
      TakeMessages(peer);
      if (outcome == ReadOutcome::kEnd || !peer.broken.ok()) {
        peer.end.reset();
        return;
      }
    }
  }

  void TakeMessages(Peer& peer) {
    while (peer.broken.ok()) {
      absl::StatusOr<std::optional<Value>> message = TakeFrame(peer.buffer);
      if (!message.ok()) {
        peer.broken = message.status();
      } else if (!message->has_value()) {
        return;
      } else if (peer.name.empty()) {
        const auto* name = (*message)->get_if<std::string>();
        if (name == nullptr || name->empty()) {
          peer.broken = absl::DataLossError("stage: an actor without a name");
        } else {
          peer.name = *name;
        }
      } else {
        bool malformed = false;
        absl::StatusOr<Value> outcome = OutcomeFrom(**message, malformed);
        if (malformed) {
          peer.broken = outcome.status();
        } else {
          peer.said.emplace_back(next_arrival_++, std::move(outcome));
        }
      }
    }
  }

  static bool IsAmong(const std::string& name,
                      const std::vector<std::string>& actors) {
    return actors.empty() ||
           std::find(actors.begin(), actors.end(), name) != actors.end();
  }

  // Of these actors, the one whose unread word arrived first.
  Peer* NextSpeaker(const std::vector<std::string>& actors) {
    Peer* next = nullptr;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (peer->said.empty() || !IsAmong(peer->name, actors)) continue;
      if (next == nullptr ||
          peer->said.front().first < next->said.front().first) {
        next = peer.get();
      }
    }
    return next;
  }

  // The latest process of that name.
  Peer* Latest(std::string_view name) {
    Peer* latest = nullptr;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (peer->name == name) latest = peer.get();
    }
    return latest;
  }

  absl::StatusOr<Peer*> WaitFor(std::string_view actor,
                                absl::Duration patience) {
    if (!PumpUntil(patience, [&] { return Latest(actor) != nullptr; })) {
      return absl::DeadlineExceededError(
          absl::StrCat("stage: '", actor, "' has not connected within ",
                       absl::FormatDuration(patience), Present()));
    }
    PROCSPEC_RETURN_IF_ERROR(CheckNames({std::string(actor)}));
    return Latest(actor);
  }

  // FailedPrecondition when two live processes use one of the names; what a
  // broken connection reported.
  absl::Status CheckNames(const std::vector<std::string>& actors) const {
    std::set<std::string_view> live;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (!peer->broken.ok()) {
        return absl::Status(
            peer->broken.code(),
            absl::StrCat(peer->broken.message(), ", from '", peer->name, "'"));
      }
      if (peer->name.empty() || peer->ended() || !IsAmong(peer->name, actors)) {
        continue;
      }
      if (!live.insert(peer->name).second) {
        return absl::FailedPreconditionError(
            absl::StrCat("stage: two live processes are '", peer->name, "'"));
      }
    }
    return absl::OkStatus();
  }

  // Unavailable when every one of these has come and gone.
  absl::Status AllHaveEnded(const std::vector<std::string>& actors) {
    if (actors.empty()) return absl::OkStatus();  // others may still come
    for (const std::string& actor : actors) {
      Peer* peer = Latest(actor);
      if (peer == nullptr || !peer->ended()) return absl::OkStatus();
    }
    return Ended(NamesOf(actors));
  }

  static absl::Status Ended(std::string_view who) {
    return absl::UnavailableError(
        absl::StrCat("stage: ", who, " has ended and said no more"));
  }

  static std::string NamesOf(const std::vector<std::string>& actors) {
    if (actors.empty()) return "anyone";
    return absl::StrCat("'", absl::StrJoin(actors, "', '"), "'");
  }

  // For messages: who is there.
  std::string Present() {
    std::vector<std::string> present;
    for (const std::unique_ptr<Peer>& peer : peers_) {
      if (peer->name.empty()) continue;
      present.push_back(
          absl::StrCat("'", peer->name, peer->ended() ? "' (ended)" : "'"));
    }
    if (present.empty()) return "; nobody has connected";
    return absl::StrCat("; connected: ", absl::StrJoin(present, ", "));
  }

  const std::unique_ptr<Listener> listener_;  // the last to go
  uint64_t next_arrival_ = 0;
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Stage>> Stage::Open(std::string_view directory) {
  PROCSPEC_ASSIGN_OR_RETURN(std::unique_ptr<Listener> listener,
                            Listener::Open(directory));
  return std::make_unique<LineStage>(std::move(listener));
}

}  // namespace procspec::harness
