// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "conformance/harness/win32.h"
#include "conformance/zoo/acts.h"
#include "conformance/zoo/child.h"

// Cases that leave something behind, or take what the judge needs.

namespace procspec::zoo {
namespace {

using harness::win32::UniqueHandle;
using harness::win32::WidePath;

absl::Status IsThere(const UniqueHandle& child) {
  return child ? absl::OkStatus() : absl::InternalError("no child");
}

// Nobody else can open it. Inheritable if asked.
HANDLE CreateLocked(const std::wstring& path, bool inheritable) {
  SECURITY_ATTRIBUTES security = {sizeof(security), nullptr, inheritable};
  return CreateFileW(path.c_str(), GENERIC_WRITE, 0, &security, CREATE_ALWAYS,
                     FILE_ATTRIBUTE_NORMAL, nullptr);
}

}  // namespace

// Without a console, in a group of its own, and its parent ends.
absl::Status LeaveADaemon(const Scene&) {
  const UniqueHandle child = StartChild({"daemon"});
  if (child) Await(child);
  return IsThere(child);
}

absl::Status LeaveAnOutputHolder(const Scene&) {
  return IsThere(StartChild({"sleep"}, DETACHED_PROCESS, /*inherits=*/true));
}

// No more, since a process is dear.
absl::Status LeaveTenChildren(const Scene&) {
  for (int i = 0; i < 10; ++i) {
    const UniqueHandle child =
        StartChild({"sleep"}, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
    if (!child) return IsThere(child);
  }
  return absl::OkStatus();
}

absl::Status LeaveARestlessChain(const Scene&) {
  // Never the same process twice, so whoever looks for it always comes late.
  return IsThere(StartChild({"chain", absl::StrCat(GetTickCount64() + 30'000)},
                            DETACHED_PROCESS));
}

// It never runs, but lives.
absl::Status LeaveASuspendedProcess(const Scene&) {
  return IsThere(StartChild({"sleep"}, CREATE_SUSPENDED));
}

// In a job of its own, within the case's, which its children leave.
absl::Status LeaveAChildBesideItsJob(const Scene&) {
  const UniqueHandle job(CreateJobObjectW(nullptr, nullptr));
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags =
      JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
  if (!SetInformationJobObject(job.get(), JobObjectExtendedLimitInformation,
                               &limits, sizeof(limits)) ||
      !AssignProcessToJobObject(job.get(), GetCurrentProcess())) {
    return absl::InternalError("no job");
  }
  return IsThere(StartChild({"sleep"}, DETACHED_PROCESS));
}

absl::Status BreakAway(const Scene&) {
  if (StartChild({"sleep"}, DETACHED_PROCESS | CREATE_BREAKAWAY_FROM_JOB)) {
    return absl::OkStatus();
  }
  std::fprintf(stderr, "zoo: not let go: error %lu\n", GetLastError());
  return absl::OkStatus();
}

// What has a name goes with the last handle.
absl::Status LeaveSharedMemory(const Scene&) {
  return CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0,
                            4096, L"Local\\procspec-zoo-memory") != nullptr
             ? absl::OkStatus()
             : absl::InternalError("no shared memory");
}

absl::Status LeaveASemaphore(const Scene&) {
  return CreateSemaphoreW(nullptr, 1, 1, L"Local\\procspec-zoo-semaphore") !=
                 nullptr
             ? absl::OkStatus()
             : absl::InternalError("no semaphore");
}

// Far beyond MAX_PATH, read-only, and of a name that paths cannot have without
// this prefix.
absl::Status LeaveDeepFiles(const Scene&) {
  std::wstring path(GetCurrentDirectoryW(0, nullptr), L'\0');
  path.resize(
      GetCurrentDirectoryW(static_cast<DWORD>(path.size()), path.data()));
  path = L"\\\\?\\" + path + L"\\deep";
  for (int depth = 0; depth < 15; ++depth) {
    if (!CreateDirectoryW(path.c_str(), nullptr)) {
      return absl::InternalError("no directory");
    }
    path += L"\\" + std::wstring(200, L'd');
  }
  path = path.substr(0, path.find_last_of(L'\\')) + L"\\file.";
  const UniqueHandle file(CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr,
                                      CREATE_NEW, FILE_ATTRIBUTE_READONLY,
                                      nullptr));
  return file ? absl::OkStatus() : absl::InternalError("no file");
}

// It is in a directory of the case, too.
absl::Status LeaveAFileLocker(const Scene& scene) {
  const UniqueHandle file(CreateLocked(WidePath(scene.directory + "/t/locked"),
                                       /*inheritable=*/true));
  if (!file) return absl::InternalError("no file");
  return IsThere(StartChild({"sleep"}, 0, /*inherits=*/true));
}

absl::Status LeaveADescriptor(const Scene&) {
  return CreateFileW(L"NUL", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0,
                     nullptr) != INVALID_HANDLE_VALUE
             ? absl::OkStatus()
             : absl::InternalError("no handle");
}

absl::Status CloseItsStreams(const Scene&) {
  for (DWORD id : {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    CloseHandle(GetStdHandle(id));
  }
  return absl::OkStatus();
}

// The judge writes there what becomes the result.
absl::Status LockItsResult(const Scene& scene) {
  return CreateLocked(WidePath(scene.result_path() + ".new"),
                      /*inheritable=*/false) != INVALID_HANDLE_VALUE
             ? absl::OkStatus()
             : absl::InternalError("no file");
}

}  // namespace procspec::zoo
