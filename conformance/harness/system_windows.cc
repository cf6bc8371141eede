// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h, on which they depend.
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/system.h"
#include "conformance/harness/win32.h"
#include "spec/status_macros.h"

namespace procspec::harness {
namespace {

using win32::UniqueHandle;
using win32::WidePath;

constexpr size_t kChunk = 1 << 20;
constexpr UINT kAbortExitCode = 3;

absl::Status Fault(std::string_view call, const std::string& path, DWORD code) {
  return win32::Fault(absl::StrCat(call, " ", path), code);
}

// Writes a file from which the one at `path` is made; its name.
absl::StatusOr<std::string> WriteBeside(const std::string& path,
                                        std::string_view content) {
  const std::string temporary = path + ".new";
  const UniqueHandle file(
      CreateFileW(WidePath(temporary).c_str(), GENERIC_WRITE, FILE_SHARE_DELETE,
                  nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) return Fault("open", temporary, GetLastError());
  while (!content.empty()) {
    const auto size =
        static_cast<DWORD>(std::min<size_t>(content.size(), kChunk));
    DWORD n = 0;
    if (!::WriteFile(file.get(), content.data(), size, &n, nullptr)) {
      return Fault("write", temporary, GetLastError());
    }
    content.remove_prefix(n);
  }
  return temporary;
}

// The names of the environment's variables.
std::vector<std::wstring> EnvironmentNames() {
  std::vector<std::wstring> names;
  wchar_t* const block = GetEnvironmentStringsW();
  if (block == nullptr) return names;
  for (const wchar_t* entry = block; *entry != L'\0';) {
    const std::wstring_view text = entry;
    // Names that begin with it are the system's own.
    const size_t end = text.find(L'=', 1);
    if (end != std::wstring_view::npos) names.emplace_back(text, 0, end);
    entry += text.size() + 1;
  }
  FreeEnvironmentStringsW(block);
  return names;
}

}  // namespace

ClausePlatform ThisPlatform() { return ClausePlatform::kWindows; }

void SetUpProcess() {
  // What is written arrives as it was written, on every platform.
  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
  _setmode(2, _O_BINARY);
  // Inherited by the processes that this one starts.
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  // Otherwise one C runtime exits 3 with a message, and another is reported to
  // the maker of Windows.
  std::signal(SIGABRT, [](int) {
    TerminateProcess(GetCurrentProcess(), kAbortExitCode);
  });
}

std::vector<std::string> ProgramArguments(int argc, char** argv) {
  // argv is in a code page that cannot spell every name.
  int count = 0;
  wchar_t** const wide = CommandLineToArgvW(GetCommandLineW(), &count);
  if (wide == nullptr) return {argv, argv + argc};
  std::vector<std::string> arguments;
  for (int i = 0; i < count; ++i) arguments.push_back(win32::Utf8(wide[i]));
  LocalFree(wide);
  return arguments;
}

std::optional<std::string> EnvironmentVariable(const std::string& name) {
  const std::wstring wide_name = win32::Wide(name);
  std::wstring value;
  while (true) {
    SetLastError(ERROR_SUCCESS);
    const DWORD size = GetEnvironmentVariableW(
        wide_name.c_str(), value.data(), static_cast<DWORD>(value.size()));
    if (size == 0 && GetLastError() != ERROR_SUCCESS) return std::nullopt;
    // With room enough it is the length without the terminating zero.
    if (size < value.size() || size == 0) {
      value.resize(size);
      return win32::Utf8(value);
    }
    value.resize(size);
  }
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string temporary,
                            WriteBeside(path, content));
  if (!MoveFileExW(WidePath(temporary).c_str(), WidePath(path).c_str(),
                   MOVEFILE_REPLACE_EXISTING)) {
    return Fault("rename", temporary, GetLastError());
  }
  return absl::OkStatus();
}

absl::Status WriteNewFile(const std::string& path, std::string_view content) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string temporary,
                            WriteBeside(path, content));
  if (MoveFileExW(WidePath(temporary).c_str(), WidePath(path).c_str(), 0)) {
    return absl::OkStatus();
  }
  const DWORD code = GetLastError();
  DeleteFileW(WidePath(temporary).c_str());
  if (code == ERROR_ALREADY_EXISTS || code == ERROR_FILE_EXISTS) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is there already"));
  }
  return Fault("rename", temporary, code);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  // Others may be writing, renaming and removing it.
  const UniqueHandle file(
      CreateFileW(WidePath(path).c_str(), GENERIC_READ,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) return Fault("open", path, GetLastError());
  std::string content;
  std::vector<char> chunk(std::min<size_t>(limit, 65536));
  while (content.size() < limit) {
    const auto size = static_cast<DWORD>(
        std::min<size_t>(chunk.size(), limit - content.size()));
    DWORD n = 0;
    if (!::ReadFile(file.get(), chunk.data(), size, &n, nullptr)) {
      return Fault("read", path, GetLastError());
    }
    if (n == 0) break;
    content.append(chunk.data(), n);
  }
  return content;
}

void ForgetTestEnvironment() {
  for (const std::wstring& wide_name : EnvironmentNames()) {
    if (IsOfTestFramework(win32::Utf8(wide_name))) {
      // Removes it from the C runtime's copy and from the system's.
      _wputenv_s(wide_name.c_str(), L"");
    }
  }
}

std::string StandardStreams() {
  std::string streams;
  for (DWORD id : {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    HANDLE const handle = GetStdHandle(id);
    const DWORD type = handle == nullptr || handle == INVALID_HANDLE_VALUE
                           ? FILE_TYPE_UNKNOWN
                           : GetFileType(handle);
    if (type == FILE_TYPE_UNKNOWN) {
      absl::StrAppend(&streams, "closed ");
      continue;
    }
    absl::StrAppend(&streams, reinterpret_cast<uintptr_t>(handle), ":", type);
    BY_HANDLE_FILE_INFORMATION info;
    if (type == FILE_TYPE_DISK && GetFileInformationByHandle(handle, &info)) {
      absl::StrAppend(&streams, ":", info.dwVolumeSerialNumber, ":",
                      info.nFileIndexHigh, ":", info.nFileIndexLow);
    }
    streams += ' ';
  }
  return streams;
}

void ExitNow(int code) {
  std::fflush(nullptr);
  // Not _exit: that tells every DLL, which may wait for a thread that is gone.
  TerminateProcess(GetCurrentProcess(), static_cast<UINT>(code));
  std::abort();
}

}  // namespace procspec::harness
