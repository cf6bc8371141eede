// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_WIN32_H_
#define PROCSPEC_CONFORMANCE_HARNESS_WIN32_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// What the Windows halves of the judge share. For them only.

namespace procspec::harness::win32 {

// A HANDLE, closed when this goes. Null: none.
class UniqueHandle {
 public:
  UniqueHandle() = default;
  // Takes it. INVALID_HANDLE_VALUE counts as none.
  explicit UniqueHandle(void* handle);
  UniqueHandle(UniqueHandle&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~UniqueHandle();

  void* get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  void* handle_ = nullptr;
};

// The judge's own trouble: a status without an ErrorKind. `code` is an answer
// of GetLastError.
absl::Status Fault(std::string_view call, uint32_t code);

// Between the UTF-8 of the harness and the UTF-16 of the system. What is
// malformed is replaced.
std::wstring Wide(std::string_view utf8);
std::string Utf8(std::wstring_view wide);

// The same for a path, which may be longer than MAX_PATH.
std::wstring WidePath(std::string_view utf8);

// This program's file.
std::wstring ProgramPath();

// How long a wait for `patience` is told to the system: rounded up, at most an
// hour, so look at the clock afterwards.
uint32_t WaitMilliseconds(absl::Duration patience);

// Waits until the object is signalled; false: not in time, which is never early
// by the steady clock.
bool WaitFor(void* handle, absl::Duration patience);

// Bytes that nobody can guess, as hexadecimal digits, two a byte.
absl::StatusOr<std::string> RandomHex(int bytes);

// A command line from which the started program's runtime (the rules of
// CommandLineToArgvW) makes these arguments again. The first is the program's
// name, which must not contain a quotation mark.
std::wstring CommandLine(const std::vector<std::string>& arguments);

}  // namespace procspec::harness::win32

#endif  // PROCSPEC_CONFORMANCE_HARNESS_WIN32_H_
