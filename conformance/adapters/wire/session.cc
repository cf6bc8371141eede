// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/session.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/log.h"
#include "conformance/adapters/wire/main_process.h"
#include "conformance/adapters/wire/objects.h"
#include "conformance/harness/timing.h"
#include "spec/status_macros.h"

namespace procspec::wire {
namespace {

using harness::Guard;
using harness::stage_internal::ActorEnd;
using harness::stage_internal::ReadOutcome;

// For all that a process does at once, and how often it is looked at.
absl::Duration SignOfLifePatience() { return Guard() / 2; }

// The lanes of a thread are closed when it ends.
class LanesOfThread {
 public:
  ~LanesOfThread() {
    for (const std::weak_ptr<Session>& weak : sessions_) {
      if (const std::shared_ptr<Session> session = weak.lock()) {
        session->Unbind(std::this_thread::get_id());
      }
    }
  }

  void Add(std::weak_ptr<Session> session) {
    sessions_.push_back(std::move(session));
  }

 private:
  std::vector<std::weak_ptr<Session>> sessions_;
};
thread_local LanesOfThread lanes_of_this_thread;

// A socket of the process to a stage, which stays when its session goes: then
// the process has ended, and the socket with it.
class RemoteActorEnd : public ActorEnd {
 public:
  RemoteActorEnd(std::weak_ptr<Session> session, int64_t line)
      : session_(std::move(session)), line_(line) {}

  ~RemoteActorEnd() override {
    // Where that costs no lane: the end of the stage, or of the process, closes
    // it as well.
    const std::shared_ptr<Session> session = session_.lock();
    if (session != nullptr && session->HasConnectionOfThisThread()) {
      (void)session->Do(Request("stage.close"));
    }
  }

  bool IsOfThisProcess() const override { return true; }

  bool Write(std::string_view data) override {
    const std::shared_ptr<Session> session = session_.lock();
    if (session == nullptr) return false;
    Json request = Request("stage.write");
    request["data"] = Base64(data);
    return session->Ask(std::move(request), BoolFrom).value_or(false);
  }

  ReadOutcome Read(std::string& buffer) override {
    const std::shared_ptr<Session> session = session_.lock();
    if (session == nullptr) return ReadOutcome::kEnd;
    const absl::StatusOr<std::string> data = session->Ask(
        Request("stage.read"),
        [](const Json& json) -> absl::StatusOr<std::string> {
          if (json.is_null()) return std::string();
          PROCSPEC_ASSIGN_OR_RETURN(std::string bytes, BytesFrom(json));
          if (bytes.empty()) return Violation("expected at least one byte");
          return bytes;
        });
    if (!data.ok() || data->empty()) return ReadOutcome::kEnd;
    buffer += *data;
    return ReadOutcome::kData;
  }

 private:
  Json Request(std::string_view op) const {
    return {{"op", op}, {"line", line_}};
  }

  const std::weak_ptr<Session> session_;
  const int64_t line_;
};

}  // namespace

// --- Remote ------------------------------------------------------------------

Remote::Remote(std::shared_ptr<Session> session, int64_t number,
               std::string kind)
    : session_(std::move(session)), number_(number), kind_(std::move(kind)) {}

Remote::~Remote() { session_->Forget(*this); }

Json Remote::Request(std::string_view op) const {
  return {{"op", op}, {"on", number_}};
}

// --- Requests ----------------------------------------------------------------

Session::Session(std::string process, int64_t pid,
                 std::shared_ptr<Channel> control,
                 std::shared_ptr<FaultSink> faults)
    : process_(std::move(process)),
      pid_(pid),
      control_(std::move(control)),
      faults_(std::move(faults)) {}

Session::~Session() = default;

absl::Status Session::Do(Json request) {
  return Ask(std::move(request), NullFrom);
}

absl::StatusOr<Session::Exchange> Session::Perform(Json request) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Channel> channel,
                            ChannelOfThisThread());
  return PerformOn(*channel, std::move(request));
}

absl::StatusOr<Session::Exchange> Session::PerformOn(Channel& channel,
                                                     Json request) {
  int64_t id;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    id = ++next_id_;
  }
  request["id"] = id;
  PROCSPEC_ASSIGN_OR_RETURN(const std::string sent, FormatLine(request));
  PROCSPEC_RETURN_IF_ERROR(Send(channel, sent));

  std::string line;
  while (true) {
    const Channel::Outcome outcome =
        channel.Read(line, Patience(SignOfLifePatience()));
    if (outcome == Channel::Outcome::kOk) break;
    if (outcome == Channel::Outcome::kEnd) return Ended(channel, sent);
    if (outcome == Channel::Outcome::kTooLong) {
      faults_->Report(absl::StrCat("wire: sent ", Excerpt(sent), " to ",
                                   channel.label(),
                                   "; what came is longer than a line may be"));
      return GoneError(process_);
    }
    PROCSPEC_RETURN_IF_ERROR(Late(sent));
  }
  LogLine(Direction::kReceived, channel.label(), line);

  absl::StatusOr<Json> json = ParseLine(line);
  absl::StatusOr<Answer> answer = json.ok()
                                      ? AnswerFrom(*std::move(json))
                                      : absl::StatusOr<Answer>(json.status());
  if (answer.ok() && answer->id != id) {
    answer = Violation(absl::StrCat("expected the answer to ", id));
  }
  if (!answer.ok()) {
    faults_->Report(absl::StrCat("sent ", Excerpt(sent), " to ",
                                 channel.label(), ", came ", Excerpt(line),
                                 ": ", answer.status().message()));
    return answer.status();
  }
  if (const auto* error = std::get_if<absl::Status>(&answer->outcome)) {
    return *error;
  }
  return Exchange{sent, std::get<Json>(std::move(answer->outcome))};
}

absl::Status Session::Tell(Channel& channel, const Json& message) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string line, FormatLine(message));
  return Send(channel, line);
}

absl::Status Session::Send(Channel& channel, std::string_view line) {
  LogLine(Direction::kSent, channel.label(), line);
  std::string_view left = line;
  while (true) {
    const Channel::Outcome outcome =
        channel.Write(left, Patience(SignOfLifePatience()));
    if (outcome == Channel::Outcome::kOk) return absl::OkStatus();
    if (outcome == Channel::Outcome::kEnd) return Ended(channel, line);
    PROCSPEC_RETURN_IF_ERROR(Late(line));
  }
}

// The connection has ended before the answer: right if the process has, too.
absl::Status Session::Ended(const Channel& channel, std::string_view sent) {
  if (!WaitUntilGone(SignOfLifePatience()) && GivesSignOfLife() && !gone()) {
    faults_->Report(absl::StrCat("wire: sent ", Excerpt(sent), " to ",
                                 channel.label(),
                                 "; no answer came, but the end of the "
                                 "connection, and the process lives"));
  }
  return GoneError(process_);
}

absl::Status Session::Late(std::string_view sent) {
  if (faults_->reported()) return GoneError(process_);
  if (GivesSignOfLife()) return absl::OkStatus();
  faults_->Report(absl::StrCat(
      "wire: sent ", Excerpt(sent), " to ", process_, " (pid ", pid_,
      "); no answer came in time, nor one to a ping on its process connection "
      "within ",
      absl::FormatDuration(SignOfLifePatience())));
  return GoneError(process_);
}

void Session::Blame(std::string_view sent, const Json& answer,
                    const absl::Status& violation) {
  faults_->Report(absl::StrCat(
      "sent ", Excerpt(sent), " to ", process_, ", came ",
      Excerpt(answer.dump(-1, ' ', false, Json::error_handler_t::replace)),
      ": ", violation.message()));
}

absl::Status Session::Crash(Json request) {
  // An answer is a fault; an error is the answer of one that cannot.
  const absl::StatusOr<Exchange> exchange = Perform(std::move(request));
  if (exchange.ok()) {
    faults_->Report(absl::StrCat("wire: sent ", Excerpt(exchange->sent), " to ",
                                 process_,
                                 ", and the process has answered instead of "
                                 "having ended"));
    return GoneError(process_);
  }
  if (KindOf(exchange.status()).has_value()) return exchange.status();
  while (!WaitUntilGone(SignOfLifePatience())) {
    PROCSPEC_RETURN_IF_ERROR(Late("crash"));
  }
  return exchange.status();
}

absl::Status Session::Finish(int status) {
  std::shared_ptr<Channel> channel;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    channel = main_;
  }
  if (channel == nullptr) return GoneError(process_);
  Json request = {{"op", "finish"}, {"status", status}};
  const absl::StatusOr<Exchange> exchange =
      PerformOn(*channel, std::move(request));
  std::lock_guard<std::mutex> lock(mutex_);
  finished_ = true;
  for (auto it = channels_.begin(); it != channels_.end();) {
    it = it->second == main_ ? channels_.erase(it) : std::next(it);
  }
  return exchange.status();
}

// --- The process connection --------------------------------------------------

bool Session::GivesSignOfLife() {
  return AskControl({{"op", "ping"}}) != ControlOutcome::kLate;
}

Session::ControlOutcome Session::AskControl(Json request) {
  std::lock_guard<std::mutex> one_at_a_time(control_mutex_);
  std::string sent;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (gone_) return ControlOutcome::kGone;
    control_pending_ = ++next_id_;
    request["id"] = *control_pending_;
    sent = FormatLine(request).value_or("");
    control_sent_ = sent;
  }
  LogLine(Direction::kSent, control_->label(), sent);
  std::string_view left = sent;
  while (control_->Write(left, Patience(SignOfLifePatience())) ==
         Channel::Outcome::kLate) {
    if (!IsStopped(pid_)) return ControlOutcome::kLate;
  }
  // If it has ended, OnEnd comes.
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed_.wait_for(
      lock, absl::ToChronoNanoseconds(SignOfLifePatience()),
      [this] { return gone_ || !control_pending_.has_value(); })) {
    if (!IsStopped(pid_)) return ControlOutcome::kLate;
  }
  return gone_ ? ControlOutcome::kGone : ControlOutcome::kAnswered;
}

void Session::OnControlLine(std::string_view line) {
  LogLine(Direction::kReceived, control_->label(), line);
  absl::Status trouble;
  std::string sent = "nothing";
  absl::StatusOr<Json> json = ParseLine(line);
  absl::StatusOr<Answer> answer = json.ok()
                                      ? AnswerFrom(*std::move(json))
                                      : absl::StatusOr<Answer>(json.status());
  if (!answer.ok()) {
    trouble = answer.status();
  } else if (const auto* error = std::get_if<absl::Status>(&answer->outcome)) {
    trouble = Violation(absl::StrCat("expected null, not ", error->ToString()));
  } else {
    trouble = NullFrom(std::get<Json>(answer->outcome));
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (control_pending_.has_value()) sent = control_sent_;
    if (trouble.ok() && control_pending_ != answer->id) {
      trouble = Violation("expected an answer to what was asked");
    }
    if (trouble.ok()) {
      control_pending_.reset();
      changed_.notify_all();
      return;
    }
  }
  faults_->Report(absl::StrCat("sent ", Excerpt(sent), " to ",
                               control_->label(), ", came ", Excerpt(line),
                               ": ", trouble.message()));
}

void Session::OnEnd() {
  std::lock_guard<std::mutex> lock(mutex_);
  gone_ = true;
  changed_.notify_all();
}

bool Session::gone() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return gone_;
}

bool Session::WaitUntilGone(absl::Duration patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(patience),
                           [this] { return gone_; });
}

void Session::ShutDown() {
  std::lock_guard<std::mutex> lock(mutex_);
  gone_ = true;
  changed_.notify_all();
  control_->ShutDown();
  if (main_ != nullptr) main_->ShutDown();
  for (const auto& [thread, channel] : channels_) channel->ShutDown();
}

// --- Connections -------------------------------------------------------------

void Session::Bind(std::thread::id thread, std::shared_ptr<Channel> channel) {
  std::lock_guard<std::mutex> lock(mutex_);
  channels_[thread] = std::move(channel);
}

void Session::BindMain(std::thread::id thread,
                       std::shared_ptr<Channel> channel) {
  std::lock_guard<std::mutex> lock(mutex_);
  main_ = channel;
  channels_[thread] = std::move(channel);
}

void Session::Unbind(std::thread::id thread) {
  std::shared_ptr<Channel> closed;  // after the lock
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it = channels_.find(thread);
  if (it == channels_.end()) return;
  closed = std::move(it->second);
  channels_.erase(it);
}

bool Session::HasConnectionOfThisThread() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return !gone_ && channels_.contains(std::this_thread::get_id());
}

absl::StatusOr<std::shared_ptr<Channel>> Session::ChannelOfThisThread() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (gone_) return GoneError(process_);
    const auto it = channels_.find(std::this_thread::get_id());
    if (it != channels_.end()) return it->second;
    if (finished_) return GoneError(process_);
  }
  PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Channel> lane, OpenLane());
  Bind(std::this_thread::get_id(), lane);
  lanes_of_this_thread.Add(weak_from_this());
  return lane;
}

absl::StatusOr<std::shared_ptr<Channel>> Session::OpenLane() {
  int64_t number;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    number = ++last_lane_;
    lanes_[number] = nullptr;
  }
  const ControlOutcome asked = AskControl({{"op", "lane"}, {"lane", number}});
  std::unique_lock<std::mutex> lock(mutex_);
  if (asked == ControlOutcome::kAnswered) {
    changed_.wait_for(lock, absl::ToChronoNanoseconds(SignOfLifePatience()),
                      [&] { return gone_ || lanes_[number] != nullptr; });
  }
  std::shared_ptr<Channel> lane = std::move(lanes_[number]);
  lanes_.erase(number);
  const bool is_gone = gone_;
  lock.unlock();
  if (lane != nullptr && !is_gone) return lane;
  if (!is_gone) {
    faults_->Report(absl::StrCat(
        "wire: asked ", process_, " (pid ", pid_, ") for lane ", number,
        asked == ControlOutcome::kAnswered
            ? "; it has answered, but no connection with its hello came within "
            : "; no answer came on its process connection within ",
        absl::FormatDuration(SignOfLifePatience())));
  }
  return GoneError(process_);
}

void Session::OnLane(int64_t lane, std::shared_ptr<Channel> channel) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = lanes_.find(lane);
    if (it != lanes_.end() && it->second == nullptr) {
      it->second = std::move(channel);
      changed_.notify_all();
      return;
    }
  }
  faults_->Report(absl::StrCat("wire: ", process_, " says hello on lane ", lane,
                               ", for which it was not asked"));
}

// --- Objects -----------------------------------------------------------------

absl::StatusOr<int64_t> Session::NumberOf(const Handle& handle) {
  const auto* remote = dynamic_cast<const Remote*>(handle.get());
  if (remote == nullptr || &remote->session() != this) {
    return TypeError("the handle is of an object of another process");
  }
  return remote->number();
}

absl::StatusOr<Handle> Session::Receive(int64_t number, std::string_view kind) {
  PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Remote> remote,
                            ReceiveRemote({number, std::string(kind)}));
  Handle handle = std::dynamic_pointer_cast<Shareable>(std::move(remote));
  if (handle == nullptr) {
    return Violation(absl::StrCat("a ", kind, " is no value"));
  }
  return handle;
}

absl::StatusOr<std::shared_ptr<Remote>> Session::ReceiveRemote(
    const HandleReference& reference) {
  std::shared_ptr<Remote> remote;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Known& known = remotes_[reference.number];
    remote = known.remote.lock();
    if (remote == nullptr) {
      remote = MakeRemote(shared_from_this(), reference.number, reference.kind);
      if (remote != nullptr) known = {remote, remote.get()};
    }
    if (remote != nullptr) ++remote->received_;
  }
  if (remote == nullptr) {
    return Violation(
        absl::StrCat("no kind of object is called ", reference.kind));
  }
  if (remote->kind() != reference.kind) {
    return Violation(absl::StrCat("object ", reference.number, " is a ",
                                  remote->kind(), ", not a ", reference.kind));
  }
  return remote;
}

absl::Status Session::WrongKind(const HandleReference& reference,
                                std::string_view kind) {
  return Violation(
      absl::StrCat("expected a ", kind, ", not a ", reference.kind));
}

void Session::Forget(const Remote& remote) {
  int64_t times;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    // It may have come again meanwhile, as another Remote.
    const auto it = remotes_.find(remote.number_);
    if (it != remotes_.end() && it->second.address == &remote) {
      remotes_.erase(it);
    }
    times = remote.received_;
    if (gone_ || times == 0) return;
  }
  Json request = {{"op", "drop"}, {"on", remote.number_}, {"times", times}};
  (void)Do(std::move(request));
}

int64_t Session::AddCallbacks(PoolCallbacks callbacks) {
  std::lock_guard<std::mutex> lock(mutex_);
  callbacks_[++last_token_] = std::move(callbacks);
  return last_token_;
}

std::optional<PoolCallbacks> Session::TakeCallbacks(int64_t token) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it = callbacks_.find(token);
  if (it == callbacks_.end()) return std::nullopt;
  PoolCallbacks callbacks = std::move(it->second);
  callbacks_.erase(it);
  return callbacks;
}

absl::StatusOr<std::unique_ptr<ActorEnd>> Session::Connect(
    const std::string& address) {
  Json request = {{"op", "stage.connect"}, {"address", address}};
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t line,
                            Ask(std::move(request), IntegerFrom));
  return std::make_unique<RemoteActorEnd>(weak_from_this(), line);
}

}  // namespace procspec::wire
