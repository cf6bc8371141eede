// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_WIN32_H_
#define PROCSPEC_CONFORMANCE_RUNNER_WIN32_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

// What the Windows halves share. All text in the runner is UTF-8, and paths
// have forward slashes; the ...W functions take UTF-16 and some of them only
// backslashes.

namespace procspec::runner {

// What is not valid becomes U+FFFD: names come from programs that misbehave.
std::wstring Wide(std::string_view text);
std::string Utf8(std::wstring_view text);

// For a ...W function.
std::wstring WidePath(std::string_view path);

// "cannot create x: The system cannot find the path specified (3)".
absl::Status Win32Error(std::string_view what, unsigned long code);

// Closes a HANDLE.
class OwnedHandle {
 public:
  OwnedHandle() = default;
  // Also of INVALID_HANDLE_VALUE, which is none.
  explicit OwnedHandle(void* handle);
  ~OwnedHandle() { Close(); }
  OwnedHandle(OwnedHandle&& other) noexcept;
  OwnedHandle& operator=(OwnedHandle&& other) noexcept;

  explicit operator bool() const { return handle_ != nullptr; }
  void* get() const { return handle_; }
  void Close();

 private:
  void* handle_ = nullptr;
};

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_WIN32_H_
