// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_TESTING_LEAKY_CASE_H_
#define PROCSPEC_CONFORMANCE_RUNNER_TESTING_LEAKY_CASE_H_

#include <string>

#include "conformance/harness/case.h"

namespace procspec::harness {

class LeakCase : public Case {
 protected:
  // Once the thing is made: whether to take it away again.
  bool CleansUp() {
    Meet();
    return backend().name() == "clean";
  }

 private:
  static void Meet();
};

std::string InTemporary(const char* name);

// To the end of a file, at once.
bool AppendByte(const std::string& file);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_RUNNER_TESTING_LEAKY_CASE_H_
