// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h.
#include <tlhelp32.h>
#include <winternl.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "conformance/runner/process_tree.h"
#include "conformance/runner/win32.h"

namespace procspec::runner {
namespace {

// When a process was created; 0 if it has gone or cannot be seen.
uint64_t CreationTime(int64_t pid) {
  const OwnedHandle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION,
                                        FALSE, static_cast<DWORD>(pid)));
  FILETIME created = {};
  FILETIME ended = {};
  FILETIME kernel = {};
  FILETIME user = {};
  if (!process ||
      !GetProcessTimes(process.get(), &created, &ended, &kernel, &user)) {
    return 0;
  }
  return (uint64_t{created.dwHighDateTime} << 32) | created.dwLowDateTime;
}

template <typename T>
bool Read(HANDLE process, const void* address, T* out, size_t size) {
  SIZE_T n = 0;
  return address != nullptr &&
         ReadProcessMemory(process, address, out, size, &n) && n == size;
}

// What the process was started with, from its own memory: it may have changed
// it. No documented call tells it.
std::wstring CommandLineOf(int64_t pid) {
  constexpr size_t kLimit = 4096;
  const OwnedHandle process(
      OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE,
                  static_cast<DWORD>(pid)));
  const auto query = reinterpret_cast<decltype(&NtQueryInformationProcess)>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
                                             "NtQueryInformationProcess")));
  PROCESS_BASIC_INFORMATION basic = {};
  PEB block = {};
  RTL_USER_PROCESS_PARAMETERS parameters = {};
  if (!process || query == nullptr ||
      query(process.get(), ProcessBasicInformation, &basic, sizeof(basic),
            nullptr) < 0 ||
      !Read(process.get(), basic.PebBaseAddress, &block, sizeof(block)) ||
      !Read(process.get(), block.ProcessParameters, &parameters,
            sizeof(parameters))) {
    return L"";
  }
  const UNICODE_STRING& line = parameters.CommandLine;
  std::wstring out(std::min<size_t>(line.Length / sizeof(wchar_t), kLimit),
                   L'\0');
  if (!Read(process.get(), line.Buffer, out.data(),
            out.size() * sizeof(wchar_t))) {
    return L"";
  }
  return out;
}

}  // namespace

std::vector<ProcessInfo> AllProcesses() {
  std::vector<ProcessInfo> all;
  const OwnedHandle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  if (!snapshot) return all;
  PROCESSENTRY32W entry = {};
  entry.dwSize = sizeof(entry);
  for (BOOL found = Process32FirstW(snapshot.get(), &entry); found;
       found = Process32NextW(snapshot.get(), &entry)) {
    ProcessInfo process;
    process.pid = entry.th32ProcessID;
    process.parent = entry.th32ParentProcessID;
    process.command = Utf8(entry.szExeFile);
    all.push_back(std::move(process));
  }
  // An id is given again as soon as its process has gone: who is younger than
  // its child is not its parent.
  std::map<int64_t, uint64_t> created;
  for (const ProcessInfo& p : all) created[p.pid] = CreationTime(p.pid);
  for (ProcessInfo& p : all) {
    const auto parent = created.find(p.parent);
    if (parent != created.end() && parent->second > created[p.pid]) {
      p.parent = 0;
    }
  }
  return all;
}

void FillDetails(ProcessInfo& process) {
  std::wstring command = CommandLineOf(process.pid);
  if (command.empty()) return;
  // The program's name tells as much as its path, and leaves more room.
  std::wstring rest;
  if (command[0] == L'"') {
    const size_t quote = command.find(L'"', 1);
    if (quote != std::wstring::npos) {
      rest = command.substr(quote + 1);
      command.resize(quote);
    }
  } else {
    const size_t blank = std::min(command.find(L' '), command.size());
    rest = command.substr(blank);
    command.resize(blank);
  }
  command.erase(0, command.find_last_of(L"\\/\"") + 1);
  process.command = ShortenedCommand(Utf8(command + rest));
}

}  // namespace procspec::runner
