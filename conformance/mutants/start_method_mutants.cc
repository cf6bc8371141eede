// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Backends that get start methods wrong: spec/clauses/start_method.md, in its
// order.

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/harness/probe.h"
#include "conformance/mutants/forward.h"
#include "conformance/mutants/mutant.h"
#include "spec/backend.h"
#include "spec/capability.h"
#include "spec/error.h"
#include "spec/process.h"
#include "spec/status_macros.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::mutants {
namespace {

// --- Globals -----------------------------------------------------------------

// A forked child begins without globals.
class ForkLosesGlobals : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::Status SetGlobal(std::string_view name, Value value) override {
    setters_.insert_or_assign(std::string(name), inner().Pid().value_or(0));
    return ForwardBackend::SetGlobal(name, std::move(value));
  }
  absl::StatusOr<Value> Global(std::string_view name) override {
    const auto setter = setters_.find(name);
    if (setter != setters_.end() &&
        setter->second != inner().Pid().value_or(0)) {
      return ValueError("unset");
    }
    return ForwardBackend::Global(name);
  }

 private:
  std::map<std::string, int64_t, std::less<>> setters_;  // pids
};
const bool fork_loses_globals =
    RegisterMutant<ForkLosesGlobals>({.name = "start-method-fork-loses-globals",
                                      .breaks = {"start-method.globals.fork"},
                                      .collateral = {"queue.share.global"},
                                      .touches = {Capability::kStartFork}});

// A spawned child is told the globals of its creator.
class SpawnCopiesGlobals : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::Status SetGlobal(std::string_view name, Value value) override {
    globals_[std::string(name)] = value;
    return ForwardBackend::SetGlobal(name, std::move(value));
  }
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              ForwardBackend::NewProcess(std::move(options)));
    PROCSPEC_RETURN_IF_ERROR(process->SetAttribute("globals", globals_));
    return process;
  }
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    PROCSPEC_ASSIGN_OR_RETURN(const auto current, inner().CurrentProcess());
    const absl::StatusOr<Value> globals = current->Attribute("globals");
    if (globals.ok()) {
      for (const auto& [name, value] : *globals->get_if<Dict>()) {
        PROCSPEC_RETURN_IF_ERROR(inner().SetGlobal(name, value));
      }
    }
    return ForwardBackend::Invoke(target, arguments);
  }

 private:
  Dict globals_;
};
const bool spawn_copies_globals = RegisterMutant<SpawnCopiesGlobals>(
    {.name = "start-method-spawn-copies-globals",
     .breaks = {"start-method.globals.spawn"},
     .touches = {Capability::kStartSpawn, Capability::kGlobals},
     .base = std::string(kFreshImageBase)});

// --- A program without a main guard ------------------------------------------

class BootstrappingIsMisuse : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    const absl::Status status = inner().Start();
    if (!IsKind(status, ErrorKind::kBootstrapping)) return status;
    return MisuseError("this process is being started itself");
  }
};
const bool bootstrapping_is_misuse =
    RegisterMutant<Wrapping<BootstrappingIsMisuse, Process>>(
        {.name = "start-method-bootstrapping-is-misuse",
         .breaks = {"start-method.spawn.main-guard.refused"},
         .touches = {Capability::kStartSpawn},
         .base = std::string(kFreshImageBase)});

// A child that fails to bootstrap ends as if it had run its target.
class FailedBootstrapExitsZero : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

  class Guarded : public ForwardProcess {
   public:
    using ForwardProcess::ForwardProcess;
    absl::Status Start() override {
      const absl::Status status = inner().Start();
      if (IsKind(status, ErrorKind::kBootstrapping)) {
        static_cast<FailedBootstrapExitsZero&>(backend()).failed_ = true;
      }
      return status;
    }
  };

  using ForwardBackend::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    return std::make_shared<Guarded>(*this, std::move(process));
  }
  int FinishProgram(int status) override {
    if (failed_) (void)inner().Crash(CrashKind::kImmediateExit, 0);
    return inner().FinishProgram(status);
  }

 private:
  bool failed_ = false;
};
const bool failed_bootstrap_exits_zero =
    RegisterMutant<FailedBootstrapExitsZero>(
        {.name = "start-method-failed-bootstrap-exits-zero",
         .breaks = {"start-method.spawn.main-guard.exitcode"},
         .touches = {Capability::kStartSpawn},
         .base = std::string(kFreshImageBase)});

// Demands a main guard where none is needed.
class ForkDemandsGuard : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    if (std::getenv("PROCSPEC_UNGUARDED_PROGRAM") != nullptr) {
      return BootstrappingError("the program has not asked what it is");
    }
    return inner().Start();
  }
};
const bool fork_demands_guard =
    RegisterMutant<Wrapping<ForkDemandsGuard, Process>>(
        {.name = "start-method-fork-demands-main-guard",
         .breaks = {"start-method.fork.unguarded-main"},
         .touches = {Capability::kStartFork, Capability::kPrograms}});

// --- What can travel ---------------------------------------------------------

class SerialisationIsType : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    const absl::Status status = inner().Start();
    if (!IsKind(status, ErrorKind::kSerialisation)) return status;
    return TypeError(status.message());
  }
};
const bool serialisation_is_type =
    RegisterMutant<Wrapping<SerialisationIsType, Process>>(
        {.name = "start-method-unserialisable-argument-is-type-error",
         .breaks = {"start-method.spawn.picklable.refused"},
         .touches = {Capability::kStartSpawn, Capability::kLocalObjects},
         .base = std::string(kFreshImageBase)});

// The object counts as started although its start has failed.
class FailedStartHasPid : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status Start() override {
    const absl::Status status = inner().Start();
    failed_ = IsKind(status, ErrorKind::kSerialisation);
    return status;
  }
  absl::StatusOr<std::optional<int64_t>> Pid() override {
    if (failed_) return std::optional<int64_t>(0);
    return inner().Pid();
  }

 private:
  bool failed_ = false;
};
const bool failed_start_has_pid =
    RegisterMutant<Wrapping<FailedStartHasPid, Process>>(
        {.name = "start-method-failed-start-has-pid",
         .breaks = {"start-method.spawn.picklable.unstarted"},
         .touches = {Capability::kStartSpawn, Capability::kLocalObjects},
         .base = std::string(kFreshImageBase)});

// Attributes stay with the object.
class AttributesStay : public ForwardProcess {
 public:
  using ForwardProcess::ForwardProcess;
  absl::Status SetAttribute(std::string_view name, Value value) override {
    attributes_[std::string(name)] = std::move(value);
    return absl::OkStatus();
  }
  absl::StatusOr<Value> Attribute(std::string_view name) override {
    const auto it = attributes_.find(name);
    if (it == attributes_.end()) return ValueError("unset");
    return it->second;
  }

 private:
  Dict attributes_;
};
const bool attributes_stay = RegisterMutant<Wrapping<AttributesStay, Process>>(
    {.name = "start-method-spawn-loses-attributes",
     .breaks = {"start-method.spawn.subclass-picklable"},
     .touches = {Capability::kStartSpawn},
     .base = std::string(kFreshImageBase)});

// Serialises what it could just copy.
class ForkRefusesLocal : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  absl::StatusOr<std::shared_ptr<Process>> NewProcess(
      ProcessOptions options) override {
    for (const Value& value : options.arguments.args) {
      if (value.HandleAs<LocalObject>().ok()) {
        return SerialisationError("an argument cannot be serialised");
      }
    }
    return ForwardBackend::NewProcess(std::move(options));
  }
};
const bool fork_refuses_local = RegisterMutant<ForkRefusesLocal>(
    {.name = "start-method-fork-refuses-local-object",
     .breaks = {"start-method.fork.local-object"},
     .touches = {Capability::kStartFork, Capability::kLocalObjects}});

// --- Objects among the arguments ---------------------------------------------

// Only the first two objects are shared; a process gets new ones in the place
// of the others.
class TwoObjectsShared : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    Arguments changed = arguments;
    int handles = 0;
    for (Value& value : changed.args) {
      if (value.get_if<Handle>() == nullptr || ++handles <= 2) continue;
      PROCSPEC_ASSIGN_OR_RETURN(value, Another(value));
    }
    return ForwardBackend::Invoke(target, changed);
  }

 private:
  absl::StatusOr<Value> Another(const Value& value) {
    if (value.HandleAs<Event>().ok()) return Made(NewEvent());
    if (value.HandleAs<SimpleQueue>().ok()) return Made(NewSimpleQueue());
    if (value.HandleAs<Connection>().ok()) {
      PROCSPEC_ASSIGN_OR_RETURN(const ConnectionPair pair, NewPipe(true));
      return Value(pair.first);
    }
    return value;
  }
  template <typename T>
  static absl::StatusOr<Value> Made(absl::StatusOr<std::shared_ptr<T>> made) {
    if (!made.ok()) return made.status();
    return Value(*std::move(made));
  }
};
const bool two_objects_shared = RegisterMutant<TwoObjectsShared>(
    {.name = "start-method-third-object-not-shared",
     .breaks = {"start-method.sync-objects-shareable.sync",
                "start-method.sync-objects-shareable.queues",
                "start-method.sync-objects-shareable.connection"},
     .touches = {Capability::kEvent, Capability::kSimpleQueue,
                 Capability::kPipe}});

// --- Children of children ----------------------------------------------------

// A grandchild of the main process can start nothing.
class TwoGenerations : public ForwardBackend {
 public:
  using ForwardBackend::ForwardBackend;

  class Limited : public ForwardProcess {
   public:
    using ForwardProcess::ForwardProcess;
    absl::Status Start() override {
      const int generation =
          static_cast<TwoGenerations&>(backend()).generation_;
      if (generation >= 2) return OsError("fork", EAGAIN);
      // For a child that begins as a fresh image.
      harness::SetEnvironment(kVariable, absl::StrCat(generation + 1));
      const absl::Status status = inner().Start();
      harness::SetEnvironment(kVariable, absl::StrCat(generation));
      return status;
    }
  };

  using ForwardBackend::Wrap;
  std::shared_ptr<Process> Wrap(std::shared_ptr<Process> process) override {
    return std::make_shared<Limited>(*this, std::move(process));
  }
  using ForwardBackend::Invoke;
  absl::StatusOr<Value> Invoke(FoundTarget target,
                               const Arguments& arguments) override {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t pid, inner().Pid());
    if (std::exchange(pid_, pid) != pid) ++generation_;
    return ForwardBackend::Invoke(target, arguments);
  }

 private:
  static constexpr char kVariable[] = "PROCSPEC_MUTANT_GENERATION";

  static int GenerationOfImage() {
    const char* text = std::getenv(kVariable);
    return text != nullptr ? std::atoi(text) : 0;
  }

  int64_t pid_ = inner().Pid().value_or(0);
  int generation_ = GenerationOfImage();
};
const bool two_generations =
    RegisterMutant<TwoGenerations>({.name = "start-method-two-generations-only",
                                    .breaks = {"start-method.nested"},
                                    .touches = {Capability::kProcess}});

}  // namespace
}  // namespace procspec::mutants
