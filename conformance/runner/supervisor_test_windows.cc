// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "conformance/runner/testing/supervisor_fixture.h"
#include "conformance/runner/win32.h"
#include "gtest/gtest.h"

// Of supervisor_test_posix.cc there is not here:
//
//   control groups          a job does it
//   a killed, a stopped     there is no process between the runner and a
//   supervisor              program that one could kill or stop
//   shared memory of its    nothing outlives its processes
//   own

namespace procspec::runner {

const OsFacts kOsFacts = {
    .crash = static_cast<int>(EXCEPTION_ACCESS_VIOLATION),
    .stopped = '?',  // Windows does not tell
    .storm = 20,
    .mixed = {{"pass", End::kExited},
              {"crash", End::kSignalled},
              {"slow", End::kExited},
              {"hang", End::kDeadline},
              {"pass", End::kExited},
              {"leave-child", End::kExited},
              {"stop", End::kDeadline},
              {"fork-storm", End::kExited},
              {"escape", End::kExited}},
};

namespace {

TEST_F(SupervisorTest, NothingElseIsInherited) {
  // So many that no handle of the program has the last one's number.
  std::vector<OwnedHandle> events;
  SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), nullptr, TRUE};
  for (int i = 0; i < 1000; ++i) {
    events.emplace_back(CreateEventW(&inheritable, TRUE, FALSE, nullptr));
    ASSERT_TRUE(events.back());
  }
  Command command = CommandFor("env");
  command.environment.emplace_back(
      "FAKE_TESTEE_HANDLE",
      absl::StrCat(reinterpret_cast<uintptr_t>(events.back().get())));
  EXPECT_EQ(Run(command).code, 0);
}

// An exit code is what it is, and an exception what ended the program.
TEST_F(SupervisorTest, TellsExitCodesFromExceptions) {
  struct Row {
    uint32_t code;
    End end;
  };
  for (const Row& row :
       {Row{0xFFFFFFFF, End::kExited},  // exit(-1)
        Row{0x80004005, End::kExited},  // E_FAIL
        Row{256, End::kExited}, Row{0xC0000409, End::kSignalled},
        Row{0xC00000FD, End::kSignalled}, Row{0x80000003, End::kSignalled},
        Row{0xE06D7363, End::kSignalled}}) {
    Command command = CommandFor("exit-with");
    command.environment.emplace_back("FAKE_TESTEE_CODE",
                                     absl::StrCat(row.code));
    const Ending e = Run(command);
    EXPECT_EQ(e.end, row.end) << std::hex << row.code;
    EXPECT_EQ(static_cast<uint32_t>(e.code), row.code);
  }
  EXPECT_EQ(DescribeEnd(End::kSignalled, kOsFacts.crash),
            "exception 0xC0000005 (STATUS_ACCESS_VIOLATION)");
  // As from the C library: no exception.
  const Ending e = Run(CommandFor("abort"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 3);
}

TEST_F(SupervisorTest, WhatHasANameGoesWithItsProcesses) {
  const Command command = CommandFor("leave-ipc");
  const Ending e = Run(command);
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.ipc_leak_count, 0);
  int64_t pid = 0;
  ASSERT_TRUE(absl::SimpleAtoi(ReadExcerpt(command.output, 100, 0).text, &pid));
  const std::wstring name = Wide(absl::StrCat("Local\\procspec-fake-", pid));
  EXPECT_FALSE(OwnedHandle(
      OpenFileMappingW(FILE_MAP_READ, FALSE, (name + L"-memory").c_str())));
  EXPECT_FALSE(OwnedHandle(
      OpenSemaphoreW(SYNCHRONIZE, FALSE, (name + L"-semaphore").c_str())));
}

constexpr char kOwned[] = "SUPERVISOR_TEST_OWNED";

// Not a test: what the next one starts and kills.
TEST(Owner, WaitsForItsProgram) {
  const std::string directory = GetEnv(kOwned);
  if (directory.empty()) GTEST_SKIP() << "only as an owner";
  auto supervisor = Supervisor::Create({});
  ASSERT_TRUE(supervisor.ok());
  ASSERT_TRUE((*supervisor)
                  ->Start(1, {.argv = {FakeTestee(), "run", "--backend=good",
                                       "--case=x/hang", "--dir=" + directory},
                              .output = directory + "/hang.out"})
                  .ok());
  (*supervisor)->Wait(absl::InfiniteDuration());
}

// Nothing stays behind when the process with the supervisor is killed.
TEST_F(SupervisorTest, SurvivesTheDeathOfItsOwner) {
  const std::wstring line =
      Wide(absl::StrCat("owner --gtest_filter=Owner.WaitsForItsProgram"));
  std::wstring arguments = line;
  SetEnvironmentVariableW(Wide(kOwned).c_str(), Wide(root_).c_str());
  STARTUPINFOW startup = {};
  startup.cb = sizeof(startup);
  PROCESS_INFORMATION process = {};
  ASSERT_TRUE(CreateProcessW(WidePath(SelfPath()).c_str(), arguments.data(),
                             nullptr, nullptr, FALSE, 0, nullptr, nullptr,
                             &startup, &process));
  SetEnvironmentVariableW(Wide(kOwned).c_str(), nullptr);
  CloseHandle(process.hThread);
  const OwnedHandle owner(process.hProcess);
  const absl::Time limit = absl::Now() + kGuard;
  const auto programs = [&] {
    return Descendants(static_cast<int64_t>(process.dwProcessId));
  };
  std::vector<ProcessInfo> found;
  while ((found = programs()).empty() && absl::Now() < limit) Sleep(5);
  ASSERT_EQ(found.size(), 1u);
  ASSERT_TRUE(TerminateProcess(owner.get(), 9));
  while (Lives(found[0].pid) && absl::Now() < limit) Sleep(5);
  EXPECT_FALSE(Lives(found[0].pid));
}

}  // namespace
}  // namespace procspec::runner
