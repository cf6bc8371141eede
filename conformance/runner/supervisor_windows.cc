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
#include <psapi.h>

#include <algorithm>
#include <climits>
#include <map>

#include "absl/strings/str_cat.h"
#include "conformance/runner/os.h"
#include "conformance/runner/supervisor.h"
#include "conformance/runner/win32.h"

// The system does what a process does on POSIX: each program is born into a job
// of its own, which has all that comes of it, tells when it is empty, is ended
// by one call and ends with the last handle to it, which is this process's.
//
//   runner ── job ── program ── ...
//     └─< completion port: a program has ended, a job is empty
//
// What the port tells is only a reason to look: the system does not promise
// each of these messages, so that everything is looked at now and then anyway.

#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST  // MinGW-w64 10 lacks it
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000D
#endif

namespace procspec::runner {
namespace {

// How often everything is looked at: also the size of outputs, and whether the
// run was interrupted.
constexpr absl::Duration kCheck = absl::Milliseconds(250);
// For ending a tree. Only a process that is stuck in the system takes that
// long.
constexpr absl::Duration kEndLimit = absl::Seconds(5);
// Of those that are ended from here. It is not reported.
constexpr UINT kEndedByRunner = 1;

absl::Duration Now() {
  LARGE_INTEGER count;
  LARGE_INTEGER frequency;
  QueryPerformanceCounter(&count);
  QueryPerformanceFrequency(&frequency);
  const int64_t whole = count.QuadPart / frequency.QuadPart;
  const int64_t rest = count.QuadPart % frequency.QuadPart;
  return absl::Seconds(whole) +
         absl::Nanoseconds(rest * 1000000000 / frequency.QuadPart);
}

// Rounded up, so that a wait is not repeated in the last millisecond.
DWORD WaitMilliseconds(absl::Duration duration) {
  if (duration <= absl::ZeroDuration()) return 0;
  const int64_t ms =
      absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)));
  return static_cast<DWORD>(std::min<int64_t>(ms, INT_MAX));
}

absl::Status LastError(std::string_view what) {
  const DWORD code = GetLastError();
  return Win32Error(what, code);
}

// As CommandLineToArgvW and the C library of a program take it apart.
std::wstring Quoted(std::string_view argument) {
  const std::wstring text = Wide(argument);
  if (!text.empty() && text.find_first_of(L" \t\n\v\"") == std::wstring::npos) {
    return text;
  }
  std::wstring out = L"\"";
  size_t backslashes = 0;
  for (const wchar_t c : text) {
    // Backslashes are themselves, but before a quotation mark.
    if (c == L'"') out.append(backslashes + 1, L'\\');
    backslashes = c == L'\\' ? backslashes + 1 : 0;
    out.push_back(c);
  }
  out.append(backslashes, L'\\');
  return out + L"\"";
}

std::wstring CommandLine(const std::vector<std::string>& argv) {
  std::wstring line;
  for (const std::string& argument : argv) {
    if (!line.empty()) line.push_back(L' ');
    line += Quoted(argument);
  }
  return line;
}

struct NameLess {
  bool operator()(const std::wstring& a, const std::wstring& b) const {
    return CompareStringOrdinal(a.data(), static_cast<int>(a.size()), b.data(),
                                static_cast<int>(b.size()),
                                TRUE) == CSTR_LESS_THAN;
  }
};

// This process's environment with some variables set, as the system wants it:
// sorted, and each ends with a null, as does the whole.
std::wstring EnvironmentBlock(
    const std::vector<std::pair<std::string, std::string>>& set) {
  std::map<std::wstring, std::wstring, NameLess> variables;
  wchar_t* const ours = GetEnvironmentStringsW();
  for (const wchar_t* entry = ours; entry != nullptr && *entry != L'\0';) {
    const std::wstring_view text = entry;
    // Those with the current directories of drives begin with the sign.
    const size_t sign = text.find(L'=', 1);
    if (sign != std::wstring_view::npos) {
      variables[std::wstring(text.substr(0, sign))] = text.substr(sign + 1);
    }
    entry += text.size() + 1;
  }
  FreeEnvironmentStringsW(ours);
  for (const auto& [name, value] : set) variables[Wide(name)] = Wide(value);
  std::wstring block;
  for (const auto& [name, value] : variables) {
    block += name + L"=" + value;
    block.push_back(L'\0');
  }
  block.push_back(L'\0');
  return block;
}

// Attributes of a process to be created.
class Attributes {
 public:
  Attributes() {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, kCount, 0, &size);
    memory_.resize(size);
    ok_ = InitializeProcThreadAttributeList(get(), kCount, 0, &size) != 0;
  }
  ~Attributes() {
    if (ok_) DeleteProcThreadAttributeList(get());
  }

  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  // The values must outlive this.
  bool Set(DWORD_PTR attribute, HANDLE* values, size_t count) {
    return ok_ &&
           UpdateProcThreadAttribute(get(), 0, attribute, values,
                                     count * sizeof(HANDLE), nullptr, nullptr);
  }

  LPPROC_THREAD_ATTRIBUTE_LIST get() {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
  }

 private:
  static constexpr DWORD kCount = 2;
  std::vector<char> memory_;
  bool ok_ = false;
};

// A handle that can be inherited, by the programs whose list has it.
OwnedHandle OpenFile(const std::string& path, DWORD access, DWORD disposition) {
  SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), nullptr, TRUE};
  return OwnedHandle(
      CreateFileW(WidePath(path).c_str(), access,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  &inheritable, disposition, FILE_ATTRIBUTE_NORMAL, nullptr));
}

// Without the right to write elsewhere all is appended: writers go on at the
// end after the file was cut.
OwnedHandle CreateOutput(const std::string& path) {
  return OpenFile(
      path,
      (FILE_GENERIC_WRITE & ~DWORD{FILE_WRITE_DATA}) | FILE_READ_ATTRIBUTES,
      CREATE_ALWAYS);
}

// A program's standard input, which holds `text` and then ends.
OwnedHandle Input(const std::string& text) {
  if (text.empty()) return OpenFile("NUL", GENERIC_READ, OPEN_EXISTING);
  HANDLE ends[2];
  if (!CreatePipe(&ends[0], &ends[1], nullptr, kMaxInput)) return OwnedHandle();
  OwnedHandle reader(ends[0]);
  const OwnedHandle writer(ends[1]);
  DWORD n = 0;
  if (!SetHandleInformation(reader.get(), HANDLE_FLAG_INHERIT,
                            HANDLE_FLAG_INHERIT) ||
      !WriteFile(writer.get(), text.data(), static_cast<DWORD>(text.size()), &n,
                 nullptr)) {
    return OwnedHandle();
  }
  return reader;
}

absl::Duration Ticks(int64_t count) { return absl::Nanoseconds(100) * count; }

// A program ends by the code of the exception that nothing in it handled: an
// NTSTATUS that is an error, or a breakpoint and the like. -1 and what COM
// calls a failure (0x80004005) are exit codes.
bool IsException(DWORD code) {
  constexpr DWORD kCppException = 0xE06D7363;
  return (code & 0xF0000000) == 0xC0000000 ||
         (code & 0xFFFFFF00) == 0x80000000 || code == kCppException;
}

// One program and all that comes of it.
class Tree {
 public:
  Tree(int token, const Command& command, const Supervisor::Options& options)
      : options_(options), deadline_(command.deadline) {
    ending_.token = token;
  }
  ~Tree() { StopListening(); }

  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // An error means that there is no room for a process. A program that cannot
  // be run has an ending at once.
  absl::Status Start(const Command& command, HANDLE port) {
    absl::Status status = MakeJob(port);
    if (!status.ok()) return status;
    status = Spawn(command);
    if (absl::IsResourceExhausted(status)) return status;
    if (!status.ok()) {
      ending_.problem = std::string(status.message());
      phase_ = Phase::kDone;
      return absl::OkStatus();
    }
    // Without it the end would be noticed by the next look. Not in the thread
    // that waits: with that Wine 8 crashes if the end and StopListening() come
    // at the same instant.
    RegisterWaitForSingleObject(&listening_, process_.get(), TellPort, port,
                                INFINITE,
                                WT_EXECUTEDEFAULT | WT_EXECUTEONLYONCE);
    return absl::OkStatus();
  }

  // Looks at what has become of it and does what is due. True once all of it
  // has ended.
  bool Advance(bool cancelled) {
    if (phase_ == Phase::kRuns) Watch(cancelled);
    if (phase_ == Phase::kSettles) Settle(cancelled);
    if (phase_ == Phase::kEnds) EndAll();
    if (phase_ != Phase::kDone) LimitOutput();
    return phase_ == Phase::kDone;
  }

  // When it is to be looked at even if nothing is heard of it.
  absl::Duration due() const { return due_; }

  Ending TakeEnding() { return std::move(ending_); }

 private:
  enum class Phase {
    kRuns,
    kSettles,  // the program has ended, what it left may end by itself
    kEnds,     // all was ended and is waited for
    kDone,
  };

  static void CALLBACK TellPort(void* port, BOOLEAN) {
    PostQueuedCompletionStatus(port, 0, 0, nullptr);
  }

  absl::Status MakeJob(HANDLE port) {
    job_ = OwnedHandle(CreateJobObjectW(nullptr, nullptr));
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
    // And no right to break away from it.
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT association = {};
    association.CompletionPort = port;
    if (!job_ ||
        !SetInformationJobObject(job_.get(), JobObjectExtendedLimitInformation,
                                 &limits, sizeof(limits)) ||
        !SetInformationJobObject(job_.get(),
                                 JobObjectAssociateCompletionPortInformation,
                                 &association, sizeof(association))) {
      return LastError("no job object");
    }
    return absl::OkStatus();
  }

  absl::Status Spawn(const Command& command) {
    const OwnedHandle output = CreateOutput(command.output);
    if (!output) return LastError("cannot create " + command.output);
    OwnedHandle errors;
    if (!command.errors.empty()) {
      errors = CreateOutput(command.errors);
      if (!errors) return LastError("cannot create " + command.errors);
    }
    cutter_ = OwnedHandle(
        CreateFileW(WidePath(command.output).c_str(),
                    FILE_WRITE_DATA | FILE_READ_ATTRIBUTES,
                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!cutter_) return LastError("cannot open " + command.output);
    const OwnedHandle input = Input(command.input);
    if (!input) return LastError("no standard input");

    STARTUPINFOEXW startup = {};
    startup.StartupInfo.cb = sizeof(startup);
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = input.get();
    startup.StartupInfo.hStdOutput = output.get();
    startup.StartupInfo.hStdError = errors ? errors.get() : output.get();
    HANDLE inherited[] = {input.get(), output.get(), errors.get()};
    HANDLE job = job_.get();
    Attributes attributes;
    // A job from the first instruction on: also when this process is killed
    // just now.
    if (!attributes.Set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited,
                        errors ? 3 : 2) ||
        !attributes.Set(PROC_THREAD_ATTRIBUTE_JOB_LIST, &job, 1)) {
      return LastError("no room to start");
    }
    startup.lpAttributeList = attributes.get();

    std::wstring line = CommandLine(command.argv);
    std::wstring environment = EnvironmentBlock(command.environment);
    const std::wstring directory = WidePath(command.directory);
    PROCESS_INFORMATION process = {};
    started_ = Now();
    // A group of its own keeps Ctrl-C from it. It shares the console: one of
    // its own, even without a window, takes another process.
    if (!CreateProcessW(
            WidePath(command.argv[0]).c_str(), line.data(), nullptr, nullptr,
            TRUE,
            EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT |
                CREATE_NEW_PROCESS_GROUP,
            environment.data(), directory.empty() ? nullptr : directory.c_str(),
            &startup.StartupInfo, &process)) {
      return LastError("cannot run " + command.argv[0]);
    }
    CloseHandle(process.hThread);
    process_ = OwnedHandle(process.hProcess);
    deadline_ += started_;
    due_ = deadline_;
    return absl::OkStatus();
  }

  // Until the program has ended, by itself or by us.
  void Watch(bool cancelled) {
    if (WaitForSingleObject(process_.get(), 0) == WAIT_OBJECT_0) {
      NoteEnd();
      return;
    }
    if (cancelled) {
      ending_.end = End::kCancelled;
      Terminate();
      return;
    }
    if (deadline_passed_) {
      // Not even the system could end it.
      if (Now() >= due_) Terminate();
      return;
    }
    if (Now() < deadline_) return;
    deadline_passed_ = true;
    ending_.end = End::kDeadline;
    ending_.wall = Now() - started_;
    ending_.at_deadline = Kept(Members());
    // It alone: helpers may see that their client is gone.
    TerminateProcess(process_.get(), kEndedByRunner);
    due_ = Now() + kEndLimit;
  }

  void NoteEnd() {
    if (!deadline_passed_) {
      DWORD code = 0;
      GetExitCodeProcess(process_.get(), &code);
      ending_.wall = Now() - started_;
      ending_.end = IsException(code) ? End::kSignalled : End::kExited;
      ending_.code = static_cast<int>(code);
    }
    const bool ended_well = ending_.end == End::kExited && ending_.code == 0;
    due_ = Now() + (ended_well ? options_.leak_grace : options_.settle_grace);
    phase_ = Phase::kSettles;
  }

  // What the program left may end by itself for a while; then it is ended.
  void Settle(bool cancelled) {
    if (JobIsEmpty()) {
      Finish();
    } else if (cancelled || Now() >= due_) {
      Terminate();
    }
  }

  void Terminate() {
    std::vector<ProcessInfo> left = Members();
    ending_.leftover_count = static_cast<int64_t>(left.size());
    ending_.leftovers = Kept(std::move(left));
    TerminateJobObject(job_.get(), kEndedByRunner);
    due_ = Now() + kEndLimit;
    phase_ = Phase::kEnds;
  }

  void EndAll() {
    if (!JobIsEmpty()) {
      if (Now() < due_) return;
      ending_.tree_ended = false;
    }
    Finish();
  }

  void Finish() {
    const JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting = Accounting();
    StopListening();
    LimitOutput();
    cutter_.Close();
    ending_.cpu = Ticks(accounting.TotalUserTime.QuadPart +
                        accounting.TotalKernelTime.QuadPart);
    PROCESS_MEMORY_COUNTERS memory = {};
    memory.cb = sizeof(memory);
    if (K32GetProcessMemoryInfo(process_.get(), &memory, sizeof(memory))) {
      ending_.max_rss_kb =
          static_cast<int64_t>(memory.PeakWorkingSetSize >> 10);
    }
    process_.Close();
    job_.Close();
    phase_ = Phase::kDone;
  }

  void StopListening() {
    if (listening_ == nullptr) return;
    // Waits for a call of TellPort() that is under way.
    UnregisterWaitEx(listening_, INVALID_HANDLE_VALUE);
    listening_ = nullptr;
  }

  // Of the job; if it cannot be had, of one that has not ended.
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION Accounting() const {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION information = {};
    if (!QueryInformationJobObject(
            job_.get(), JobObjectBasicAccountingInformation, &information,
            sizeof(information), nullptr)) {
      information.ActiveProcesses = 1;
    }
    return information;
  }

  bool JobIsEmpty() const { return Accounting().ActiveProcesses == 0; }

  // The processes in the job.
  std::vector<ProcessInfo> Members() const {
    std::vector<ULONG_PTR> memory;
    const JOBOBJECT_BASIC_PROCESS_ID_LIST* list = nullptr;
    for (size_t room = 64;; room *= 2) {
      memory.assign(room + 2, 0);
      list = reinterpret_cast<JOBOBJECT_BASIC_PROCESS_ID_LIST*>(memory.data());
      if (QueryInformationJobObject(
              job_.get(), JobObjectBasicProcessIdList, memory.data(),
              static_cast<DWORD>(memory.size() * sizeof(ULONG_PTR)), nullptr)) {
        break;
      }
      if (GetLastError() != ERROR_MORE_DATA) return {};
    }
    std::map<int64_t, ProcessInfo> all;
    for (ProcessInfo& p : AllProcesses()) {
      const int64_t pid = p.pid;
      all[pid] = std::move(p);
    }
    std::vector<ProcessInfo> members;
    for (DWORD i = 0; i < list->NumberOfProcessIdsInList; ++i) {
      const auto pid = static_cast<int64_t>(list->ProcessIdList[i]);
      ProcessInfo process = all[pid];
      process.pid = pid;
      members.push_back(std::move(process));
    }
    return members;
  }

  static std::vector<ProcessInfo> Kept(std::vector<ProcessInfo> processes) {
    if (processes.size() > kProcessesKept) processes.resize(kProcessesKept);
    for (ProcessInfo& p : processes) FillDetails(p);
    return processes;
  }

  // Its writers append, so they go on after the cut. The mark comes first, for
  // they may be faster than we are.
  void LimitOutput() {
    LARGE_INTEGER size = {};
    if (!GetFileSizeEx(cutter_.get(), &size) ||
        size.QuadPart <= options_.output_limit) {
      return;
    }
    OVERLAPPED place = {};
    place.Offset = static_cast<DWORD>(kOutputKept);
    DWORD n = 0;
    FILE_END_OF_FILE_INFO end = {};
    end.EndOfFile.QuadPart =
        kOutputKept + static_cast<int64_t>(kOutputCut.size());
    if (WriteFile(cutter_.get(), kOutputCut.data(),
                  static_cast<DWORD>(kOutputCut.size()), &n, &place)) {
      SetFileInformationByHandle(cutter_.get(), FileEndOfFileInfo, &end,
                                 sizeof(end));
    }
  }

  const Supervisor::Options& options_;
  OwnedHandle job_;
  OwnedHandle process_;
  OwnedHandle cutter_;  // the output
  HANDLE listening_ = nullptr;
  Phase phase_ = Phase::kRuns;
  bool deadline_passed_ = false;
  absl::Duration started_;
  absl::Duration deadline_;
  absl::Duration due_;
  Ending ending_;
};

class WindowsSupervisor : public Supervisor {
 public:
  explicit WindowsSupervisor(const Options& options) : options_(options) {}

  WindowsSupervisor(const WindowsSupervisor&) = delete;
  WindowsSupervisor& operator=(const WindowsSupervisor&) = delete;

  ~WindowsSupervisor() override {
    Cancel();
    while (!running_.empty()) Wait(absl::Seconds(1));
  }

  absl::Status Init() {
    port_ = OwnedHandle(
        CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
    if (!port_) return LastError("no completion port");
    // Programs inherit it: none waits for a click when it crashes.
    SetErrorMode(GetErrorMode() | SEM_FAILCRITICALERRORS |
                 SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    return absl::OkStatus();
  }

  absl::Status Start(int token, const Command& command) override {
    if (cancelled_) return absl::CancelledError("cancelled");
    if (command.input.size() > kMaxInput) {
      return absl::InvalidArgumentError("a program's input is too long");
    }
    auto tree = std::make_unique<Tree>(token, command, options_);
    absl::Status status = tree->Start(command, port_.get());
    if (status.ok()) running_.push_back(std::move(tree));
    return status;
  }

  std::vector<Ending> Wait(absl::Duration timeout) override {
    const bool was_interrupted = Interrupted();
    const absl::Duration limit =
        timeout == absl::InfiniteDuration() ? timeout : Now() + timeout;
    std::vector<Ending> endings;
    while (!running_.empty()) {
      absl::Duration wake = std::min(limit, Now() + kCheck);
      for (auto it = running_.begin(); it != running_.end();) {
        if ((*it)->Advance(cancelled_)) {
          endings.push_back((*it)->TakeEnding());
          it = running_.erase(it);
        } else {
          wake = std::min(wake, (*it)->due());
          ++it;
        }
      }
      if (!endings.empty() || Now() >= limit) break;
      if (Interrupted() && !was_interrupted) break;
      Listen(wake - Now());
    }
    return endings;
  }

  void Cancel() override { cancelled_ = true; }

  size_t running() const override { return running_.size(); }

 private:
  // Until something is heard, and then of all there is to hear.
  void Listen(absl::Duration duration) {
    DWORD timeout = WaitMilliseconds(duration);
    DWORD message = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* process = nullptr;
    while (GetQueuedCompletionStatus(port_.get(), &message, &key, &process,
                                     timeout)) {
      timeout = 0;
    }
  }

  const Options options_;
  OwnedHandle port_;
  std::vector<std::unique_ptr<Tree>> running_;
  bool cancelled_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Supervisor>> Supervisor::Create(
    const Options& options) {
  auto supervisor = std::make_unique<WindowsSupervisor>(options);
  absl::Status status = supervisor->Init();
  if (!status.ok()) return status;
  return supervisor;
}

}  // namespace procspec::runner
