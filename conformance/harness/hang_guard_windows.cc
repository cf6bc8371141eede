// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "conformance/harness/hang_guard.h"
#include "conformance/harness/win32.h"

namespace procspec::harness {
namespace {

using win32::UniqueHandle;

struct Outcome {
  std::string content;
  int exit_code;
};

// All that the guard reads when it strikes: it allocates nothing and takes no
// lock of the C runtime, for the threads that hang may hold them. What is
// replaced is not freed: it may be reading it.
std::atomic<const Outcome*> outcome{nullptr};

struct Watcher {
  absl::Duration patience;
  std::wstring final_path;
  std::wstring temporary_path;
  UniqueHandle watches;   // set once the thread runs
  UniqueHandle disarmed;  // set to end it
  UniqueHandle thread;
};
Watcher* guard = nullptr;

// Whether all of it was written.
bool Write(HANDLE file, const std::string& content) {
  const char* data = content.data();
  size_t left = content.size();
  while (left > 0) {
    DWORD n = 0;
    const DWORD size = left < 65536 ? static_cast<DWORD>(left) : 65536;
    if (!WriteFile(file, data, size, &n, nullptr) || n == 0) return false;
    data += n;
    left -= n;
  }
  return true;
}

void Strike() {
  const Outcome* const struck = outcome.load();
  HANDLE const file =
      CreateFileW(guard->temporary_path.c_str(), GENERIC_WRITE, 0, nullptr,
                  CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (struck != nullptr && file != INVALID_HANDLE_VALUE) {
    const bool whole = Write(file, struck->content);
    CloseHandle(file);  // an open file is not renamed
    if (whole) {
      MoveFileExW(guard->temporary_path.c_str(), guard->final_path.c_str(),
                  MOVEFILE_REPLACE_EXISTING);
    }
  }
  TerminateProcess(
      GetCurrentProcess(),
      struck == nullptr ? 1 : static_cast<UINT>(struck->exit_code));
}

DWORD WINAPI Watch(void*) {
  SetEvent(guard->watches.get());
  if (!win32::WaitFor(guard->disarmed.get(), guard->patience)) Strike();
  return 0;
}

[[noreturn]] void Die(const char* call) {
  std::fprintf(stderr, "procspec: %s: error %lu\n", call, GetLastError());
  std::abort();
}

}  // namespace

void SetHangOutcome(std::string content, int exit_code) {
  outcome.store(new Outcome{std::move(content), exit_code});
}

void ArmHangGuard(absl::Duration patience, const std::string& path) {
  guard = new Watcher{.patience = patience,
                      .final_path = win32::WidePath(path),
                      .temporary_path = win32::WidePath(path + ".hung")};
  guard->watches = UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  guard->disarmed = UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!guard->watches || !guard->disarmed) Die("CreateEvent");
  guard->thread =
      UniqueHandle(CreateThread(nullptr, 0, Watch, nullptr, 0, nullptr));
  if (!guard->thread) Die("CreateThread");
  // A thread that starts needs the loader's lock, which what hangs may hold.
  WaitForSingleObject(guard->watches.get(), INFINITE);
}

void DisarmHangGuard() {
  SetEvent(guard->disarmed.get());
  WaitForSingleObject(guard->thread.get(), INFINITE);
}

}  // namespace procspec::harness
