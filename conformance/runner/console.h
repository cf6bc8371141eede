// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_CONSOLE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_CONSOLE_H_

#include <array>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/execute.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/score.h"

namespace procspec::runner {

struct ConsoleOptions {
  bool terminal = false;  // a progress line and colours
  bool quiet = false;     // nothing while it runs
  bool failures = true;   // shown as they happen
  int width = 80;
  size_t total = 0;  // tasks
};

// Shows a run to a person: each failure as it happens, with all that is needed
// to understand and repeat it, and on a terminal a line of progress.
class Console : public Observer {
 public:
  // The run must outlive the console.
  Console(std::ostream& out, const RunRecord& run,
          const ConsoleOptions& options);

  void OnBegin(const Outcome& outcome) override;
  void OnEnd(const Outcome& outcome) override;
  void OnTick() override;

  // Clears the progress line.
  void Done();

 private:
  void ShowProgress();
  void ClearProgress();

  std::ostream& out_;
  const RunRecord& run_;
  const ConsoleOptions options_;
  size_t done_ = 0;
  size_t red_ = 0;
  double started_s_;
  double last_shown_s_ = 0;
  bool shown_ = false;
  std::map<int, std::string> running_;  // cases, by number
};

// The verdict's name; red is what the backend did wrong.
std::string Coloured(Verdict verdict, bool colour);

std::string Dimmed(std::string_view text, bool colour);

// Text of a case without control characters, which must not reach the terminal.
std::string Printable(std::string_view text);

// A failed case in full: clause and its text, what was expected and seen, the
// line that repeats it.
std::string DescribeFailure(const RunRecord& run, const Outcome& outcome,
                            bool colour);

// One line a backend, and below it which are not available, what does not hold:
// the cases, must clauses and the worst first, with a line each, and clauses
// that were not judged.
std::string FinalTable(const RunRecord& run,
                       const std::vector<BackendScore>& scores, bool colour);

// Of a run that did not come to its end: why, what ran then, what was not run.
// Empty for all others.
std::string DescribeCut(const RunRecord& run);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_CONSOLE_H_
