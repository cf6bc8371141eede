// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/objects.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "spec/connection.h"
#include "spec/pool.h"
#include "spec/queue.h"
#include "spec/status_macros.h"
#include "spec/sync.h"

namespace procspec::wire {
namespace {

// --- Answers -----------------------------------------------------------------

absl::StatusOr<int> IntFrom(const Json& json) {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t number, IntegerFrom(json));
  if (number != static_cast<int>(number)) {
    return Violation(absl::StrCat("expected 32 bits, not ", number));
  }
  return static_cast<int>(number);
}

template <typename T, typename Decode>
auto OrNull(Decode decode) {
  return [decode](const Json& json) -> absl::StatusOr<std::optional<T>> {
    if (json.is_null()) return std::optional<T>();
    PROCSPEC_ASSIGN_OR_RETURN(T value, decode(json));
    return std::optional<T>(std::move(value));
  };
}

auto ValueDecoder(Session& session) {
  return [&session](const Json& json) { return ValueFrom(json, session); };
}

// What Process, Pool and the others have in common.
class Object : public Remote {
 public:
  using Remote::Remote;

 protected:
  absl::Status Do(std::string_view op) { return session().Do(Request(op)); }

  template <typename Decode>
  auto Ask(std::string_view op, Decode decode) {
    return session().Ask(Request(op), decode);
  }

  absl::StatusOr<bool> AskBool(std::string_view op) {
    return Ask(op, BoolFrom);
  }

  // With one more field.
  Json RequestWith(std::string_view op, const char* field, Json content) const {
    Json request = Request(op);
    request[field] = std::move(content);
    return request;
  }
  Json TimedRequest(std::string_view op, absl::Duration timeout) const {
    return RequestWith(op, "timeout", TimeoutToJson(timeout));
  }
  absl::StatusOr<Json> ValueRequest(std::string_view op, const Value& value) {
    PROCSPEC_ASSIGN_OR_RETURN(Json content, ToJson(value, session()));
    return RequestWith(op, "value", std::move(content));
  }
};

// --- Process -----------------------------------------------------------------

class RemoteProcess final : public Process, public Object {
 public:
  using Object::Object;

  void SetFunctions(std::string_view type, std::string_view target) {
    std::lock_guard<std::mutex> lock(mutex_);
    type_ = std::string(type);
    target_ = std::string(target);
  }

  absl::Status Start() override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!type_.empty()) {
        PROCSPEC_RETURN_IF_ERROR(CheckProcessType(type_));
      } else if (!target_.empty()) {
        PROCSPEC_RETURN_IF_ERROR(CheckTarget(target_));
      }
    }
    return Do("start");
  }
  absl::Status Run() override { return Do("run"); }
  absl::Status Join(absl::Duration timeout) override {
    return session().Do(TimedRequest("join", timeout));
  }
  absl::StatusOr<bool> IsAlive() override { return AskBool("is_alive"); }
  absl::StatusOr<std::optional<int>> ExitCode() override {
    return Ask("exit_code", OrNull<int>(IntFrom));
  }
  absl::Status Terminate() override { return Do("terminate"); }
  absl::Status Kill() override { return Do("kill"); }
  absl::Status Close() override { return Do("close"); }
  absl::StatusOr<std::optional<int64_t>> Pid() override {
    return Ask("pid", OrNull<int64_t>(IntegerFrom));
  }
  std::string Name() override { return Ask("name", TextFrom).value_or(""); }
  absl::Status SetName(std::string_view name) override {
    return session().Do(RequestWith("set_name", "name", name));
  }
  bool Daemon() override { return AskBool("daemon").value_or(false); }
  absl::Status SetDaemon(bool daemon) override {
    return session().Do(RequestWith("set_daemon", "daemon", daemon));
  }

  // Kept, because it is given by reference: asked for once.
  const Arguments& arguments() override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!arguments_.has_value()) {
      arguments_ =
          Ask("arguments",
              [this](const Json& json) -> absl::StatusOr<Arguments> {
                if (!json.is_array() || json.size() != 2 ||
                    !json[1].is_object() || json[1].size() != 1 ||
                    !json[1].contains("m")) {
                  return Violation("expected a list of arguments and a dict");
                }
                return ArgumentsFrom(json[0], json[1]["m"], session());
              })
              .value_or(Arguments());
    }
    return *arguments_;
  }

  absl::Status SetAttribute(std::string_view name, Value value) override {
    PROCSPEC_ASSIGN_OR_RETURN(Json request,
                              ValueRequest("set_attribute", value));
    request["name"] = name;
    return session().Do(std::move(request));
  }
  absl::StatusOr<Value> Attribute(std::string_view name) override {
    return session().Ask(RequestWith("attribute", "name", name),
                         ValueDecoder(session()));
  }

 private:
  std::mutex mutex_;
  std::string type_;
  std::string target_;
  std::optional<Arguments> arguments_;
};

// --- Connection --------------------------------------------------------------

class RemoteConnection final : public Connection, public Object {
 public:
  using Object::Object;

  absl::Status Send(const Value& value) override {
    PROCSPEC_ASSIGN_OR_RETURN(Json request, ValueRequest("send", value));
    return session().Do(std::move(request));
  }
  absl::StatusOr<Value> Recv() override {
    return Ask("recv", ValueDecoder(session()));
  }
  absl::Status SendBytes(std::string_view message) override {
    return session().Do(RequestWith("send_bytes", "data", Base64(message)));
  }
  absl::StatusOr<std::string> RecvBytes(
      std::optional<size_t> max_length) override {
    Json limit;
    if (max_length.has_value()) {
      limit =
          static_cast<int64_t>(std::min<size_t>(*max_length, int64_t{1} << 53));
    }
    return session().Ask(RequestWith("recv_bytes", "max_length", limit),
                         BytesFrom);
  }

  absl::StatusOr<size_t> RecvBytesInto(absl::Span<char> buffer,
                                       size_t offset) override {
    Json request = RequestWith("recv_bytes_into", "buffer",
                               Base64({buffer.data(), buffer.size()}));
    request["offset"] = offset;
    return session().Ask(
        std::move(request),
        [buffer](const Json& json) -> absl::StatusOr<size_t> {
          if (!json.is_array() || json.size() != 2) {
            return Violation("expected a length and the buffer");
          }
          PROCSPEC_ASSIGN_OR_RETURN(const int64_t length, IntegerFrom(json[0]));
          PROCSPEC_ASSIGN_OR_RETURN(const std::string content,
                                    BytesFrom(json[1]));
          if (content.size() != buffer.size() || length < 0 ||
              static_cast<size_t>(length) > buffer.size()) {
            return Violation(
                absl::StrCat("expected a buffer of ", buffer.size(), " bytes"));
          }
          std::copy(content.begin(), content.end(), buffer.begin());
          return static_cast<size_t>(length);
        });
  }

  absl::StatusOr<bool> Poll(absl::Duration timeout) override {
    return session().Ask(TimedRequest("poll", timeout), BoolFrom);
  }
  absl::Status Close() override { return Do("close"); }
  bool closed() const override { return Is("closed"); }
  bool readable() const override { return Is("readable"); }
  bool writable() const override { return Is("writable"); }

 private:
  bool Is(std::string_view op) const {
    return session().Ask(Request(op), BoolFrom).value_or(false);
  }
};

// --- Queues ------------------------------------------------------------------

// Interface: Queue or JoinableQueue.
template <typename Interface>
class RemoteQueueOf : public Interface, public Object {
 public:
  using Object::Object;

  absl::Status Put(const Value& value, absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(Json request, ValueRequest("put", value));
    request["timeout"] = TimeoutToJson(timeout);
    return session().Do(std::move(request));
  }
  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return session().Ask(TimedRequest("get", timeout), ValueDecoder(session()));
  }
  absl::Status PutBytes(std::string_view item,
                        absl::Duration timeout) override {
    Json request = TimedRequest("put_bytes", timeout);
    request["data"] = Base64(item);
    return session().Do(std::move(request));
  }
  absl::Status GetBytes(std::string& item, absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        item, session().Ask(TimedRequest("get_bytes", timeout), BytesFrom));
    return absl::OkStatus();
  }
  absl::StatusOr<int64_t> Size() override { return Ask("size", IntegerFrom); }
  absl::StatusOr<bool> Empty() override { return AskBool("empty"); }
  absl::StatusOr<bool> Full() override { return AskBool("full"); }
  absl::Status Close() override { return Do("close"); }
  absl::Status JoinThread() override { return Do("join_thread"); }
  absl::Status CancelJoinThread() override { return Do("cancel_join_thread"); }
};

using RemoteQueue = RemoteQueueOf<Queue>;

class RemoteJoinableQueue final : public RemoteQueueOf<JoinableQueue> {
 public:
  using RemoteQueueOf::RemoteQueueOf;

  absl::Status TaskDone() override { return Do("task_done"); }
  absl::Status Join() override { return Do("join"); }
};

class RemoteSimpleQueue final : public SimpleQueue, public Object {
 public:
  using Object::Object;

  absl::Status Put(const Value& value) override {
    PROCSPEC_ASSIGN_OR_RETURN(Json request, ValueRequest("put", value));
    return session().Do(std::move(request));
  }
  absl::StatusOr<Value> Get() override {
    return Ask("get", ValueDecoder(session()));
  }
  absl::StatusOr<bool> Empty() override { return AskBool("empty"); }
  absl::Status Close() override { return Do("close"); }
};

// --- Synchronisation ---------------------------------------------------------

// Interface: Lock, Semaphore or Condition.
template <typename Interface>
class Acquirable : public Interface, public Object {
 public:
  using Object::Object;

  absl::StatusOr<bool> Acquire(absl::Duration timeout) override {
    return session().Ask(TimedRequest("acquire", timeout), BoolFrom);
  }
  absl::Status Release() override { return Do("release"); }
};

template <HandleKind kKind>
class RemoteLock final : public Acquirable<Lock> {
 public:
  using Acquirable::Acquirable;
  HandleKind handle_kind() const override { return kKind; }
};

template <HandleKind kKind>
class RemoteSemaphore final : public Acquirable<Semaphore> {
 public:
  using Acquirable::Acquirable;
  HandleKind handle_kind() const override { return kKind; }
  absl::StatusOr<int64_t> Count() override { return Ask("count", IntegerFrom); }
};

class RemoteCondition final : public Acquirable<Condition> {
 public:
  using Acquirable::Acquirable;

  absl::StatusOr<bool> Wait(absl::Duration timeout) override {
    return session().Ask(TimedRequest("wait", timeout), BoolFrom);
  }
  absl::Status Notify(int count) override {
    return session().Do(RequestWith("notify", "count", count));
  }
  absl::Status NotifyAll() override { return Do("notify_all"); }
};

class RemoteEvent final : public Event, public Object {
 public:
  using Object::Object;

  absl::StatusOr<bool> IsSet() override { return AskBool("is_set"); }
  absl::Status Set() override { return Do("set"); }
  absl::Status Clear() override { return Do("clear"); }
  absl::StatusOr<bool> Wait(absl::Duration timeout) override {
    return session().Ask(TimedRequest("wait", timeout), BoolFrom);
  }
};

class RemoteBarrier final : public Barrier, public Object {
 public:
  using Object::Object;

  absl::StatusOr<int> Wait() override { return Ask("wait", IntFrom); }
  absl::StatusOr<int> Wait(absl::Duration timeout) override {
    return session().Ask(TimedRequest("wait", timeout), IntFrom);
  }
  absl::Status Abort() override { return Do("abort"); }
  absl::Status Reset() override { return Do("reset"); }
  absl::StatusOr<int> Parties() override { return Ask("parties", IntFrom); }
  absl::StatusOr<int> Waiting() override { return Ask("waiting", IntFrom); }
  absl::StatusOr<bool> Broken() override { return AskBool("broken"); }
};

class RemoteLocalObject final : public LocalObject, public Object {
 public:
  using Object::Object;
};

// --- Pools -------------------------------------------------------------------

class RemoteAsyncResult final : public AsyncResult, public Object {
 public:
  using Object::Object;

  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    return session().Ask(TimedRequest("get", timeout), ValueDecoder(session()));
  }
  absl::Status Wait(absl::Duration timeout) override {
    return session().Do(TimedRequest("wait", timeout));
  }
  absl::StatusOr<bool> Ready() override { return AskBool("ready"); }
  absl::StatusOr<bool> Successful() override { return AskBool("successful"); }
};

class RemotePool final : public Pool, public Object {
 public:
  using Object::Object;

  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    Json request = RequestWith("apply", "target", target);
    PROCSPEC_RETURN_IF_ERROR(AddArguments(arguments, session(), request));
    return session().Ask(std::move(request), ValueDecoder(session()));
  }

  absl::StatusOr<std::shared_ptr<AsyncResult>> ApplyAsync(
      std::string_view target, Arguments arguments,
      PoolCallbacks callbacks) override {
    Json request = RequestWith("apply_async", "target", target);
    PROCSPEC_RETURN_IF_ERROR(AddArguments(arguments, session(), request));
    return Submit(std::move(request), std::move(callbacks));
  }

  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override {
    PROCSPEC_ASSIGN_OR_RETURN(Json request,
                              MapRequest("map", target, items, chunk_size));
    return session().Ask(
        std::move(request), [this](const Json& json) -> absl::StatusOr<List> {
          PROCSPEC_ASSIGN_OR_RETURN(Value value, ValueFrom(json, session()));
          List* list = value.get_if<List>();
          if (list == nullptr) {
            return Violation("expected a list");
          }
          return std::move(*list);
        });
  }

  absl::StatusOr<std::shared_ptr<AsyncResult>> MapAsync(
      std::string_view target, List items, std::optional<int> chunk_size,
      PoolCallbacks callbacks) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        Json request, MapRequest("map_async", target, items, chunk_size));
    return Submit(std::move(request), std::move(callbacks));
  }

  absl::Status Close() override { return Do("close"); }
  absl::Status Terminate() override { return Do("terminate"); }
  absl::Status Join() override { return Do("join"); }

 private:
  absl::StatusOr<Json> MapRequest(std::string_view op, std::string_view target,
                                  const List& items,
                                  std::optional<int> chunk_size) {
    Json request = RequestWith(op, "target", target);
    PROCSPEC_ASSIGN_OR_RETURN(request["items"], ToJson(items, session()));
    request["chunk_size"] = chunk_size.has_value() ? Json(*chunk_size) : Json();
    return request;
  }

  // One token for both callbacks: only one of them is called.
  absl::StatusOr<std::shared_ptr<AsyncResult>> Submit(Json request,
                                                      PoolCallbacks callbacks) {
    const bool has_callback = callbacks.callback != nullptr;
    const bool has_error_callback = callbacks.error_callback != nullptr;
    Json token;
    if (has_callback || has_error_callback) {
      token = session().AddCallbacks(std::move(callbacks));
    }
    request["callback"] = has_callback ? token : Json();
    request["error_callback"] = has_error_callback ? token : Json();
    absl::StatusOr<std::shared_ptr<AsyncResult>> result =
        session().Ask(std::move(request), [this](const Json& json) {
          return session().ObjectFrom<AsyncResult>(json, "AsyncResult");
        });
    if (!result.ok() && !token.is_null()) {
      (void)session().TakeCallbacks(token.get<int64_t>());
    }
    return result;
  }
};

template <typename T>
std::shared_ptr<Remote> Make(std::shared_ptr<Session> session, int64_t number,
                             const std::string& kind) {
  return std::make_shared<T>(std::move(session), number, kind);
}

struct Kind {
  std::string_view name;
  std::shared_ptr<Remote> (*make)(std::shared_ptr<Session> session,
                                  int64_t number, const std::string& kind);
};

constexpr Kind kKinds[] = {
    {"Process", Make<RemoteProcess>},
    {"Connection", Make<RemoteConnection>},
    {"Queue", Make<RemoteQueue>},
    {"JoinableQueue", Make<RemoteJoinableQueue>},
    {"SimpleQueue", Make<RemoteSimpleQueue>},
    {"Lock", Make<RemoteLock<HandleKind::kLock>>},
    {"RLock", Make<RemoteLock<HandleKind::kRLock>>},
    {"Semaphore", Make<RemoteSemaphore<HandleKind::kSemaphore>>},
    {"BoundedSemaphore", Make<RemoteSemaphore<HandleKind::kBoundedSemaphore>>},
    {"Condition", Make<RemoteCondition>},
    {"Event", Make<RemoteEvent>},
    {"Barrier", Make<RemoteBarrier>},
    {"LocalObject", Make<RemoteLocalObject>},
    {"Pool", Make<RemotePool>},
    {"AsyncResult", Make<RemoteAsyncResult>},
};

}  // namespace

std::shared_ptr<Remote> MakeRemote(std::shared_ptr<Session> session,
                                   int64_t number, const std::string& kind) {
  for (const Kind& known : kKinds) {
    if (known.name == kind) {
      return known.make(std::move(session), number, kind);
    }
  }
  return nullptr;
}

void SetFunctions(Process& process, std::string_view type,
                  std::string_view target) {
  if (auto* remote = dynamic_cast<RemoteProcess*>(&process)) {
    remote->SetFunctions(type, target);
  }
}

}  // namespace procspec::wire
