// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <filesystem>
#include <string>

#include "conformance/harness/case.h"
#include "conformance/runner/testing/leaky_case.h"

namespace procspec::harness {
namespace {

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "process") {
  std::wstring self(32768, L'\0');
  self.resize(GetModuleFileNameW(nullptr, self.data(),
                                 static_cast<DWORD>(self.size())));
  std::wstring line = L"leaky";
  STARTUPINFOW startup = {};
  startup.cb = sizeof(startup);
  PROCESS_INFORMATION process = {};
  // It never runs, but lives.
  ASSERT_TRUE(CreateProcessW(self.c_str(), line.data(), nullptr, nullptr, FALSE,
                             CREATE_SUSPENDED, nullptr, nullptr, &startup,
                             &process));
  if (CleansUp()) {
    EXPECT_TRUE(TerminateProcess(process.hProcess, 1));
    EXPECT_EQ(WaitForSingleObject(process.hProcess, INFINITE), WAIT_OBJECT_0);
  }
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "thread") {
  // Nor does this.
  const HANDLE thread = CreateThread(
      nullptr, 0, [](void*) -> DWORD { return 0; }, nullptr, CREATE_SUSPENDED,
      nullptr);
  ASSERT_NE(thread, nullptr);
  if (CleansUp()) {
    ResumeThread(thread);
    EXPECT_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
  }
  CloseHandle(thread);
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "descriptor") {
  const HANDLE file =
      CreateFileW(L"NUL", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  ASSERT_NE(file, INVALID_HANDLE_VALUE);
  if (CleansUp()) CloseHandle(file);
}

// Nothing outlives its processes: what can be left is a handle.
PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "shared-memory") {
  const HANDLE mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr,
                                            PAGE_READWRITE, 0, 4096, nullptr);
  ASSERT_NE(mapping, nullptr);
  if (CleansUp()) CloseHandle(mapping);
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "semaphore") {
  const HANDLE semaphore = CreateSemaphoreW(nullptr, 1, 1, nullptr);
  ASSERT_NE(semaphore, nullptr);
  if (CleansUp()) CloseHandle(semaphore);
}

}  // namespace

bool AppendByte(const std::string& file) {
  const HANDLE handle =
      CreateFileW(std::filesystem::path(file).c_str(), FILE_APPEND_DATA,
                  FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS,
                  FILE_ATTRIBUTE_NORMAL, nullptr);
  DWORD n = 0;
  const bool written = WriteFile(handle, "x", 1, &n, nullptr) != 0;
  CloseHandle(handle);
  return written;
}

}  // namespace procspec::harness
