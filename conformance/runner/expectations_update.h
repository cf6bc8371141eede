// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_EXPECTATIONS_UPDATE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_EXPECTATIONS_UPDATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/expectations.h"
#include "conformance/runner/run_record.h"

namespace procspec::runner {

struct ExpectationsUpdate {
  std::string text;                  // of the mended file
  std::vector<std::string> changes;  // made, one line each; none: same file
  std::vector<std::string> left;     // what only a person can mend
};

// Mends a file without faults of its own (ParseExpectations) from a run of its
// backend, with or without expectations then.
//
// It drops entries whose case is gone, did not fail or is another entry's;
// replaces a glob by those of its cases that still go as it says; corrects a
// verdict. Only with a reason and a link, which become those of the entry, it
// adds an entry for a must clause, lets a failure say something else, or takes
// cases that a glob did not count. It never widens a glob, and leaves an
// expired date alone. Cases that the run did not judge stay as they are. A
// second update changes nothing.
ExpectationsUpdate UpdateExpectations(const ExpectationFile& file,
                                      const RunRecord& run,
                                      const std::string& reason,
                                      const std::string& link,
                                      std::string_view today);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_EXPECTATIONS_UPDATE_H_
