// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_SESSION_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_SESSION_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "conformance/adapters/wire/fault.h"
#include "conformance/adapters/wire/message.h"
#include "conformance/adapters/wire/socket.h"
#include "conformance/harness/actor_host.h"
#include "spec/pool.h"

namespace procspec::wire {

class Session;

// An object of a testee's process, as the judge holds it. Whatever it is on the
// judge's side is derived from this, too. When the last reference to it goes,
// the process drops the object; that waits for its answer, unless the process
// is gone.
class Remote {
 public:
  Remote(std::shared_ptr<Session> session, int64_t number, std::string kind);
  virtual ~Remote();
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;

  Session& session() const { return *session_; }
  int64_t number() const { return number_; }
  const std::string& kind() const { return kind_; }

  // A request for an operation of this object.
  Json Request(std::string_view op) const;

 private:
  friend class Session;

  const std::shared_ptr<Session> session_;
  const int64_t number_;
  const std::string kind_;
  int64_t received_ = 0;  // with the session's lock
};

// One process of the testee, from its `process` connection to its end, which is
// the end of that. It lives longer while somebody holds an object of it; then
// every operation gives GoneError.
//
// Thread-safety: any thread may call anything. Each has its own connection to
// the process: the one it is bound to, or a lane, which is opened when it is
// first needed and closed when the thread ends.
class Session : public std::enable_shared_from_this<Session>,
                public Handles,
                public harness::ActorHost {
 public:
  Session(std::string process, int64_t pid, std::shared_ptr<Channel> control,
          std::shared_ptr<FaultSink> faults);
  ~Session() override;

  const std::string& process() const { return process_; }
  int64_t pid() const { return pid_; }
  FaultSink& faults() const { return *faults_; }

  // --- Requests --------------------------------------------------------------

  // Has the operation performed and gives its error, or what `decode` makes of
  // its answer: a Status or StatusOr, whose Violation is the testee's fault.
  // However long that takes: the case has a guard against hanging. But from
  // time to time the process is asked for a sign of life, and it is a fault if
  // none comes: by half a Guard, so that it is told before that guard strikes.
  template <typename Decode>
  auto Ask(Json request, Decode decode)
      -> decltype(decode(std::declval<const Json&>())) {
    absl::StatusOr<Exchange> exchange = Perform(std::move(request));
    if (!exchange.ok()) return exchange.status();
    auto result = decode(exchange->answer);
    if (!StatusOf(result).ok() && IsViolation(StatusOf(result))) {
      Blame(exchange->sent, exchange->answer, StatusOf(result));
    }
    return result;
  }

  // The same where there is nothing but null to be answered.
  absl::Status Do(Json request);

  // Sends a message that nobody answers.
  absl::Status Tell(Channel& channel, const Json& message);

  // Ends the process in a way of its own: returns once it is gone.
  absl::Status Crash(Json request);

  // Of the main process: asks it to end as a program does. Nothing more comes
  // from the thread of its main connection, and nobody gets a new lane.
  absl::Status Finish(int status);

  // Whether it answers on its `process` connection, in half a Guard. Also true
  // when it is gone, which is no fault. One that the case has stopped is waited
  // for.
  bool GivesSignOfLife();

  // --- Objects ---------------------------------------------------------------

  absl::StatusOr<int64_t> NumberOf(const Handle& handle) override;
  absl::StatusOr<Handle> Receive(int64_t number,
                                 std::string_view kind) override;

  // Of any kind. Violation: of no known kind, or of another than before.
  absl::StatusOr<std::shared_ptr<Remote>> ReceiveRemote(
      const HandleReference& reference);

  // The same from an answer, as a T.
  template <typename T>
  absl::StatusOr<std::shared_ptr<T>> ObjectFrom(const Json& json,
                                                std::string_view kind) {
    absl::StatusOr<HandleReference> reference = HandleFrom(json);
    if (!reference.ok()) return reference.status();
    if (reference->kind != kind) return WrongKind(*reference, kind);
    absl::StatusOr<std::shared_ptr<Remote>> remote = ReceiveRemote(*reference);
    if (!remote.ok()) return remote.status();
    return std::dynamic_pointer_cast<T>(*std::move(remote));
  }

  // A token for the callbacks of one submission, and, once, what it stands for.
  int64_t AddCallbacks(PoolCallbacks callbacks);
  std::optional<PoolCallbacks> TakeCallbacks(int64_t token);

  // --- The stage -------------------------------------------------------------

  absl::StatusOr<std::unique_ptr<harness::stage_internal::ActorEnd>> Connect(
      const std::string& address) override;

  // --- Connections -----------------------------------------------------------

  // The thread's requests go over this connection from now on.
  void Bind(std::thread::id thread, std::shared_ptr<Channel> channel);
  void Unbind(std::thread::id thread);

  // The main connection, which Finish uses, is bound likewise.
  void BindMain(std::thread::id thread, std::shared_ptr<Channel> channel);

  // Without opening a lane.
  bool HasConnectionOfThisThread() const;

  // For the one thread that reads what comes from outside a request: an answer
  // on the `process` connection, a lane that has been connected, the end.
  void OnControlLine(std::string_view line);
  void OnLane(int64_t lane, std::shared_ptr<Channel> channel);
  void OnEnd();

  const std::shared_ptr<Channel>& control() const { return control_; }

  bool gone() const;
  bool WaitUntilGone(absl::Duration patience);

  // Ends all connections: for the judge it is gone. Any thread.
  void ShutDown();

 private:
  friend class Remote;

  struct Exchange {
    std::string sent;
    Json answer;
  };

  struct Known {
    std::weak_ptr<Remote> remote;
    const Remote* address = nullptr;
  };

  static const absl::Status& StatusOf(const absl::Status& status) {
    return status;
  }
  template <typename T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  static absl::Status WrongKind(const HandleReference& reference,
                                std::string_view kind);

  absl::StatusOr<std::shared_ptr<Channel>> ChannelOfThisThread();
  absl::StatusOr<std::shared_ptr<Channel>> OpenLane();

  absl::StatusOr<Exchange> Perform(Json request);
  absl::StatusOr<Exchange> PerformOn(Channel& channel, Json request);
  absl::Status Send(Channel& channel, std::string_view line);
  absl::Status Ended(const Channel& channel, std::string_view sent);
  absl::Status Late(std::string_view sent);
  void Blame(std::string_view sent, const Json& answer,
             const absl::Status& violation);

  enum class ControlOutcome { kAnswered, kLate, kGone };
  ControlOutcome AskControl(Json request);

  // Of one that goes.
  void Forget(const Remote& remote);

  const std::string process_;
  const int64_t pid_;
  const std::shared_ptr<Channel> control_;
  const std::shared_ptr<FaultSink> faults_;

  // For the whole of an exchange on `control_`: there is one at a time.
  std::mutex control_mutex_;

  // For all that follows.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool gone_ = false;
  bool finished_ = false;  // no more lanes
  std::shared_ptr<Channel> main_;
  std::map<std::thread::id, std::shared_ptr<Channel>> channels_;
  int64_t last_lane_ = 0;
  std::map<int64_t, std::shared_ptr<Channel>> lanes_;  // null: awaited
  int64_t next_id_ = 0;
  std::optional<int64_t> control_pending_;
  std::string control_sent_;
  std::map<int64_t, Known> remotes_;
  int64_t last_token_ = 0;
  std::map<int64_t, PoolCallbacks> callbacks_;
};

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_SESSION_H_
