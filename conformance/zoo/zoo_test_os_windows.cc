// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <algorithm>
#include <map>
#include <utility>

#include "conformance/harness/win32.h"
#include "conformance/zoo/zoo_test_os.h"

// A run is in a job of its own, around those that the runner makes: what the
// runner loses is there. What not even that has is found by its program.

namespace procspec::zoo {

using harness::win32::UniqueHandle;
using runner::ProcessInfo;

namespace {

struct Run {
  UniqueHandle process;
  UniqueHandle job;
};

std::map<int64_t, Run>& AllRuns() {
  static auto& runs = *new std::map<int64_t, Run>;
  return runs;
}

// The ids of the processes in a job. IsProcessInJob does not see those that are
// in a job within it, under Wine.
std::set<int64_t> Members(const UniqueHandle& job) {
  std::vector<ULONG_PTR> memory;
  const JOBOBJECT_BASIC_PROCESS_ID_LIST* list = nullptr;
  for (size_t room = 64;; room *= 2) {
    memory.assign(room + 2, 0);
    list = reinterpret_cast<JOBOBJECT_BASIC_PROCESS_ID_LIST*>(memory.data());
    if (QueryInformationJobObject(
            job.get(), JobObjectBasicProcessIdList, memory.data(),
            static_cast<DWORD>(memory.size() * sizeof(ULONG_PTR)), nullptr)) {
      break;
    }
    if (GetLastError() != ERROR_MORE_DATA) return {};
  }
  return {list->ProcessIdList,
          list->ProcessIdList + list->NumberOfProcessIdsInList};
}

}  // namespace

const bool kProcessesAreDear = true;

std::string PrepareForRuns() {
  // This test's own, not that of the runs.
  SetEnvironmentVariableW(L"XML_OUTPUT_FILE", nullptr);
  return "";
}

int64_t StartRun(const std::vector<std::string>& argv,
                 const std::string& output) {
  Run run;
  run.job = UniqueHandle(CreateJobObjectW(nullptr, nullptr));
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), nullptr, TRUE};
  const UniqueHandle input(CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ,
                                       &inheritable, OPEN_EXISTING, 0,
                                       nullptr));
  const UniqueHandle console(CreateFileW(
      harness::win32::WidePath(output).c_str(), FILE_APPEND_DATA | SYNCHRONIZE,
      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, &inheritable,
      CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!run.job || !input || !console ||
      !SetInformationJobObject(run.job.get(), JobObjectExtendedLimitInformation,
                               &limits, sizeof(limits))) {
    return 0;
  }
  STARTUPINFOW startup = {};
  startup.cb = sizeof(startup);
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = input.get();
  startup.hStdOutput = console.get();
  startup.hStdError = console.get();
  std::wstring line = harness::win32::CommandLine(argv);
  PROCESS_INFORMATION process = {};
  // Suspended: nothing runs before it is in the job. In a group of its own.
  if (!CreateProcessW(harness::win32::WidePath(argv[0]).c_str(), line.data(),
                      nullptr, nullptr, TRUE,
                      CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP, nullptr,
                      nullptr, &startup, &process)) {
    return 0;
  }
  run.process = UniqueHandle(process.hProcess);
  const UniqueHandle thread(process.hThread);
  if (!AssignProcessToJobObject(run.job.get(), run.process.get())) {
    TerminateProcess(run.process.get(), 1);
    return 0;
  }
  ResumeThread(thread.get());
  const auto number = static_cast<int64_t>(process.dwProcessId);
  AllRuns()[number] = std::move(run);
  return number;
}

EndedRun WaitForRun(const std::set<int64_t>& running) {
  std::vector<HANDLE> processes;
  std::vector<int64_t> numbers;
  for (const int64_t number : running) {
    processes.push_back(AllRuns()[number].process.get());
    numbers.push_back(number);
  }
  const DWORD at = WaitForMultipleObjects(static_cast<DWORD>(processes.size()),
                                          processes.data(), FALSE, INFINITE) -
                   WAIT_OBJECT_0;
  DWORD code = 0;
  GetExitCodeProcess(processes.at(at), &code);
  return {
      .number = numbers[at], .exited = true, .code = static_cast<int>(code)};
}

std::vector<ProcessInfo> EndStrays(const std::set<int64_t>& running) {
  // Before the jobs are asked: what these do not have then is in none.
  const std::vector<ProcessInfo> all = runner::AllProcesses();
  std::set<int64_t> of_running;
  std::set<int64_t> of_ended;
  for (const auto& [number, run] : AllRuns()) {
    (running.count(number) > 0 ? of_running : of_ended).merge(Members(run.job));
  }
  std::vector<ProcessInfo> strays;
  for (const ProcessInfo& p : all) {
    const bool is_ours =
        of_ended.count(p.pid) > 0 || p.command.starts_with("zoo_testee");
    if (!is_ours || of_running.count(p.pid) > 0) continue;
    const UniqueHandle stray(OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE,
                                         static_cast<DWORD>(p.pid)));
    if (!stray || WaitForSingleObject(stray.get(), 0) == WAIT_OBJECT_0) {
      continue;  // it has ended
    }
    TerminateProcess(stray.get(), 1);
    strays.push_back(p);
  }
  // Closing its job ends what else came of a run.
  for (auto it = AllRuns().begin(); it != AllRuns().end();) {
    it = running.count(it->first) == 0 ? AllRuns().erase(it) : std::next(it);
  }
  return strays;
}

// What has a name goes with its processes.
std::set<std::string> MachineWide() { return {}; }

}  // namespace procspec::zoo
