// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire_testee/judge_functions.h"

#include <memory>
#include <utility>

#include "conformance/adapters/wire/message.h"
#include "conformance/adapters/wire_testee/objects.h"
#include "conformance/adapters/wire_testee/participant.h"
#include "spec/process.h"
#include "spec/status_macros.h"

namespace procspec::wire_testee {

absl::StatusOr<Value> JudgeFunctions::CallTarget(Backend& backend,
                                                 std::string_view name,
                                                 const Arguments& arguments) {
  Participant& participant = Participant::Current(backend);
  Json hello = {{"kind", "target"}, {"name", name}};
  PROCSPEC_RETURN_IF_ERROR(
      wire::AddArguments(arguments, participant.objects(), hello));
  return participant.Call(std::move(hello), backend);
}

absl::StatusOr<Value> JudgeFunctions::CallProcessType(Backend& backend,
                                                      std::string_view name,
                                                      Process& self) {
  Participant& participant = Participant::Current(backend);
  // Whoever calls keeps it. It is the calling process, which lives as long as
  // anything here, or has been sent before by its owner.
  const std::shared_ptr<Process> borrowed(&self, [](Process*) {});
  return participant.Call({{"kind", "type"},
                           {"name", name},
                           {"self", participant.objects().Send(borrowed)}},
                          backend);
}

absl::StatusOr<Value> CallProgram(Backend& backend) {
  return Participant::Current(backend).Call({{"kind", "program"}}, backend);
}

}  // namespace procspec::wire_testee
