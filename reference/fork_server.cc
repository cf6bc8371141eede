// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/fork_server.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "reference/exit.h"
#include "reference/os/at_fork.h"
#include "reference/os/fork_server.h"
#include "reference/os/never_destroyed.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

struct Service {
  std::mutex mutex;
  int keepers = 0;
  std::unique_ptr<os::ForkServer> server;
  int64_t creator = 0;  // of the server
  os::AtFork at_fork{{.before = [this] { mutex.lock(); },
                      .in_parent = [this](bool) { mutex.unlock(); },
                      .in_child =
                          [this] {
                            ForgetLocked();
                            mutex.unlock();
                          }},
                     os::AtFork::Order::kLast};

  void ForgetLocked() {
    if (server == nullptr) return;
    server->Forget();
    server.reset();
  }

  // What is not ours is so in a child that other code has forked.
  void ForgetUnlessOursLocked() {
    if (server != nullptr && creator != os::CurrentPid()) ForgetLocked();
  }

  // To be dropped after the mutex: that waits for its end.
  std::unique_ptr<os::ForkServer> TakeLocked() {
    ForgetUnlessOursLocked();
    return std::move(server);
  }
};

Service& TheService() {
  static os::NeverDestroyed<Service> service;
  return *service;
}

void EndServer() {
  std::unique_ptr<os::ForkServer> ended;
  std::lock_guard lock(TheService().mutex);
  ended = TheService().TakeLocked();
}

// Both before main. A child forked while another thread is inside a first use
// would find that use unfinished for ever.
[[maybe_unused]] const Service& early = TheService();
[[maybe_unused]] const bool registered =
    RegisterExitHook(ExitStage::kForkServer, &EndServer);

}  // namespace

ForkServerKeeper::ForkServerKeeper() {
  std::lock_guard lock(TheService().mutex);
  ++TheService().keepers;
}

ForkServerKeeper::~ForkServerKeeper() {
  std::unique_ptr<os::ForkServer> ended;
  std::lock_guard lock(TheService().mutex);
  if (--TheService().keepers == 0) ended = TheService().TakeLocked();
}

absl::StatusOr<os::Child> StartByForkServer(
    std::string_view bytes, absl::Span<const os::NativeHandle> handles) {
  Service& service = TheService();
  // Held to the end: one request at a time. A fork in another thread waits for
  // it, as long as a start takes.
  std::lock_guard lock(service.mutex);
  service.ForgetUnlessOursLocked();
  if (service.server != nullptr && !service.server->HasOurEnvironment()) {
    service.server.reset();
  }
  while (true) {
    const bool is_new = service.server == nullptr;
    if (is_new) {
      PROCSPEC_ASSIGN_OR_RETURN(service.server, os::ForkServer::New());
      service.creator = os::CurrentPid();
    }
    PROCSPEC_ASSIGN_OR_RETURN(std::optional<os::Child> child,
                              service.server->Start(bytes, handles));
    if (child.has_value()) return *std::move(child);
    service.server.reset();
    if (is_new) return OsError("the fork server, new,", ECHILD);
  }
}

}  // namespace procspec::reference
