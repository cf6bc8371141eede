// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// wire_testee --backend=NAME SOCKET: serves a backend that is linked into it to
// the judge that listens at SOCKET (spec/wire.md).

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "conformance/adapters/wire_testee/judge_functions.h"
#include "conformance/adapters/wire_testee/participant.h"
#include "conformance/harness/backend_registry.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/target.h"

namespace procspec::wire_testee {
namespace {

constexpr int kExitUsage = 2;

// Of the main process, for the images that its backend starts.
constexpr char kSocketVariable[] = "PROCSPEC_WIRE_SOCKET";
constexpr char kBackendVariable[] = "PROCSPEC_WIRE_BACKEND";
// Of the judge, for main and all images that come of it.
constexpr char kUnguardedVariable[] = "PROCSPEC_UNGUARDED_PROGRAM";

// Threads are about, which serve other connections: nothing that they use may
// be destroyed.
[[noreturn]] void Finish(Backend& backend, int status) {
  status = backend.FinishProgram(status);
  std::fflush(nullptr);
  _exit(status);
}

std::shared_ptr<Backend> NewBackend(const std::string& name) {
  const harness::BackendEntry* entry = harness::FindBackend(name);
  std::shared_ptr<Backend> backend =
      entry == nullptr ? nullptr : entry->factory();
  if (backend == nullptr) {
    std::cerr << "wire_testee: no backend '" << name << "'" << std::endl;
  }
  return backend;
}

void TakePartAt(const std::string& socket) {
  Participant::Begin(socket);
  static auto& functions = *new JudgeFunctions;  // exit handlers call them
  SetForeignFunctions(&functions);
}

// In an image that main's backend started.
int BeChild(const std::string& socket, int argc, char** argv) {
  TakePartAt(socket);
  if (std::getenv(kUnguardedVariable) == nullptr) {
    if (std::optional<int> code = harness::RunChildEntries(argc, argv)) {
      return *code;
    }
    std::cerr << "wire_testee: started by no backend" << std::endl;
    return kExitUsage;
  }
  // The backend does not get the first word here: the program runs again.
  const char* name = std::getenv(kBackendVariable);
  const std::shared_ptr<Backend> backend = NewBackend(name ? name : "");
  if (backend == nullptr) return kExitUsage;
  const absl::Status status = CallProgram(*backend).status();
  int code = 0;
  if (const std::optional<int> requested = ExitCodeOf(status)) {
    code = *requested;
  } else if (!status.ok()) {
    const ErrorDetail detail = DetailOf(status);
    std::cerr << detail.type << ": " << detail.message << std::endl;
    code = 1;
  }
  Finish(*backend, code);
}

int BeMain(int argc, char** argv) {
  CLI::App app("Serves a backend that is linked into it over the wire.");
  std::string name;
  std::string socket;
  app.add_option("--backend", name)->required();
  app.add_option("socket", socket, "Where the judge listens")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  setenv(kSocketVariable, socket.c_str(), 1);
  setenv(kBackendVariable, name.c_str(), 1);
  TakePartAt(socket);
  const std::shared_ptr<Backend> backend = NewBackend(name);
  if (backend == nullptr) return kExitUsage;
  Finish(*backend, Participant::Current(*backend).ServeMain(*backend));
}

}  // namespace
}  // namespace procspec::wire_testee

int main(int argc, char** argv) {
  using namespace procspec::wire_testee;
  // Before all else: this may be a child that a backend started.
  if (const char* socket = std::getenv(kSocketVariable)) {
    return BeChild(socket, argc, argv);
  }
  return BeMain(argc, argv);
}
