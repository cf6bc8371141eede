// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/win32.h"

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace procspec::runner {

std::wstring Wide(std::string_view text) {
  if (text.empty()) return L"";
  const int size = static_cast<int>(text.size());
  std::wstring out(static_cast<size_t>(MultiByteToWideChar(
                       CP_UTF8, 0, text.data(), size, nullptr, 0)),
                   L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), size, out.data(),
                      static_cast<int>(out.size()));
  return out;
}

std::string Utf8(std::wstring_view text) {
  if (text.empty()) return "";
  const int size = static_cast<int>(text.size());
  std::string out(
      static_cast<size_t>(WideCharToMultiByte(CP_UTF8, 0, text.data(), size,
                                              nullptr, 0, nullptr, nullptr)),
      '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), size, out.data(),
                      static_cast<int>(out.size()), nullptr, nullptr);
  return out;
}

std::wstring WidePath(std::string_view path) {
  std::wstring out = Wide(path);
  std::replace(out.begin(), out.end(), L'/', L'\\');
  return out;
}

absl::Status Win32Error(std::string_view what, unsigned long code) {
  wchar_t buffer[512];
  const DWORD size = FormatMessageW(
      FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code,
      0, buffer, static_cast<DWORD>(std::size(buffer)), nullptr);
  std::wstring_view text(buffer, size);
  while (!text.empty() && (text.back() <= L' ' || text.back() == L'.')) {
    text.remove_suffix(1);
  }
  const std::string message =
      absl::StrCat(what, text.empty() ? "" : ": ", Utf8(text), " (", code, ")");
  switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
      return absl::NotFoundError(message);
    case ERROR_ACCESS_DENIED:
      return absl::PermissionDeniedError(message);
    case ERROR_ALREADY_EXISTS:
      return absl::AlreadyExistsError(message);
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_COMMITMENT_LIMIT:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnknownError(message);
  }
}

OwnedHandle::OwnedHandle(void* handle)
    : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}

OwnedHandle::OwnedHandle(OwnedHandle&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

OwnedHandle& OwnedHandle::operator=(OwnedHandle&& other) noexcept {
  if (this != &other) {
    Close();
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

void OwnedHandle::Close() {
  if (handle_ != nullptr) CloseHandle(handle_);
  handle_ = nullptr;
}

}  // namespace procspec::runner
