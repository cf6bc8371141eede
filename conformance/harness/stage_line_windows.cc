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
#include <sddl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/stage_line.h"
#include "conformance/harness/timing.h"
#include "conformance/harness/win32.h"
#include "spec/status_macros.h"

// A named pipe. The case's ends are overlapped and all of one completion port:
// the system keeps their reads when the thread that began them has ended, and
// tells of everything in the order in which it happened.

namespace procspec::harness::stage_internal {
namespace {

using win32::UniqueHandle;

constexpr std::string_view kPrefix = R"(\\.\pipe\procspec-stage-)";
constexpr int kRandomBytes = 16;

// So many actors can connect while the case is busy elsewhere; further ones
// wait until it looks.
constexpr int kBacklog = 32;

// What a pipe holds in each direction while nobody reads.
constexpr DWORD kPipeBuffer = 128 << 10;
constexpr DWORD kChunk = 16 << 10;
constexpr size_t kWriteChunk = 64 << 10;

absl::Status SystemFault(std::string_view call, uint32_t code) {
  return win32::Fault(absl::StrCat("stage: ", call), code);
}

[[noreturn]] void Die(const char* call) {
  std::fprintf(stderr, "procspec: the judge failed: %s: error %lu\n", call,
               GetLastError());
  std::abort();
}

// --- The actors of this process ---------------------------------------------

struct LineTable {
  std::mutex mutex;
  Lines lines;
};

// Never destroyed: other threads and exit handlers use it to the end.
LineTable& Table() {
  static auto& table = *new LineTable;
  return table;
}

// --- Bytes ------------------------------------------------------------------

class WindowsActorEnd : public ActorEnd {
 public:
  explicit WindowsActorEnd(UniqueHandle pipe) : pipe_(std::move(pipe)) {}

  bool IsOfThisProcess() const override { return true; }

  bool Write(std::string_view data) override {
    while (!data.empty()) {
      const auto size =
          static_cast<DWORD>(std::min<size_t>(data.size(), kWriteChunk));
      DWORD n = 0;
      if (!WriteFile(pipe_.get(), data.data(), size, &n, nullptr)) return false;
      data.remove_prefix(n);
    }
    return true;
  }

  ReadOutcome Read(std::string& buffer) override {
    char chunk[kChunk];
    DWORD n = 0;
    if (!ReadFile(pipe_.get(), chunk, sizeof chunk, &n, nullptr)) {
      return ReadOutcome::kEnd;
    }
    buffer.append(chunk, n);
    return ReadOutcome::kData;
  }

 private:
  const UniqueHandle pipe_;
};

// A call that is under way in the system, which writes to it until it is taken
// from the port: it must not move or go before that.
struct Operation : OVERLAPPED {
  Operation() : OVERLAPPED{} {}

  // Around the call that begins it. What has succeeded at once goes through the
  // port like all else.
  void Begin(BOOL succeeded) {
    const DWORD code = succeeded ? ERROR_IO_PENDING : GetLastError();
    pending = code == ERROR_IO_PENDING;
    error = pending ? ERROR_SUCCESS : code;
    size = 0;
  }
  OVERLAPPED* Fresh() {
    *static_cast<OVERLAPPED*>(this) = OVERLAPPED{};
    return this;
  }

  bool pending = false;
  DWORD error = ERROR_SUCCESS;
  DWORD size = 0;
  uint64_t order = 0;  // of its end among all others
};

class Port {
 public:
  explicit Port(UniqueHandle port) : port_(std::move(port)) {}

  void* get() const { return port_.get(); }
  uint64_t NextOrder() { return next_order_++; }

  // Notes the end of one operation; false: none has ended in time.
  bool Take(DWORD milliseconds) {
    DWORD size = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* overlapped = nullptr;
    const BOOL succeeded = GetQueuedCompletionStatus(port_.get(), &size, &key,
                                                     &overlapped, milliseconds);
    if (overlapped == nullptr) {
      if (GetLastError() != WAIT_TIMEOUT) Die("GetQueuedCompletionStatus");
      return false;
    }
    auto* operation = static_cast<Operation*>(overlapped);
    operation->error = succeeded ? ERROR_SUCCESS : GetLastError();
    operation->pending = false;
    operation->size = size;
    operation->order = NextOrder();
    return true;
  }

  void TakeAll() {
    while (Take(0)) {
    }
  }

 private:
  const UniqueHandle port_;
  uint64_t next_order_ = 0;
};

// From the time when nobody has connected yet.
class WindowsCaseEnd : public CaseEnd {
 public:
  WindowsCaseEnd(UniqueHandle pipe, Port& port)
      : pipe_(std::move(pipe)), port_(port) {
    connect_.Begin(ConnectNamedPipe(pipe_.get(), connect_.Fresh()));
    if (connect_.pending) return;
    // Somebody was faster, and may have gone again: what he said is there.
    if (connect_.error != ERROR_PIPE_CONNECTED &&
        connect_.error != ERROR_NO_DATA) {
      Die("ConnectNamedPipe");
    }
    connect_.order = port_.NextOrder();
  }

  ~WindowsCaseEnd() override {
    if (IsBusy()) CancelIoEx(pipe_.get(), nullptr);
    while (IsBusy()) port_.Take(INFINITE);
  }

  // A nullopt until somebody has connected.
  std::optional<uint64_t> arrival() const {
    if (connect_.pending) return std::nullopt;
    return connect_.order;
  }

  void BeginReading() {
    ULONG pid = 0;
    if (GetNamedPipeClientProcessId(pipe_.get(), &pid)) pid_ = pid;
    BeginRead();
  }

  bool IsReadable() const { return !read_.pending; }

  int64_t pid() const override { return pid_; }

  ReadOutcome Read(std::string& buffer) override {
    if (read_.pending) return ReadOutcome::kNothing;
    if (read_.error != ERROR_SUCCESS) return ReadOutcome::kEnd;
    buffer.append(chunk_, read_.size);
    BeginRead();
    return ReadOutcome::kData;
  }

  std::optional<size_t> Write(std::string_view data) override {
    if (write_.pending) port_.TakeAll();
    if (write_.pending) return 0;
    if (write_.error != ERROR_SUCCESS) return std::nullopt;
    written_ = std::string(data.substr(0, kWriteChunk));
    write_.Begin(WriteFile(pipe_.get(), written_.data(),
                           static_cast<DWORD>(written_.size()), nullptr,
                           write_.Fresh()));
    if (write_.error != ERROR_SUCCESS) return std::nullopt;
    return written_.size();
  }

  void WaitUntilWritable() override {
    if (write_.pending) port_.Take(/*milliseconds=*/5);
  }

 private:
  bool IsBusy() const {
    return connect_.pending || read_.pending || write_.pending;
  }

  void BeginRead() {
    read_.Begin(
        ReadFile(pipe_.get(), chunk_, sizeof chunk_, nullptr, read_.Fresh()));
  }

  const UniqueHandle pipe_;
  Port& port_;
  int64_t pid_ = 0;
  Operation connect_;
  Operation read_;
  Operation write_;
  char chunk_[kChunk];   // what read_ is filling
  std::string written_;  // what write_ is sending
};

// --- The listener -----------------------------------------------------------

// The rights of a pipe for this user alone: by default everybody may read it.
class OwnRights {
 public:
  static absl::StatusOr<OwnRights> Make() {
    HANDLE token = nullptr;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
      return SystemFault("OpenProcessToken", GetLastError());
    }
    const UniqueHandle closed(token);
    alignas(TOKEN_USER) char user[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof user;
    if (!GetTokenInformation(token, TokenUser, user, size, &size)) {
      return SystemFault("GetTokenInformation", GetLastError());
    }
    wchar_t* sid = nullptr;
    if (!ConvertSidToStringSidW(reinterpret_cast<TOKEN_USER*>(user)->User.Sid,
                                &sid)) {
      return SystemFault("ConvertSidToStringSid", GetLastError());
    }
    const std::wstring text = L"D:P(A;;GA;;;" + std::wstring(sid) + L")";
    LocalFree(sid);
    OwnRights result;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.c_str(), SDDL_REVISION_1, &result.descriptor_, nullptr)) {
      return SystemFault("ConvertStringSecurityDescriptor", GetLastError());
    }
    return result;
  }

  OwnRights(OwnRights&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  ~OwnRights() {
    if (descriptor_ != nullptr) LocalFree(descriptor_);
  }

  // Not inheritable.
  SECURITY_ATTRIBUTES attributes() const {
    return {sizeof(SECURITY_ATTRIBUTES), descriptor_, FALSE};
  }

 private:
  OwnRights() = default;

  PSECURITY_DESCRIPTOR descriptor_ = nullptr;
};

class WindowsListener : public Listener {
 public:
  WindowsListener(std::string address, UniqueHandle port, OwnRights rights)
      : address_(std::move(address)),
        port_(std::move(port)),
        rights_(std::move(rights)) {}

  absl::Status Listen() {
    for (int i = 0; i < kBacklog; ++i) {
      PROCSPEC_ASSIGN_OR_RETURN(
          std::unique_ptr<WindowsCaseEnd> end,
          NewEnd(i == 0 ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0));
      waiting_.push_back(std::move(end));
    }
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

  std::unique_ptr<CaseEnd> Accept() override {
    port_.TakeAll();
    std::unique_ptr<WindowsCaseEnd>* first = nullptr;
    for (std::unique_ptr<WindowsCaseEnd>& end : waiting_) {
      if (end->arrival().has_value() &&
          (first == nullptr || *end->arrival() < *(*first)->arrival())) {
        first = &end;
      }
    }
    if (first == nullptr) return nullptr;
    std::unique_ptr<WindowsCaseEnd> accepted = std::move(*first);
    absl::StatusOr<std::unique_ptr<WindowsCaseEnd>> next = NewEnd(0);
    if (!next.ok()) Die("accept");  // out of handles: going on would spin
    *first = *std::move(next);
    accepted->BeginReading();
    return accepted;
  }

  bool Wait(const std::vector<CaseEnd*>& ends,
            absl::Duration patience) override {
    const Stopwatch watch;
    while (true) {
      port_.TakeAll();
      if (SomethingIsThere(ends)) return true;
      const absl::Duration left = patience - watch.Elapsed();
      if (left <= absl::ZeroDuration()) return false;
      port_.Take(win32::WaitMilliseconds(left));
    }
  }

 private:
  absl::StatusOr<std::unique_ptr<WindowsCaseEnd>> NewEnd(DWORD flags) {
    SECURITY_ATTRIBUTES attributes = rights_.attributes();
    UniqueHandle pipe(
        CreateNamedPipeW(win32::Wide(address_).c_str(),
                         PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | flags,
                         PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT |
                             PIPE_REJECT_REMOTE_CLIENTS,
                         PIPE_UNLIMITED_INSTANCES, kPipeBuffer, kPipeBuffer,
                         /*nDefaultTimeOut=*/0, &attributes));
    if (!pipe) return SystemFault("CreateNamedPipe", GetLastError());
    if (CreateIoCompletionPort(pipe.get(), port_.get(), 0, 0) == nullptr) {
      return SystemFault("CreateIoCompletionPort", GetLastError());
    }
    return std::make_unique<WindowsCaseEnd>(std::move(pipe), port_);
  }

  bool SomethingIsThere(const std::vector<CaseEnd*>& ends) const {
    return std::any_of(
               waiting_.begin(), waiting_.end(),
               [](const auto& end) { return end->arrival().has_value(); }) ||
           std::any_of(ends.begin(), ends.end(), [](const CaseEnd* end) {
             return static_cast<const WindowsCaseEnd*>(end)->IsReadable();
           });
  }

  const std::string address_;
  Port port_;
  const OwnRights rights_;
  std::vector<std::unique_ptr<WindowsCaseEnd>> waiting_;  // they use port_
};

}  // namespace

absl::StatusOr<std::unique_ptr<ActorEnd>> ActorEnd::Connect(
    const std::string& address) {
  // The address came as an argument of a target: it must not open any other
  // file.
  if (!absl::StartsWith(address, kPrefix)) {
    return absl::InvalidArgumentError(
        absl::StrCat("stage: ", address, " is not the address of a stage"));
  }
  const std::wstring name = win32::Wide(address);
  const Stopwatch watch;
  while (true) {
    // The case must not be able to act as this process.
    UniqueHandle pipe(CreateFileW(
        name.c_str(), GENERIC_READ | GENERIC_WRITE, /*dwShareMode=*/0, nullptr,
        OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, nullptr));
    if (pipe) return std::make_unique<WindowsActorEnd>(std::move(pipe));
    const DWORD code = GetLastError();
    const absl::Duration left = Guard() - watch.Elapsed();
    if (code != ERROR_PIPE_BUSY || left <= absl::ZeroDuration()) {
      return SystemFault(absl::StrCat("connect to ", address), code);
    }
    WaitNamedPipeW(name.c_str(),
                   std::max<DWORD>(win32::WaitMilliseconds(left), 1));
  }
}

LockedLines LockLines() {
  return {std::unique_lock<std::mutex>(Table().mutex), Table().lines};
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(
    std::string_view directory) {
  const DWORD kind = GetFileAttributesW(win32::WidePath(directory).c_str());
  if (kind == INVALID_FILE_ATTRIBUTES || !(kind & FILE_ATTRIBUTE_DIRECTORY)) {
    return absl::NotFoundError(
        absl::StrCat("stage: ", directory, " is no directory"));
  }
  PROCSPEC_ASSIGN_OR_RETURN(OwnRights rights, OwnRights::Make());
  PROCSPEC_ASSIGN_OR_RETURN(const std::string token,
                            win32::RandomHex(kRandomBytes));
  UniqueHandle port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0,
                                           /*NumberOfConcurrentThreads=*/1));
  if (!port) return SystemFault("CreateIoCompletionPort", GetLastError());
  auto listener = std::make_unique<WindowsListener>(
      absl::StrCat(kPrefix, token), std::move(port), std::move(rights));
  PROCSPEC_RETURN_IF_ERROR(listener->Listen());
  return listener;
}

}  // namespace procspec::harness::stage_internal
