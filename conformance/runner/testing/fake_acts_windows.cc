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
#include <fcntl.h>
#include <io.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "conformance/runner/testing/fake_acts.h"

namespace procspec::runner {
namespace {

constexpr wchar_t kChild[] = L"as-child";

// This program as a child that plays a role; all of it is told by `flags` and
// by whether it inherits what can be. Null if it cannot be started.
HANDLE StartChild(const std::wstring& role, DWORD flags = 0,
                  bool inherits = false, wchar_t* environment = nullptr) {
  std::wstring self(32768, L'\0');
  self.resize(GetModuleFileNameW(nullptr, self.data(),
                                 static_cast<DWORD>(self.size())));
  std::wstring line = L"\"" + self + L"\" " + kChild + L" " + role;
  STARTUPINFOW startup = {};
  startup.cb = sizeof(startup);
  PROCESS_INFORMATION process = {};
  if (!CreateProcessW(self.c_str(), line.data(), nullptr, nullptr, inherits,
                      flags | CREATE_UNICODE_ENVIRONMENT, environment, nullptr,
                      &startup, &process)) {
    return nullptr;
  }
  CloseHandle(process.hThread);
  return process.hProcess;
}

void MakeInheritable(HANDLE handle) {
  SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
}

}  // namespace

std::string_view Platform() { return "windows"; }

void BinaryStreams() {
  for (int stream : {0, 1, 2}) _setmode(stream, _O_BINARY);
}

void AppendAtOnce(const char* path, const std::string& line) {
  const HANDLE file =
      CreateFileW(std::filesystem::path(path).c_str(), FILE_APPEND_DATA,
                  FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS,
                  FILE_ATTRIBUTE_NORMAL, nullptr);
  DWORD n = 0;
  WriteFile(file, line.data(), static_cast<DWORD>(line.size()), &n, nullptr);
  CloseHandle(file);
}

void SleepForEver() {
  while (true) Sleep(INFINITE);
}

std::vector<std::string_view> OsBehaviours() {
  return {"hang",        "stop",       "crash",  "abort", "escape",
          "leave-child", "fork-storm", "helper", "env",   "leave-ipc"};
}

std::optional<int> Act(std::string_view how, const std::string& dir) {
  if (how == "hang") {
    SetConsoleCtrlHandler([](DWORD) -> BOOL { return TRUE; }, TRUE);
    SleepForEver();
  }
  if (how == "stop") SuspendThread(GetCurrentThread());
  if (how == "crash") {
    std::cerr << "on the way down\n";
    RaiseException(static_cast<DWORD>(EXCEPTION_ACCESS_VIOLATION), 0, 0,
                   nullptr);
  }
  if (how == "abort") abort();
  // Not among the behaviours.
  if (how == "exit-with") {
    ExitProcess(
        static_cast<UINT>(strtoul(getenv("FAKE_TESTEE_CODE"), nullptr, 10)));
  }
  // A grandchild without a console, which holds the output open.
  if (how == "escape") {
    const HANDLE child = StartChild(L"escape", 0, true);
    if (child == nullptr) return 9;
    WaitForSingleObject(child, INFINITE);
    DWORD code = 1;
    GetExitCodeProcess(child, &code);
    if (code != 0) return static_cast<int>(code);
  }
  if (how == "leave-child" && StartChild(L"sleep") == nullptr) return 9;
  // A helper that cleans up once its client is gone.
  if (how == "helper") {
    HANDLE self = nullptr;
    DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(),
                    GetCurrentProcess(), &self, SYNCHRONIZE, TRUE, 0);
    const auto number = reinterpret_cast<uintptr_t>(self);
    if (StartChild(L"helper " + std::to_wstring(number), 0, true) == nullptr) {
      return 9;
    }
  }
  // What has a name and is not closed.
  if (how == "leave-ipc") {
    const std::wstring name =
        L"Local\\procspec-fake-" + std::to_wstring(GetCurrentProcessId());
    if (CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0,
                           4096, (name + L"-memory").c_str()) == nullptr ||
        CreateSemaphoreW(nullptr, 1, 1, (name + L"-semaphore").c_str()) ==
            nullptr) {
      return 9;
    }
    std::cout << GetCurrentProcessId() << std::endl;
  }
  // Bounded: a process is dear here.
  if (how == "fork-storm") {
    for (int i = 0; i < 20; ++i) {
      if (StartChild(L"sleep", DETACHED_PROCESS) == nullptr) return 9;
    }
  }
  // Not among the behaviours. A process that is always another one: it has a
  // child and ends, and so does the child.
  if (how == "comet" && StartChild(L"comet", DETACHED_PROCESS) == nullptr) {
    return 9;
  }
  if (how == "env") {
    namespace fs = std::filesystem;
    const char* tmp = getenv("TMPDIR");
    if (tmp == nullptr || !fs::is_directory(tmp) || !fs::is_directory(dir)) {
      return 1;
    }
    const fs::path expected = fs::path(tmp).make_preferred();
    if (fs::current_path() != expected ||
        fs::temp_directory_path() != expected / "") {
      return 1;
    }
    // What a test has that could be inherited.
    if (const char* handle = getenv("FAKE_TESTEE_HANDLE")) {
      DWORD flags = 0;
      if (GetHandleInformation(reinterpret_cast<HANDLE>(static_cast<uintptr_t>(
                                   strtoull(handle, nullptr, 10))),
                               &flags)) {
        return 50;
      }
    }
  }
  return std::nullopt;
}

std::optional<int> RunAsChild(int argc, char** argv) {
  const std::wstring first(argv[1], argv[1] + std::strlen(argv[1]));
  if (argc < 3 || first != kChild) return std::nullopt;
  const std::string_view role = argv[2];
  if (role == "escape") {
    // Its job lets nobody go.
    if (StartChild(L"sleep", DETACHED_PROCESS | CREATE_BREAKAWAY_FROM_JOB) !=
        nullptr) {
      return 60;
    }
    wchar_t no_environment[] = {L'\0', L'\0'};
    MakeInheritable(GetStdHandle(STD_OUTPUT_HANDLE));
    return StartChild(L"sleep", DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP,
                      true, no_environment) == nullptr
               ? 61
               : 0;
  }
  if (role == "helper" && argc == 4) {
    const auto number = static_cast<uintptr_t>(strtoull(argv[3], nullptr, 10));
    WaitForSingleObject(reinterpret_cast<HANDLE>(number), INFINITE);
    return 0;
  }
  if (role == "comet") {
    StartChild(L"comet", DETACHED_PROCESS);
    return 0;
  }
  SleepForEver();
}

}  // namespace procspec::runner
