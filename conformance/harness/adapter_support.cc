// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/adapter_support.h"

#include <cstdio>
#include <mutex>
#include <utility>

#include "absl/status/status.h"

namespace procspec::harness {
namespace {

using adapter_support_internal::Setting;

struct State {
  Setting setting;
  bool is_set = false;

  std::mutex mutex;
  std::string hint;
};

// Never destroyed: threads of an adapter may report to the end.
State& TheState() {
  static auto& state = *new State;
  return state;
}

// An empty hint would look like none.
constexpr std::string_view kNoHint = "the adapter gave no hint";

}  // namespace

const std::string& AdapterDirectory() { return TheState().setting.directory; }

bool InProgram() { return TheState().setting.in_program; }

bool ProgramIsUnguarded() { return TheState().setting.unguarded; }

absl::StatusOr<Value> CallProgramTarget(Backend& backend) {
  const Setting& setting = TheState().setting;
  if (setting.call_target == nullptr) {
    return absl::FailedPreconditionError("this process is no program");
  }
  return setting.call_target(backend);
}

void ReportInfra(std::string_view hint) {
  if (hint.empty()) hint = kNoHint;
  State& state = TheState();
  if (!state.is_set) {
    std::fprintf(stderr, "procspec: INFRA: %.*s\n",
                 static_cast<int>(hint.size()), hint.data());
    return;
  }
  {
    std::lock_guard<std::mutex> lock(state.mutex);
    if (!state.hint.empty()) return;
    state.hint = std::string(hint);
  }
  // Without the lock: it asks for the hint.
  if (state.setting.on_infra) state.setting.on_infra(std::string(hint));
}

namespace adapter_support_internal {

void Set(Setting setting) {
  State& state = TheState();
  state.setting = std::move(setting);
  state.is_set = true;
}

std::string ReportedInfra() {
  State& state = TheState();
  std::lock_guard<std::mutex> lock(state.mutex);
  return state.hint;
}

}  // namespace adapter_support_internal
}  // namespace procspec::harness
