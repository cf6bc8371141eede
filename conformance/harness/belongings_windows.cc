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
#include <tlhelp32.h>
#include <winternl.h>

#include <functional>
#include <limits>
#include <thread>

#include "absl/strings/str_cat.h"
#include "conformance/harness/belongings.h"
#include "conformance/harness/win32.h"

namespace procspec::harness {
namespace {

using win32::UniqueHandle;

// By name: import libraries lack them, old ones all of them.
template <typename Function>
Function* Find(const wchar_t* library, const char* name) {
  // Through void*: compilers warn of other conversions between functions.
  return reinterpret_cast<Function*>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(library), name)));
}

// --- Threads ----------------------------------------------------------------

HMODULE ModuleAt(const void* address) {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                         GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                     static_cast<const wchar_t*>(address), &module);
  return module;
}

// Null: unknown.
const void* StartOf(HANDLE thread) {
  static auto* const query = Find<decltype(NtQueryInformationThread)>(
      L"ntdll.dll", "NtQueryInformationThread");
  constexpr auto kQuerySetWin32StartAddress = static_cast<THREADINFOCLASS>(9);
  void* start = nullptr;
  if (query == nullptr || query(thread, kQuerySetWin32StartAddress, &start,
                                sizeof start, nullptr) < 0) {
    return nullptr;
  }
  return start;
}

// The system's own, of the thread pool above all, begin in its lowest library;
// no thread of the program does.
bool IsOfTheSystem(const void* start) {
  static const HMODULE lowest = GetModuleHandleW(L"ntdll.dll");
  return start != nullptr && ModuleAt(start) == lowest;
}

std::string NameOfThread(HANDLE thread, const void* start) {
  static auto* const describe = Find<HRESULT WINAPI(HANDLE, PWSTR*)>(
      L"kernelbase.dll", "GetThreadDescription");
  wchar_t* text = nullptr;
  if (describe != nullptr && describe(thread, &text) >= 0 && text != nullptr) {
    const std::string name = win32::Utf8(text);
    LocalFree(text);
    if (!name.empty()) return name;
  }
  wchar_t path[MAX_PATH] = L"?";
  GetModuleFileNameW(ModuleAt(start), path, MAX_PATH);
  const std::wstring_view file = path;
  return absl::StrCat("begun in ",
                      win32::Utf8(file.substr(file.find_last_of(L'\\') + 1)));
}

void AddThreads(std::vector<Belonging>& found) {
  const UniqueHandle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0));
  if (!snapshot) return;
  THREADENTRY32 entry = {};
  entry.dwSize = sizeof entry;
  for (BOOL more = Thread32First(snapshot.get(), &entry); more;
       more = Thread32Next(snapshot.get(), &entry)) {
    if (entry.th32OwnerProcessID != GetCurrentProcessId()) continue;
    const UniqueHandle thread(OpenThread(THREAD_QUERY_INFORMATION | SYNCHRONIZE,
                                         FALSE, entry.th32ThreadID));
    FILETIME begun = {}, ended = {}, kernel = {}, user = {};
    // One that has ended is listed as long as somebody has a handle of it.
    if (!thread ||
        !GetThreadTimes(thread.get(), &begun, &ended, &kernel, &user) ||
        WaitForSingleObject(thread.get(), 0) == WAIT_OBJECT_0) {
      continue;
    }
    const void* start = StartOf(thread.get());
    if (IsOfTheSystem(start)) continue;
    Belonging belonging;
    belonging.kind = Belonging::Kind::kThread;
    belonging.number = entry.th32ThreadID;
    belonging.device = begun.dwHighDateTime;
    belonging.inode = begun.dwLowDateTime;
    belonging.name = NameOfThread(thread.get(), start);
    found.push_back(std::move(belonging));
  }
}

// --- Handles ----------------------------------------------------------------

// How many numbers in a row may be free: if it is known that there are more,
// and if not.
constexpr int kMaxGap = 16384;
constexpr int kMaxGapToTheUnknown = 256;

// Whether the C++ runtime may have made it for a lock or a condition variable.
// MinGW's have an event and two semaphores from the first time that a thread
// waits at them to their end, and static ones have no end.
#ifdef __MINGW32__
bool IsOfALock(HANDLE handle, const std::wstring& type) {
  // What the documented NtQueryObject tells, and is in no header.
  struct BasicInformation {
    ULONG attributes;
    ACCESS_MASK access;
    ULONG handle_count;
    ULONG reserved[11];
  };
  struct EventInformation {
    LONG type;
    LONG state;
  };
  struct SemaphoreInformation {
    ULONG count;
    LONG maximum;
  };
  using Query = NTSTATUS WINAPI(HANDLE, int, void*, ULONG, ULONG*);
  static auto* const query_object = Find<Query>(L"ntdll.dll", "NtQueryObject");
  static auto* const query_event = Find<Query>(L"ntdll.dll", "NtQueryEvent");
  static auto* const query_semaphore =
      Find<Query>(L"ntdll.dll", "NtQuerySemaphore");

  DWORD flags = 0;
  BasicInformation basic = {};
  if (!GetHandleInformation(handle, &flags) ||
      (flags & HANDLE_FLAG_INHERIT) != 0 ||
      query_object(handle, 0, &basic, sizeof basic, nullptr) < 0 ||
      basic.handle_count > 1) {
    return false;
  }
  if (type == L"Event") {
    constexpr LONG kResetsItself = 1;
    EventInformation event = {};
    return query_event(handle, 0, &event, sizeof event, nullptr) >= 0 &&
           event.type == kResetsItself;
  }
  SemaphoreInformation semaphore = {};
  return type == L"Semaphore" &&
         query_semaphore(handle, 0, &semaphore, sizeof semaphore, nullptr) >=
             0 &&
         semaphore.maximum == std::numeric_limits<LONG>::max();
}
#else
bool IsOfALock(HANDLE, const std::wstring&) { return false; }
#endif

// Of the object that the handle is of: "Event", "File"; empty: it is no handle.
// Unlike other questions to a file this one does not wait for a call that is
// under way on it.
std::wstring TypeOf(HANDLE handle) {
  static auto* const query =
      Find<decltype(NtQueryObject)>(L"ntdll.dll", "NtQueryObject");
  constexpr auto kTypeInformation = static_cast<OBJECT_INFORMATION_CLASS>(2);
  alignas(PUBLIC_OBJECT_TYPE_INFORMATION) char buffer[2048];
  if (query == nullptr ||
      query(handle, kTypeInformation, buffer, sizeof buffer, nullptr) < 0) {
    return L"";
  }
  const UNICODE_STRING& name =
      reinterpret_cast<PUBLIC_OBJECT_TYPE_INFORMATION*>(buffer)->TypeName;
  return {name.Buffer, name.Length / sizeof(wchar_t)};
}

// Types that a program cannot make by itself: the thread pool's, and what
// libraries register for tracing.
bool IsOfTheSystem(const std::wstring& type) {
  return type == L"TpWorkerFactory" || type == L"WaitCompletionPacket" ||
         type == L"IRTimer" || type == L"EtwRegistration";
}

void AddHandles(std::vector<Belonging>& found) {
  // The system tells how many there are, and Wine not even that. Which ones is
  // to be tried: they are multiples of four, and the lowest that is free comes
  // first, so that there are gaps only where some were closed.
  DWORD count = 0;
  GetProcessHandleCount(GetCurrentProcess(), &count);
  const int max_gap = count > 0 ? kMaxGap : kMaxGapToTheUnknown;
  DWORD seen = 0;
  int gap = 0;
  for (uintptr_t number = 4; gap < max_gap && (count == 0 || seen < count);
       number += 4) {
    HANDLE const handle = reinterpret_cast<HANDLE>(number);
    const std::wstring type = TypeOf(handle);
    if (type.empty()) {
      ++gap;
      continue;
    }
    gap = 0;
    ++seen;
    if (IsOfTheSystem(type) || IsOfALock(handle, type)) continue;
    // An ended child that nobody has asked about: as little a leak as a zombie
    // is, whose place it takes.
    if (type == L"Process" && WaitForSingleObject(handle, 0) == WAIT_OBJECT_0) {
      continue;
    }
    Belonging belonging;
    belonging.kind = Belonging::Kind::kDescriptor;
    belonging.number = static_cast<int64_t>(number);
    belonging.device = std::hash<std::wstring>()(type);
    belonging.name = win32::Utf8(type);
    if (type == L"Process" || type == L"Thread") {
      belonging.inode =
          type == L"Process" ? GetProcessId(handle) : GetThreadId(handle);
      absl::StrAppend(&belonging.name, " ", belonging.inode);
    }
    found.push_back(std::move(belonging));
  }
}

// What the system and the C runtime make when they are first used, and keep.
void WarmUp() {
  std::thread([] { std::this_thread::get_id(); }).join();
  std::this_thread::get_id();
  // The directory of named objects.
  const std::wstring name =
      L"Local\\procspec-" +
      win32::Wide(win32::RandomHex(16).value_or("warm-up"));
  const UniqueHandle named(CreateEventW(nullptr, TRUE, FALSE, name.c_str()));
  const UniqueHandle done(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (TrySubmitThreadpoolCallback(
          [](PTP_CALLBACK_INSTANCE, void* event) { SetEvent(event); },
          done.get(), nullptr)) {
    WaitForSingleObject(done.get(), INFINITE);
  }
}

}  // namespace

std::vector<Belonging> ListBelongings() {
  [[maybe_unused]] static const bool warm = [] {
    WarmUp();
    // The calls of the listing itself, too.
    std::vector<Belonging> unused;
    AddThreads(unused);
    AddHandles(unused);
    return true;
  }();
  std::vector<Belonging> found;
  AddThreads(found);
  AddHandles(found);
  return found;
}

}  // namespace procspec::harness
