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
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/program_process.h"
#include "conformance/harness/timing.h"
#include "conformance/harness/win32.h"
#include "spec/status_macros.h"

namespace procspec::harness {
namespace {

using win32::UniqueHandle;

absl::Status Fault(std::string_view call) {
  return win32::Fault(absl::StrCat("program: ", call), GetLastError());
}

class WindowsProgramProcess : public ProgramProcess {
 public:
  WindowsProgramProcess(UniqueHandle job, UniqueHandle process, DWORD pid)
      : job_(std::move(job)), process_(std::move(process)), pid_(pid) {}

  ~WindowsProgramProcess() override {
    TerminateJobObject(job_.get(), kKilledExitCode);
    // It returns before they have ended.
    win32::WaitFor(process_.get(), Guard());
  }

  int64_t pid() const override { return pid_; }

  absl::Status Wait(absl::Duration patience) override {
    if (exit_code_.has_value()) return absl::OkStatus();
    if (!win32::WaitFor(process_.get(), patience)) {
      return absl::DeadlineExceededError(
          absl::StrCat("process ", pid_, " still runs after ",
                       absl::FormatDuration(patience)));
    }
    DWORD code = 0;
    if (!GetExitCodeProcess(process_.get(), &code)) {
      return Fault("GetExitCodeProcess");
    }
    exit_code_ = static_cast<int>(code);
    return absl::OkStatus();
  }

  std::optional<int> exit_code() const override { return exit_code_; }
  std::optional<int> signal() const override { return std::nullopt; }

  absl::Status Kill() override {
    if (exit_code_.has_value() ||
        WaitForSingleObject(process_.get(), 0) == WAIT_OBJECT_0) {
      return absl::OkStatus();
    }
    if (!TerminateProcess(process_.get(), kKilledExitCode)) {
      return Fault("TerminateProcess");
    }
    return absl::OkStatus();
  }

 private:
  const UniqueHandle job_;
  const UniqueHandle process_;
  const DWORD pid_;
  std::optional<int> exit_code_;
};

// Which handles a started process inherits: these and no others.
class HandleList {
 public:
  static absl::StatusOr<HandleList> Of(std::vector<HANDLE> handles) {
    HandleList result;
    result.handles_ = std::move(handles);
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    result.buffer_.resize(size);
    if (!InitializeProcThreadAttributeList(result.get(), 1, 0, &size)) {
      return Fault("InitializeProcThreadAttributeList");
    }
    result.initialized_ = true;
    // The list keeps the pointer to the handles.
    if (!UpdateProcThreadAttribute(
            result.get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
            result.handles_.data(), result.handles_.size() * sizeof(HANDLE),
            nullptr, nullptr)) {
      return Fault("UpdateProcThreadAttribute");
    }
    return result;
  }

  HandleList(HandleList&& other) noexcept
      : handles_(std::move(other.handles_)),
        buffer_(std::move(other.buffer_)),
        initialized_(std::exchange(other.initialized_, false)) {}
  ~HandleList() {
    if (initialized_) DeleteProcThreadAttributeList(get());
  }

  LPPROC_THREAD_ATTRIBUTE_LIST get() {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(buffer_.data());
  }

 private:
  HandleList() = default;

  std::vector<HANDLE> handles_;
  std::vector<char> buffer_;
  bool initialized_ = false;
};

absl::StatusOr<UniqueHandle> OpenInheritable(const std::wstring& path,
                                             DWORD access, DWORD creation) {
  SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, nullptr, TRUE};
  UniqueHandle file(
      CreateFileW(path.c_str(), access,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  &inheritable, creation, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) return Fault(absl::StrCat("open ", win32::Utf8(path)));
  return file;
}

// Every process that one in it starts is in it too, and all end when the last
// handle of it is closed, however the process that has it ends.
absl::StatusOr<UniqueHandle> NewJob() {
  UniqueHandle job(CreateJobObjectW(nullptr, nullptr));
  if (!job) return Fault("CreateJobObject");
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (!SetInformationJobObject(job.get(), JobObjectExtendedLimitInformation,
                               &limits, sizeof limits)) {
    return Fault("SetInformationJobObject");
  }
  return job;
}

// The environment of this process with `added` (NAME=value) in it, in the
// system's order: sorted by name, in capitals.
std::vector<wchar_t> EnvironmentWith(const std::wstring& added) {
  const auto name_of = [](std::wstring_view entry) {
    // The system's own names begin with it.
    return entry.substr(0, entry.find(L'=', 1));
  };
  const auto compare = [&](std::wstring_view a, std::wstring_view b) {
    const std::wstring_view x = name_of(a);
    const std::wstring_view y = name_of(b);
    return CompareStringOrdinal(x.data(), static_cast<int>(x.size()), y.data(),
                                static_cast<int>(y.size()), TRUE);
  };
  std::vector<std::wstring> entries;
  if (!added.empty()) entries.push_back(added);
  if (wchar_t* const block = GetEnvironmentStringsW()) {
    for (const wchar_t* entry = block; *entry != L'\0';) {
      const std::wstring_view text = entry;
      if (added.empty() || compare(text, added) != CSTR_EQUAL) {
        entries.emplace_back(text);
      }
      entry += text.size() + 1;
    }
    FreeEnvironmentStringsW(block);
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const std::wstring& a, const std::wstring& b) {
                     return compare(a, b) == CSTR_LESS_THAN;
                   });
  std::vector<wchar_t> result;
  for (const std::wstring& entry : entries) {
    result.insert(result.end(), entry.c_str(),
                  entry.c_str() + entry.size() + 1);
  }
  result.push_back(L'\0');
  if (entries.empty()) result.push_back(L'\0');
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProgramProcess>> ProgramProcess::Start(
    const ProgramCommand& command) {
  PROCSPEC_ASSIGN_OR_RETURN(
      const UniqueHandle input,
      OpenInheritable(L"NUL", GENERIC_READ, OPEN_EXISTING));
  PROCSPEC_ASSIGN_OR_RETURN(
      const UniqueHandle output,
      OpenInheritable(win32::WidePath(command.output),
                      FILE_APPEND_DATA | SYNCHRONIZE, CREATE_ALWAYS));
  PROCSPEC_ASSIGN_OR_RETURN(
      const UniqueHandle errors,
      OpenInheritable(win32::WidePath(command.errors),
                      FILE_APPEND_DATA | SYNCHRONIZE, CREATE_ALWAYS));
  PROCSPEC_ASSIGN_OR_RETURN(
      HandleList inherited,
      HandleList::Of({input.get(), output.get(), errors.get()}));
  PROCSPEC_ASSIGN_OR_RETURN(UniqueHandle job, NewJob());

  STARTUPINFOEXW startup = {};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = input.get();
  startup.StartupInfo.hStdOutput = output.get();
  startup.StartupInfo.hStdError = errors.get();
  startup.lpAttributeList = inherited.get();
  std::wstring line = win32::CommandLine(command.arguments);
  std::vector<wchar_t> environment =
      EnvironmentWith(win32::Wide(command.environment));
  PROCESS_INFORMATION started = {};
  // Suspended: it starts nothing before it is in the job.
  if (!CreateProcessW(win32::ProgramPath().c_str(), line.data(), nullptr,
                      nullptr, /*bInheritHandles=*/TRUE,
                      CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT |
                          EXTENDED_STARTUPINFO_PRESENT,
                      environment.data(), nullptr, &startup.StartupInfo,
                      &started)) {
    return Fault("CreateProcess");
  }
  UniqueHandle process(started.hProcess);
  const UniqueHandle thread(started.hThread);
  if (!AssignProcessToJobObject(job.get(), process.get())) {
    const absl::Status fault = Fault("AssignProcessToJobObject");
    TerminateProcess(process.get(), kKilledExitCode);
    return fault;
  }
  if (ResumeThread(thread.get()) == static_cast<DWORD>(-1)) {
    return Fault("ResumeThread");  // the job ends it
  }
  return std::make_unique<WindowsProgramProcess>(
      std::move(job), std::move(process), started.dwProcessId);
}

}  // namespace procspec::harness
