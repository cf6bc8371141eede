// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h, on which it depends.
#include <tlhelp32.h>

#include <cstdlib>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/win32.h"
#include "spec/status_macros.h"

namespace procspec::harness {
namespace {

using win32::UniqueHandle;

absl::Status NoSuchProcess(int64_t pid) {
  return absl::NotFoundError(absl::StrCat("no process ", pid));
}

// With these rights; NotFound also for one that has ended and is only held by
// somebody's handle.
absl::StatusOr<UniqueHandle> OpenLive(int64_t pid, DWORD rights) {
  // 0 is the system's idle process.
  if (pid <= 0 || pid > std::numeric_limits<DWORD>::max()) {
    return NoSuchProcess(pid);
  }
  UniqueHandle process(
      OpenProcess(SYNCHRONIZE | rights, FALSE, static_cast<DWORD>(pid)));
  if (!process) {
    const DWORD code = GetLastError();
    if (code == ERROR_INVALID_PARAMETER) return NoSuchProcess(pid);
    return win32::Fault(absl::StrCat("OpenProcess ", pid), code);
  }
  if (WaitForSingleObject(process.get(), 0) == WAIT_OBJECT_0) {
    return NoSuchProcess(pid);
  }
  return process;
}

// Of the system's list of processes.
absl::StatusOr<PROCESSENTRY32W> ReadEntry(int64_t pid) {
  PROCSPEC_RETURN_IF_ERROR(OpenLive(pid, 0).status());
  UniqueHandle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  if (!snapshot) {
    return win32::Fault("CreateToolhelp32Snapshot", GetLastError());
  }
  PROCESSENTRY32W entry = {};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(snapshot.get(), &entry); more;
       more = Process32NextW(snapshot.get(), &entry)) {
    if (entry.th32ProcessID == static_cast<DWORD>(pid)) return entry;
  }
  return NoSuchProcess(pid);
}

absl::StatusOr<std::vector<DWORD>> ThreadsOf(int64_t pid) {
  UniqueHandle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0));
  if (!snapshot) {
    return win32::Fault("CreateToolhelp32Snapshot", GetLastError());
  }
  std::vector<DWORD> threads;
  THREADENTRY32 entry = {};
  entry.dwSize = sizeof entry;
  for (BOOL more = Thread32First(snapshot.get(), &entry); more;
       more = Thread32Next(snapshot.get(), &entry)) {
    if (entry.th32OwnerProcessID == static_cast<DWORD>(pid)) {
      threads.push_back(entry.th32ThreadID);
    }
  }
  return threads;
}

// Null: it has ended meanwhile.
UniqueHandle OpenThreadOf(int64_t pid, DWORD thread) {
  UniqueHandle handle(OpenThread(THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT |
                                     THREAD_QUERY_LIMITED_INFORMATION,
                                 FALSE, thread));
  // Its id may be another process's by now.
  if (handle && GetProcessIdOfThread(handle.get()) != static_cast<DWORD>(pid)) {
    return UniqueHandle();
  }
  return handle;
}

}  // namespace

ProcessState StateOf(int64_t pid) {
  const absl::StatusOr<UniqueHandle> process = OpenLive(pid, 0);
  // One that may not be opened lives.
  return absl::IsNotFound(process.status()) ? ProcessState::kGone
                                            : ProcessState::kRunning;
}

int64_t OwnPid() { return GetCurrentProcessId(); }

absl::StatusOr<int64_t> ParentOf(int64_t pid) {
  PROCSPEC_ASSIGN_OR_RETURN(const PROCESSENTRY32W entry, ReadEntry(pid));
  return entry.th32ParentProcessID;
}

absl::StatusOr<int64_t> ThreadCountOf(int64_t pid) {
  PROCSPEC_RETURN_IF_ERROR(OpenLive(pid, 0).status());
  PROCSPEC_ASSIGN_OR_RETURN(const std::vector<DWORD> threads, ThreadsOf(pid));
  if (threads.empty()) return NoSuchProcess(pid);
  return static_cast<int64_t>(threads.size());
}

absl::Status WaitUntilDead(int64_t pid, absl::Duration patience) {
  const absl::StatusOr<UniqueHandle> process = OpenLive(pid, 0);
  if (absl::IsNotFound(process.status())) return absl::OkStatus();
  PROCSPEC_RETURN_IF_ERROR(process.status());
  if (win32::WaitFor(process->get(), patience)) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat(
      "process ", pid, " still runs after ", absl::FormatDuration(patience)));
}

absl::Status WaitUntilGone(int64_t pid, absl::Duration patience) {
  return WaitUntilDead(pid, patience);
}

absl::Status KillHard(int64_t pid) {
  PROCSPEC_ASSIGN_OR_RETURN(const UniqueHandle process,
                            OpenLive(pid, PROCESS_TERMINATE));
  if (TerminateProcess(process.get(), kKilledExitCode)) return absl::OkStatus();
  const DWORD code = GetLastError();
  // So it is told of a process that is ending.
  if (code == ERROR_ACCESS_DENIED && StateOf(pid) == ProcessState::kGone) {
    return NoSuchProcess(pid);
  }
  return win32::Fault(absl::StrCat("TerminateProcess ", pid), code);
}

absl::Status Stop(int64_t pid) {
  const absl::StatusOr<UniqueHandle> process = OpenLive(pid, 0);
  PROCSPEC_RETURN_IF_ERROR(process.status());
  std::set<DWORD> stopped;
  // Threads that it has not stopped yet can start others.
  for (bool found = true; found;) {
    found = false;
    PROCSPEC_ASSIGN_OR_RETURN(const std::vector<DWORD> threads, ThreadsOf(pid));
    for (DWORD id : threads) {
      if (stopped.count(id) > 0) continue;
      const UniqueHandle thread = OpenThreadOf(pid, id);
      if (!thread) continue;
      if (SuspendThread(thread.get()) == static_cast<DWORD>(-1)) continue;
      // SuspendThread does not wait until the thread has stopped; this does.
      CONTEXT context = {};
      context.ContextFlags = CONTEXT_CONTROL;
      GetThreadContext(thread.get(), &context);
      stopped.insert(id);
      found = true;
    }
  }
  if (stopped.empty() || StateOf(pid) == ProcessState::kGone) {
    return NoSuchProcess(pid);
  }
  return absl::OkStatus();
}

absl::Status Continue(int64_t pid) {
  PROCSPEC_RETURN_IF_ERROR(OpenLive(pid, 0).status());
  PROCSPEC_ASSIGN_OR_RETURN(const std::vector<DWORD> threads, ThreadsOf(pid));
  for (DWORD id : threads) {
    const UniqueHandle thread = OpenThreadOf(pid, id);
    if (thread) ResumeThread(thread.get());
  }
  return absl::OkStatus();
}

void SetEnvironment(const std::string& name, const std::string& value) {
  // The C runtime's copy and the system's. An empty value would remove it from
  // both, so that the second is told apart.
  const std::wstring wide_name = win32::Wide(name);
  const std::wstring wide_value = win32::Wide(value);
  _wputenv_s(wide_name.c_str(), wide_value.c_str());
  SetEnvironmentVariableW(wide_name.c_str(), wide_value.c_str());
}

}  // namespace procspec::harness
