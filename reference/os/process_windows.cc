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

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "reference/os/process.h"
#include "reference/os/win32.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::os {
namespace {

constexpr std::string_view kSpawnedMark = "--procspec-child";

// What TerminateProcess is given for a process that is ended from outside, told
// as -15, minus SIGTERM, like everywhere. The value is CPython's: a program
// that exits by itself hardly uses it.
constexpr UINT kTerminated = 0x10000;
constexpr int kTerminatedExitCode = -15;
constexpr UINT kAbortExitCode = 3;  // what abort() gives

std::atomic<uint64_t> children_ended = 0;

DWORD ToPid(int64_t pid) { return static_cast<DWORD>(pid); }

// Ends this process. TerminateProcess rather than ExitProcess, which runs code
// of every library, and hangs if a thread that it ended held a lock of theirs.
[[noreturn]] void EndSelf(UINT code) {
  TerminateProcess(GetCurrentProcess(), code);
  std::abort();  // not reached
}

// A duplicate that children may inherit; the others never may.
absl::StatusOr<UniqueFile> Inheritable(NativeHandle handle) {
  const HANDLE self = GetCurrentProcess();
  HANDLE copy = nullptr;
  if (!DuplicateHandle(self, handle, self, &copy, 0, /*bInheritHandle=*/TRUE,
                       DUPLICATE_SAME_ACCESS)) {
    return LastOsError("DuplicateHandle");
  }
  return UniqueFile(copy);
}

// NUL, which is empty to read and takes everything.
absl::StatusOr<UniqueFile> Nothing() {
  SECURITY_ATTRIBUTES inheritable{sizeof(inheritable), nullptr, TRUE};
  UniqueFile file(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                              OPEN_EXISTING, 0, nullptr));
  if (!file.valid()) {
    return LastOsError("CreateFile(NUL)");
  }
  return file;
}

// One of this process's standard streams for a child: nothing if there is none.
absl::StatusOr<UniqueFile> InheritableStream(DWORD which) {
  const HANDLE stream = GetStdHandle(which);
  if (stream == nullptr || stream == INVALID_HANDLE_VALUE) return Nothing();
  return Inheritable(stream);
}

// The attribute list of a CreateProcess: which handles the child gets.
class HandleList {
 public:
  // The handles must outlive this object.
  static absl::StatusOr<HandleList> Of(std::vector<HANDLE>& handles) {
    HandleList list;
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    list.memory_.resize(size);
    if (!InitializeProcThreadAttributeList(list.get(), 1, 0, &size)) {
      list.memory_.clear();
      return LastOsError("InitializeProcThreadAttributeList");
    }
    if (!UpdateProcThreadAttribute(
            list.get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(),
            handles.size() * sizeof(HANDLE), nullptr, nullptr)) {
      return LastOsError("UpdateProcThreadAttribute");
    }
    return list;
  }
  HandleList(HandleList&& other) noexcept
      : memory_(std::exchange(other.memory_, {})) {}
  HandleList& operator=(HandleList&&) = delete;
  ~HandleList() {
    if (!memory_.empty()) DeleteProcThreadAttributeList(get());
  }

  LPPROC_THREAD_ATTRIBUTE_LIST get() {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
  }

 private:
  HandleList() = default;

  std::vector<char> memory_;
};

// The file of the running program.
absl::StatusOr<std::wstring> SelfPath() {
  std::wstring path(MAX_PATH, L'\0');
  while (true) {
    const DWORD length = GetModuleFileNameW(nullptr, path.data(),
                                            static_cast<DWORD>(path.size()));
    if (length == 0) {
      return LastOsError("GetModuleFileName");
    }
    if (length < path.size()) {
      path.resize(length);
      return path;
    }
    path.resize(2 * path.size());
  }
}

// What stands behind the program's name in this process's command line. The
// name ends at the first space outside of quotes; nothing is escaped in it.
std::wstring_view CommandLineArguments() {
  std::wstring_view line = GetCommandLineW();
  bool quoted = false;
  size_t end = 0;
  for (; end < line.size(); ++end) {
    if (line[end] == L'"') quoted = !quoted;
    if (!quoted && (line[end] == L' ' || line[end] == L'\t')) break;
  }
  line.remove_prefix(end);
  line.remove_prefix(std::min(line.find_first_not_of(L" \t"), line.size()));
  return line;
}

}  // namespace

int64_t CurrentPid() { return GetCurrentProcessId(); }

// The system tells it in a list of all processes only.
int64_t ParentPid() {
  UniqueFile processes(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof(entry);
  if (!processes.valid()) return 0;
  for (BOOL found = Process32FirstW(processes.get(), &entry); found;
       found = Process32NextW(processes.get(), &entry)) {
    if (entry.th32ProcessID == GetCurrentProcessId()) {
      return entry.th32ParentProcessID;
    }
  }
  return 0;
}

int CpuCount() {
  return static_cast<int>(
      std::max<DWORD>(1, GetActiveProcessorCount(ALL_PROCESSOR_GROUPS)));
}

void ExitNow(int status) { EndSelf(static_cast<UINT>(status)); }

void Crash(CrashKind kind, int code) {
  // No window that waits for somebody to close it.
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  switch (kind) {
    case CrashKind::kKill:
      EndSelf(kTerminated);
    case CrashKind::kAbort:
      // abort() itself would write a message of its own.
      EndSelf(kAbortExitCode);
    case CrashKind::kSegmentation:
      SetUnhandledExceptionFilter(nullptr);
      RaiseException(static_cast<DWORD>(EXCEPTION_ACCESS_VIOLATION),
                     EXCEPTION_NONCONTINUABLE, 0, nullptr);
      break;
    case CrashKind::kImmediateExit:
      break;
  }
  EndSelf(static_cast<UINT>(code));
}

// Only while somebody else holds a handle of the child is the number surely its
// own: SpawnSelf does.
ChildEnd::ChildEnd(int64_t pid) : pid_(pid) {
  handle_ = OwnUnlessNull(OpenProcess(
      SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION,
      /*bInheritHandle=*/FALSE, ToPid(pid)));
}

bool ChildEnd::Wait(Deadline deadline) const {
  while (true) {
    const DWORD most =
        WaitMilliseconds(absl::ToInt64Nanoseconds(deadline.Remaining()));
    if (WaitForSingleObject(handle_.get(), most) != WAIT_TIMEOUT) return true;
    if (deadline.HasPassed()) return false;
  }
}

void ChildEnd::AllowHandleForTesting(bool) {}

uint64_t ChildrenSeenToEnd() {
  return children_ended.load(std::memory_order_acquire);
}

Child::State Child::Observe() {
  if (state_ != State::kRunning) return state_;
  const NativeHandle process = End()->handle();
  DWORD code = 0;
  // The exit code alone would not tell: 259 also stands for "still active".
  if (WaitForSingleObject(process, 0) == WAIT_TIMEOUT) return state_;
  if (GetExitCodeProcess(process, &code)) {
    state_ = State::kEnded;
    exit_code_ =
        code == kTerminated ? kTerminatedExitCode : static_cast<int>(code);
  } else {
    state_ = State::kLost;
  }
  end_.reset();
  children_ended.fetch_add(1, std::memory_order_release);
  return state_;
}

std::shared_ptr<const ChildEnd> Child::End() {
  if (end_ == nullptr) end_ = std::make_shared<const ChildEnd>(pid_);
  return end_;
}

// There is one way to end a process from outside.
void Child::Terminate() {
  if (state_ == State::kRunning) {
    TerminateProcess(End()->handle(), kTerminated);
  }
}

void Child::Kill() { Terminate(); }

// No question to the system is cheaper than to ask about each of them.
bool AnyChildEnded() { return true; }

bool HasFork() { return false; }

absl::StatusOr<std::optional<Child>> Fork() {
  return NotImplementedError("this system starts no process as a copy");
}

std::string_view SpawnName() { return "createprocess"; }

absl::StatusOr<Child> SpawnSelf(absl::Span<const NativeHandle> handles) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::wstring program, SelfPath());
  PROCSPEC_ASSIGN_OR_RETURN(UniqueFile in, Nothing());
  PROCSPEC_ASSIGN_OR_RETURN(UniqueFile out,
                            InheritableStream(STD_OUTPUT_HANDLE));
  PROCSPEC_ASSIGN_OR_RETURN(UniqueFile err,
                            InheritableStream(STD_ERROR_HANDLE));

  // In the child they have the same values, which the command line tells it.
  // Trap: until they are closed, a CreateProcess of other code of this program
  // that inherits without a list passes them on too.
  std::vector<UniqueFile> copies;
  std::vector<HANDLE> inherited = {in.get(), out.get(), err.get()};
  std::string arguments = absl::StrCat(kSpawnedMark, " ", handles.size());
  for (const NativeHandle handle : handles) {
    PROCSPEC_ASSIGN_OR_RETURN(UniqueFile copy, Inheritable(handle));
    inherited.push_back(copy.get());
    absl::StrAppend(&arguments, ",", reinterpret_cast<uintptr_t>(copy.get()));
    copies.push_back(std::move(copy));
  }
  PROCSPEC_ASSIGN_OR_RETURN(HandleList list, HandleList::Of(inherited));

  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof(startup);
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = in.get();
  startup.StartupInfo.hStdOutput = out.get();
  startup.StartupInfo.hStdError = err.get();
  startup.lpAttributeList = list.get();

  // No path has a quote in it, and the arguments nothing to be quoted.
  std::wstring line = L"\"" + program + L"\" " +
                      std::wstring(arguments.begin(), arguments.end());
  PROCESS_INFORMATION process{};
  if (!CreateProcessW(program.c_str(), line.data(), nullptr, nullptr,
                      /*bInheritHandles=*/TRUE, EXTENDED_STARTUPINFO_PRESENT,
                      nullptr, nullptr, &startup.StartupInfo, &process)) {
    return LastOsError("CreateProcess");
  }
  CloseHandle(process.hThread);
  const UniqueFile keep(process.hProcess);
  Child child(process.dwProcessId);
  if (child.End()->handle() == FileTraits::Invalid()) {
    const DWORD error = GetLastError();
    TerminateProcess(keep.get(), kTerminated);
    return OsError("OpenProcess", static_cast<int>(error));
  }
  return child;
}

bool IsSpawned(int argc, char** argv) {
  return argc == 3 && std::string_view(argv[1]) == kSpawnedMark;
}

bool IsSpawned() {
  const std::wstring mark(kSpawnedMark.begin(), kSpawnedMark.end());
  return CommandLineArguments().starts_with(mark + L" ");
}

std::vector<UniqueFile> TakeInheritedHandles(int argc, char** argv) {
  std::vector<UniqueFile> handles;
  if (!IsSpawned(argc, argv)) return handles;
  // COUNT,HANDLE,...
  const std::vector<std::string_view> fields = absl::StrSplit(argv[2], ',');
  for (size_t i = 1; i < fields.size(); ++i) {
    uintptr_t value = 0;
    if (!absl::SimpleAtoi(fields[i], &value)) break;
    handles.emplace_back(reinterpret_cast<NativeHandle>(value));
    // Inherited handles are inheritable again.
    SetHandleInformation(handles.back().get(), HANDLE_FLAG_INHERIT, 0);
  }
  return handles;
}

}  // namespace procspec::os
