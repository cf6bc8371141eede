// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_TEST_CHILD_H_
#define PROCSPEC_REFERENCE_OS_TEST_CHILD_H_

#include <cstdint>
#include <functional>

#include "absl/time/time.h"

namespace procspec::os {

// One end of a line between a test and its child, for handshakes. A child whose
// test is gone ends; a test that waits longer than a guard for its child
// aborts.
class TestLine {
 public:
  TestLine(int in, int out) : in_(in), out_(out) {}
  TestLine(const TestLine&) = delete;
  TestLine& operator=(const TestLine&) = delete;
  ~TestLine();

  void Say(int64_t what);
  int64_t Hear();
  // Whether nothing is said for that long. Costs the time only if so.
  bool QuietFor(absl::Duration time);

 private:
  int in_;
  int out_;
};

// A forked child that runs `body` with its end of the line and then leaves at
// once with status 0. Ended and reaped when this goes.
class TestChild {
 public:
  explicit TestChild(const std::function<void(TestLine&)>& body);
  TestChild(const TestChild&) = delete;
  TestChild& operator=(const TestChild&) = delete;
  ~TestChild() { Kill(); }

  TestLine& line() { return *line_; }
  // SIGKILL, and reaped.
  void Kill();
  // SIGKILL, and ended but not reaped: the system still knows its number.
  void KillWithoutReaping();
  // Waits for the end of the body; false when it ended otherwise.
  bool Join();

 private:
  int pid_;
  TestLine* line_;
};

// Lets between none and `most` pass, otherwise each time, without sleeping: for
// killing at any instant.
void PassRandomTime(absl::Duration most);

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_TEST_CHILD_H_
