// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/mutants/mutant.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "conformance/harness/backend_registry.h"
#include "conformance/harness/probe.h"
#include "conformance/mutants/maker.h"

namespace procspec::mutants {
namespace {

// Which mutant a program image is to be wrong as: set by the process that made
// the mutant, inherited by the images it starts.
constexpr char kMutantVariable[] = "PROCSPEC_MUTANT";

struct Registered {
  MutantSpec spec;
  MutantFactory factory;
};

std::map<std::string, Registered, std::less<>>& Mutants() {
  static auto& mutants = *new std::map<std::string, Registered, std::less<>>;
  return mutants;
}

// Shows the mutant to every function that the wrapped backend calls.
class Interposer : public CallInterposer {
 public:
  void SetName(std::string_view name) { name_ = name; }

  // In the process that made the mutant itself, which ends with its user.
  void Adopt(Backend* inner, const std::shared_ptr<ForwardBackend>& mutant) {
    std::lock_guard lock(mutex_);
    adopted_inner_ = inner;
    adopted_ = mutant;
  }

  absl::StatusOr<Value> Call(Backend& backend, FoundTarget target,
                             const Arguments& arguments) override {
    const std::shared_ptr<ForwardBackend> side = SideOf(backend);
    return Unwrapped(side->Invoke(target, side->WrapArguments(arguments)));
  }

  absl::StatusOr<Value> Call(Backend& backend, FoundRunFunction run,
                             Process& self) override {
    const std::shared_ptr<ForwardBackend> side = SideOf(backend);
    std::shared_ptr<Process> wrapped =
        side->WrapOnce(std::shared_ptr<Process>(&self, [](Process*) {}));
    return Unwrapped(side->Invoke(run, *wrapped));
  }

 private:
  static absl::StatusOr<Value> Unwrapped(absl::StatusOr<Value> result) {
    if (result.ok()) return UnwrapValue(*result);
    return result;
  }

  // The mutant around this backend object; made at first sight, as in a child.
  std::shared_ptr<ForwardBackend> SideOf(Backend& backend) {
    // A pool's worker is a target itself and passes its side on to its tasks.
    if (auto* mutant = dynamic_cast<ForwardBackend*>(&backend)) {
      return std::shared_ptr<ForwardBackend>(mutant, [](ForwardBackend*) {});
    }
    std::lock_guard lock(mutex_);
    if (&backend == adopted_inner_) {
      if (std::shared_ptr<ForwardBackend> mutant = adopted_.lock()) {
        return mutant;
      }
    }
    std::shared_ptr<ForwardBackend>& side = sides_[&backend];
    if (side == nullptr) {
      auto it = Mutants().find(name_);
      if (it == Mutants().end()) {
        std::fprintf(stderr, "procspec: %s names no mutant: '%s'\n",
                     kMutantVariable, name_.c_str());
        std::abort();
      }
      side = it->second.factory(
          it->first, std::shared_ptr<Backend>(&backend, [](Backend*) {}));
    }
    return side;
  }

  std::string name_;
  std::mutex mutex_;
  Backend* adopted_inner_ = nullptr;
  std::weak_ptr<ForwardBackend> adopted_;
  // Those made here, which live for ever.
  std::map<Backend*, std::shared_ptr<ForwardBackend>> sides_;
};

// Never destroyed: exit handlers run through it.
Interposer& TheInterposer() {
  static auto& interposer = *new Interposer;
  return interposer;
}

// A fresh image that a mutant started: wrong from the start.
[[maybe_unused]] const bool installed_from_environment = [] {
  const char* name = std::getenv(kMutantVariable);
  if (name == nullptr) return false;
  TheInterposer().SetName(name);
  SetCallInterposer(&TheInterposer());
  return true;
}();

// A process judges one backend, so the last one made is the one in force.
std::shared_ptr<Backend> Make(const std::string& name) {
  const Registered& mutant = Mutants().find(name)->second;
  const harness::BackendEntry* base = harness::FindBackend(mutant.spec.base);
  if (base == nullptr) {
    std::fprintf(stderr, "procspec: mutant '%s': its base '%s' is not linked\n",
                 name.c_str(), mutant.spec.base.c_str());
    return nullptr;
  }
  std::shared_ptr<Backend> inner = base->factory();
  if (inner == nullptr) return nullptr;
  BecomeMaker();
  std::shared_ptr<ForwardBackend> side =
      mutant.factory(mutant.spec.name, inner);
  TheInterposer().SetName(name);
  TheInterposer().Adopt(inner.get(), side);
  SetCallInterposer(&TheInterposer());
  harness::SetEnvironment(kMutantVariable, name);
  return side;
}

}  // namespace

bool RegisterMutant(MutantSpec spec, MutantFactory factory) {
  const std::string name = spec.name;
  harness::BackendEntry entry = {
      .name = name,
      .factory = [name] { return Make(name); },
      .base = spec.base,
      .breaks = spec.breaks,
      .collateral = spec.collateral,
      .touches = spec.touches,
  };
  Mutants().emplace(name, Registered{std::move(spec), std::move(factory)});
  return harness::RegisterBackend(std::move(entry));
}

}  // namespace procspec::mutants
