// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/target.h"

#include <cstdio>
#include <cstdlib>
#include <map>

#include "absl/strings/str_join.h"
#include "spec/backend.h"
#include "spec/process.h"
#include "spec/status_macros.h"

namespace procspec {
namespace {

template <typename Function>
using Registry = std::map<std::string, Function, std::less<>>;

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
  if (!registry.emplace(std::string(name), function).second) {
    std::fprintf(stderr, "procspec: %s '%.*s' is registered twice\n", what,
                 static_cast<int>(name.size()), name.data());
    std::abort();
  }
  return true;
}

template <typename Function>
absl::StatusOr<Function> Find(const Registry<Function>& registry,
                              const char* what, std::string_view name) {
  auto it = registry.find(name);
  if (it != registry.end()) return it->second;
  // The neighbours in the order of names: a misspelling is usually near.
  std::vector<std::string> near;
  it = registry.lower_bound(name);
  if (it != registry.begin()) near.push_back(std::prev(it)->first);
  if (it != registry.end()) near.push_back(it->first);
  return ValueError(absl::StrCat(
      "no ", what, " is named '", name, "'",
      near.empty() ? "" : "; near it: ", absl::StrJoin(near, ", ")));
}

CallInterposer* interposer = nullptr;
ForeignFunctions* foreign = nullptr;

template <typename Function>
bool IsForeign(const Registry<Function>& registry, std::string_view name) {
  return foreign != nullptr && !name.empty() && !registry.contains(name);
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
