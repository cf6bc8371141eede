// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h, on which it depends.
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <stdio.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "conformance/harness/win32.h"
#include "conformance/zoo/tools.h"

namespace procspec::zoo {

using harness::win32::UniqueHandle;
using harness::win32::Utf8;
using harness::win32::WidePath;

void SleepForEver() {
  while (true) Sleep(INFINITE);
}

// Another thread may hold what an orderly end waits for.
void ExitPassing() {
  TerminateProcess(GetCurrentProcess(), 0);
  std::abort();
}

// A stream into a pipe that has no room for what it holds back: when it is
// flushed, a thread hears of it and the flush waits for that thread.
void AtLastFlush(std::function<void()> act) {
  constexpr DWORD kRoom = 4096;
  constexpr size_t kHeldBack = 128 << 10;
  struct Reader {
    HANDLE pipe;
    std::function<void()> act;
  };
  auto* reader = new Reader{nullptr, std::move(act)};
  HANDLE writer = nullptr;
  if (!CreatePipe(&reader->pipe, &writer, nullptr, kRoom)) return;
  FILE* stream = _fdopen(
      _open_osfhandle(reinterpret_cast<intptr_t>(writer), _O_BINARY), "wb");
  if (stream == nullptr) return;
  setvbuf(stream, nullptr, _IOFBF, 2 * kHeldBack);
  const std::string text(kHeldBack, 'x');
  fwrite(text.data(), 1, text.size(), stream);
  const UniqueHandle thread(CreateThread(
      nullptr, 0,
      [](void* argument) -> DWORD {
        const auto* told = static_cast<Reader*>(argument);
        char byte = 0;
        DWORD n = 0;
        if (ReadFile(told->pipe, &byte, 1, &n, nullptr)) told->act();
        return 0;
      },
      reader, 0, nullptr));
}

// In a thread of its own: Visual Studio builds GoogleTest so that it takes an
// exception in its thread for a failed assertion.
void BeyondHandlers(const std::function<void()>& act) {
  // What Wine does itself in the end needs more stack than an overflow leaves:
  // it ends that thread alone.
  SetUnhandledExceptionFilter([](EXCEPTION_POINTERS* exception) -> LONG {
    const DWORD code = exception->ExceptionRecord->ExceptionCode;
    if (code == STATUS_STACK_OVERFLOW) {
      TerminateProcess(GetCurrentProcess(), code);
    }
    return EXCEPTION_CONTINUE_SEARCH;
  });
  const UniqueHandle thread(CreateThread(
      nullptr, 0,
      [](void* argument) -> DWORD {
        (*static_cast<const std::function<void()>*>(argument))();
        return 0;
      },
      const_cast<std::function<void()>*>(&act), 0, nullptr));
  WaitForSingleObject(thread.get(), INFINITE);
}

std::vector<std::string> OwnArguments() {
  std::vector<std::string> arguments;
  int count = 0;
  wchar_t** const wide = CommandLineToArgvW(GetCommandLineW(), &count);
  for (int i = 0; wide != nullptr && i < count; ++i) {
    arguments.push_back(Utf8(wide[i]));
  }
  LocalFree(wide);
  return arguments;
}

std::string OwnEnvironment() {
  wchar_t* const block = GetEnvironmentStringsW();
  std::string all;
  for (const wchar_t* entry = block; entry != nullptr && *entry != L'\0';) {
    const std::wstring_view text = entry;
    all += Utf8(text) + "\n";
    entry += text.size() + 1;
  }
  FreeEnvironmentStringsW(block);
  return all;
}

void ForEachOwnMemory(const std::function<void(std::string_view)>& visit) {
  // Chunks that overlap; no more, for the copy is in this memory, too.
  constexpr size_t kChunk = 1 << 20;
  constexpr size_t kOverlap = 64;
  std::vector<char> copy(kChunk);
  MEMORY_BASIC_INFORMATION region = {};
  for (const char* at = nullptr; VirtualQuery(at, &region, sizeof(region)) != 0;
       at = static_cast<const char*>(region.BaseAddress) + region.RegionSize) {
    if (region.State != MEM_COMMIT || region.Type != MEM_PRIVATE ||
        region.Protect != PAGE_READWRITE) {
      continue;
    }
    for (size_t begin = 0; begin < region.RegionSize;
         begin += kChunk - kOverlap) {
      // By the system, since another thread may free it now.
      SIZE_T size = 0;
      if (ReadProcessMemory(
              GetCurrentProcess(),
              static_cast<char*>(region.BaseAddress) + begin, copy.data(),
              std::min(kChunk, region.RegionSize - begin), &size)) {
        visit(std::string_view(copy.data(), size));
      }
    }
  }
}

void PutFile(const std::string& path, std::string_view content) {
  const std::wstring name = WidePath(path);
  DeleteFileW(name.c_str());
  const UniqueHandle file(CreateFileW(name.c_str(), GENERIC_WRITE,
                                      FILE_SHARE_DELETE, nullptr, CREATE_ALWAYS,
                                      FILE_ATTRIBUTE_NORMAL, nullptr));
  DWORD n = 0;
  WriteFile(file.get(), content.data(), static_cast<DWORD>(content.size()), &n,
            nullptr);
}

std::string ContentOf(const std::string& path) {
  const UniqueHandle file(
      CreateFileW(WidePath(path).c_str(), GENERIC_READ,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  std::string content;
  char chunk[4096];
  DWORD n = 0;
  while (ReadFile(file.get(), chunk, sizeof(chunk), &n, nullptr) && n > 0) {
    content.append(chunk, n);
  }
  return content;
}

}  // namespace procspec::zoo
