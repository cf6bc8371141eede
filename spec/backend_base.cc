// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/backend_base.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <typeinfo>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec {
namespace {

// How long a daemonic child may take to end once it was asked to at its
// creator's exit; then it is killed, for it must not outlive its creator.
constexpr absl::Duration kDaemonGrace = absl::Seconds(2);

constexpr absl::Duration kLookAgain = absl::Milliseconds(1);

// What is left of a timeout.
class Countdown {
 public:
  explicit Countdown(absl::Duration timeout) : timeout_(timeout) {}
  absl::Duration Left() const {
    return timeout_ - absl::FromChrono(Clock::now() - start_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const absl::Duration timeout_;
  const Clock::time_point start_ = Clock::now();
};

void FlushStandardStreams() {
  std::fflush(stdout);
  std::fflush(stderr);
}

// The outcome of a target, whose exceptions are errors of its own.
absl::StatusOr<Value> Guarded(absl::FunctionRef<absl::StatusOr<Value>()> call) {
  // Not catch (...): that is also how a cancelled thread leaves.
  try {
    return call();
  } catch (const std::exception& error) {
    return RaisedError(typeid(error).name(), error.what());
  }
}

}  // namespace

struct BackendBase::State {
  struct ExitHandler {
    std::string target;
    Arguments arguments;
  };
  using Objects = std::vector<std::shared_ptr<Object>>;

  // Guards all of this and what the process objects keep. What is dropped under
  // it may close things, but calls nothing here.
  std::mutex mutex;
  std::shared_ptr<Object> current;
  Objects children;  // started and not yet seen to have ended
  int64_t constructed = 0;
  std::vector<ExitHandler> exit_handlers;
  std::map<std::string, Value, std::less<>> globals;
  bool finished = false;

  // Of a child. Goes with the backend, hence not in a forked child, which ends
  // by _exit.
  std::unique_ptr<State> parents;
};

class BackendBase::Object final
    : public Process,
      public std::enable_shared_from_this<BackendBase::Object> {
 public:
  enum class Phase { kUnstarted, kRunning, kEnded, kCurrent };

  Object(BackendBase& backend, State* creator, ChildPlan plan, Phase phase)
      : backend_(backend),
        creator_(creator),
        plan_(std::move(plan)),
        phase_(phase) {}

  absl::Status Start() override {
    State& state = *backend_.state_;
    std::lock_guard lock(state.mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
    if (phase_ != Phase::kUnstarted) {
      return MisuseError("a process can be started only once");
    }
    if (state.current->plan_.daemon) {
      return MisuseError("a daemonic process cannot start processes");
    }
    if (!plan_.type.empty()) {
      PROCSPEC_RETURN_IF_ERROR(CheckProcessType(plan_.type));
    }
    if (!plan_.target.empty()) {
      PROCSPEC_RETURN_IF_ERROR(CheckTarget(plan_.target));
    }
    ObserveAllLocked(state);
    // Or a forked child would write once more what is in the buffers.
    FlushStandardStreams();
    PROCSPEC_ASSIGN_OR_RETURN(pid_, backend_.StartChild(plan_));
    phase_ = Phase::kRunning;
    state.children.push_back(shared_from_this());
    // The child's now: kept here, it would hold open what the caller drops.
    plan_.arguments = {};
    return absl::OkStatus();
  }

  absl::Status Run() override {
    {
      std::lock_guard lock(backend_.state_->mutex);
      PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
      if (HasStartedLocked()) {
        return MisuseError("a process that was started runs in its child");
      }
    }
    return backend_.Call(plan_, *this).status();
  }

  absl::Status Join(absl::Duration timeout) override {
    {
      std::lock_guard lock(backend_.state_->mutex);
      PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
      PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
      if (phase_ == Phase::kCurrent) {
        return MisuseError("a process cannot join itself");
      }
      PROCSPEC_RETURN_IF_ERROR(CheckStartedLocked());
    }
    AwaitEnd(timeout);
    return absl::OkStatus();
  }

  absl::StatusOr<bool> IsAlive() override {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
    ObserveLocked();
    return phase_ == Phase::kRunning || phase_ == Phase::kCurrent;
  }

  absl::StatusOr<std::optional<int>> ExitCode() override {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    PROCSPEC_RETURN_IF_ERROR(CheckCreatorLocked());
    ObserveLocked();
    return exit_code_;
  }

  absl::Status Terminate() override { return End(EndBy::kTerminate); }
  absl::Status Kill() override { return End(EndBy::kKill); }

  absl::Status Close() override {
    std::lock_guard lock(backend_.state_->mutex);
    if (closed_) return absl::OkStatus();
    ObserveLocked();
    if (phase_ == Phase::kRunning || phase_ == Phase::kCurrent) {
      return ValueError("a running process cannot be closed");
    }
    closed_ = true;
    plan_.arguments = {};
    plan_.attributes = {};
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<int64_t>> Pid() override {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    if (phase_ == Phase::kCurrent && IsCreatorLocked()) return backend_.Pid();
    return pid_;
  }

  std::string Name() override {
    std::lock_guard lock(backend_.state_->mutex);
    return plan_.name;
  }

  absl::Status SetName(std::string_view name) override {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    if (name.empty()) return ValueError("the name of a process is not empty");
    plan_.name = std::string(name);
    return absl::OkStatus();
  }

  bool Daemon() override {
    std::lock_guard lock(backend_.state_->mutex);
    return plan_.daemon;
  }

  absl::Status SetDaemon(bool daemon) override {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    if (phase_ != Phase::kUnstarted) {
      return MisuseError("the daemon flag is set before the start");
    }
    plan_.daemon = daemon;
    return absl::OkStatus();
  }

  const Arguments& arguments() override { return plan_.arguments; }

  absl::Status SetAttribute(std::string_view name, Value value) override {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    plan_.attributes[std::string(name)] = std::move(value);
    return absl::OkStatus();
  }

  absl::StatusOr<Value> Attribute(std::string_view name) override {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    auto it = plan_.attributes.find(name);
    if (it == plan_.attributes.end()) {
      return ValueError(absl::StrCat("no attribute is named '", name, "'"));
    }
    return it->second;
  }

  // --- For the backend -------------------------------------------------------

  const ChildPlan& plan() const { return plan_; }

  // Whether it has ended before the time was over. Only for started ones.
  bool AwaitEnd(absl::Duration timeout) {
    const Countdown countdown(timeout);
    while (true) {
      {
        std::lock_guard lock(backend_.state_->mutex);
        ObserveLocked();
        if (phase_ != Phase::kRunning) return true;
      }
      const absl::Duration left = countdown.Left();
      if (left <= absl::ZeroDuration()) return false;
      backend_.AwaitChild(pid_.value_or(0), left);
    }
  }

  static void ObserveAllLocked(State& state) {
    const State::Objects children = state.children;
    for (const auto& child : children) child->ObserveLocked();
  }

 private:
  bool IsCreatorLocked() const { return creator_ == backend_.state_.get(); }
  bool HasStartedLocked() const {
    return phase_ == Phase::kRunning || phase_ == Phase::kEnded;
  }
  absl::Status CheckOpenLocked() const {
    if (closed_) return ValueError("the process object is closed");
    return absl::OkStatus();
  }
  absl::Status CheckCreatorLocked() const {
    if (IsCreatorLocked()) return absl::OkStatus();
    return MisuseError("only the creator of a process can do this");
  }
  absl::Status CheckStartedLocked() const {
    if (HasStartedLocked()) return absl::OkStatus();
    return MisuseError("the process was not started");
  }

  void ObserveLocked() {
    if (phase_ != Phase::kRunning || !IsCreatorLocked()) return;
    exit_code_ = backend_.ObserveChild(*pid_);
    if (!exit_code_.has_value()) return;
    phase_ = Phase::kEnded;
    std::erase(backend_.state_->children, shared_from_this());
  }

  // Not for the creator alone: a forked sibling may end a sibling. It knows the
  // state of the time of its fork only, so the pid may be another's if the
  // creator has reaped the child since.
  absl::Status End(EndBy how) {
    std::lock_guard lock(backend_.state_->mutex);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    PROCSPEC_RETURN_IF_ERROR(CheckStartedLocked());
    ObserveLocked();
    if (phase_ == Phase::kEnded) return absl::OkStatus();
    return backend_.EndChild(*pid_, how);
  }

  BackendBase& backend_;
  State* const creator_;  // for kCurrent: the process itself

  // Guarded by the mutex of the calling process's state.
  ChildPlan plan_;
  Phase phase_;
  bool closed_ = false;
  std::optional<int64_t> pid_;
  std::optional<int> exit_code_;
};

BackendBase::BackendBase() : state_(std::make_unique<State>()) {
  state_->current = std::make_shared<Object>(*this, state_.get(),
                                             ChildPlan{.name = "MainProcess"},
                                             Object::Phase::kCurrent);
}

BackendBase::~BackendBase() = default;

absl::StatusOr<std::shared_ptr<Process>> BackendBase::NewProcess(
    ProcessOptions options) {
  std::lock_guard lock(state_->mutex);
  const int64_t number = ++state_->constructed;
  ChildPlan plan{.type = std::move(options.type),
                 .target = std::move(options.target),
                 .arguments = std::move(options.arguments),
                 .name = std::move(options.name)};
  plan.daemon = options.daemon.value_or(state_->current->plan().daemon);
  if (plan.name.empty()) {
    plan.name =
        absl::StrCat(plan.type.empty() ? "Process" : plan.type, "-", number);
  }
  return std::make_shared<Object>(*this, state_.get(), std::move(plan),
                                  Object::Phase::kUnstarted);
}

absl::StatusOr<std::shared_ptr<Process>> BackendBase::CurrentProcess() {
  std::lock_guard lock(state_->mutex);
  return state_->current;
}

absl::StatusOr<std::vector<std::shared_ptr<Process>>>
BackendBase::ActiveChildren() {
  std::lock_guard lock(state_->mutex);
  Object::ObserveAllLocked(*state_);
  return std::vector<std::shared_ptr<Process>>(state_->children.begin(),
                                               state_->children.end());
}

absl::StatusOr<std::shared_ptr<LocalObject>> BackendBase::NewLocalObject() {
  return std::make_shared<LocalObject>();
}

absl::StatusOr<int> BackendBase::CpuCount() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

absl::Status BackendBase::Print(StandardStream stream, std::string_view text) {
  std::FILE* const file = stream == StandardStream::kOut ? stdout : stderr;
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
      std::fflush(file) != 0) {
    return OsError("fwrite", errno);
  }
  return absl::OkStatus();
}

absl::Status BackendBase::Crash(CrashKind kind, int code) {
  switch (kind) {
    case CrashKind::kKill: {
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t own_pid, Pid());
      PROCSPEC_RETURN_IF_ERROR(EndChild(own_pid, EndBy::kKill));
      break;
    }
    case CrashKind::kAbort:
      std::signal(SIGABRT, SIG_DFL);
      std::abort();
    case CrashKind::kSegmentation:
      // A real invalid access is what sanitizers replace by their own exit.
      std::signal(SIGSEGV, SIG_DFL);
      std::raise(SIGSEGV);
      break;
    case CrashKind::kImmediateExit:
      break;
  }
  std::_Exit(code);
}

absl::Status BackendBase::AtExit(std::string_view target, Arguments arguments) {
  PROCSPEC_RETURN_IF_ERROR(CheckTarget(target));
  std::lock_guard lock(state_->mutex);
  state_->exit_handlers.push_back({std::string(target), std::move(arguments)});
  return absl::OkStatus();
}

absl::Status BackendBase::SetGlobal(std::string_view name, Value value) {
  std::lock_guard lock(state_->mutex);
  state_->globals[std::string(name)] = std::move(value);
  return absl::OkStatus();
}

absl::StatusOr<Value> BackendBase::Global(std::string_view name) {
  std::lock_guard lock(state_->mutex);
  auto it = state_->globals.find(name);
  if (it == state_->globals.end()) {
    return ValueError(absl::StrCat("no global is named '", name, "'"));
  }
  return it->second;
}

int BackendBase::FinishProgram(int status) {
  {
    std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->finished, true)) return status;
  }
  RunExitHandlers();
  EndChildren();
  FlushStandardStreams();
  return status;
}

void BackendBase::AwaitChild(int64_t, absl::Duration timeout) {
  absl::SleepFor(std::min(timeout, kLookAgain));
}

int BackendBase::RunChild(const ChildPlan& plan) {
  // The parent's mutex is held if this was forked, by this very thread.
  auto state = std::make_unique<State>();
  state->globals = state_->globals;
  state->parents = std::move(state_);
  state_ = std::move(state);
  state_->current = std::make_shared<Object>(*this, state_.get(), plan,
                                             Object::Phase::kCurrent);
  const std::shared_ptr<Object> self = state_->current;
  const absl::Status outcome =
      Guarded([&] { return Call(self->plan(), *self); }).status();
  int status = 0;
  if (const std::optional<int> code = ExitCodeOf(outcome)) {
    status = *code & 0xff;
  } else if (!outcome.ok()) {
    ReportError(absl::StrCat("Process ", self->Name()), outcome);
    status = 1;
  }
  return FinishProgram(status);
}

absl::StatusOr<Value> BackendBase::Call(const ChildPlan& plan, Process& self) {
  if (!plan.type.empty()) return CallProcessType(*this, plan.type, self);
  if (!plan.target.empty()) {
    return CallTarget(*this, plan.target, plan.arguments);
  }
  return Value();
}

void BackendBase::ReportError(std::string_view who, const absl::Status& error) {
  const ErrorDetail detail = DetailOf(error);
  std::string text = absl::StrCat(who, ":\n", detail.traceback);
  if (!detail.traceback.empty() && text.back() != '\n') text += '\n';
  absl::StrAppend(&text, detail.type, ": ", detail.message, "\n");
  Print(StandardStream::kErr, text).IgnoreError();
}

void BackendBase::RunExitHandlers() {
  // One at a time: a handler may register more.
  while (true) {
    State::ExitHandler handler;
    {
      std::lock_guard lock(state_->mutex);
      if (state_->exit_handlers.empty()) return;
      handler = std::move(state_->exit_handlers.back());
      state_->exit_handlers.pop_back();
    }
    const absl::Status outcome =
        Guarded([&] {
          return CallTarget(*this, handler.target, handler.arguments);
        }).status();
    if (!outcome.ok() && !ExitCodeOf(outcome).has_value()) {
      ReportError(absl::StrCat("Exit handler ", handler.target), outcome);
    }
  }
}

void BackendBase::EndChildren() {
  // Again and again: a thread may start more meanwhile.
  while (true) {
    State::Objects daemons;
    State::Objects others;
    {
      std::lock_guard lock(state_->mutex);
      for (const auto& child : state_->children) {
        (child->plan().daemon ? daemons : others).push_back(child);
      }
    }
    if (daemons.empty() && others.empty()) return;
    for (const auto& daemon : daemons) daemon->Terminate().IgnoreError();
    const Countdown grace(kDaemonGrace);
    for (const auto& daemon : daemons) {
      if (daemon->AwaitEnd(grace.Left())) continue;
      daemon->Kill().IgnoreError();
      daemon->AwaitEnd(absl::InfiniteDuration());
    }
    for (const auto& other : others) other->AwaitEnd(absl::InfiniteDuration());
  }
}

}  // namespace procspec
