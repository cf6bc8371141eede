// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Backends that get processes wrong: spec/clauses/process.md, in its order.

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/timing.h"
#include "conformance/mutants/common_ground.h"
#include "conformance/mutants/forward.h"
#include "conformance/mutants/maker.h"
#include "conformance/mutants/mutant.h"
#include "conformance/mutants/platform.h"
#include "spec/backend.h"
#include "spec/capability.h"
#include "spec/error.h"
#include "spec/process.h"
#include "spec/status_macros.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::mutants {
namespace {

// A backend that knows whether it is in the process that made it, or in a child
// of that.
class Mutant : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

 protected:
  bool InChild() const { return inner().Pid().value_or(0) != creator_; }
  int64_t creator() const { return creator_; }

 private:
  const int64_t creator_ = MakerPid(inner());
};

// What is wrong with processes must leave pools alone: the reference's workers
// are processes that call tasks like targets, and have names of their own.
bool IsPoolWorker(Backend& inner) {
  const auto process = inner.CurrentProcess();
  return process.ok() && absl::StartsWith((*process)->Name(), "PoolWorker-");
}

// The usual mutant: of one class of process objects.
template <typename P>
bool RegisterProcess(std::string_view name, std::vector<ClauseId> breaks,
                     std::vector<ClauseId> collateral = {}) {
  return RegisterMutant<Wrapping<P, Process>>(
      {.name = std::string(name),
       .breaks = std::move(breaks),
       .collateral = std::move(collateral),
       .touches = {Capability::kProcess}});
}

// And one that overrides calls of the backend.
template <typename M>
bool RegisterBackend(std::string_view name, std::vector<ClauseId> breaks,
                     std::vector<ClauseId> collateral = {},
                     std::vector<Capability> touches = {Capability::kProcess}) {
  return RegisterMutant<M>({.name = std::string(name),
                            .breaks = std::move(breaks),
                            .collateral = std::move(collateral),
                            .touches = std::move(touches)});
}

bool HasEnded(Process& process) {
  return process.ExitCode().value_or(std::nullopt).has_value();
}

// --- Target and arguments ----------------------------------------------------

// A child believes it is still its creator.
class PidOfCreator : public Mutant {
 public:
  using Mutant::Mutant;
  absl::StatusOr<int64_t> Pid() override {
    return IsPoolWorker(inner()) ? inner().Pid() : creator();
  }
};
const bool pid_of_creator = RegisterBackend<PidOfCreator>(
    "process-child-has-pid-of-creator",
    {"process.target.runs-in-child", "process.pid.lifecycle.started",
     "process.current.pid"});

// Bytes arrive as text.
class BytesBecomeText : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    Arguments changed = arguments;
    for (Value& value : changed.args) {
      if (const Bytes* bytes = value.get_if<Bytes>()) value = bytes->data;
    }
    return ForwardBackend::Invoke(target, changed);
  }
};
const bool bytes_become_text =
    RegisterBackend<BytesBecomeText>("process-positional-bytes-become-text",
                                     {"process.target.args-kwargs.positional"});

// The first keyword argument gets the value of the last one.
class KeywordsMixedUp : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    Arguments changed = arguments;
    if (!changed.kwargs.empty()) {
      changed.kwargs.begin()->second = changed.kwargs.rbegin()->second;
    }
    return ForwardBackend::Invoke(target, changed);
  }
};
const bool keywords_mixed_up =
    RegisterBackend<KeywordsMixedUp>("process-keyword-arguments-mixed-up",
                                     {"process.target.args-kwargs.keyword"});

// --- Before the start --------------------------------------------------------

class PidBeforeStart : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::StatusOr<std::optional<int64_t>> Pid() override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
    return pid.value_or(0);
  }
};
const bool pid_before_start = RegisterProcess<PidBeforeStart>(
    "process-pid-zero-before-start",
    {"process.pid.lifecycle.before-start", "process.ctor.no-side-effect"},
    {"process.run.direct-not-joinable", "process.daemon.no-children"});

class AliveBeforeStart : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::StatusOr<bool> IsAlive() override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
    if (!pid.has_value()) return true;
    return inner().IsAlive();
  }
};
const bool alive_before_start = RegisterProcess<AliveBeforeStart>(
    "process-alive-before-start",
    {"process.is-alive.lifecycle.before-start", "process.ctor.no-side-effect"});

// --- Start -------------------------------------------------------------------

// The start of a process type stays until its run function has ended.
class TypeStartWaits : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

  class Typed : public ForwardProcess {
   public:
    using ForwardProcess::ForwardProcess;
    absl::Status Start() override {
      PROCSPEC_RETURN_IF_ERROR(inner().Start());
      return inner().Join(absl::InfiniteDuration());
    }
  };

  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    next_is_typed_ = !options.type.empty();
    return ForwardBackend::NewProcess(std::move(options));
  }
  using ForwardBackend::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    if (std::exchange(next_is_typed_, false)) {
      return std::make_shared<Typed>(*this, std::move(process));
    }
    return ForwardBackend::Wrap(std::move(process));
  }

 private:
  bool next_is_typed_ = false;
};
const bool type_start_waits = RegisterBackend<TypeStartWaits>(
    "process-type-start-waits-for-end", {"process.start.returns-before-end"});

// At most seven children at a time: the start of one more waits.
class SevenAtATime : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto children,
                              backend().inner().ActiveChildren());
    if (children.size() >= 7) {
      PROCSPEC_RETURN_IF_ERROR(children[0]->Join(absl::InfiniteDuration()));
    }
    return inner().Start();
  }
};
const bool seven_at_a_time = RegisterProcess<SevenAtATime>(
    "process-seven-at-a-time", {"process.start.concurrent"});

class StartTwiceAccepted : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
    if (pid.has_value()) return absl::OkStatus();
    return inner().Start();
  }
};
const bool start_twice_accepted = RegisterProcess<StartTwiceAccepted>(
    "process-second-start-accepted",
    {"process.start.twice.running", "process.start.twice.ended"});

class StartTwiceKills : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    const absl::Status status = inner().Start();
    if (!status.ok()) (void)inner().Kill();
    return status;
  }
};
const bool start_twice_kills = RegisterProcess<StartTwiceKills>(
    "process-second-start-kills-first-run", {"process.start.twice.harmless"});

// --- Run ---------------------------------------------------------------------

class RunStarts : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Run() override {
    PROCSPEC_RETURN_IF_ERROR(inner().Start());
    return inner().Join(absl::InfiniteDuration());
  }
};
const bool run_starts = RegisterProcess<RunStarts>(
    "process-run-starts-a-process",
    {"process.run.default", "process.run.direct-not-joinable"});

// A target given beside a type is run in its stead.
class TargetBeatsType : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    if (!options.target.empty()) options.type.clear();
    return ForwardBackend::NewProcess(std::move(options));
  }
};
const bool target_beats_type = RegisterBackend<TargetBeatsType>(
    "process-target-beats-type", {"process.run.override"});

// Attributes come back from the child: what is set in it, its creator sees.
class AttributesShared : public Mutant {
 public:
  using Mutant::Mutant;
  using Mutant::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    return std::make_shared<Shared>(*this, std::move(process));
  }

 private:
  class Shared : public ForwardProcess {
   public:
    using ForwardProcess::ForwardProcess;
    absl::Status SetAttribute(std::string_view name, Value value) override {
      if (mutant().InChild()) {
        Dict all = mutant().ground_.Read(File());
        all[std::string(name)] = value;
        PROCSPEC_RETURN_IF_ERROR(mutant().ground_.Write(File(), all));
      }
      return ForwardProcess::SetAttribute(name, std::move(value));
    }
    absl::StatusOr<Value> Attribute(std::string_view name) override {
      const Dict all = mutant().ground_.Read(File());
      const auto it = all.find(name);
      return it != all.end() ? it->second : ForwardProcess::Attribute(name);
    }

   private:
    AttributesShared& mutant() {
      return static_cast<AttributesShared&>(backend());
    }
    std::string File() { return "attributes-" + inner().Name(); }
  };

  const CommonGround ground_{inner()};
};
const bool attributes_shared = RegisterBackend<AttributesShared>(
    "process-attributes-come-back", {"process.run.attrs-lost"});

// --- Name --------------------------------------------------------------------

class SetNameIgnored : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status SetName(std::string_view) override { return absl::OkStatus(); }
};
const bool set_name_ignored = RegisterProcess<SetNameIgnored>(
    "process-assigned-name-ignored", {"process.name.assigned-later"});

// "Process#1".
class NameWithHash : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    const bool generated = options.name.empty();
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              ForwardBackend::NewProcess(std::move(options)));
    if (generated) {
      PROCSPEC_RETURN_IF_ERROR(
          process->SetName(absl::StrReplaceAll(process->Name(), {{"-", "#"}})));
    }
    return process;
  }
};
const bool name_with_hash = RegisterBackend<NameWithHash>(
    "process-generated-name-with-hash", {"process.name.default.form"});

// Objects that have a name of their own are not counted.
class NamedNotCounted : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    if (options.name.empty()) {
      options.name = absl::StrCat(
          options.type.empty() ? "Process" : options.type, "-", ++count_);
    }
    return ForwardBackend::NewProcess(std::move(options));
  }

 private:
  int count_ = 0;
};
const bool named_not_counted = RegisterBackend<NamedNotCounted>(
    "process-named-objects-not-counted", {"process.name.default.counting"});

// Names as long as the system keeps for a thread.
class NameCut : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    options.name = options.name.substr(0, 15);
    return ForwardBackend::NewProcess(std::move(options));
  }
};
const bool name_cut = RegisterBackend<NameCut>(
    "process-given-name-cut-to-15",
    {"process.name.explicit.kept", "process.name.explicit.in-child"});

class NamesUnique : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    if (!options.name.empty() && !names_.insert(options.name).second) {
      return ValueError(absl::StrCat("the name '", options.name, "' is taken"));
    }
    return ForwardBackend::NewProcess(std::move(options));
  }

 private:
  std::set<std::string> names_;
};
const bool names_unique = RegisterBackend<NamesUnique>(
    "process-names-must-be-unique", {"process.name.explicit.not-unique"});

// --- Pid, IsAlive ------------------------------------------------------------

class PidForgotten : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    const absl::Status status = inner().Join(timeout);
    if (status.ok()) forgotten_ = HasEnded(inner());
    return status;
  }
  absl::StatusOr<std::optional<int64_t>> Pid() override {
    if (forgotten_) return std::optional<int64_t>();
    return inner().Pid();
  }

 private:
  bool forgotten_ = false;
};
const bool pid_forgotten = RegisterProcess<PidForgotten>(
    "process-pid-forgotten-by-join", {"process.pid.lifecycle.ended"},
    {"process.start.twice.harmless"});

class NeverAlive : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::StatusOr<bool> IsAlive() override {
    PROCSPEC_RETURN_IF_ERROR(inner().IsAlive().status());
    return false;
  }
};
const bool never_alive = RegisterProcess<NeverAlive>(
    "process-never-alive", {"process.is-alive.lifecycle.running"},
    {"process.join.timeout-expires.still-running"});

class AliveForEver : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::StatusOr<bool> IsAlive() override {
    PROCSPEC_RETURN_IF_ERROR(inner().IsAlive().status());
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
    return pid.has_value();
  }
};
const bool alive_for_ever = RegisterProcess<AliveForEver>(
    "process-alive-for-ever", {"process.is-alive.lifecycle.ended"});

// --- Join --------------------------------------------------------------------

class JoinGivesUp : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    if (timeout != absl::InfiniteDuration()) return inner().Join(timeout);
    return inner().Join(absl::Milliseconds(20));
  }
};
const bool join_gives_up = RegisterProcess<JoinGivesUp>("process-join-gives-up",
                                                        {"process.join.waits"});

class JoinReportsTimeout : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    PROCSPEC_RETURN_IF_ERROR(inner().Join(timeout));
    if (timeout <= absl::ZeroDuration() || HasEnded(inner())) {
      return absl::OkStatus();
    }
    return TimeoutError();
  }
};
const bool join_reports_timeout = RegisterProcess<JoinReportsTimeout>(
    "process-join-reports-timeout", {"process.join.timeout-expires.returns"});

class JoinEarly : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    return inner().Join(timeout / 4);
  }
};
const bool join_early = RegisterProcess<JoinEarly>(
    "process-join-times-out-early", {"process.join.timeout-expires.returns"});

class JoinTimeoutKills : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    PROCSPEC_RETURN_IF_ERROR(inner().Join(timeout));
    if (timeout <= absl::ZeroDuration() || HasEnded(inner())) {
      return absl::OkStatus();
    }
    PROCSPEC_RETURN_IF_ERROR(inner().Kill());
    return inner().Join(absl::InfiniteDuration());
  }
};
const bool join_timeout_kills = RegisterProcess<JoinTimeoutKills>(
    "process-join-timeout-kills",
    {"process.join.timeout-expires.still-running"});

// The end of the process is looked for only when the time is over, if the time
// is long.
class JoinLate : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    if (timeout <= harness::Guard() || timeout == absl::InfiniteDuration()) {
      return inner().Join(timeout);
    }
    const auto asleep = backend().inner().NewEvent();
    if (asleep.ok()) (void)(*asleep)->Wait(timeout);
    return inner().Join(absl::ZeroDuration());
  }
};
const bool join_late = RegisterProcess<JoinLate>(
    "process-join-sleeps-all-its-time", {"process.join.timeout-early"});

class ZeroIsInfinite : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    if (timeout == absl::ZeroDuration()) timeout = absl::InfiniteDuration();
    return inner().Join(timeout);
  }
};
const bool zero_is_infinite = RegisterProcess<ZeroIsInfinite>(
    "process-join-zero-is-no-timeout", {"process.join.zero-negative.zero"});

class NegativeIsInfinite : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    if (timeout < absl::ZeroDuration()) timeout = absl::InfiniteDuration();
    return inner().Join(timeout);
  }
};
const bool negative_is_infinite = RegisterProcess<NegativeIsInfinite>(
    "process-join-negative-is-no-timeout",
    {"process.join.zero-negative.negative"});

class JoinOnlyOnce : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    if (joined_) return OsError("waitpid", ECHILD);
    PROCSPEC_RETURN_IF_ERROR(inner().Join(timeout));
    joined_ = HasEnded(inner());
    return absl::OkStatus();
  }

 private:
  bool joined_ = false;
};
const bool join_only_once = RegisterProcess<JoinOnlyOnce>(
    "process-second-join-fails", {"process.join.repeat"},
    {"process.join.zero-negative.zero", "process.join.zero-negative.negative"});

class JoinUnstarted : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
    if (!pid.has_value()) return absl::OkStatus();
    return inner().Join(timeout);
  }
};
const bool join_unstarted = RegisterProcess<JoinUnstarted>(
    "process-join-unstarted-accepted", {"process.join.unstarted"},
    {"process.run.direct-not-joinable"});

// A join holds up the other children.
class JoinStopsOthers : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    if (timeout != absl::InfiniteDuration()) return inner().Join(timeout);
    std::vector<int64_t> others;
    PROCSPEC_ASSIGN_OR_RETURN(const auto children,
                              backend().inner().ActiveChildren());
    for (const auto& child : children) {
      PROCSPEC_ASSIGN_OR_RETURN(const auto pid, child->Pid());
      if (child.get() == &inner() || !pid.has_value()) continue;
      others.push_back(*pid);
      PROCSPEC_RETURN_IF_ERROR(harness::Stop(*pid));
    }
    const absl::Status status = inner().Join(timeout);
    for (const int64_t pid : others) (void)harness::Continue(pid);
    return status;
  }
};
const bool join_stops_others = RegisterProcess<JoinStopsOthers>(
    "process-join-stops-the-others", {"process.join.order-independent"});

// --- Exit codes --------------------------------------------------------------

class ExitCodeZeroWhileRunning : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::StatusOr<std::optional<int>> ExitCode() override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto code, inner().ExitCode());
    return code.value_or(0);
  }
};
const bool exit_code_zero_while_running =
    RegisterProcess<ExitCodeZeroWhileRunning>(
        "process-exit-code-zero-while-running",
        {"process.exitcode.none-while-running"},
        {"process.ctor.no-side-effect",
         "process.join.timeout-expires.still-running", "process.current.main"});

// What a target returns is its exit code.
class ReturnedIsExitCode : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    absl::StatusOr<Value> result = ForwardBackend::Invoke(target, arguments);
    if (!result.ok() || IsPoolWorker(inner())) return result;
    if (const int64_t* code = result->get_if<int64_t>()) {
      return ExitRequest(static_cast<int>(*code));
    }
    return result;
  }
};
const bool returned_is_exit_code = RegisterBackend<ReturnedIsExitCode>(
    "process-returned-value-is-exit-code", {"process.exitcode.normal"});

class ExitCodeOf7Bits : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    absl::StatusOr<Value> result = ForwardBackend::Invoke(target, arguments);
    if (const std::optional<int> code = ExitCodeOf(result.status())) {
      return ExitRequest(*code & 0x7f);
    }
    return result;
  }
};
const bool exit_code_of_7_bits = RegisterBackend<ExitCodeOf7Bits>(
    "process-exit-code-of-7-bits", {"process.exitcode.sys-exit-int"});

// Errors of no kind give an exit code of their own.
class FaultExits70 : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    absl::StatusOr<Value> result = ForwardBackend::Invoke(target, arguments);
    if (!result.ok() && !KindOf(result.status()).has_value()) {
      return ExitRequest(70);
    }
    return result;
  }
};
const bool fault_exits_70 = RegisterBackend<FaultExits70>(
    "process-unknown-error-exits-70", {"process.exitcode.exception"});

class ImmediateExitZero : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::Status Crash(CrashKind kind, int) override {
    return inner().Crash(kind, 0);
  }
};
const bool immediate_exit_zero = RegisterBackend<ImmediateExitZero>(
    "process-immediate-exit-loses-code",
    {"process.exitcode.immediate-exit.code"});

class ImmediateExitCleansUp : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::Status Crash(CrashKind kind, int code) override {
    if (kind == CrashKind::kImmediateExit) code = inner().FinishProgram(code);
    return inner().Crash(kind, code);
  }
};
const bool immediate_exit_cleans_up = RegisterBackend<ImmediateExitCleansUp>(
    "process-immediate-exit-cleans-up",
    {"process.exitcode.immediate-exit.no-cleanup"});

class JoinReportsError : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    PROCSPEC_RETURN_IF_ERROR(inner().Join(timeout));
    PROCSPEC_ASSIGN_OR_RETURN(const auto code, inner().ExitCode());
    if (code != 1) return absl::OkStatus();
    return RaisedError("Fault", "the target raised");
  }
};
const bool join_reports_error =
    RegisterProcess<JoinReportsError>("process-join-reports-error-of-target",
                                      {"process.exception.not-propagated"});

// As a shell does it.
class SignalsAs128Plus : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::StatusOr<std::optional<int>> ExitCode() override {
    PROCSPEC_ASSIGN_OR_RETURN(std::optional<int> code, inner().ExitCode());
    if (code.has_value() && *code < 0) code = 128 - *code;
    return code;
  }
};
const bool signals_as_128_plus = RegisterProcess<SignalsAs128Plus>(
    "process-signals-as-128-plus",
    {"process.exitcode.signal", "process.terminate.ends.exitcode",
     "process.kill.ends.exitcode"},
    {"queue.terminate-idle-reader-pattern.reader-ends"});

// --- Terminate and Kill ------------------------------------------------------

class DaemonsNotTerminated : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Terminate() override {
    if (inner().Daemon()) return absl::OkStatus();
    return inner().Terminate();
  }
};
const bool daemons_not_terminated = RegisterProcess<DaemonsNotTerminated>(
    "process-terminate-spares-daemons", {"process.terminate.ends.stops"},
    {"queue.terminate-idle-reader-pattern.reader-ends"});

class TerminateWaits : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Terminate() override {
    PROCSPEC_RETURN_IF_ERROR(inner().Terminate());
    return inner().Join(absl::InfiniteDuration());
  }
};
const bool terminate_waits = RegisterProcess<TerminateWaits>(
    "process-terminate-waits", {"process.terminate.asynchronous"});

// A backend whose children do something more when they are terminated.
class OnTermination : public Mutant {
 public:
  using Mutant::Mutant;

 protected:
  virtual void Act() = 0;

  // From now on in this process. What is done in the signal handler is not
  // allowed there; it works because the process does nothing but wait.
  void Catch() {
    mutant = this;
    std::signal(SIGTERM, [](int) {
      mutant->Act();
      std::signal(SIGTERM, SIG_DFL);
      std::raise(SIGTERM);
    });
  }

 private:
  static inline OnTermination* mutant = nullptr;
};

// A child with exit handlers runs them when it is terminated.
class TerminateRunsHandlers : public Mutant {
 public:
  using Mutant::Mutant;
  using Mutant::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    return std::make_shared<Polite>(*this, std::move(process));
  }
  absl::Status AtExit(std::string_view target, Arguments arguments) override {
    if (InChild()) {
      const std::string request = RequestTo(harness::OwnPid());
      PROCSPEC_RETURN_IF_ERROR(
          ground_.Write(request, {{"wanted", Value(false)}}));
      // Ends with the process, which waits meanwhile.
      std::thread([this, request, target = std::string(target), arguments] {
        while (!Wanted(request)) absl::SleepFor(absl::Milliseconds(1));
        (void)CallTarget(inner(), target, arguments);
        (void)inner().Crash(CrashKind::kKill);
      }).detach();
    }
    return ForwardBackend::AtExit(target, std::move(arguments));
  }

 private:
  class Polite : public ForwardProcess {
   public:
    using ForwardProcess::ForwardProcess;
    absl::Status Terminate() override {
      auto& mutant = static_cast<TerminateRunsHandlers&>(backend());
      PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
      const std::string request = RequestTo(pid.value_or(0));
      if (mutant.ground_.Read(request).empty()) return inner().Terminate();
      return mutant.ground_.Write(request, {{"wanted", Value(true)}});
    }
  };

  static std::string RequestTo(int64_t pid) {
    return absl::StrCat("terminate-", pid);
  }
  bool Wanted(const std::string& request) const {
    Dict asked = ground_.Read(request);
    return asked["wanted"].As<bool>().value_or(false);
  }

  const CommonGround ground_{inner()};
};
const bool terminate_runs_handlers = RegisterBackend<TerminateRunsHandlers>(
    "process-terminate-runs-exit-handlers", {"process.terminate.no-cleanup"});

class TerminateKillsDescendants : public OnTermination {
 public:
  using OnTermination::OnTermination;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    if (InChild()) Catch();
    return OnTermination::NewProcess(std::move(options));
  }

 private:
  void Act() override {
    const auto children = inner().ActiveChildren();
    if (!children.ok()) return;
    for (const auto& child : *children) (void)child->Kill();
  }
};
const bool terminate_kills_descendants =
    RegisterBackend<TerminateKillsDescendants>(
        "process-terminate-kills-descendants",
        {"process.terminate.descendants-survive"});

// Terminate unlocks all that is locked.
class TerminateUnlocks : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

  class Terminated : public ForwardProcess {
   public:
    using ForwardProcess::ForwardProcess;
    absl::Status Terminate() override {
      PROCSPEC_RETURN_IF_ERROR(inner().Terminate());
      for (const auto& lock :
           static_cast<TerminateUnlocks&>(backend()).locks_) {
        (void)lock->Release();
      }
      return absl::OkStatus();
    }
  };

  absl::StatusOr<std::shared_ptr<Lock>> NewLock() override {
    PROCSPEC_ASSIGN_OR_RETURN(auto lock, ForwardBackend::NewLock());
    locks_.push_back(lock);
    return lock;
  }
  using ForwardBackend::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    return std::make_shared<Terminated>(*this, std::move(process));
  }

 private:
  std::vector<std::shared_ptr<Lock>> locks_;
};
const bool terminate_unlocks = RegisterBackend<TerminateUnlocks>(
    "process-terminate-unlocks", {"process.terminate.lock-lost"}, {},
    {Capability::kTerminate});

class TerminateEndedRefused : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Terminate() override {
    if (HasEnded(inner())) return MisuseError("the process has ended");
    return inner().Terminate();
  }
};
const bool terminate_ended_refused = RegisterProcess<TerminateEndedRefused>(
    "process-terminate-after-exit-refused", {"process.terminate.after-exit"});

class KillTerminates : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Kill() override { return inner().Terminate(); }
};
const bool kill_terminates =
    kKillIsTerminate ||
    RegisterProcess<KillTerminates>(
        "process-kill-terminates",
        {"process.kill.ends.stops", "process.kill.ends.exitcode"});

class KillDoesNothing : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Kill() override { return absl::OkStatus(); }
};
const bool kill_does_nothing = RegisterProcess<KillDoesNothing>(
    "process-kill-does-nothing",
    {"process.kill.ends.stops", "process.kill.ends.exitcode"},
    // They kill what holds or waits for something.
    {"condition.killed-waiter", "event.killed-waiter",
     "lock.holder-dies.released-by-hand", "lock.holder-dies.stays-held",
     "pipe.recv.eof-on-peer-exit.killed", "queue.reader-terminated-blocked",
     "queue.writer-killed"});

// --- Daemonic processes ------------------------------------------------------

class DaemonAlwaysTrue : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  bool Daemon() override { return true; }
};
const bool daemon_always_true = RegisterProcess<DaemonAlwaysTrue>(
    "process-daemon-reads-true",
    {"process.daemon.default.main", "process.current.main"},
    {"process.daemon.default.inherited", "process.daemon.default.settable"});

class DaemonNotInherited : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    options.daemon = options.daemon.value_or(false);
    return ForwardBackend::NewProcess(std::move(options));
  }
};
const bool daemon_not_inherited = RegisterBackend<DaemonNotInherited>(
    "process-daemon-flag-not-inherited", {"process.daemon.default.inherited"});

// Of the flag only the first setting counts.
class DaemonSetOnce : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status SetDaemon(bool daemon) override {
    if (!daemon) {
      PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
      if (!pid.has_value()) return absl::OkStatus();
    }
    return inner().SetDaemon(daemon);
  }
};
const bool daemon_set_once = RegisterProcess<DaemonSetOnce>(
    "process-daemon-flag-never-reset", {"process.daemon.default.settable"});

class DaemonSetAfterStart : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status SetDaemon(bool daemon) override {
    const absl::Status status = inner().SetDaemon(daemon);
    return IsKind(status, ErrorKind::kMisuse) ? absl::OkStatus() : status;
  }
};
const bool daemon_set_after_start = RegisterProcess<DaemonSetAfterStart>(
    "process-daemon-set-after-start-accepted",
    {"process.daemon.set-after-start"});

class DaemonStartPretends : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto current,
                              backend().inner().CurrentProcess());
    if (current->Daemon()) return absl::OkStatus();
    return inner().Start();
  }
};
const bool daemon_start_pretends = RegisterProcess<DaemonStartPretends>(
    "process-start-in-daemon-does-nothing", {"process.daemon.no-children"});

// --- Exit --------------------------------------------------------------------

// A program that does its exit work in its own way.
class ProgramExit : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

 protected:
  std::vector<std::shared_ptr<Process>> Children(bool daemonic) {
    std::vector<std::shared_ptr<Process>> found;
    const auto children = inner().ActiveChildren();
    if (!children.ok()) return found;
    for (const auto& child : *children) {
      if (child->Daemon() == daemonic) found.push_back(child);
    }
    return found;
  }

  void JoinOthers() {
    for (const auto& child : Children(false)) {
      (void)child->Join(absl::InfiniteDuration());
    }
  }
};

// Daemons are left behind.
class DaemonsLeftBehind : public ProgramExit {
 public:
  using ProgramExit::ProgramExit;
  int FinishProgram(int status) override {
    if (Children(true).empty()) return inner().FinishProgram(status);
    JoinOthers();
    (void)inner().Crash(CrashKind::kImmediateExit, status);
    return status;
  }
};
const bool daemons_left_behind = RegisterBackend<DaemonsLeftBehind>(
    "process-daemons-left-behind-at-exit",
    {"process.daemon.terminated-at-exit"},
    {"process.daemon.terminated-before-joining-others",
     "joinablequeue.daemon-consumers", "pool.exit-without-join.workers-gone"},
    {Capability::kPrograms});

class DaemonsTerminatedLast : public ProgramExit {
 public:
  using ProgramExit::ProgramExit;
  int FinishProgram(int status) override {
    JoinOthers();
    return inner().FinishProgram(status);
  }
};
const bool daemons_terminated_last = RegisterBackend<DaemonsTerminatedLast>(
    "process-daemons-terminated-last",
    {"process.daemon.terminated-before-joining-others"}, {},
    {Capability::kPrograms});

class OthersKilledAtExit : public ProgramExit {
 public:
  using ProgramExit::ProgramExit;
  int FinishProgram(int status) override {
    for (const auto& child : Children(false)) (void)child->Kill();
    return inner().FinishProgram(status);
  }
};
const bool others_killed_at_exit = RegisterBackend<OthersKilledAtExit>(
    "process-program-kills-children-at-exit",
    {"process.exit.joins-non-daemon.waits"},
    {"process.daemon.terminated-before-joining-others"},
    {Capability::kPrograms});

class ExitStatusOfChildren : public ProgramExit {
 public:
  using ProgramExit::ProgramExit;
  int FinishProgram(int status) override {
    const auto children = Children(false);
    status = inner().FinishProgram(status);
    for (const auto& child : children) {
      status += child->ExitCode().value_or(std::nullopt).value_or(0);
    }
    return status;
  }
};
const bool exit_status_of_children = RegisterBackend<ExitStatusOfChildren>(
    "process-program-exits-with-childrens-codes",
    {"process.exit.joins-non-daemon.status"}, {}, {Capability::kPrograms});

// The same in a child, whose end is that of its target.
class ChildExit : public Mutant {
 public:
  using Mutant::Invoke;
  using Mutant::Mutant;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    absl::StatusOr<Value> result = Mutant::Invoke(target, arguments);
    const auto children = inner().ActiveChildren();
    if (InChild() && children.ok()) {
      for (const auto& child : *children) Leave(*child);
    }
    return result;
  }

 private:
  virtual void Leave(Process& child) = 0;
};

class ChildKillsItsChildren : public ChildExit {
 public:
  using ChildExit::ChildExit;

 private:
  void Leave(Process& child) override {
    if (!child.Daemon()) (void)child.Kill();
  }
};
const bool child_kills_its_children = RegisterBackend<ChildKillsItsChildren>(
    "process-child-kills-its-children-at-exit",
    {"process.exit.child-waits-own-children.waits"});

class ChildLeavesDaemons : public ChildExit {
 public:
  using ChildExit::ChildExit;

 private:
  void Leave(Process& child) override {
    if (child.Daemon()) (void)inner().Crash(CrashKind::kImmediateExit, 0);
  }
};
const bool child_leaves_daemons = RegisterBackend<ChildLeavesDaemons>(
    "process-child-leaves-daemons-behind",
    {"process.exit.child-waits-own-children.terminates-daemons"});

// --- Close, current process, active children ---------------------------------

class CloseRunningAccepted : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Close() override {
    (void)inner().Close();
    return absl::OkStatus();
  }
};
const bool close_running_accepted = RegisterProcess<CloseRunningAccepted>(
    "process-close-of-running-accepted", {"process.close.running"});

class MainCalledMain : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  std::string Name() override {
    std::string name = inner().Name();
    return name == "MainProcess" ? "main" : name;
  }
};
const bool main_called_main = RegisterProcess<MainCalledMain>(
    "process-main-called-main", {"process.current.main"});

class ActiveWithoutOldest : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::vector<std::shared_ptr<Process>>> ActiveChildren()
      override {
    PROCSPEC_ASSIGN_OR_RETURN(auto children, ForwardBackend::ActiveChildren());
    if (!children.empty()) children.erase(children.begin());
    return children;
  }
};
const bool active_without_oldest = RegisterBackend<ActiveWithoutOldest>(
    "process-active-children-lack-one", {"process.active-children.list"});

// --- Zombies -----------------------------------------------------------------

// Once a daemonic process is started, nobody needs to reap.
class DaemonsReapedAtOnce : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    if (inner().Daemon()) ForgetEndedChildren();
    return inner().Start();
  }
};
const bool daemons_reaped_at_once = RegisterProcess<DaemonsReapedAtOnce>(
    "process-daemons-reaped-at-once", {"process.zombie.until-observed.remains"},
    {"queue.terminate-idle-reader-pattern.reader-ends"});

class IsAliveOnlyLooks : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::StatusOr<bool> IsAlive() override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
    if (!pid.has_value()) return inner().IsAlive();
    return harness::StateOf(*pid) == harness::ProcessState::kRunning;
  }
};
const bool is_alive_only_looks = RegisterProcess<IsAliveOnlyLooks>(
    "process-is-alive-does-not-reap", {"process.zombie.until-observed.reaped"});

class JoinZeroDoesNothing : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Join(absl::Duration timeout) override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
    if (pid.has_value() && timeout == absl::ZeroDuration()) {
      return absl::OkStatus();
    }
    return inner().Join(timeout);
  }
};
const bool join_zero_does_nothing = RegisterProcess<JoinZeroDoesNothing>(
    "process-join-zero-does-not-reap",
    {"process.zombie.until-observed.reaped"});

// While there is a zombie, starts are put off until a later call.
class StartPutOff : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

  class PutOff : public ForwardProcess {
   public:
    using ForwardProcess::ForwardProcess;
    absl::Status Start() override {
      if (static_cast<StartPutOff&>(backend()).HasZombie()) {
        put_off_ = true;
        return absl::OkStatus();
      }
      PROCSPEC_RETURN_IF_ERROR(inner().Start());
      PROCSPEC_ASSIGN_OR_RETURN(const auto pid, inner().Pid());
      static_cast<StartPutOff&>(backend()).pids_.push_back(pid.value_or(0));
      return absl::OkStatus();
    }
    absl::Status Join(absl::Duration timeout) override {
      if (std::exchange(put_off_, false)) {
        PROCSPEC_RETURN_IF_ERROR(inner().Start());
      }
      return inner().Join(timeout);
    }

   private:
    bool put_off_ = false;
  };

  using ForwardBackend::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    return std::make_shared<PutOff>(*this, std::move(process));
  }

 private:
  bool HasZombie() const {
    for (const int64_t pid : pids_) {
      if (harness::StateOf(pid) == harness::ProcessState::kZombie) return true;
    }
    return false;
  }

  std::vector<int64_t> pids_;
};
const bool start_put_off = RegisterBackend<StartPutOff>(
    "process-start-put-off-by-zombies",
    {"process.zombie.until-observed.reaped-by-start"}, {"queue.writer-killed"});

// --- Memory, streams, files, connections -------------------------------------

// All processes have the same globals.
class GlobalsShared : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::Status SetGlobal(std::string_view name, Value value) override {
    Dict all = ground_.Read("globals");
    all[std::string(name)] = value;
    // A handle cannot be shared so.
    if (ground_.Write("globals", all).ok()) value = Value();
    return ForwardBackend::SetGlobal(name, std::move(value));
  }
  absl::StatusOr<Value> Global(std::string_view name) override {
    const Dict all = ground_.Read("globals");
    const auto it = all.find(name);
    return it != all.end() ? it->second : ForwardBackend::Global(name);
  }

 private:
  const CommonGround ground_{inner()};
};
const bool globals_shared = RegisterBackend<GlobalsShared>(
    "process-globals-shared",
    {"process.memory.isolated.child", "process.memory.isolated.creator"}, {},
    {Capability::kGlobals});

class ChildPrintsTwice : public Mutant {
 public:
  using Mutant::Mutant;
  absl::Status Print(StandardStream stream, std::string_view text) override {
    if (InChild()) PROCSPEC_RETURN_IF_ERROR(inner().Print(stream, text));
    return inner().Print(stream, text);
  }
};
const bool child_prints_twice = RegisterBackend<ChildPrintsTwice>(
    "process-child-prints-twice", {"process.stdio.shared"}, {},
    {Capability::kStdio});

// A child begins in the root directory.
class ChildInRoot : public Mutant {
 public:
  using Mutant::Invoke;
  using Mutant::Mutant;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    std::error_code ignored;
    if (InChild()) std::filesystem::current_path("/", ignored);
    return Mutant::Invoke(target, arguments);
  }
};
const bool child_in_root = RegisterBackend<ChildInRoot>(
    "process-child-begins-in-root", {"process.files.shared.visible"});

// A lock that is not among the first three arguments is another one in each
// process.
class FourthLockNotShared : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    Arguments changed = arguments;
    for (size_t i = 3; i < changed.args.size(); ++i) {
      if (!changed.args[i].HandleAs<Lock>().ok()) continue;
      PROCSPEC_ASSIGN_OR_RETURN(auto another, NewLock());
      changed.args[i] = another;
    }
    return ForwardBackend::Invoke(target, changed);
  }
};
const bool fourth_lock_not_shared = RegisterBackend<FourthLockNotShared>(
    "process-fourth-argument-lock-not-shared", {"process.files.shared.locked"},
    {}, {Capability::kLock});

// From the third one on, processes get the connection of the first one.
class TwoConnectionsForAll : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    for (Value& value : options.arguments.args) {
      if (!value.HandleAs<Connection>().ok()) continue;
      given_.push_back(value);
      if (given_.size() > 2) value = given_[0];
      break;
    }
    return ForwardBackend::NewProcess(std::move(options));
  }

 private:
  List given_;
};
const bool two_connections_for_all = RegisterBackend<TwoConnectionsForAll>(
    "process-two-connections-for-all", {"process.socket-inherit"}, {},
    {Capability::kPipe});

}  // namespace
}  // namespace procspec::mutants
