// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/os.h"

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h.
#include <bcrypt.h>
#include <fcntl.h>
#include <io.h>
#include <sddl.h>
#include <shellapi.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "conformance/runner/win32.h"

namespace procspec::runner {
namespace {

absl::Status SystemError(std::string_view what, std::string_view path) {
  const DWORD code = GetLastError();
  return Win32Error(absl::StrCat(what, " ", path), code);
}

constexpr char kRootPrefix[] = "psr-";
constexpr char kLockSuffix[] = ".lock";

std::string Slashes(std::wstring_view path) {
  std::string out = Utf8(path);
  std::replace(out.begin(), out.end(), '\\', '/');
  return out;
}

// The user's directory for temporary files, where private roots are.
std::string RootBase() {
  wchar_t buffer[MAX_PATH + 2];
  const DWORD size =
      GetTempPathW(static_cast<DWORD>(std::size(buffer)), buffer);
  return Slashes(std::wstring_view(buffer, size));  // ends with a slash
}

// Shows that a private root is in use: a file that nobody else can open, and
// that the system removes with this process. Null if another one has it. What a
// crash of the whole system has left of it can be opened again.
OwnedHandle LockRoot(const std::string& root) {
  return OwnedHandle(CreateFileW(
      WidePath(root + kLockSuffix).c_str(), DELETE, 0, nullptr, OPEN_ALWAYS,
      FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, nullptr));
}

class WindowsAppendFile : public AppendFile {
 public:
  WindowsAppendFile(OwnedHandle file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  absl::Status Append(std::string_view record) override {
    while (!record.empty()) {
      DWORD n = 0;
      if (!WriteFile(
              file_.get(), record.data(),
              static_cast<DWORD>(std::min<size_t>(record.size(), 1u << 30)), &n,
              nullptr)) {
        return SystemError("cannot write", path_);
      }
      record.remove_prefix(n);
    }
    return absl::OkStatus();
  }

 private:
  const OwnedHandle file_;
  const std::string path_;
};

// The security of what this user alone may touch: not that of the directory
// around it. LocalFree() frees it; null if it cannot be made.
class Privacy {
 public:
  Privacy() {
    HANDLE token = nullptr;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return;
    const OwnedHandle owned(token);
    alignas(TOKEN_USER) char user[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(user);
    wchar_t* sid = nullptr;
    if (!GetTokenInformation(token, TokenUser, user, size, &size) ||
        !ConvertSidToStringSidW(reinterpret_cast<TOKEN_USER*>(user)->User.Sid,
                                &sid)) {
      return;
    }
    const std::wstring text = std::wstring(L"D:P(A;OICI;FA;;;") + sid + L")";
    LocalFree(sid);
    ConvertStringSecurityDescriptorToSecurityDescriptorW(
        text.c_str(), SDDL_REVISION_1, &descriptor_, nullptr);
  }
  ~Privacy() { LocalFree(descriptor_); }

  Privacy(const Privacy&) = delete;
  Privacy& operator=(const Privacy&) = delete;

  PSECURITY_DESCRIPTOR get() const { return descriptor_; }

 private:
  PSECURITY_DESCRIPTOR descriptor_ = nullptr;
};

// The error, or 0.
DWORD MakeDirectory(const std::string& path) {
  const Privacy privacy;
  if (privacy.get() == nullptr) return ERROR_GEN_FAILURE;
  SECURITY_ATTRIBUTES security = {sizeof(security), privacy.get(), FALSE};
  return CreateDirectoryW(WidePath(path).c_str(), &security) ? 0
                                                             : GetLastError();
}

FileKind KindOf(DWORD attributes, DWORD reparse_tag) {
  constexpr DWORD kSocketTag = 0x80000023;  // IO_REPARSE_TAG_AF_UNIX
  if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    return reparse_tag == kSocketTag ? FileKind::kSocket : FileKind::kOther;
  }
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? FileKind::kDirectory
                                                      : FileKind::kFile;
}

// Calls `act` with each entry but "." and ".." until it returns false.
template <typename Act>
void ForEachEntry(const std::wstring& directory, const Act& act) {
  WIN32_FIND_DATAW entry = {};
  const HANDLE search = FindFirstFileW((directory + L"\\*").c_str(), &entry);
  if (search == INVALID_HANDLE_VALUE) return;
  do {
    const std::wstring_view name = entry.cFileName;
    if (name != L"." && name != L".." && !act(entry)) break;
  } while (FindNextFileW(search, &entry));
  FindClose(search);
}

bool IsDirectory(const WIN32_FIND_DATAW& entry) {
  return KindOf(entry.dwFileAttributes, entry.dwReserved0) ==
         FileKind::kDirectory;
}

// Without the limit of MAX_PATH, and without a slash at the end.
std::wstring LongPath(const std::string& path) {
  const std::wstring wide = WidePath(path);
  std::wstring full(GetFullPathNameW(wide.c_str(), 0, nullptr, nullptr), L'\0');
  full.resize(GetFullPathNameW(wide.c_str(), static_cast<DWORD>(full.size()),
                               full.data(), nullptr));
  while (!full.empty() && full.back() == L'\\') full.pop_back();
  return full.substr(0, 2) == L"\\\\" ? full : L"\\\\?\\" + full;
}

// A file, a link or an empty directory.
bool RemoveOne(const std::wstring& path) {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) return false;
  if ((attributes & FILE_ATTRIBUTE_READONLY) != 0) {
    SetFileAttributesW(path.c_str(), FILE_ATTRIBUTE_NORMAL);
  }
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0
             ? RemoveDirectoryW(path.c_str()) != 0
             : DeleteFileW(path.c_str()) != 0;
}

std::atomic<bool> interrupted = false;

// Runs in a thread of its own.
BOOL WINAPI NoteInterrupt(DWORD event) {
  interrupted = true;
  // The system ends the process when this returns, or after some seconds: they
  // are for its main thread.
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
  return TRUE;
}

// "Windows 10.0.19045", with the version of Wine if it is that.
std::string SystemName() {
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  // GetVersionEx tells what a program's manifest asks for.
  using GetVersion = LONG(WINAPI*)(OSVERSIONINFOW*);
  const auto get_version = reinterpret_cast<GetVersion>(
      reinterpret_cast<void*>(GetProcAddress(ntdll, "RtlGetVersion")));
  OSVERSIONINFOW version = {};
  version.dwOSVersionInfoSize = sizeof(version);
  std::string name = "Windows";
  if (get_version != nullptr && get_version(&version) == 0) {
    absl::StrAppend(&name, " ", version.dwMajorVersion, ".",
                    version.dwMinorVersion, ".", version.dwBuildNumber);
  }
  using GetWineVersion = const char* (*)();
  const auto wine = reinterpret_cast<GetWineVersion>(
      reinterpret_cast<void*>(GetProcAddress(ntdll, "wine_get_version")));
  if (wine != nullptr) absl::StrAppend(&name, " (Wine ", wine(), ")");
  return name;
}

std::string_view MachineName() {
  SYSTEM_INFO info = {};
  GetNativeSystemInfo(&info);
  switch (info.wProcessorArchitecture) {
    case PROCESSOR_ARCHITECTURE_AMD64:
      return "x86_64";
    case PROCESSOR_ARCHITECTURE_ARM64:
      return "aarch64";
    default:
      return "unknown";
  }
}

std::string ProcessorName() {
  wchar_t name[256] = {};
  DWORD size = sizeof(name);
  if (RegGetValueW(HKEY_LOCAL_MACHINE,
                   L"HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
                   L"ProcessorNameString", RRF_RT_REG_SZ, nullptr, name,
                   &size) != ERROR_SUCCESS) {
    return "";
  }
  return std::string(absl::StripAsciiWhitespace(Utf8(name)));
}

struct ExceptionName {
  DWORD code;
  std::string_view name;
};

// Those by which programs end.
constexpr ExceptionName kExceptions[] = {
    {0x80000002, "STATUS_DATATYPE_MISALIGNMENT"},
    {0x80000003, "STATUS_BREAKPOINT"},
    {0x80000004, "STATUS_SINGLE_STEP"},
    {0xC0000005, "STATUS_ACCESS_VIOLATION"},
    {0xC0000006, "STATUS_IN_PAGE_ERROR"},
    {0xC0000008, "STATUS_INVALID_HANDLE"},
    {0xC0000017, "STATUS_NO_MEMORY"},
    {0xC000001D, "STATUS_ILLEGAL_INSTRUCTION"},
    {0xC0000025, "STATUS_NONCONTINUABLE_EXCEPTION"},
    {0xC0000094, "STATUS_INTEGER_DIVIDE_BY_ZERO"},
    {0xC0000096, "STATUS_PRIVILEGED_INSTRUCTION"},
    {0xC00000FD, "STATUS_STACK_OVERFLOW"},
    {0xC0000135, "STATUS_DLL_NOT_FOUND"},
    {0xC0000139, "STATUS_ENTRYPOINT_NOT_FOUND"},
    {0xC000013A, "STATUS_CONTROL_C_EXIT"},
    {0xC0000142, "STATUS_DLL_INIT_FAILED"},
    {0xC0000374, "STATUS_HEAP_CORRUPTION"},
    {0xC0000409, "STATUS_STACK_BUFFER_OVERRUN"},  // also abort()
    {0xC0000420, "STATUS_ASSERTION_FAILURE"},
    {0xE06D7363, "a C++ exception"},
};

}  // namespace

std::vector<std::string> BeginProgram(int, char**) {
  // What main is given is in a code page that cannot have every name.
  std::vector<std::string> arguments;
  int count = 0;
  wchar_t** wide = CommandLineToArgvW(GetCommandLineW(), &count);
  for (int i = 0; wide != nullptr && i < count; ++i) {
    arguments.push_back(Utf8(wide[i]));
  }
  LocalFree(wide);
  SetConsoleOutputCP(CP_UTF8);
  for (int stream : {0, 1, 2}) _setmode(stream, _O_BINARY);
  return arguments;
}

absl::StatusOr<std::unique_ptr<AppendFile>> CreateAppendFile(
    const std::string& path) {
  // Without the right to write elsewhere all is appended, in one step. It is
  // renamed while it is open, which takes the sharing of DELETE.
  OwnedHandle file(
      CreateFileW(WidePath(path).c_str(), FILE_APPEND_DATA | SYNCHRONIZE,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) return SystemError("cannot create", path);
  return std::make_unique<WindowsAppendFile>(std::move(file), path);
}

absl::StatusOr<std::string> MakePrivateRoot() {
  const std::string base = RootBase();
  while (true) {
    absl::StatusOr<std::string> token = RandomToken();
    if (!token.ok()) return token.status();
    const std::string root =
        absl::StrCat(base, kRootPrefix, token->substr(0, 8));
    static auto& locks = *new std::vector<OwnedHandle>;  // until the end
    OwnedHandle lock = LockRoot(root);
    if (!lock) {
      // Only another process has it open.
      if (GetLastError() == ERROR_SHARING_VIOLATION) continue;
      return SystemError("cannot make a file in", base);
    }
    const DWORD error = MakeDirectory(root);
    if (error == 0) {
      locks.push_back(std::move(lock));
      return root;
    }
    if (error != ERROR_ALREADY_EXISTS) {
      return Win32Error(absl::StrCat("cannot make ", root), error);
    }
  }
}

void RemoveAbandonedRoots() {
  const std::string base = RootBase();
  std::vector<std::string> roots;
  ForEachEntry(
      WidePath(base.substr(0, base.size() - 1)),
      [&](const WIN32_FIND_DATAW& entry) {
        const std::string name = Utf8(entry.cFileName);
        if (IsDirectory(entry) && absl::StartsWith(name, kRootPrefix)) {
          roots.push_back(base + name);
        }
        return true;
      });
  for (const std::string& root : roots) {
    // Those of other users cannot be opened.
    if (const OwnedHandle lock = LockRoot(root)) RemoveTree(root);
  }
}

absl::Status MakePrivateDirectory(const std::string& path) {
  const DWORD error = MakeDirectory(path);
  if (error == 0) return absl::OkStatus();
  return Win32Error(absl::StrCat("cannot make ", path), error);
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  // Whoever reads a file, as virus scanners do with every new one, keeps it
  // from being replaced for that instant.
  constexpr ULONGLONG kPatienceMs = 2000;
  const ULONGLONG start = GetTickCount64();
  while (!MoveFileExW(WidePath(from).c_str(), WidePath(to).c_str(),
                      MOVEFILE_REPLACE_EXISTING)) {
    const DWORD error = GetLastError();
    if ((error != ERROR_SHARING_VIOLATION && error != ERROR_ACCESS_DENIED) ||
        GetTickCount64() - start > kPatienceMs) {
      return Win32Error(absl::StrCat("cannot write ", to), error);
    }
    Sleep(10);
  }
  return absl::OkStatus();
}

FileKind KindOf(const std::string& path) {
  // The only call that tells the tag without opening the file.
  WIN32_FIND_DATAW entry = {};
  const HANDLE search = FindFirstFileW(LongPath(path).c_str(), &entry);
  if (search == INVALID_HANDLE_VALUE) return FileKind::kNone;
  FindClose(search);
  return KindOf(entry.dwFileAttributes, entry.dwReserved0);
}

std::vector<DirectoryEntry> ReadDirectory(const std::string& path,
                                          size_t limit) {
  std::vector<DirectoryEntry> entries;
  if (limit == 0) return entries;
  ForEachEntry(LongPath(path), [&](const WIN32_FIND_DATAW& entry) {
    entries.push_back({Utf8(entry.cFileName),
                       KindOf(entry.dwFileAttributes, entry.dwReserved0)});
    return entries.size() < limit;
  });
  return entries;
}

void RemoveTree(const std::string& path) {
  const std::wstring top = LongPath(path);
  const Privacy privacy;
  const auto open = [&](const std::wstring& directory) {
    SetFileSecurityW(directory.c_str(), DACL_SECURITY_INFORMATION,
                     privacy.get());
  };
  const auto entries = [](const std::wstring& directory) {
    std::vector<std::pair<std::wstring, bool>> found;  // true: a directory
    ForEachEntry(directory, [&](const WIN32_FIND_DATAW& entry) {
      found.emplace_back(entry.cFileName, IsDirectory(entry));
      return true;
    });
    return found;
  };
  if (RemoveOne(top) || KindOf(path) != FileKind::kDirectory) return;
  open(top);
  // Brings up what is in a subdirectory, so that no depth matters.
  int64_t moved = 0;
  for (bool progress = true; progress;) {
    progress = false;
    for (const auto& [name, is_directory] : entries(top)) {
      const std::wstring child = top + L"\\" + name;
      if (RemoveOne(child)) {
        progress = true;
        continue;
      }
      if (!is_directory) continue;
      open(child);
      for (const auto& [below, is_directory_too] : entries(child)) {
        const std::wstring from = child + L"\\" + below;
        if (RemoveOne(from) || !is_directory_too) continue;
        const std::wstring up = top + L"\\.moved-" + std::to_wstring(++moved);
        if (!MoveFileExW(from.c_str(), up.c_str(), 0)) {
          open(from);
          MoveFileExW(from.c_str(), up.c_str(), 0);
        }
      }
      if (RemoveOne(child)) progress = true;
    }
  }
  RemoveOne(top);
}

absl::StatusOr<std::string> RandomToken() {
  UCHAR bytes[16];
  if (BCryptGenRandom(nullptr, bytes, sizeof(bytes),
                      BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0) {
    return absl::UnavailableError("BCryptGenRandom: no random bytes");
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes), sizeof(bytes)));
}

std::string SelfPath() {
  std::wstring buffer(32768, L'\0');  // no path is longer
  buffer.resize(GetModuleFileNameW(nullptr, buffer.data(),
                                   static_cast<DWORD>(buffer.size())));
  return Slashes(buffer);
}

std::string_view ProgramSuffix() { return ".exe"; }

bool IsExecutable(const std::string& path) {
  DWORD type = 0;
  return GetBinaryTypeW(WidePath(path).c_str(), &type) != 0;
}

std::vector<std::string> TemporaryDirectoryVariables() {
  return {"TMPDIR", "TMP", "TEMP"};
}

std::string GetEnv(std::string_view name) {
  const std::wstring wide = Wide(name);
  std::wstring value(GetEnvironmentVariableW(wide.c_str(), nullptr, 0), L'\0');
  value.resize(GetEnvironmentVariableW(wide.c_str(), value.data(),
                                       static_cast<DWORD>(value.size())));
  return Utf8(value);
}

bool StdoutIsTerminal() {
  const HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
  DWORD mode = 0;
  return GetConsoleMode(console, &mode) &&
         SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

int TerminalWidth() {
  CONSOLE_SCREEN_BUFFER_INFO info = {};
  if (GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info)) {
    return std::max(info.srWindow.Right - info.srWindow.Left + 1, 1);
  }
  return 80;
}

std::string_view PlatformName() { return "windows"; }

std::vector<std::pair<std::string, std::string>> MachineContext() {
  std::vector<std::pair<std::string, std::string>> context;
  context.emplace_back("system", SystemName());
  context.emplace_back("machine", MachineName());
  context.emplace_back("processor", ProcessorName());
  context.emplace_back("processors", absl::StrCat(ProcessorCount()));
  MEMORYSTATUSEX memory = {};
  memory.dwLength = sizeof(memory);
  if (GlobalMemoryStatusEx(&memory)) {
    context.emplace_back("memory",
                         absl::StrCat(memory.ullTotalPhys / 1024, " kB"));
    // Windows has no figure of the load.
    context.emplace_back("memory in use",
                         absl::StrCat(memory.dwMemoryLoad, " %"));
  }
  return context;
}

std::optional<absl::Duration> ProcessorsBusy() {
  FILETIME idle;
  FILETIME kernel;  // with the idle time
  FILETIME user;
  if (!GetSystemTimes(&idle, &kernel, &user)) return std::nullopt;
  const auto ticks = [](const FILETIME& time) {
    return static_cast<int64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
  };
  return absl::Nanoseconds(100) * (ticks(kernel) + ticks(user) - ticks(idle));
}

int64_t ProcessId() { return GetCurrentProcessId(); }

int ProcessorCount() {
  DWORD_PTR ours = 0;
  DWORD_PTR all = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &ours, &all) && ours != 0) {
    return std::popcount(static_cast<uint64_t>(ours));
  }
  return 1;
}

std::string DescribeSignal(int signal) {
  const auto code = static_cast<DWORD>(signal);
  std::string text = absl::StrFormat("exception 0x%08X", code);
  for (const ExceptionName& exception : kExceptions) {
    if (exception.code == code) {
      absl::StrAppend(&text, " (", exception.name, ")");
    }
  }
  return text;
}

void CatchInterrupts() { SetConsoleCtrlHandler(NoteInterrupt, TRUE); }

bool Interrupted() { return interrupted; }

}  // namespace procspec::runner
