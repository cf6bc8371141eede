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
#include <share.h>

#include "conformance/harness/proof.h"
#include "conformance/harness/win32.h"

namespace procspec::harness {
namespace {

constexpr size_t kSize = 4096;  // a page

char* secret = nullptr;  // ends with a zero, or is all zeros

absl::Status Fault(const char* call) {
  return win32::Fault(std::string("the proof: ") + call, GetLastError());
}

void Forget() {
  SecureZeroMemory(secret, kSize);
  VirtualFree(secret, 0, MEM_RELEASE);
  secret = nullptr;
}

}  // namespace

absl::Status TakeProof() {
  void* page =
      VirtualAlloc(nullptr, kSize, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (page == nullptr) return Fault("VirtualAlloc");
  secret = static_cast<char*>(page);
  HANDLE const input = GetStdHandle(STD_INPUT_HANDLE);
  size_t size = 0;
  while (size < kSize - 1 && (size == 0 || secret[size - 1] != '\n')) {
    DWORD n = 0;
    if (!ReadFile(input, secret + size, 1, &n, nullptr)) {
      // So a pipe tells of its end.
      if (GetLastError() == ERROR_BROKEN_PIPE) break;
      return Fault("read");
    }
    if (n == 0) break;
    ++size;
  }
  if (size == 0 || secret[size - 1] != '\n') {
    Forget();
    return absl::InvalidArgumentError(
        "--proof: standard input begins with no line");
  }
  --size;
  if (size > 0 && secret[size - 1] == '\r') --size;
  secret[size] = '\0';

  // Through the C runtime, which has a copy of its own and closes the old one
  // with it. Inheritable, as standard input is.
  int null = -1;
  if (_wsopen_s(&null, L"NUL", _O_RDONLY | _O_BINARY, _SH_DENYNO, 0) != 0) {
    return Fault("open NUL");
  }
  const bool replaced = null == 0 || _dup2(null, 0) == 0;
  if (null != 0) _close(null);
  if (!replaced) return Fault("replace standard input");
  SetStdHandle(STD_INPUT_HANDLE, reinterpret_cast<HANDLE>(_get_osfhandle(0)));
  // Whoever strays there is stopped.
  DWORD before = 0;
  if (!VirtualProtect(secret, kSize, PAGE_NOACCESS, &before)) {
    return Fault("VirtualProtect");
  }
  return absl::OkStatus();
}

std::string GiveProof() {
  if (secret == nullptr) return "";
  DWORD before = 0;
  if (!VirtualProtect(secret, kSize, PAGE_READWRITE, &before)) return "";
  std::string proof = secret;
  Forget();
  return proof;
}

}  // namespace procspec::harness
