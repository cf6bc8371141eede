// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_TEST_PROCESS_H_
#define PROCSPEC_REFERENCE_OS_TEST_PROCESS_H_

#include <atomic>
#include <cstdint>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "reference/os/shared_memory.h"
#include "reference/os/time.h"

namespace procspec::os {

// What a process of a test runs. It has a name, because where a process cannot
// be forked the test program is started anew and must find it. It shares with
// the test what is in `memory`, and nothing else.
//
//   PROCSPEC_TEST_BODY(CountUp) {
//     static_cast<Counters*>(memory.data())->up += argument;
//   }
//   TestProcess child(CountUp, memory, 3);
//
// The program's main function is that of :test_process_main.
class TestBody {
 public:
  using Function = void (*)(SharedMemory& memory, int64_t argument);

  // Before main. `name` lives for ever.
  TestBody(std::string_view name, Function function);
  TestBody(const TestBody&) = delete;
  TestBody& operator=(const TestBody&) = delete;

  static const TestBody* Find(std::string_view name);

  std::string_view name() const { return name_; }
  void Run(SharedMemory& memory, int64_t argument) const {
    function_(memory, argument);
  }

 private:
  std::string_view name_;
  Function function_;
  const TestBody* next_;
};

#define PROCSPEC_TEST_BODY(Name)                                      \
  static void Name##Function(                                         \
      [[maybe_unused]] ::procspec::os::SharedMemory& memory,          \
      [[maybe_unused]] int64_t argument);                             \
  static const ::procspec::os::TestBody Name(#Name, &Name##Function); \
  static void Name##Function(                                         \
      [[maybe_unused]] ::procspec::os::SharedMemory& memory,          \
      [[maybe_unused]] int64_t argument)

// A process that runs a body and then leaves at once with status 0. Killed and
// reaped when this goes; it does not outlive its test.
class TestProcess {
 public:
  TestProcess(const TestBody& body, SharedMemory& memory, int64_t argument = 0);
  TestProcess(const TestProcess&) = delete;
  TestProcess& operator=(const TestProcess&) = delete;
  ~TestProcess();

  // As the system ends a process by force. It has ended then; until this goes
  // it is not reaped, so the system still knows its numbers.
  void Kill();
  // Stops it where it is, for good.
  void Stop();
  // Waits for the end of the body; false when it ended otherwise. Once, and
  // nothing else afterwards.
  bool Join();

 private:
  struct Native;
  Native* native_;
};

// In the main function, first: runs a body and ends, if that is what the
// program was started for.
void MaybeRunTestBody(int argc, char** argv);

// What parks a body that is to be killed: longer than a test may run.
inline void Park() { SleepUntil(Deadline(absl::Minutes(2))); }

// Whether the cell gets to that value before half a minute is over. Leans on
// nothing that these tests are about.
template <typename T>
[[nodiscard]] bool Await(const std::atomic<T>& cell, T at_least) {
  const Deadline guard(absl::Seconds(30));
  while (cell.load() < at_least) {
    if (guard.HasPassed()) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_TEST_PROCESS_H_
