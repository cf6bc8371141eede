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
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reference/os/handle.h"
#include "reference/os/test_process.h"
#include "reference/os/win32.h"

namespace procspec::os {

struct TestProcess::Native {
  UniqueFile process;
  UniqueFile thread;
};

namespace {

constexpr char kRunBody[] = "--run-test-body";

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "%s: error %lu\n", what, GetLastError());
  std::abort();
}

// Ends everything in it when the test ends, however it does.
HANDLE TheJob() {
  static const HANDLE job = [] {
    const HANDLE made = CreateJobObjectW(nullptr, nullptr);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (made == nullptr ||
        !SetInformationJobObject(made, JobObjectExtendedLimitInformation,
                                 &limits, sizeof(limits))) {
      Fail("a job");
    }
    return made;
  }();
  return job;
}

std::wstring ProgramPath() {
  std::wstring path(MAX_PATH, L'\0');
  for (;;) {
    const DWORD size = GetModuleFileNameW(nullptr, path.data(),
                                          static_cast<DWORD>(path.size()));
    if (size == 0) Fail("GetModuleFileName");
    if (size < path.size()) {
      path.resize(size);
      return path;
    }
    path.resize(path.size() * 2);
  }
}

std::wstring Number(int64_t number) { return std::to_wstring(number); }

// A list of attributes that has the child inherit those handles alone.
class InheritOnly {
 public:
  explicit InheritOnly(std::vector<HANDLE> handles)
      : handles_(std::move(handles)) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    bytes_ = std::make_unique<char[]>(size);
    if (!InitializeProcThreadAttributeList(get(), 1, 0, &size) ||
        !UpdateProcThreadAttribute(
            get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_.data(),
            handles_.size() * sizeof(HANDLE), nullptr, nullptr)) {
      Fail("a list of attributes");
    }
  }
  InheritOnly(const InheritOnly&) = delete;
  InheritOnly& operator=(const InheritOnly&) = delete;
  ~InheritOnly() { DeleteProcThreadAttributeList(get()); }

  LPPROC_THREAD_ATTRIBUTE_LIST get() const {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(bytes_.get());
  }

 private:
  std::vector<HANDLE> handles_;
  std::unique_ptr<char[]> bytes_;
};

UniqueFile Inheritable(HANDLE handle) {
  HANDLE copy = nullptr;
  if (!DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy,
                       0, TRUE, DUPLICATE_SAME_ACCESS)) {
    Fail("DuplicateHandle");
  }
  return UniqueFile(copy);
}

}  // namespace

TestProcess::TestProcess(const TestBody& body, SharedMemory& memory,
                         int64_t argument) {
  const UniqueFile passed = Inheritable(memory.handle());
  // What goes wrong in the child is told in the test's log.
  const UniqueFile errors = Inheritable(GetStdHandle(STD_ERROR_HANDLE));
  const InheritOnly attributes({passed.get(), errors.get()});
  const std::wstring path = ProgramPath();
  std::wstring line = L'"' + path + L"\" ";
  line.append(kRunBody, kRunBody + std::strlen(kRunBody));
  line += L' ';
  line.append(body.name().begin(), body.name().end());
  line += L' ' + Number(reinterpret_cast<intptr_t>(passed.get())) + L' ' +
          Number(argument);
  STARTUPINFOEXW start{};
  start.StartupInfo.cb = sizeof(start);
  start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  start.StartupInfo.hStdError = errors.get();
  start.lpAttributeList = attributes.get();
  PROCESS_INFORMATION made{};
  // Suspended, so that it is in the job before it does anything.
  if (!CreateProcessW(path.c_str(), line.data(), nullptr, nullptr, TRUE,
                      CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT, nullptr,
                      nullptr, &start.StartupInfo, &made)) {
    Fail("CreateProcess");
  }
  native_ = new Native{UniqueFile(made.hProcess), UniqueFile(made.hThread)};
  if (!AssignProcessToJobObject(TheJob(), made.hProcess) ||
      ResumeThread(made.hThread) != 1) {
    Fail("ResumeThread");
  }
}

void TestProcess::Kill() {
  // Refused where it has just ended by itself.
  TerminateProcess(native_->process.get(), 9);
  WaitForSingleObject(native_->process.get(), INFINITE);
}

// A body runs on the first thread.
void TestProcess::Stop() {
  if (SuspendThread(native_->thread.get()) != 0) Fail("SuspendThread");
}

bool TestProcess::Join() {
  DWORD status = 1;
  if (WaitForSingleObject(native_->process.get(), INFINITE) != WAIT_OBJECT_0 ||
      !GetExitCodeProcess(native_->process.get(), &status)) {
    Fail("a child's end");
  }
  delete native_;
  native_ = nullptr;
  return status == 0;
}

void MaybeRunTestBody(int argc, char** argv) {
  if (argc != 5 || std::strcmp(argv[1], kRunBody) != 0) return;
  const TestBody* const body = TestBody::Find(argv[2]);
  auto* const handle =
      reinterpret_cast<HANDLE>(std::strtoll(argv[3], nullptr, 10));
  absl::StatusOr<SharedMemory> memory = SharedMemory::Map(UniqueFile(handle));
  if (body == nullptr || !memory.ok()) std::_Exit(3);
  body->Run(*memory, std::strtoll(argv[4], nullptr, 10));
  std::_Exit(0);
}

}  // namespace procspec::os
