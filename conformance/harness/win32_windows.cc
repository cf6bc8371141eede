// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/win32.h"

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h, on which it depends.
#include <bcrypt.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace procspec::harness::win32 {

UniqueHandle::UniqueHandle(void* handle)
    : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}

UniqueHandle::~UniqueHandle() {
  if (handle_ != nullptr) CloseHandle(handle_);
}

absl::Status Fault(std::string_view call, uint32_t code) {
  return absl::InternalError(absl::StrCat(
      call, ": ", std::system_category().message(static_cast<int>(code)), " (",
      code, ")"));
}

std::wstring Wide(std::string_view utf8) {
  // The conversions take an int.
  if (utf8.empty() || utf8.size() > std::numeric_limits<int>::max()) return L"";
  const int size = static_cast<int>(utf8.size());
  std::wstring wide(static_cast<size_t>(MultiByteToWideChar(
                        CP_UTF8, 0, utf8.data(), size, nullptr, 0)),
                    L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, wide.data(),
                      static_cast<int>(wide.size()));
  return wide;
}

std::string Utf8(std::wstring_view wide) {
  if (wide.empty() || wide.size() > std::numeric_limits<int>::max()) return "";
  const int size = static_cast<int>(wide.size());
  std::string utf8(
      static_cast<size_t>(WideCharToMultiByte(CP_UTF8, 0, wide.data(), size,
                                              nullptr, 0, nullptr, nullptr)),
      '\0');
  WideCharToMultiByte(CP_UTF8, 0, wide.data(), size, utf8.data(),
                      static_cast<int>(utf8.size()), nullptr, nullptr);
  return utf8;
}

std::wstring WidePath(std::string_view utf8) {
  std::wstring path = Wide(utf8);
  // Less than MAX_PATH: a directory must leave room for a name of the old form.
  constexpr size_t kLong = MAX_PATH - 12;
  const DWORD size = GetFullPathNameW(path.c_str(), 0, nullptr, nullptr);
  if (size < kLong) return path;
  std::wstring full(size, L'\0');
  full.resize(GetFullPathNameW(path.c_str(), size, full.data(), nullptr));
  if (full.empty() || full.rfind(L"\\\\", 0) == 0) return path;
  return L"\\\\?\\" + full;
}

std::wstring ProgramPath() {
  std::wstring path(MAX_PATH, L'\0');
  while (true) {
    const DWORD size = GetModuleFileNameW(nullptr, path.data(),
                                          static_cast<DWORD>(path.size()));
    if (size < path.size()) {
      path.resize(size);
      return path;
    }
    path.resize(2 * path.size());
  }
}

uint32_t WaitMilliseconds(absl::Duration patience) {
  const absl::Duration capped =
      std::clamp(absl::Ceil(patience, absl::Milliseconds(1)),
                 absl::ZeroDuration(), absl::Hours(1));
  return static_cast<uint32_t>(absl::ToInt64Milliseconds(capped));
}

bool WaitFor(void* handle, absl::Duration patience) {
  const auto start = std::chrono::steady_clock::now();
  while (true) {
    const absl::Duration left =
        patience - absl::FromChrono(std::chrono::steady_clock::now() - start);
    const DWORD outcome = WaitForSingleObject(handle, WaitMilliseconds(left));
    if (outcome == WAIT_OBJECT_0) return true;
    if (outcome != WAIT_TIMEOUT || left <= absl::ZeroDuration()) return false;
  }
}

absl::StatusOr<std::string> RandomHex(int bytes) {
  std::string random(static_cast<size_t>(bytes), '\0');
  const NTSTATUS status = BCryptGenRandom(
      nullptr, reinterpret_cast<PUCHAR>(random.data()),
      static_cast<ULONG>(random.size()), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
  if (status < 0) {
    return absl::InternalError(absl::StrCat(
        "BCryptGenRandom: ", absl::Hex(static_cast<uint32_t>(status))));
  }
  return absl::BytesToHexString(random);
}

// Backslashes count only before a quotation mark: there each is doubled, and
// the mark gets one more.
std::wstring CommandLine(const std::vector<std::string>& arguments) {
  std::wstring line;
  for (const std::string& argument : arguments) {
    if (!line.empty()) line += L' ';
    line += L'"';
    size_t backslashes = 0;
    for (wchar_t c : Wide(argument)) {
      if (c == L'"') line.append(backslashes + 1, L'\\');
      backslashes = c == L'\\' ? backslashes + 1 : 0;
      line += c;
    }
    line.append(backslashes, L'\\');  // the closing mark is not theirs
    line += L'"';
  }
  return line;
}

}  // namespace procspec::harness::win32
