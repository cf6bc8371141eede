// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_LOG_H_
#define PROCSPEC_CONFORMANCE_RUNNER_LOG_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "conformance/runner/os.h"
#include "conformance/runner/run_record.h"

// The log of a run, the source of every view: JSON lines, each written by one
// call, never changed. A run that is killed at any instant leaves a log in
// which every case that ended is whole and those that ran are named, or no log
// if it had begun no case. Each record is as log.schema.json says.
//
//   {"type":"run", ...}      first: what is run, on what, by what
//   {"type":"begin", ...}    a case begins
//   {"type":"end", ...}      it has ended, with its verdict
//   {"type":"run_end", ...}  last, unless the run was killed

namespace procspec::runner {

class LogWriter {
 public:
  // A log of this run, replacing what was there.
  static absl::StatusOr<std::unique_ptr<LogWriter>> Create(
      const std::string& path, const RunRecord& run);

  absl::Status WriteBegin(const Outcome& outcome);
  absl::Status WriteEnd(const Outcome& outcome);
  absl::Status WriteRunEnd(const RunRecord& run);

 private:
  explicit LogWriter(std::unique_ptr<AppendFile> file)
      : file_(std::move(file)) {}

  absl::Status WriteRun(const RunRecord& run);

  std::unique_ptr<AppendFile> file_;
};

// All that a log says. NotFound if there is no such file, InvalidArgument if it
// does not begin with a run.
absl::StatusOr<RunRecord> ReadLog(const std::string& path);

// The same from the log's text.
absl::StatusOr<RunRecord> ParseLog(std::string_view text);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_LOG_H_
