// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_PARTICIPANT_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_PARTICIPANT_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "conformance/adapters/wire_testee/link.h"
#include "conformance/adapters/wire_testee/objects.h"
#include "conformance/adapters/wire_testee/stage_lines.h"
#include "spec/backend.h"
#include "spec/value.h"

namespace procspec::wire_testee {

// What this process is to the judge: its name, its `process` connection with
// the thread that answers on it, its lanes, its objects. Made when the process
// first has to do with the judge, and never destroyed. A forked child is
// another participant: it has nothing of its parent's.
//
// Thread-safe.
class Participant {
 public:
  // Before the process has threads: where the judge listens.
  static void Begin(const std::string& judge);

  // The calling process. `backend` is the one whose operations the judge may
  // ask for beside those of calls: the first one counts.
  static Participant& Current(Backend& backend);

  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  // Says hello with these fields and does what the judge asks, until it ends
  // that. What a call returned, as the judge ended it.
  absl::StatusOr<Value> Call(Json hello, Backend& backend);

  // The same for the main program. The status with which it is to finish.
  int ServeMain(Backend& backend);

  Objects& objects() { return objects_; }
  StageLines& stage_lines() { return stage_lines_; }

 private:
  explicit Participant(Backend& backend);

  Link Open(Json hello);
  // The message that ended it; nullopt: the judge closed the link.
  std::optional<Json> Serve(Link& link, Backend& backend);
  void AnswerForTheProcess(Link link);

  Backend& backend_;
  const std::string id_;
  Objects objects_;
  StageLines stage_lines_;
};

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_PARTICIPANT_H_
