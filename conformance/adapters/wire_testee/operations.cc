// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire_testee/operations.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/adapters/wire_testee/fields.h"
#include "conformance/adapters/wire_testee/objects.h"
#include "spec/connection.h"
#include "spec/error.h"
#include "spec/pool.h"
#include "spec/process.h"
#include "spec/queue.h"
#include "spec/status_macros.h"
#include "spec/sync.h"

namespace procspec::wire_testee {
namespace {

// What an operation is performed with, beside its object.
struct Scene {
  const Fields& fields;
  Backend& backend;
  Participant& participant;
  Objects& objects;
};

// --- Results ----------------------------------------------------------------

using Reply = absl::StatusOr<Json>;

Reply ReplyTo(Scene& scene, const Value& value) {
  return wire::ToJson(value, scene.objects);
}

Reply ReplyTo(Scene&, const absl::Status& status) {
  if (!status.ok()) return status;
  return Json();
}

template <typename T>
Reply ReplyTo(Scene& scene, const std::optional<T>& value) {
  if (!value.has_value()) return Json();
  return ReplyTo(scene, Value(*value));
}

template <typename T>
Reply ReplyTo(Scene& scene, const std::shared_ptr<T>& object) {
  return scene.objects.Send(Object(object));
}

template <typename T>
Reply ReplyTo(Scene& scene, const std::vector<std::shared_ptr<T>>& objects) {
  Json list = Json::array();
  for (const auto& object : objects) {
    list.push_back(scene.objects.Send(Object(object)));
  }
  return list;
}

Reply ReplyTo(Scene& scene, const ConnectionPair& pair) {
  return ReplyTo(scene, std::vector{pair.first, pair.second});
}

template <typename T>
Reply ReplyTo(Scene& scene, const absl::StatusOr<T>& result) {
  if (!result.ok()) return result.status();
  return ReplyTo(scene, *result);
}

// --- Operations -------------------------------------------------------------

// Of objects of an interface, by name: the tables of spec/wire.md. They are
// made before main: a child forked while another thread is inside a first use
// would find that use unfinished for ever.
template <typename T>
using Operation = std::function<Reply(T&, Scene&)>;
template <typename T>
using Operations = std::map<std::string_view, Operation<T>>;

// What a parameter is read as. Text: what is bytes on the wire is given as
// Bytes.
template <typename Parameter>
using Read = std::conditional_t<std::is_same_v<Parameter, std::string_view>,
                                std::string, std::remove_cvref_t<Parameter>>;

// `function` takes the object and then its parameters, each from the field of
// the name beside it.
template <typename T, typename... Parameters, typename Function,
          typename... Names>
Operation<T> Make(Function function, Names... names) {
  static_assert(sizeof...(Parameters) == sizeof...(Names));
  return [function, names...](T& object, Scene& scene) -> Reply {
    std::tuple<absl::StatusOr<Read<Parameters>>...> read{
        scene.fields.Get<Read<Parameters>>(names)...};
    return std::apply(
        [&](auto&... values) -> Reply {
          absl::Status bad;
          ((bad = bad.ok() ? values.status() : bad), ...);
          if (!bad.ok()) return bad;
          return ReplyTo(scene, function(object, *std::move(values)...));
        },
        read);
  };
}

template <typename T, typename Result, typename... Parameters,
          typename... Names>
Operation<T> Op(Result (T::*method)(Parameters...), Names... names) {
  return Make<T, Parameters...>(std::mem_fn(method), names...);
}

template <typename T, typename Result, typename... Parameters,
          typename... Names>
Operation<T> Op(Result (*function)(T&, Parameters...), Names... names) {
  return Make<T, Parameters...>(function, names...);
}

template <typename T>
std::optional<Reply> Find(const Operations<T>& operations,
                          const std::string& op, T& object, Scene& scene) {
  auto it = operations.find(op);
  if (it == operations.end()) return std::nullopt;
  return it->second(object, scene);
}

// --- The process itself -----------------------------------------------------

Reply NewProcess(Backend& backend, Scene& scene) {
  ProcessOptions options;
  PROCSPEC_ASSIGN_OR_RETURN(options.type,
                            scene.fields.Get<std::string>("type"));
  PROCSPEC_ASSIGN_OR_RETURN(options.target,
                            scene.fields.Get<std::string>("target"));
  PROCSPEC_ASSIGN_OR_RETURN(options.arguments, scene.fields.GetArguments());
  PROCSPEC_ASSIGN_OR_RETURN(options.name,
                            scene.fields.Get<std::string>("name"));
  PROCSPEC_ASSIGN_OR_RETURN(options.daemon,
                            scene.fields.Get<std::optional<bool>>("daemon"));
  return ReplyTo(scene, backend.NewProcess(std::move(options)));
}

Reply NewBarrier(Backend& backend, Scene& scene) {
  BarrierOptions options;
  PROCSPEC_ASSIGN_OR_RETURN(options.parties, scene.fields.Get<int>("parties"));
  PROCSPEC_ASSIGN_OR_RETURN(options.action,
                            scene.fields.Get<std::string>("action"));
  PROCSPEC_ASSIGN_OR_RETURN(options.action_arguments,
                            scene.fields.GetArguments());
  PROCSPEC_ASSIGN_OR_RETURN(options.timeout,
                            scene.fields.Get<absl::Duration>("timeout"));
  return ReplyTo(scene, backend.NewBarrier(std::move(options)));
}

Reply NewPool(Backend& backend, Scene& scene) {
  PoolOptions options;
  PROCSPEC_ASSIGN_OR_RETURN(options.workers,
                            scene.fields.Get<std::optional<int>>("workers"));
  PROCSPEC_ASSIGN_OR_RETURN(options.initializer,
                            scene.fields.Get<std::string>("initializer"));
  PROCSPEC_ASSIGN_OR_RETURN(options.initializer_arguments,
                            scene.fields.GetArguments());
  PROCSPEC_ASSIGN_OR_RETURN(
      options.max_tasks_per_worker,
      scene.fields.Get<std::optional<int>>("max_tasks_per_worker"));
  return ReplyTo(scene, backend.NewPool(std::move(options)));
}

Reply Print(Backend& backend, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto stream,
                            scene.fields.Get<std::string>("stream"));
  PROCSPEC_ASSIGN_OR_RETURN(const auto text,
                            scene.fields.Get<std::string>("text"));
  if (stream != "out" && stream != "err") {
    return wire::Violation(absl::StrCat("no stream ", stream));
  }
  return ReplyTo(scene, backend.Print(stream == "out" ? StandardStream::kOut
                                                      : StandardStream::kErr,
                                      text));
}

constexpr std::pair<std::string_view, CrashKind> kCrashes[] = {
    {"kill", CrashKind::kKill},
    {"abort", CrashKind::kAbort},
    {"segmentation", CrashKind::kSegmentation},
    {"exit", CrashKind::kImmediateExit},
};

Reply Crash(Backend& backend, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto crash,
                            scene.fields.Get<std::string>("crash"));
  PROCSPEC_ASSIGN_OR_RETURN(const int code, scene.fields.Get<int>("code"));
  for (const auto& [name, kind] : kCrashes) {
    if (name == crash) return ReplyTo(scene, backend.Crash(kind, code));
  }
  return wire::Violation(absl::StrCat("no crash ", crash));
}

Reply AtExit(Backend& backend, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto target,
                            scene.fields.Get<std::string>("target"));
  PROCSPEC_ASSIGN_OR_RETURN(Arguments arguments, scene.fields.GetArguments());
  return ReplyTo(scene, backend.AtExit(target, std::move(arguments)));
}

// `status` is read by whoever serves the main program.
Reply Finish(Backend&, Scene& scene) {
  return ReplyTo(scene, scene.fields.Get<int>("status").status());
}

Reply Drop(Backend&, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto on, scene.fields.Get<int64_t>("on"));
  PROCSPEC_ASSIGN_OR_RETURN(const auto times,
                            scene.fields.Get<int64_t>("times"));
  return ReplyTo(scene, scene.objects.Drop(on, times));
}

Reply StageConnect(Backend&, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto address,
                            scene.fields.Get<std::string>("address"));
  return ReplyTo(scene, scene.participant.stage_lines().Connect(address));
}

Reply StageWrite(Backend&, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto line, scene.fields.Get<int64_t>("line"));
  PROCSPEC_ASSIGN_OR_RETURN(const auto data, scene.fields.Get<Bytes>("data"));
  return ReplyTo(scene, scene.participant.stage_lines().Write(line, data.data));
}

Reply StageRead(Backend&, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto line, scene.fields.Get<int64_t>("line"));
  PROCSPEC_ASSIGN_OR_RETURN(std::optional<std::string> data,
                            scene.participant.stage_lines().Read(line));
  if (!data.has_value()) return Json();
  return ReplyTo(scene, Value(Bytes{*std::move(data)}));
}

Reply StageClose(Backend&, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto line, scene.fields.Get<int64_t>("line"));
  return ReplyTo(scene, scene.participant.stage_lines().Close(line));
}

const Operations<Backend>& kOfTheProcess = *new Operations<Backend>{
    {"process.new", &NewProcess},
    {"pipe.new", Op(&Backend::NewPipe, "duplex")},
    {"queue.new", Op(&Backend::NewQueue, "maxsize")},
    {"joinable_queue.new", Op(&Backend::NewJoinableQueue, "maxsize")},
    {"simple_queue.new", Op(&Backend::NewSimpleQueue)},
    {"lock.new", Op(&Backend::NewLock)},
    {"rlock.new", Op(&Backend::NewRLock)},
    {"event.new", Op(&Backend::NewEvent)},
    {"local_object.new", Op(&Backend::NewLocalObject)},
    {"semaphore.new", Op(&Backend::NewSemaphore, "value")},
    {"bounded_semaphore.new", Op(&Backend::NewBoundedSemaphore, "value")},
    {"condition.new", Op(&Backend::NewCondition, "lock")},
    {"barrier.new", &NewBarrier},
    {"pool.new", &NewPool},
    {"current_process", Op(&Backend::CurrentProcess)},
    {"active_children", Op(&Backend::ActiveChildren)},
    {"pid", Op(&Backend::Pid)},
    {"parent_pid", Op(&Backend::ParentPid)},
    {"cpu_count", Op(&Backend::CpuCount)},
    {"print", &Print},
    {"crash", &Crash},
    {"at_exit", &AtExit},
    {"global.set", Op(&Backend::SetGlobal, "name", "value")},
    {"global.get", Op(&Backend::Global, "name")},
    {"finish", &Finish},
    {"drop", &Drop},
    {"stage.connect", &StageConnect},
    {"stage.write", &StageWrite},
    {"stage.read", &StageRead},
    {"stage.close", &StageClose},
};

// --- Objects ----------------------------------------------------------------

const Operations<Process>& kOfProcess = *new Operations<Process>{
    {"start", Op(&Process::Start)},
    {"run", Op(&Process::Run)},
    {"join", Op(&Process::Join, "timeout")},
    {"is_alive", Op(&Process::IsAlive)},
    {"exit_code", Op(&Process::ExitCode)},
    {"terminate", Op(&Process::Terminate)},
    {"kill", Op(&Process::Kill)},
    {"close", Op(&Process::Close)},
    {"pid", Op(&Process::Pid)},
    {"name", Op(&Process::Name)},
    {"set_name", Op(&Process::SetName, "name")},
    {"daemon", Op(&Process::Daemon)},
    {"set_daemon", Op(&Process::SetDaemon, "daemon")},
    {"arguments", Op(+[](Process& process) {
       const Arguments& arguments = process.arguments();
       return Value(List{arguments.args, arguments.kwargs});
     })},
    {"set_attribute", Op(&Process::SetAttribute, "name", "value")},
    {"attribute", Op(&Process::Attribute, "name")},
};

absl::StatusOr<Value> RecvBytesInto(Connection& connection, Bytes buffer,
                                    size_t offset) {
  PROCSPEC_ASSIGN_OR_RETURN(
      const size_t length,
      connection.RecvBytesInto(absl::MakeSpan(buffer.data), offset));
  return Value(List{length, std::move(buffer)});
}

const Operations<Connection>& kOfConnection = *new Operations<Connection>{
    {"send", Op(&Connection::Send, "value")},
    {"recv", Op(&Connection::Recv)},
    {"send_bytes", Op(
                       +[](Connection& connection, Bytes data) {
                         return connection.SendBytes(data.data);
                       },
                       "data")},
    {"recv_bytes",
     Op(
         +[](Connection& connection,
             std::optional<size_t> max_length) -> absl::StatusOr<Value> {
           PROCSPEC_ASSIGN_OR_RETURN(std::string message,
                                     connection.RecvBytes(max_length));
           return Value(Bytes{std::move(message)});
         },
         "max_length")},
    {"recv_bytes_into", Op(&RecvBytesInto, "buffer", "offset")},
    {"poll", Op(&Connection::Poll, "timeout")},
    {"close", Op(&Connection::Close)},
    {"closed",
     Op(+[](Connection& connection) { return Value(connection.closed()); })},
    {"readable",
     Op(+[](Connection& connection) { return Value(connection.readable()); })},
    {"writable",
     Op(+[](Connection& connection) { return Value(connection.writable()); })},
};

const Operations<Queue>& kOfQueue = *new Operations<Queue>{
    {"put", Op(&Queue::Put, "value", "timeout")},
    {"get", Op(&Queue::Get, "timeout")},
    {"put_bytes", Op(
                      +[](Queue& queue, Bytes data, absl::Duration timeout) {
                        return queue.PutBytes(data.data, timeout);
                      },
                      "data", "timeout")},
    {"get_bytes",
     Op(
         +[](Queue& queue, absl::Duration timeout) -> absl::StatusOr<Value> {
           Bytes item;
           PROCSPEC_RETURN_IF_ERROR(queue.GetBytes(item.data, timeout));
           return Value(std::move(item));
         },
         "timeout")},
    {"size", Op(&Queue::Size)},
    {"empty", Op(&Queue::Empty)},
    {"full", Op(&Queue::Full)},
    {"close", Op(&Queue::Close)},
    {"join_thread", Op(&Queue::JoinThread)},
    {"cancel_join_thread", Op(&Queue::CancelJoinThread)},
};

const Operations<JoinableQueue>& kOfJoinableQueue =
    *new Operations<JoinableQueue>{
        {"task_done", Op(&JoinableQueue::TaskDone)},
        {"join", Op(&JoinableQueue::Join)},
    };

const Operations<SimpleQueue>& kOfSimpleQueue = *new Operations<SimpleQueue>{
    {"put", Op(&SimpleQueue::Put, "value")},
    {"get", Op(&SimpleQueue::Get)},
    {"empty", Op(&SimpleQueue::Empty)},
    {"close", Op(&SimpleQueue::Close)},
};

const Operations<Lock>& kOfLock = *new Operations<Lock>{
    {"acquire", Op(&Lock::Acquire, "timeout")},
    {"release", Op(&Lock::Release)},
};

const Operations<Semaphore>& kOfSemaphore = *new Operations<Semaphore>{
    {"acquire", Op(&Semaphore::Acquire, "timeout")},
    {"release", Op(&Semaphore::Release)},
    {"count", Op(&Semaphore::Count)},
};

const Operations<Condition>& kOfCondition = *new Operations<Condition>{
    {"acquire", Op(&Condition::Acquire, "timeout")},
    {"release", Op(&Condition::Release)},
    {"wait", Op(&Condition::Wait, "timeout")},
    {"notify", Op(&Condition::Notify, "count")},
    {"notify_all", Op(&Condition::NotifyAll)},
};

const Operations<Event>& kOfEvent = *new Operations<Event>{
    {"is_set", Op(&Event::IsSet)},
    {"set", Op(&Event::Set)},
    {"clear", Op(&Event::Clear)},
    {"wait", Op(&Event::Wait, "timeout")},
};

// An absent timeout is not a null one.
Reply WaitAtBarrier(Barrier& barrier, Scene& scene) {
  if (!scene.fields.Has("timeout")) return ReplyTo(scene, barrier.Wait());
  PROCSPEC_ASSIGN_OR_RETURN(const auto timeout,
                            scene.fields.Get<absl::Duration>("timeout"));
  return ReplyTo(scene, barrier.Wait(timeout));
}

const Operations<Barrier>& kOfBarrier = *new Operations<Barrier>{
    {"wait", &WaitAtBarrier},           {"abort", Op(&Barrier::Abort)},
    {"reset", Op(&Barrier::Reset)},     {"parties", Op(&Barrier::Parties)},
    {"waiting", Op(&Barrier::Waiting)}, {"broken", Op(&Barrier::Broken)},
};

// --- Pools ------------------------------------------------------------------

// Calls the judge, where the functions are, by their tokens.
absl::StatusOr<PoolCallbacks> CallbacksFrom(Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(
      const auto callback,
      scene.fields.Get<std::optional<int64_t>>("callback"));
  PROCSPEC_ASSIGN_OR_RETURN(
      const auto error_callback,
      scene.fields.Get<std::optional<int64_t>>("error_callback"));
  PoolCallbacks callbacks;
  Backend& backend = scene.backend;
  Participant& participant = scene.participant;
  const auto call = [&backend, &participant](int64_t token, const char* field,
                                             Json outcome) {
    // A callback has no way to tell of an error.
    (void)participant.Call(
        {{"kind", "callback"}, {"token", token}, {field, std::move(outcome)}},
        backend);
  };
  if (callback.has_value()) {
    callbacks.callback = [call, &participant,
                          token = *callback](const Value& value) {
      absl::StatusOr<Json> outcome = wire::ToJson(value, participant.objects());
      if (!outcome.ok()) Refuse(outcome.status());
      call(token, "ok", *std::move(outcome));
    };
  }
  if (error_callback.has_value()) {
    callbacks.error_callback =
        [call, token = *error_callback](const absl::Status& status) {
          call(token, "error", wire::ErrorToJson(status));
        };
  }
  return callbacks;
}

Reply Apply(Pool& pool, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto target,
                            scene.fields.Get<std::string>("target"));
  PROCSPEC_ASSIGN_OR_RETURN(Arguments arguments, scene.fields.GetArguments());
  return ReplyTo(scene, pool.Apply(target, std::move(arguments)));
}

Reply ApplyAsync(Pool& pool, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto target,
                            scene.fields.Get<std::string>("target"));
  PROCSPEC_ASSIGN_OR_RETURN(Arguments arguments, scene.fields.GetArguments());
  PROCSPEC_ASSIGN_OR_RETURN(PoolCallbacks callbacks, CallbacksFrom(scene));
  return ReplyTo(scene, pool.ApplyAsync(target, std::move(arguments),
                                        std::move(callbacks)));
}

absl::StatusOr<Value> Map(Pool& pool, std::string_view target, List items,
                          std::optional<int> chunk_size) {
  PROCSPEC_ASSIGN_OR_RETURN(List results,
                            pool.Map(target, std::move(items), chunk_size));
  return Value(std::move(results));
}

Reply MapAsync(Pool& pool, Scene& scene) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto target,
                            scene.fields.Get<std::string>("target"));
  PROCSPEC_ASSIGN_OR_RETURN(List items, scene.fields.Get<List>("items"));
  PROCSPEC_ASSIGN_OR_RETURN(const auto chunk_size,
                            scene.fields.Get<std::optional<int>>("chunk_size"));
  PROCSPEC_ASSIGN_OR_RETURN(PoolCallbacks callbacks, CallbacksFrom(scene));
  return ReplyTo(scene, pool.MapAsync(target, std::move(items), chunk_size,
                                      std::move(callbacks)));
}

const Operations<Pool>& kOfPool = *new Operations<Pool>{
    {"apply", &Apply},
    {"apply_async", &ApplyAsync},
    {"map", Op(&Map, "target", "items", "chunk_size")},
    {"map_async", &MapAsync},
    {"close", Op(&Pool::Close)},
    {"terminate", Op(&Pool::Terminate)},
    {"join", Op(&Pool::Join)},
};

const Operations<AsyncResult>& kOfAsyncResult = *new Operations<AsyncResult>{
    {"get", Op(&AsyncResult::Get, "timeout")},
    {"wait", Op(&AsyncResult::Wait, "timeout")},
    {"ready", Op(&AsyncResult::Ready)},
    {"successful", Op(&AsyncResult::Successful)},
};

// --- Dispatch ---------------------------------------------------------------

template <typename T>
std::optional<Reply> FindAs(const Operations<T>& operations,
                            const std::string& op, Shareable& object,
                            Scene& scene) {
  auto* as = dynamic_cast<T*>(&object);
  if (as == nullptr) return std::nullopt;
  return Find(operations, op, *as, scene);
}

std::optional<Reply> PerformOn(const Object& object, const std::string& op,
                               Scene& scene) {
  if (auto* process = std::get_if<std::shared_ptr<Process>>(&object)) {
    return Find(kOfProcess, op, **process, scene);
  }
  if (auto* pool = std::get_if<std::shared_ptr<Pool>>(&object)) {
    return Find(kOfPool, op, **pool, scene);
  }
  if (auto* result = std::get_if<std::shared_ptr<AsyncResult>>(&object)) {
    return Find(kOfAsyncResult, op, **result, scene);
  }
  Shareable& shareable = *std::get<Handle>(object);
  switch (shareable.handle_kind()) {
    case HandleKind::kConnection:
      return FindAs(kOfConnection, op, shareable, scene);
    case HandleKind::kJoinableQueue:
      if (auto outcome = FindAs(kOfJoinableQueue, op, shareable, scene)) {
        return outcome;
      }
      return FindAs(kOfQueue, op, shareable, scene);
    case HandleKind::kQueue:
      return FindAs(kOfQueue, op, shareable, scene);
    case HandleKind::kSimpleQueue:
      return FindAs(kOfSimpleQueue, op, shareable, scene);
    case HandleKind::kLock:
    case HandleKind::kRLock:
      return FindAs(kOfLock, op, shareable, scene);
    case HandleKind::kSemaphore:
    case HandleKind::kBoundedSemaphore:
      return FindAs(kOfSemaphore, op, shareable, scene);
    case HandleKind::kCondition:
      return FindAs(kOfCondition, op, shareable, scene);
    case HandleKind::kEvent:
      return FindAs(kOfEvent, op, shareable, scene);
    case HandleKind::kBarrier:
      return FindAs(kOfBarrier, op, shareable, scene);
    case HandleKind::kLocalObject:
      return std::nullopt;
  }
  return std::nullopt;
}

Reply Perform(const std::string& op, Scene& scene) {
  // First, for `pid` is also an operation of processes. `drop` is of the
  // process that has the object.
  if (scene.fields.Has("on") && op != "drop") {
    PROCSPEC_ASSIGN_OR_RETURN(const auto on, scene.fields.Get<int64_t>("on"));
    PROCSPEC_ASSIGN_OR_RETURN(const Object object, scene.objects.Find(on));
    if (auto outcome = PerformOn(object, op, scene)) return *std::move(outcome);
    return wire::Violation(
        absl::StrCat("a ", KindName(object), " has no operation '", op, "'"));
  }
  if (auto outcome = Find(kOfTheProcess, op, scene.backend, scene)) {
    return *std::move(outcome);
  }
  return wire::Violation(absl::StrCat("a process has no operation '", op, "'"));
}

}  // namespace

std::string Answer(const Json& request, Backend& backend,
                   Participant& participant) {
  Objects& objects = participant.objects();
  const Fields fields(request, objects);
  Scene scene{fields, backend, participant, objects};
  const absl::StatusOr<std::string> op = fields.Get<std::string>("op");
  Reply reply = op.ok() ? Perform(*op, scene) : Reply(op.status());
  const auto format = [&request, &reply] {
    Json answer = {{"id", request.value("id", Json())}};
    if (reply.ok()) {
      answer["ok"] = *reply;
    } else {
      answer["error"] = wire::ErrorToJson(reply.status());
    }
    return wire::FormatLine(answer);
  };
  absl::StatusOr<std::string> line = format();
  if (!line.ok()) {
    reply = line.status();
    line = format();
  }
  return *std::move(line);
}

}  // namespace procspec::wire_testee
