// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/process.h"

#include <cstdint>
#include <cstring>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "reference/bootstrap.h"
#include "reference/exit.h"
#include "reference/fork_server.h"
#include "reference/os/at_fork.h"
#include "reference/os/fork_server.h"
#include "reference/os/never_destroyed.h"
#include "reference/os/process.h"
#include "reference/os/shared_memory.h"
#include "reference/os/stream.h"
#include "reference/os/time.h"
#include "reference/run.h"
#include "reference/share.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"
#include "spec/value.h"

namespace procspec::reference {
namespace {

class ProcessObject;
using Objects = std::list<std::shared_ptr<ProcessObject>>;

// How long a daemonic child may take to end once it was asked to at its
// creator's exit; then it is killed, for it must not outlive its creator.
constexpr absl::Duration kDaemonGrace = absl::Seconds(2);

// What a process knows of itself and its children.
//
// One mutex guards it and every object: calls on processes are rare and short,
// and no call waits while it holds it. Nothing else is called under it: where
// an object leaves the list, its last reference is dropped after the mutex.
struct Family {
  std::mutex mutex;
  std::shared_ptr<ProcessObject> current;
  // Started and not yet seen to have ended.
  Objects children;
  int64_t constructed = 0;
  os::AtFork at_fork{{.before = [this] { mutex.lock(); },
                      .in_parent = [this](bool) { mutex.unlock(); },
                      .in_child = [this] { mutex.unlock(); }},
                     os::AtFork::Order::kLast};
};

Family& TheFamily() {
  static os::NeverDestroyed<Family> family;
  return *family;
}

// What a process of its own needs to know about itself, however it began.
struct Identity {
  std::string name;
  // "2:1" for the first object that the second child constructed; empty in
  // main.
  std::string path;
  bool daemon = false;
};

class ProcessObject final : public Process,
                            public std::enable_shared_from_this<ProcessObject> {
 public:
  // Before a start.
  ProcessObject(StartMethod method, std::shared_ptr<Backend> backend,
                Identity identity, ProcessOptions options)
      : method_(method),
        backend_(std::move(backend)),
        type_(std::move(options.type)),
        target_(std::move(options.target)),
        arguments_(std::move(options.arguments)),
        creator_(os::CurrentPid()),
        identity_(std::move(identity)) {}

  absl::Status Start() override;
  absl::Status Run() override;
  absl::Status Join(absl::Duration timeout) override;
  absl::StatusOr<bool> IsAlive() override;
  absl::StatusOr<std::optional<int>> ExitCode() override;
  absl::Status Terminate() override { return Signal(&os::Child::Terminate); }
  absl::Status Kill() override { return Signal(&os::Child::Kill); }
  absl::Status Close() override;
  absl::StatusOr<std::optional<int64_t>> Pid() override;
  std::string Name() override;
  absl::Status SetName(std::string_view name) override;
  bool Daemon() override;
  absl::Status SetDaemon(bool daemon) override;
  const Arguments& arguments() override { return arguments_; }
  absl::Status SetAttribute(std::string_view name, Value value) override;
  absl::StatusOr<Value> Attribute(std::string_view name) override;

  // It now stands for the calling process.
  void BecomeCurrentLocked() {
    phase_ = Phase::kCurrent;
    creator_ = os::CurrentPid();
  }

  // In a child: is the calling process from now on, until its end.
  [[noreturn]] void RunAsChild();

  const Identity& identity() const { return identity_; }
  int64_t creator() const { return creator_; }

  // Reaps it if it has ended, and then takes it from the list of children: what
  // is returned is to be dropped outside the mutex.
  Objects ObserveLocked();
  bool IsRunningLocked() const { return phase_ == Phase::kRunning; }

  // Whether it has ended before the time was over. Only for started objects.
  bool AwaitEnd(os::Deadline deadline);

  std::shared_ptr<const os::ChildEnd> EndLocked() {
    return phase_ == Phase::kRunning && creator_ == os::CurrentPid()
               ? child_.End()
               : nullptr;
  }

  // What travels to a child that begins as a fresh program, and the object made
  // from it there.
  Value DescriptionLocked() const;
  static absl::StatusOr<std::shared_ptr<ProcessObject>> FromDescription(
      StartMethod method, std::shared_ptr<Backend> backend,
      const Value& description);

 private:
  enum class Phase {
    kUnstarted,
    kStarting,  // a thread is inside Start
    kRunning,
    kEnded,
    kCurrent,  // this is the calling process, or was that of a process which
               // was forked since
  };

  absl::Status CheckOpenLocked() const {
    return closed_ ? ValueError("the process object is closed")
                   : absl::OkStatus();
  }
  bool IsSelfLocked() const {
    return phase_ == Phase::kCurrent && creator_ == os::CurrentPid();
  }
  absl::Status CheckCreatorLocked() const {
    return creator_ == os::CurrentPid()
               ? absl::OkStatus()
               : MisuseError("only the creator of a process can do this");
  }
  bool HasStartedLocked() const {
    return phase_ == Phase::kRunning || phase_ == Phase::kEnded;
  }

  absl::Status ClaimStart();
  absl::Status StartByFork();
  absl::Status StartAfresh();
  void StartedLocked(os::Child child);
  absl::Status Signal(void (os::Child::*send)());
  absl::StatusOr<Value> Call();

  const StartMethod method_;
  // Null in a main process, and once started.
  std::shared_ptr<Backend> backend_;
  const std::string type_;
  const std::string target_;
  Arguments arguments_;

  // Guarded by the family's mutex.
  int64_t creator_;  // the process itself when kCurrent
  Identity identity_;
  std::map<std::string, Value, std::less<>> attributes_;
  Phase phase_ = Phase::kUnstarted;
  bool closed_ = false;
  os::Child child_;
  Objects::iterator place_;  // among the children while kRunning
  std::optional<int> exit_code_;
};

ProcessObject& CurrentLocked(Family& family) {
  if (family.current == nullptr) {
    family.current = std::make_shared<ProcessObject>(
        StartMethod::kFork, nullptr, Identity{"MainProcess", "", false},
        ProcessOptions{});
    family.current->BecomeCurrentLocked();
  }
  return *family.current;
}

// Observes all children. What is returned has ended; drop it outside the mutex.
Objects ReapLocked(Family& family) {
  Objects ended;
  if (family.children.empty() || !os::AnyChildEnded()) return ended;
  for (auto it = family.children.begin(); it != family.children.end();) {
    const std::shared_ptr<ProcessObject>& child = *it++;
    ended.splice(ended.end(), child->ObserveLocked());
  }
  return ended;
}

absl::Status ProcessObject::Start() {
  PROCSPEC_RETURN_IF_ERROR(ClaimStart());
  absl::Status status = BeginsAfresh(method_) ? StartAfresh() : StartByFork();
  // Dropped after the mutex.
  Arguments arguments;
  std::shared_ptr<Backend> backend;
  std::lock_guard lock(TheFamily().mutex);
  if (status.ok()) {
    // What it runs with is the child's now. Kept here, until the child is seen
    // to have ended, it would hold open what the caller closes: a pipe would
    // have no end.
    std::swap(arguments, arguments_);
    std::swap(backend, backend_);
  } else {
    phase_ = Phase::kUnstarted;
  }
  return status;
}

// Everything that can be refused without starting anything.
absl::Status ProcessObject::ClaimStart() {
  Family& family = TheFamily();
  Objects ended;
  std::lock_guard lock(family.mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
  if (phase_ != Phase::kUnstarted) {
    return MisuseError("a process can be started only once");
  }
  if (CurrentLocked(family).identity().daemon) {
    return MisuseError("a daemonic process cannot start processes");
  }
  if (BeginsAfresh(method_)) PROCSPEC_RETURN_IF_ERROR(CheckMayStart());
  if (!type_.empty()) PROCSPEC_RETURN_IF_ERROR(CheckProcessType(type_));
  if (!target_.empty()) PROCSPEC_RETURN_IF_ERROR(CheckTarget(target_));
  ended = ReapLocked(family);
  phase_ = Phase::kStarting;
  return absl::OkStatus();
}

absl::Status ProcessObject::StartByFork() {
  os::FlushStandardStreams();
  os::PrepareEmptyStandardInput();
  // The caller's reference keeps this object in the child too: it never
  // returns.
  PROCSPEC_ASSIGN_OR_RETURN(std::optional<os::Child> child, os::Fork());
  if (!child.has_value()) {
    os::EmptyStandardInput();
    RunAsChild();
  }
  std::lock_guard lock(TheFamily().mutex);
  StartedLocked(*std::move(child));
  return absl::OkStatus();
}

absl::Status ProcessObject::StartAfresh() {
  os::FlushStandardStreams();
  Value description;
  {
    std::lock_guard lock(TheFamily().mutex);
    description = DescriptionLocked();
  }
  PROCSPEC_ASSIGN_OR_RETURN(Packer packer, Packer::Pack(description));
  const std::string& frame = packer.frame();
  std::vector<os::NativeHandle> handles = packer.handles();
  std::string_view bytes;
  os::SharedMemory memory;
  if (method_ == StartMethod::kForkServer &&
      frame.size() <= os::ForkServer::kMostBytes) {
    bytes = frame;
  } else {
    // A length and the frame. Memory rather than a pipe: it is complete before
    // the child exists, whatever its size, and nobody waits for a child that
    // dies.
    const uint64_t length = frame.size();
    PROCSPEC_ASSIGN_OR_RETURN(memory,
                              os::SharedMemory::New(sizeof(length) + length));
    auto* data = static_cast<char*>(memory.data());
    std::memcpy(data, &length, sizeof(length));
    std::memcpy(data + sizeof(length), frame.data(), length);
    handles.insert(handles.begin(), memory.handle());
  }
  PROCSPEC_ASSIGN_OR_RETURN(os::Child child,
                            method_ == StartMethod::kForkServer
                                ? StartByForkServer(bytes, handles)
                                : os::SpawnSelf(handles));
  std::lock_guard lock(TheFamily().mutex);
  StartedLocked(std::move(child));
  return absl::OkStatus();
}

void ProcessObject::StartedLocked(os::Child child) {
  Objects& children = TheFamily().children;
  child_ = std::move(child);
  phase_ = Phase::kRunning;
  place_ = children.insert(children.end(), shared_from_this());
}

absl::Status ProcessObject::Run() {
  {
    std::lock_guard lock(TheFamily().mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    if (HasStartedLocked()) {
      return MisuseError("a process that was started runs in its child");
    }
  }
  return Call().status();
}

absl::StatusOr<Value> ProcessObject::Call() {
  if (!type_.empty()) return CallProcessType(*backend_, type_, *this);
  if (!target_.empty()) return CallTarget(*backend_, target_, arguments_);
  return Value();
}

absl::Status ProcessObject::Join(absl::Duration timeout) {
  const os::Deadline deadline(timeout);
  {
    std::lock_guard lock(TheFamily().mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
    if (phase_ == Phase::kCurrent) {
      return MisuseError("a process cannot join itself");
    }
    if (!HasStartedLocked()) {
      return MisuseError("a process can be joined only once it is started");
    }
  }
  AwaitEnd(deadline);
  return absl::OkStatus();
}

bool ProcessObject::AwaitEnd(os::Deadline deadline) {
  bool time_is_over = deadline.IsImmediate();
  while (true) {
    Objects ended;
    std::shared_ptr<const os::ChildEnd> end;
    {
      std::lock_guard lock(TheFamily().mutex);
      ended = ObserveLocked();
      if (phase_ != Phase::kRunning) return true;
      if (time_is_over) return false;
      end = child_.End();
    }
    time_is_over = !end->Wait(deadline);
  }
}

Objects ProcessObject::ObserveLocked() {
  Objects ended;
  if (phase_ != Phase::kRunning || creator_ != os::CurrentPid()) return ended;
  switch (child_.Observe()) {
    case os::Child::State::kRunning:
      return ended;
    case os::Child::State::kEnded:
      exit_code_ = child_.exit_code();
      break;
    case os::Child::State::kLost:
      break;  // ended, and nobody here will ever know how
  }
  phase_ = Phase::kEnded;
  ended.splice(ended.end(), TheFamily().children, place_);
  return ended;
}

absl::StatusOr<bool> ProcessObject::IsAlive() {
  Objects ended;
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  if (IsSelfLocked()) return true;
  PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
  ended = ObserveLocked();
  return phase_ == Phase::kRunning;
}

absl::StatusOr<std::optional<int>> ProcessObject::ExitCode() {
  Objects ended;
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
  ended = ObserveLocked();
  return exit_code_;
}

// Not for the creator alone: a forked sibling may end a sibling. It knows the
// state of the time of its fork only, so the pid may be another's if the
// creator has reaped the child since.
absl::Status ProcessObject::Signal(void (os::Child::*send)()) {
  Objects ended;
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  if (!HasStartedLocked()) {
    return MisuseError("a process can be ended only once it is started");
  }
  ended = ObserveLocked();
  (child_.*send)();
  return absl::OkStatus();
}

absl::Status ProcessObject::Close() {
  Objects ended;
  Arguments arguments;
  std::map<std::string, Value, std::less<>> attributes;
  std::lock_guard lock(TheFamily().mutex);
  if (closed_) return absl::OkStatus();
  ended = ObserveLocked();
  if (phase_ == Phase::kRunning || phase_ == Phase::kStarting ||
      phase_ == Phase::kCurrent) {
    return ValueError("a running process cannot be closed");
  }
  closed_ = true;
  std::swap(arguments, arguments_);
  std::swap(attributes, attributes_);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> ProcessObject::Pid() {
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  if (phase_ == Phase::kCurrent) return std::optional<int64_t>(creator_);
  if (!HasStartedLocked()) return std::optional<int64_t>();
  return std::optional<int64_t>(child_.pid());
}

std::string ProcessObject::Name() {
  std::lock_guard lock(TheFamily().mutex);
  return identity_.name;
}

absl::Status ProcessObject::SetName(std::string_view name) {
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  if (name.empty()) return ValueError("the name of a process is not empty");
  identity_.name = std::string(name);
  return absl::OkStatus();
}

bool ProcessObject::Daemon() {
  std::lock_guard lock(TheFamily().mutex);
  return identity_.daemon;
}

absl::Status ProcessObject::SetDaemon(bool daemon) {
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  if (phase_ != Phase::kUnstarted) {
    return MisuseError("the daemon flag is set before the start");
  }
  identity_.daemon = daemon;
  return absl::OkStatus();
}

absl::Status ProcessObject::SetAttribute(std::string_view name, Value value) {
  // The old value leaves with the parameter, after the mutex.
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  std::swap(attributes_[std::string(name)], value);
  return absl::OkStatus();
}

absl::StatusOr<Value> ProcessObject::Attribute(std::string_view name) {
  std::lock_guard lock(TheFamily().mutex);
  PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
  auto it = attributes_.find(name);
  if (it == attributes_.end()) {
    return ValueError(absl::StrCat("no attribute is named '", name, "'"));
  }
  return it->second;
}

void ProcessObject::RunAsChild() {
  {
    Family& family = TheFamily();
    std::lock_guard lock(family.mutex);
    // The parent's objects are abandoned, not released: going through hundreds
    // of siblings would copy their memory, and what they hold is not the
    // child's to close.
    new (&family.current) std::shared_ptr<ProcessObject>(shared_from_this());
    new (&family.children) Objects;
    family.constructed = 0;
    BecomeCurrentLocked();
  }
  const absl::Status outcome = CallGuarded([this] { return Call(); });
  int status = 0;
  if (const std::optional<int> code = ExitCodeOf(outcome)) {
    status = *code & 0xff;
  } else if (!outcome.ok()) {
    ReportError(absl::StrCat("Process ", Name()), outcome);
    status = 1;
  }
  status = RunExitRules(status);
  os::FlushStandardStreams();
  os::ExitNow(status);
}

Value ProcessObject::DescriptionLocked() const {
  return Value(Dict{{"name", Value(identity_.name)},
                    {"path", Value(identity_.path)},
                    {"daemon", Value(identity_.daemon)},
                    {"type", Value(type_)},
                    {"target", Value(target_)},
                    {"arguments", ToValue(arguments_)},
                    {"attributes", Value(Dict(attributes_))}});
}

template <typename T>
absl::Status Read(const Dict& fields, std::string_view name, T& result) {
  auto it = fields.find(name);
  if (it == fields.end()) {
    return SerialisationError(absl::StrCat("no field '", name, "'"));
  }
  PROCSPEC_ASSIGN_OR_RETURN(result, it->second.template As<T>());
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<ProcessObject>> ProcessObject::FromDescription(
    StartMethod method, std::shared_ptr<Backend> backend,
    const Value& description) {
  PROCSPEC_ASSIGN_OR_RETURN(Dict fields, description.As<Dict>());
  Identity identity;
  ProcessOptions options;
  Dict attributes;
  PROCSPEC_RETURN_IF_ERROR(Read(fields, "name", identity.name));
  PROCSPEC_RETURN_IF_ERROR(Read(fields, "path", identity.path));
  PROCSPEC_RETURN_IF_ERROR(Read(fields, "daemon", identity.daemon));
  PROCSPEC_RETURN_IF_ERROR(Read(fields, "type", options.type));
  PROCSPEC_RETURN_IF_ERROR(Read(fields, "target", options.target));
  PROCSPEC_ASSIGN_OR_RETURN(options.arguments,
                            ArgumentsFrom(fields["arguments"]));
  PROCSPEC_RETURN_IF_ERROR(Read(fields, "attributes", attributes));
  auto object = std::make_shared<ProcessObject>(
      method, std::move(backend), std::move(identity), std::move(options));
  object->attributes_ = std::move(attributes);
  return object;
}

// The exit work with children.
void EndChildren() {
  Family& family = TheFamily();
  while (true) {
    std::vector<std::shared_ptr<ProcessObject>> daemons;
    std::vector<std::shared_ptr<ProcessObject>> others;
    {
      std::lock_guard lock(family.mutex);
      for (const auto& child : family.children) {
        (child->identity().daemon ? daemons : others).push_back(child);
      }
    }
    // Again and again: a thread may start more meanwhile.
    if (daemons.empty() && others.empty()) return;
    for (const auto& daemon : daemons) (void)daemon->Terminate();
    const os::Deadline grace(kDaemonGrace);
    for (const auto& daemon : daemons) {
      if (daemon->AwaitEnd(grace)) continue;
      (void)daemon->Kill();
      daemon->AwaitEnd(os::Deadline::Never());
    }
    for (const auto& other : others) {
      other->AwaitEnd(os::Deadline::Never());
    }
  }
}

// Both before main. A child forked while another thread is inside a first use
// would find that use unfinished for ever.
[[maybe_unused]] const Family& early = TheFamily();
[[maybe_unused]] const bool registered =
    RegisterExitHook(ExitStage::kChildren, &EndChildren);

// The frame in the memory that StartAfresh passed, which lives as long as the
// memory.
absl::StatusOr<std::string_view> FrameIn(const os::SharedMemory& memory) {
  uint64_t length = 0;
  if (memory.size() < sizeof(length)) return SerialisationError("no frame");
  const auto* bytes = static_cast<const char*>(memory.data());
  std::memcpy(&length, bytes, sizeof(length));
  if (length > memory.size() - sizeof(length)) {
    return SerialisationError("truncated frame");
  }
  return std::string_view(bytes + sizeof(length), length);
}

// What StartAfresh passed describes.
absl::StatusOr<std::shared_ptr<ProcessObject>> ReadSpawned(
    StartMethod method, std::shared_ptr<Backend> backend,
    std::string_view frame, std::vector<os::UniqueFile> handles) {
  os::SharedMemory memory;
  if (frame.empty()) {
    if (handles.empty()) return SerialisationError("no handles");
    PROCSPEC_ASSIGN_OR_RETURN(
        memory, os::SharedMemory::Map(std::move(handles.front())));
    handles.erase(handles.begin());
    PROCSPEC_ASSIGN_OR_RETURN(frame, FrameIn(memory));
  }
  PROCSPEC_ASSIGN_OR_RETURN(Value description,
                            Unpack(*backend, frame, std::move(handles)));
  return ProcessObject::FromDescription(method, backend, description);
}

}  // namespace

std::shared_ptr<Process> NewProcess(StartMethod method,
                                    std::shared_ptr<Backend> backend,
                                    ProcessOptions options) {
  Family& family = TheFamily();
  Identity identity;
  {
    std::lock_guard lock(family.mutex);
    const Identity& own = CurrentLocked(family).identity();
    ++family.constructed;
    identity.path = own.path.empty()
                        ? absl::StrCat(family.constructed)
                        : absl::StrCat(own.path, ":", family.constructed);
    identity.daemon = options.daemon.value_or(own.daemon);
  }
  identity.name =
      !options.name.empty()
          ? options.name
          : absl::StrCat(options.type.empty() ? "Process" : options.type, "-",
                         identity.path);
  return std::make_shared<ProcessObject>(
      method, std::move(backend), std::move(identity), std::move(options));
}

void RunSpawnedChild(StartMethod method, std::shared_ptr<Backend> backend,
                     std::string_view bytes,
                     std::vector<os::UniqueFile> handles) {
  absl::StatusOr<std::shared_ptr<ProcessObject>> object =
      ReadSpawned(method, std::move(backend), bytes, std::move(handles));
  if (!object.ok()) {
    ReportError("procspec: cannot read what to run", object.status());
    os::ExitNow(1);
  }
  (*object)->RunAsChild();
}

std::shared_ptr<const os::ChildEnd> EndOf(Process& process) {
  std::lock_guard lock(TheFamily().mutex);
  return dynamic_cast<ProcessObject&>(process).EndLocked();
}

std::shared_ptr<Process> CurrentProcess() {
  Family& family = TheFamily();
  std::lock_guard lock(family.mutex);
  CurrentLocked(family);
  return family.current;
}

std::vector<std::shared_ptr<Process>> ActiveChildren() {
  Family& family = TheFamily();
  Objects ended;
  std::lock_guard lock(family.mutex);
  ended = ReapLocked(family);
  return {family.children.begin(), family.children.end()};
}

}  // namespace procspec::reference
