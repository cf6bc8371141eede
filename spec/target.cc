// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/target.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/strings/str_join.h"
#include "spec/backend.h"
#include "spec/process.h"
#include "spec/status_macros.h"

namespace procspec {
namespace {

// Functions by name: in order, for who misspelt one, and hashed, because a pool
// looks up its target for every item.
template <typename Function>
struct Registry {
  std::map<std::string, Function, std::less<>> in_order;
  std::unordered_map<std::string_view, Function> hashed;
};

// Function-local, so that registration before main works in any order; never
// destroyed, so that targets are found while the program is ending.
Registry<Target>& Targets() {
  static auto& registry = *new Registry<Target>;
  return registry;
}

Registry<RunFunction>& ProcessTypes() {
  static auto& registry = *new Registry<RunFunction>;
  return registry;
}

template <typename Function>
bool Register(Registry<Function>& registry, const char* what,
              std::string_view name, Function function) {
  const auto [it, is_new] =
      registry.in_order.emplace(std::string(name), function);
  if (!is_new) {
    std::fprintf(stderr, "procspec: %s '%.*s' is registered twice\n", what,
                 static_cast<int>(name.size()), name.data());
    std::abort();
  }
  registry.hashed.emplace(it->first, function);
  return true;
}

template <typename Function>
absl::StatusOr<Function> Find(const Registry<Function>& registry,
                              const char* what, std::string_view name) {
  auto found = registry.hashed.find(name);
  if (found != registry.hashed.end()) return found->second;
  // The neighbours in the order of names: a misspelling is usually near.
  std::vector<std::string> near;
  const auto& names = registry.in_order;
  auto it = names.lower_bound(name);
  if (it != names.begin()) near.push_back(std::prev(it)->first);
  if (it != names.end()) near.push_back(it->first);
  return ValueError(absl::StrCat(
      "no ", what, " is named '", name, "'",
      near.empty() ? "" : "; near it: ", absl::StrJoin(near, ", ")));
}

CallInterposer* interposer = nullptr;
ForeignFunctions* foreign = nullptr;

template <typename Function>
bool IsForeign(const Registry<Function>& registry, std::string_view name) {
  return foreign != nullptr && !name.empty() && !registry.hashed.contains(name);
}

template <typename Found, typename Subject>
absl::StatusOr<Value> Call(Backend& backend, Found function, Subject& subject) {
  if (interposer != nullptr) {
    return interposer->Call(backend, function, subject);
  }
  return function(backend, subject);
}

}  // namespace

absl::StatusOr<Value> CallTarget(Backend& backend, std::string_view name,
                                 const Arguments& arguments) {
  if (IsForeign(Targets(), name)) {
    const auto call = [name](Backend& side, const Arguments& given) {
      return foreign->CallTarget(side, name, given);
    };
    return Call<FoundTarget>(backend, call, arguments);
  }
  PROCSPEC_ASSIGN_OR_RETURN(Target target, Find(Targets(), "target", name));
  return Call<FoundTarget>(backend, target, arguments);
}

absl::StatusOr<Value> CallProcessType(Backend& backend, std::string_view name,
                                      Process& self) {
  if (IsForeign(ProcessTypes(), name)) {
    const auto call = [name](Backend& side, Process& process) {
      return foreign->CallProcessType(side, name, process);
    };
    return Call<FoundRunFunction>(backend, call, self);
  }
  PROCSPEC_ASSIGN_OR_RETURN(RunFunction run,
                            Find(ProcessTypes(), "process type", name));
  return Call<FoundRunFunction>(backend, run, self);
}

absl::Status CheckTarget(std::string_view name) {
  if (IsForeign(Targets(), name)) return absl::OkStatus();
  return Find(Targets(), "target", name).status();
}

absl::Status CheckProcessType(std::string_view name) {
  if (IsForeign(ProcessTypes(), name)) return absl::OkStatus();
  return Find(ProcessTypes(), "process type", name).status();
}

void SetCallInterposer(CallInterposer* new_interposer) {
  interposer = new_interposer;
}

void SetForeignFunctions(ForeignFunctions* functions) { foreign = functions; }

bool RegisterTarget(std::string_view name, Target target) {
  return Register(Targets(), "target", name, target);
}

bool RegisterProcessType(std::string_view name, RunFunction run) {
  return Register(ProcessTypes(), "process type", name, run);
}

}  // namespace procspec
