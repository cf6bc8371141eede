// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_EXECUTE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_EXECUTE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "conformance/runner/log.h"
#include "conformance/runner/run_record.h"

namespace procspec::runner {

// Told of the cases of a run as they go; by one thread, in no fixed order of
// cases.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnBegin(const Outcome& outcome) = 0;
  virtual void OnEnd(const Outcome& outcome) = 0;
  // Several times a second.
  virtual void OnTick() = 0;
  // Whether what is left need not be run. Once it is true it stays so.
  virtual bool Enough() { return false; }
};

// One case on one backend; both are of the run's record.
struct Task {
  const BackendInfo* backend;
  const CaseInfo* case_info;
  const Expectation* expectation = nullptr;  // if there is one
};

// Runs the tasks in this order, run.jobs at a time, each in a process and a
// directory of its own, and logs what becomes of them. Those of a backend that
// is not available are UNSUPPORTED, without a process. run.environment is set
// for the others. Ends early, with run.interrupted set, when Interrupted(), and
// with run.time_limit_reached set, when ElapsedSeconds() come to the run's
// limit; also when the observer has enough: what runs then is ended and has no
// verdict. An error means that the
// log cannot be written or no process can be started.
absl::Status Execute(RunRecord& run, const std::vector<Task>& tasks,
                     LogWriter& log, Observer& observer);

// The seed that a case gets, so that it has the same one however many others
// run.
uint64_t CaseSeed(uint64_t run_seed, std::string_view case_name);

// PROCSPEC_TIME_SCALE, at least 1.
double TimeScale();

// Seconds since this process first asked.
double ElapsedSeconds();

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_EXECUTE_H_
