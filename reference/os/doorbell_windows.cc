// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <string>

#include "absl/time/time.h"
#include "reference/os/doorbell.h"
#include "reference/os/win32.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::os {
namespace {

// Rings that fit into the line.
constexpr DWORD kRings = 512;

// For the one operation that a thread has under way. Null: the system refused.
HANDLE EventOfThread() {
  thread_local const UniqueFile event =
      OwnUnlessNull(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  return event.valid() ? event.get() : nullptr;
}

// Said by calls on a line with one end. Whatever else they say is no word about
// the other end.
bool MeansGone(DWORD error) {
  return error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA ||
         error == ERROR_PIPE_NOT_CONNECTED;
}

// Ends what is under way, if it has not ended: until then the system uses
// `operation` and its buffer. Whether it was carried out; if not, GetLastError
// tells.
bool CancelAndFinish(NativeHandle line, OVERLAPPED& operation) {
  CancelIoEx(line, &operation);
  DWORD size = 0;
  return GetOverlappedResult(line, &operation, &size, TRUE) != 0;
}

}  // namespace

// A pipe with a name is the only kind whose ends both read and write, and whose
// reads can have a deadline.
absl::StatusOr<std::pair<Doorbell, Doorbell>> Doorbell::NewPair() {
  PROCSPEC_ASSIGN_OR_RETURN(const RandomId id, NewRandomId());
  const std::wstring name = NameFrom(L"\\\\.\\pipe\\procspec-", id);
  UniqueFile first(CreateNamedPipeW(
      name.c_str(),
      PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED,
      PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT |
          PIPE_REJECT_REMOTE_CLIENTS,
      1, kRings, kRings, 0, nullptr));
  if (!first.valid()) return LastOsError("CreateNamedPipe");
  // The one client that there can be. Nobody may act in its name.
  UniqueFile second(CreateFileW(
      name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
      FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
      nullptr));
  if (!second.valid()) return LastOsError("CreateFile");
  return std::pair(Doorbell(std::move(first)), Doorbell(std::move(second)));
}

void Doorbell::PrepareThread() { (void)EventOfThread(); }

bool Doorbell::Ring() const {
  const char ring = 0;
  OVERLAPPED operation{};
  operation.hEvent = EventOfThread();
  if (operation.hEvent == nullptr) return true;
  if (WriteFile(handle(), &ring, 1, nullptr, &operation)) return true;
  if (GetLastError() == ERROR_IO_PENDING) {
    // When the line is full of rings, one more makes no difference.
    if (CancelAndFinish(handle(), operation)) return true;
  }
  return !MeansGone(GetLastError());
}

void Doorbell::Wait(Deadline deadline) const {
  char rings[64];
  OVERLAPPED operation{};
  operation.hEvent = EventOfThread();
  if (operation.hEvent == nullptr) return;
  if (ReadFile(handle(), rings, sizeof(rings), nullptr, &operation) ||
      GetLastError() != ERROR_IO_PENDING) {
    return;
  }
  while (!deadline.HasPassed()) {
    const int64_t left = absl::ToInt64Nanoseconds(deadline.Remaining());
    if (WaitForSingleObject(operation.hEvent, WaitMilliseconds(left)) !=
        WAIT_TIMEOUT) {
      break;
    }
  }
  CancelAndFinish(handle(), operation);
}

bool Doorbell::OtherEndGone() const {
  DWORD available = 0;
  if (!PeekNamedPipe(handle(), nullptr, 0, nullptr, &available, nullptr)) {
    return MeansGone(GetLastError());
  }
  // While rings lie in the line, only a write tells. One ring too many is what
  // the other end must bear anyway.
  return available != 0 && !Ring();
}

}  // namespace procspec::os
