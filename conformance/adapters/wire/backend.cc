// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/backend.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/objects.h"
#include "spec/status_macros.h"

namespace procspec::wire {
namespace {

Json Request(std::string_view op) { return {{"op", op}}; }

Json Request(std::string_view op, const char* field, Json content) {
  Json request = Request(op);
  request[field] = std::move(content);
  return request;
}

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json();
}

std::string_view NameOf(CrashKind kind) {
  switch (kind) {
    case CrashKind::kKill:
      return "kill";
    case CrashKind::kAbort:
      return "abort";
    case CrashKind::kSegmentation:
      return "segmentation";
    case CrashKind::kImmediateExit:
      return "exit";
  }
  return "kill";
}

absl::StatusOr<int> CountFrom(const Json& json) {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t number, IntegerFrom(json));
  if (number != static_cast<int>(number)) {
    return Violation(absl::StrCat("expected 32 bits, not ", number));
  }
  return static_cast<int>(number);
}

}  // namespace

RemoteBackend::RemoteBackend(std::string name, CapabilitySet capabilities)
    : name_(std::move(name)), capabilities_(capabilities) {}

template <typename Decode>
auto RemoteBackend::Ask(Json request, Decode decode) {
  using Result = decltype(decode(std::declval<const Json&>()));
  absl::StatusOr<std::shared_ptr<Session>> process = session();
  if (!process.ok()) return Result(process.status());
  return (*process)->Ask(std::move(request), decode);
}

template <typename T>
absl::StatusOr<std::shared_ptr<T>> RemoteBackend::New(Json request,
                                                      std::string_view kind) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  return process->Ask(std::move(request), [&](const Json& json) {
    return process->ObjectFrom<T>(json, kind);
  });
}

absl::StatusOr<std::shared_ptr<Process>> RemoteBackend::NewProcess(
    ProcessOptions options) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  Json request = Request("process.new");
  request["type"] = options.type;
  request["target"] = options.target;
  request["name"] = options.name;
  request["daemon"] = OrNull(options.daemon);
  PROCSPEC_RETURN_IF_ERROR(AddArguments(options.arguments, *process, request));
  PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Process> made,
                            New<Process>(std::move(request), "Process"));
  SetFunctions(*made, options.type, options.target);
  return made;
}

absl::StatusOr<ConnectionPair> RemoteBackend::NewPipe(bool duplex) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  return process->Ask(
      Request("pipe.new", "duplex", duplex),
      [&](const Json& json) -> absl::StatusOr<ConnectionPair> {
        if (!json.is_array() || json.size() != 2) {
          return Violation("expected two connections");
        }
        ConnectionPair pair;
        PROCSPEC_ASSIGN_OR_RETURN(
            pair.first, process->ObjectFrom<Connection>(json[0], "Connection"));
        PROCSPEC_ASSIGN_OR_RETURN(pair.second, process->ObjectFrom<Connection>(
                                                   json[1], "Connection"));
        return pair;
      });
}

absl::StatusOr<std::shared_ptr<Queue>> RemoteBackend::NewQueue(
    int64_t maxsize) {
  return New<Queue>(Request("queue.new", "maxsize", maxsize), "Queue");
}

absl::StatusOr<std::shared_ptr<JoinableQueue>> RemoteBackend::NewJoinableQueue(
    int64_t maxsize) {
  return New<JoinableQueue>(Request("joinable_queue.new", "maxsize", maxsize),
                            "JoinableQueue");
}

absl::StatusOr<std::shared_ptr<SimpleQueue>> RemoteBackend::NewSimpleQueue() {
  return New<SimpleQueue>(Request("simple_queue.new"), "SimpleQueue");
}

absl::StatusOr<std::shared_ptr<Lock>> RemoteBackend::NewLock() {
  return New<Lock>(Request("lock.new"), "Lock");
}

absl::StatusOr<std::shared_ptr<Lock>> RemoteBackend::NewRLock() {
  return New<Lock>(Request("rlock.new"), "RLock");
}

absl::StatusOr<std::shared_ptr<Semaphore>> RemoteBackend::NewSemaphore(
    int64_t value) {
  return New<Semaphore>(Request("semaphore.new", "value", value), "Semaphore");
}

absl::StatusOr<std::shared_ptr<Semaphore>> RemoteBackend::NewBoundedSemaphore(
    int64_t value) {
  return New<Semaphore>(Request("bounded_semaphore.new", "value", value),
                        "BoundedSemaphore");
}

absl::StatusOr<std::shared_ptr<Event>> RemoteBackend::NewEvent() {
  return New<Event>(Request("event.new"), "Event");
}

absl::StatusOr<std::shared_ptr<Condition>> RemoteBackend::NewCondition(
    std::shared_ptr<Lock> lock) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  Json handle;
  if (lock != nullptr) {
    PROCSPEC_ASSIGN_OR_RETURN(handle, ToJson(Value(lock), *process));
  }
  return New<Condition>(Request("condition.new", "lock", std::move(handle)),
                        "Condition");
}

absl::StatusOr<std::shared_ptr<Barrier>> RemoteBackend::NewBarrier(
    BarrierOptions options) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  Json request = Request("barrier.new", "parties", options.parties);
  request["action"] = options.action;
  request["timeout"] = TimeoutToJson(options.timeout);
  PROCSPEC_RETURN_IF_ERROR(
      AddArguments(options.action_arguments, *process, request));
  return New<Barrier>(std::move(request), "Barrier");
}

absl::StatusOr<std::shared_ptr<Pool>> RemoteBackend::NewPool(
    PoolOptions options) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  Json request = Request("pool.new", "workers", OrNull(options.workers));
  request["initializer"] = options.initializer;
  request["max_tasks_per_worker"] = OrNull(options.max_tasks_per_worker);
  PROCSPEC_RETURN_IF_ERROR(
      AddArguments(options.initializer_arguments, *process, request));
  return New<Pool>(std::move(request), "Pool");
}

absl::StatusOr<std::shared_ptr<LocalObject>> RemoteBackend::NewLocalObject() {
  return New<LocalObject>(Request("local_object.new"), "LocalObject");
}

absl::StatusOr<std::shared_ptr<Process>> RemoteBackend::CurrentProcess() {
  return New<Process>(Request("current_process"), "Process");
}

absl::StatusOr<std::vector<std::shared_ptr<Process>>>
RemoteBackend::ActiveChildren() {
  using Processes = std::vector<std::shared_ptr<Process>>;
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  return process->Ask(Request("active_children"),
                      [&](const Json& json) -> absl::StatusOr<Processes> {
                        if (!json.is_array())
                          return Violation("expected a list of processes");
                        Processes children;
                        for (const Json& item : json) {
                          PROCSPEC_ASSIGN_OR_RETURN(
                              std::shared_ptr<Process> child,
                              process->ObjectFrom<Process>(item, "Process"));
                          children.push_back(std::move(child));
                        }
                        return children;
                      });
}

absl::StatusOr<int64_t> RemoteBackend::Pid() {
  return Ask(Request("pid"), IntegerFrom);
}

absl::StatusOr<int64_t> RemoteBackend::ParentPid() {
  return Ask(Request("parent_pid"), IntegerFrom);
}

absl::StatusOr<int> RemoteBackend::CpuCount() {
  return Ask(Request("cpu_count"), CountFrom);
}

absl::Status RemoteBackend::Print(StandardStream stream,
                                  std::string_view text) {
  Json request = Request("print", "text", text);
  request["stream"] = stream == StandardStream::kOut ? "out" : "err";
  return Ask(std::move(request), NullFrom);
}

absl::Status RemoteBackend::Crash(CrashKind kind, int code) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  Json request = Request("crash", "crash", NameOf(kind));
  request["code"] = code;
  return process->Crash(std::move(request));
}

absl::Status RemoteBackend::AtExit(std::string_view target,
                                   Arguments arguments) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  Json request = Request("at_exit", "target", target);
  PROCSPEC_RETURN_IF_ERROR(AddArguments(arguments, *process, request));
  return process->Do(std::move(request));
}

absl::Status RemoteBackend::SetGlobal(std::string_view name, Value value) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  Json request = Request("global.set", "name", name);
  PROCSPEC_ASSIGN_OR_RETURN(request["value"], ToJson(value, *process));
  return process->Do(std::move(request));
}

absl::StatusOr<Value> RemoteBackend::Global(std::string_view name) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> process, session());
  return process->Ask(
      Request("global.get", "name", name),
      [&](const Json& json) { return ValueFrom(json, *process); });
}

SessionBackend::SessionBackend(std::string name, CapabilitySet capabilities,
                               std::shared_ptr<Session> session)
    : RemoteBackend(std::move(name), capabilities),
      session_(std::move(session)) {}

absl::StatusOr<std::shared_ptr<Session>> SessionBackend::session() {
  return session_;
}

}  // namespace procspec::wire
