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
#include <cstdlib>
#include <mutex>

#include "conformance/harness/testing/child.h"
#include "conformance/harness/win32.h"

namespace procspec::harness {
namespace {

using win32::UniqueHandle;

[[noreturn]] void Die(const char* call) {
  std::fprintf(stderr, "%s: error %lu\n", call, GetLastError());
  std::abort();
}

class WindowsChild : public Child {
 public:
  WindowsChild(UniqueHandle process, DWORD pid, UniqueHandle out)
      : process_(std::move(process)), pid_(pid), out_(std::move(out)) {}

  ~WindowsChild() override {
    TerminateProcess(process_.get(), 1);
    Wait();
  }

  int64_t pid() const override { return pid_; }

  int Wait() override {
    if (out_) {
      char chunk[4096];
      DWORD n = 0;
      while (ReadFile(out_.get(), chunk, sizeof chunk, &n, nullptr)) {
        output_.append(chunk, n);
      }
    }
    WaitForSingleObject(process_.get(), INFINITE);
    DWORD code = 0;
    if (!GetExitCodeProcess(process_.get(), &code)) Die("GetExitCodeProcess");
    return static_cast<int>(code);
  }

 private:
  const UniqueHandle process_;
  const DWORD pid_;
  const UniqueHandle out_;  // none: not captured
};

struct Pipe {
  UniqueHandle read;
  UniqueHandle write;
};

Pipe NewPipe() {
  HANDLE read = nullptr;
  HANDLE write = nullptr;
  if (!CreatePipe(&read, &write, nullptr, 0)) Die("CreatePipe");
  return {UniqueHandle(read), UniqueHandle(write)};
}

// A standard stream that the child can inherit; none if this process has none.
UniqueHandle Inheritable(HANDLE handle) {
  HANDLE copy = nullptr;
  DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0,
                  /*bInheritHandle=*/TRUE, DUPLICATE_SAME_ACCESS);
  return UniqueHandle(copy);
}

}  // namespace

std::unique_ptr<Child> Child::Start(const ChildCommand& command) {
  Pipe in = NewPipe();
  Pipe out;
  if (command.capture_output) out = NewPipe();
  const UniqueHandle input = Inheritable(in.read.get());
  const UniqueHandle output = Inheritable(
      out.write ? out.write.get() : GetStdHandle(STD_OUTPUT_HANDLE));
  const UniqueHandle errors =
      Inheritable(out.write ? out.write.get() : GetStdHandle(STD_ERROR_HANDLE));
  const std::string text = command.input.value_or("");
  DWORD written = 0;  // it fits into the pipe
  if (!text.empty() &&
      !WriteFile(in.write.get(), text.data(), static_cast<DWORD>(text.size()),
                 &written, nullptr)) {
    Die("WriteFile");
  }
  in.write = UniqueHandle();

  std::vector<HANDLE> inherited;
  for (const UniqueHandle* handle : {&input, &output, &errors}) {
    if (*handle) inherited.push_back(handle->get());
  }
  SIZE_T size = 0;
  InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
  std::vector<char> buffer(size);
  auto* const attributes =
      reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(buffer.data());
  if (!InitializeProcThreadAttributeList(attributes, 1, 0, &size) ||
      !UpdateProcThreadAttribute(
          attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited.data(),
          inherited.size() * sizeof(HANDLE), nullptr, nullptr)) {
    Die("UpdateProcThreadAttribute");
  }
  STARTUPINFOEXW startup = {};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = input.get();
  startup.StartupInfo.hStdOutput = output.get();
  startup.StartupInfo.hStdError = errors.get();
  startup.lpAttributeList = attributes;

  const std::wstring program = command.program.empty()
                                   ? win32::ProgramPath()
                                   : win32::WidePath(command.program);
  std::vector<std::string> arguments = command.arguments;
  arguments.insert(arguments.begin(), win32::Utf8(program));
  std::wstring line = win32::CommandLine(arguments);
  // The variables are set in this process for as long as the call takes.
  static std::mutex& mutex = *new std::mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  for (const auto& [name, value] : command.environment) {
    SetEnvironmentVariableW(win32::Wide(name).c_str(),
                            win32::Wide(value).c_str());
  }
  PROCESS_INFORMATION started = {};
  if (!CreateProcessW(program.c_str(), line.data(), nullptr, nullptr,
                      /*bInheritHandles=*/TRUE, EXTENDED_STARTUPINFO_PRESENT,
                      nullptr, nullptr, &startup.StartupInfo, &started)) {
    Die("CreateProcess");
  }
  for (const auto& [name, value] : command.environment) {
    SetEnvironmentVariableW(win32::Wide(name).c_str(), nullptr);
  }
  DeleteProcThreadAttributeList(attributes);
  const UniqueHandle thread(started.hThread);
  return std::make_unique<WindowsChild>(
      UniqueHandle(started.hProcess), started.dwProcessId, std::move(out.read));
}

void WaitForEver() {
  while (true) Sleep(INFINITE);
}

}  // namespace procspec::harness
