// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_SMOKE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_SMOKE_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/exit_code.h"
#include "conformance/runner/run_record.h"

// For somebody who writes an adapter: is it the adapter that is wrong, or the
// backend? A few quick must cases of each area, in seconds.

namespace procspec::runner {

// What a backend is asked of one kind of object.
struct SmokeArea {
  std::string_view name;
  std::vector<std::string_view> cases;
};

// In this order: what the others stand on comes first.
const std::vector<SmokeArea>& SmokeAreas();

// Of all cases of a testee, the smoke cases that concern the backend are
// selected.
void SelectSmoke(const BackendInfo& backend,
                 const std::vector<ClauseInfo>& clauses,
                 std::vector<CaseInfo>& cases);

// Who is at fault.
struct SmokeConclusion {
  ExitCode code = ExitCode::kOk;
  std::string sentence;
  std::string start_with;  // the case to look at; empty: none
};

// What is known of a backend while its smoke cases run.
class SmokeSheet {
 public:
  // Of a run with one backend, whose smoke cases are selected. It must outlive
  // the sheet.
  explicit SmokeSheet(const RunRecord& run);

  // Cases that are to be run.
  size_t total() const { return total_; }

  // The lines of what is known before any case has ended.
  std::string FirstLines(bool colour) const;

  // The line of an area that this settles; empty if it settles none.
  std::string Add(const Outcome& outcome, bool colour);

  // The lines of what was not settled.
  std::string LastLines(bool colour) const;

  // So many cases could not be judged that the adapter is at fault, whatever
  // the others come to.
  bool IsDecided() const;

  // `next` is the command that judges the backend by all cases.
  SmokeConclusion Conclude(std::string_view next) const;

 private:
  struct Area {
    std::string_view name;
    std::vector<std::string> cases;  // that are to be run
    bool linked = false;
    size_t passed = 0;
    bool settled = false;
  };

  const Outcome* FirstOf(bool (*wanted)(Verdict)) const;
  size_t CountOf(bool (*wanted)(Verdict)) const;

  const RunRecord& run_;
  std::vector<Area> areas_;
  size_t total_ = 0;
  std::map<std::string, Outcome> ended_;  // by case
};

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_SMOKE_H_
