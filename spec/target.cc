// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/target.h"

#include <cstdio>
#include <cstdlib>
#include <map>

#include "absl/strings/str_join.h"
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

}  // namespace

absl::StatusOr<Value> CallTarget(Backend& backend, std::string_view name,
                                 const Arguments& arguments) {
  PROCSPEC_ASSIGN_OR_RETURN(Target target, Find(Targets(), "target", name));
  if (interposer != nullptr) {
    return interposer->Call(backend, target, arguments);
  }
  return target(backend, arguments);
}

absl::StatusOr<Value> CallProcessType(Backend& backend, std::string_view name,
                                      Process& self) {
  PROCSPEC_ASSIGN_OR_RETURN(RunFunction run,
                            Find(ProcessTypes(), "process type", name));
  if (interposer != nullptr) return interposer->Call(backend, run, self);
  return run(backend, self);
}

absl::Status CheckTarget(std::string_view name) {
  return Find(Targets(), "target", name).status();
}

absl::Status CheckProcessType(std::string_view name) {
  return Find(ProcessTypes(), "process type", name).status();
}

void SetCallInterposer(CallInterposer* new_interposer) {
  interposer = new_interposer;
}

bool RegisterTarget(std::string_view name, Target target) {
  return Register(Targets(), "target", name, target);
}

bool RegisterProcessType(std::string_view name, RunFunction run) {
  return Register(ProcessTypes(), "process type", name, run);
}

}  // namespace procspec
