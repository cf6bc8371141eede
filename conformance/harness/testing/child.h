// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_TESTING_CHILD_H_
#define PROCSPEC_CONFORMANCE_HARNESS_TESTING_CHILD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Children of the harness's own tests, by other means than what they test:
// fresh images on every platform. What cannot be done or does not work ends the
// program.

namespace procspec::harness {

struct ChildCommand {
  std::string program = {};  // empty: this one
  std::vector<std::string> arguments = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::optional<std::string> input = {};  // absent: nothing
  bool capture_output = false;            // and errors
};

// One that still runs when this goes is killed.
class Child {
 public:
  static std::unique_ptr<Child> Start(const ChildCommand& command);

  virtual ~Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  virtual int64_t pid() const = 0;

  // Waits for its end, and on POSIX reaps it: its exit code; -1: a signal.
  virtual int Wait() = 0;

  // After Wait.
  const std::string& output() const { return output_; }

 protected:
  Child() = default;

  std::string output_;
};

// A function that children of this program run, instead of main: a variable at
// the top of the test's file.
class ChildFunction {
 public:
  // Its result is the child's exit code.
  using Body = int (*)(const std::vector<std::string>& arguments);

  ChildFunction(std::string name, Body body);

  std::unique_ptr<Child> Start(std::vector<std::string> arguments = {}) const;

 private:
  std::string name_;
};

// In main, before all else: the exit code of the function that this process was
// started for.
std::optional<int> RunChildFunction(int argc, char** argv);

// For ever, or until it is killed.
[[noreturn]] void WaitForEver();

// A new and empty directory for the test, which removes it.
std::string NewDirectory();

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_TESTING_CHILD_H_
