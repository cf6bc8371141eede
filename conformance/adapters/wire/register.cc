// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/register.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/adapters/wire/backend.h"
#include "conformance/adapters/wire/main_process.h"
#include "conformance/adapters/wire/program_front.h"
#include "conformance/adapters/wire/testee.h"
#include "conformance/harness/actor_host.h"
#include "conformance/harness/adapter_support.h"
#include "conformance/harness/backend_registry.h"
#include "spec/status_macros.h"

namespace procspec::wire {
namespace {

// The testee that belongs to a backend: started by the first that asks.
class LazyTestee {
 public:
  // `entry` must outlive it. The calling thread is the main process's.
  LazyTestee(const WireBackendEntry& entry, std::shared_ptr<ProgramFront> front)
      : entry_(entry),
        front_(std::move(front)),
        main_thread_(std::this_thread::get_id()) {}

  absl::StatusOr<std::shared_ptr<Session>> Main() {
    std::lock_guard<std::mutex> lock(mutex_);
    PROCSPEC_RETURN_IF_ERROR(trouble_);
    if (testee_ == nullptr) {
      absl::StatusOr<std::unique_ptr<Testee>> testee =
          Testee::Start(entry_, {.directory = harness::AdapterDirectory(),
                                 .front = front_,
                                 .program = harness::ProgramIsUnguarded()
                                                ? harness::CallProgramTarget
                                                : nullptr,
                                 .main_thread = main_thread_,
                                 .main_host = host_.lock(),
                                 .report_infra = harness::ReportInfra});
      if (!testee.ok()) {
        trouble_ = testee.status();
        harness::ReportInfra(
            absl::StrCat("the testee of ", entry_.name,
                         " could not be started: ", trouble_.message()));
        return trouble_;
      }
      testee_ = *std::move(testee);
    }
    return testee_->Main();
  }

  // Which the actors of the main process have. Before Main.
  void set_host(std::weak_ptr<harness::ActorHost> host) {
    host_ = std::move(host);
  }

  // Null: none was started, or it was taken before.
  std::unique_ptr<Testee> Take() {
    std::lock_guard<std::mutex> lock(mutex_);
    trouble_ = GoneError("main");
    return std::move(testee_);
  }

 private:
  const WireBackendEntry& entry_;
  const std::shared_ptr<ProgramFront> front_;
  const std::thread::id main_thread_;
  std::weak_ptr<harness::ActorHost> host_;
  std::mutex mutex_;
  absl::Status trouble_;
  std::unique_ptr<Testee> testee_;
};

// Actors in the main process, which need not have been started yet.
class MainHost : public harness::ActorHost {
 public:
  explicit MainHost(std::shared_ptr<LazyTestee> testee)
      : testee_(std::move(testee)) {}

  absl::StatusOr<std::unique_ptr<harness::stage_internal::ActorEnd>> Connect(
      const std::string& address) override {
    PROCSPEC_ASSIGN_OR_RETURN(const std::shared_ptr<Session> main,
                              testee_->Main());
    return main->Connect(address);
  }

 private:
  const std::shared_ptr<LazyTestee> testee_;
};

// What the factory gives: the backend as the main process has it.
class WireBackend final : public RemoteBackend {
 public:
  // `front`: of a program.
  WireBackend(const WireBackendEntry& entry,
              std::shared_ptr<ProgramFront> front)
      : RemoteBackend(entry.name, entry.capabilities),
        front_(std::move(front)),
        testee_(std::make_shared<LazyTestee>(entry, front_)),
        host_(std::make_shared<MainHost>(testee_)) {
    testee_->set_host(host_);
    if (front_ != nullptr) harness::SetDefaultActorHost(host_.get());
  }

  ~WireBackend() override { End(0); }

  // The front has ended when this returns, if there is one: what this process
  // ends with is then seen by nobody.
  int FinishProgram(int status) override {
    // Also of a program that has done nothing yet: its end is the testee's.
    if (!testee_->Main().ok() || !End(status).has_value()) {
      if (front_ != nullptr) front_->Tell({.exit_code = 1});
      return 1;
    }
    return status;
  }

 protected:
  absl::StatusOr<std::shared_ptr<Session>> session() override {
    return testee_->Main();
  }

 private:
  // nullopt: there was nothing to end, or a fault.
  std::optional<ProcessEnd> End(int status) {
    std::unique_ptr<Testee> testee = testee_->Take();
    if (testee == nullptr) return std::nullopt;
    std::optional<ProcessEnd> end = testee->Finish(status);
    const std::vector<std::string> leftovers = testee->Leftovers();
    if (end.has_value() && !leftovers.empty()) {
      // As they are, so that they are found: threads and descriptors of this
      // process belong to them.
      std::fprintf(stderr, "wire: the case leaves processes: %s\n",
                   absl::StrJoin(leftovers, ", ").c_str());
      (void)testee.release();
    }
    return end;
  }

  const std::shared_ptr<ProgramFront> front_;
  const std::shared_ptr<LazyTestee> testee_;
  const std::shared_ptr<MainHost> host_;
};

std::shared_ptr<Backend> MakeBackend(const WireBackendEntry& entry) {
  std::shared_ptr<ProgramFront> front;
  if (harness::InProgram()) {
    absl::StatusOr<std::unique_ptr<ProgramFront>> split = ProgramFront::Split();
    if (!split.ok()) {
      harness::ReportInfra(split.status().message());
      return nullptr;
    }
    front = *std::move(split);
  }
  return std::make_shared<WireBackend>(entry, std::move(front));
}

}  // namespace

bool RegisterWireBackend(WireBackendEntry entry) {
  if (entry.command.empty()) {
    std::fprintf(stderr, "procspec: backend '%s' has no command\n",
                 entry.name.c_str());
    std::abort();
  }
  // For the whole life of the process: the factory's backends refer to it.
  const auto& kept = *new WireBackendEntry(std::move(entry));
  harness::BackendEntry registered;
  registered.name = kept.name;
  registered.factory = [&kept] { return MakeBackend(kept); };
  registered.unavailable = kept.unavailable;
  return harness::RegisterBackend(std::move(registered));
}

}  // namespace procspec::wire
