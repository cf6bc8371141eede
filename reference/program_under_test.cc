// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// A program for program_test.cc: program_under_test fork|spawn|forkserver
// SCENARIO

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "reference/backend.h"
#include "reference/child.h"
#include "reference/os/time.h"
#include "reference/testing_board.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

PROCSPEC_TARGET(Nothing) { return Value(); }

PROCSPEC_TARGET(Say) {
  PROCSPEC_ASSIGN_OR_RETURN(std::string text, arguments.Get<std::string>(0));
  PROCSPEC_RETURN_IF_ERROR(backend.Print(StandardStream::kOut, text));
  return Value();
}

PROCSPEC_TARGET(RaiseInHandler) { return RaisedError("Handler", "failed"); }

// Waits for cell 0, then says so.
PROCSPEC_TARGET(SayWhenTold) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  if (!board->Await(0, 1)) return RaisedError("Guard", "never told");
  PROCSPEC_RETURN_IF_ERROR(backend.Print(StandardStream::kOut, "child\n"));
  return Value();
}

// Says that it is here in cell 1, and stays.
PROCSPEC_TARGET(Stay) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(0));
  board->Set(1, 1);
  board->Park();
  PROCSPEC_RETURN_IF_ERROR(backend.Print(StandardStream::kOut, "left\n"));
  return Value();
}

// Ends only when the process of that number is gone, reaped too.
PROCSPEC_TARGET(UntilGone) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t pid, arguments.Get<int64_t>(0));
  const os::Deadline guard(absl::Seconds(30));
  while (std::ifstream(absl::StrCat("/proc/", pid, "/stat")).good()) {
    if (guard.HasPassed()) return RaisedError("Guard", "it stays");
    os::SleepUntil(os::Deadline(absl::Milliseconds(1)));
  }
  return Value();
}

// What it could read, in brackets.
PROCSPEC_TARGET(ReadInput) {
  const int c = std::getchar();
  PROCSPEC_RETURN_IF_ERROR(
      backend.Print(StandardStream::kOut, absl::StrCat("[", c, "]\n")));
  return Value();
}

Arguments Args(List args) { return {.args = std::move(args), .kwargs = {}}; }

absl::Status StartOne(Backend& backend, std::string target, Arguments arguments,
                      bool daemon = false) {
  PROCSPEC_ASSIGN_OR_RETURN(
      auto process, backend.NewProcess({.target = std::move(target),
                                        .arguments = std::move(arguments),
                                        .daemon = daemon}));
  return process->Start();
}

absl::StatusOr<int> RunOne(Backend& backend, std::string target) {
  PROCSPEC_ASSIGN_OR_RETURN(auto process,
                            backend.NewProcess({.target = std::move(target)}));
  PROCSPEC_RETURN_IF_ERROR(process->Start());
  PROCSPEC_RETURN_IF_ERROR(process->Join());
  PROCSPEC_ASSIGN_OR_RETURN(std::optional<int> code, process->ExitCode());
  return code.value_or(-1);
}

// What main does in each scenario; the status of the program.
absl::StatusOr<int> Scenario(Backend& backend, std::string_view name) {
  const auto board = Board::New();
  const Arguments with_board = Args({Value(board)});
  if (name == "daemon-ends" || name == "daemon-ends-by-exit" ||
      name == "daemon-ends-by-finish") {
    PROCSPEC_RETURN_IF_ERROR(StartOne(backend, "Stay", with_board, true));
    if (!board->Await(1, 1)) return 9;
    if (name == "daemon-ends-by-exit") std::exit(7);
    if (name == "daemon-ends-by-finish") {
      return backend.FinishProgram(backend.FinishProgram(7));
    }
    return 7;
  }
  if (name == "others-are-joined") {
    PROCSPEC_RETURN_IF_ERROR(StartOne(backend, "SayWhenTold", with_board));
    PROCSPEC_RETURN_IF_ERROR(
        backend.AtExit("Say", Args({Value("first handler\n")})));
    PROCSPEC_RETURN_IF_ERROR(backend.AtExit("RaiseInHandler"));
    PROCSPEC_RETURN_IF_ERROR(
        backend.AtExit("Say", Args({Value("last handler\n")})));
    PROCSPEC_RETURN_IF_ERROR(backend.Print(StandardStream::kOut, "main\n"));
    // The child needs the handlers to be done before it ends: they are, for
    // they run before it is waited for.
    board->Set(0, 1);
    return 0;
  }
  if (name == "daemons-first") {
    PROCSPEC_RETURN_IF_ERROR(StartOne(backend, "Stay", with_board, true));
    if (!board->Await(1, 1)) return 9;
    PROCSPEC_ASSIGN_OR_RETURN(auto children, backend.ActiveChildren());
    PROCSPEC_ASSIGN_OR_RETURN(std::optional<int64_t> pid, children[0]->Pid());
    PROCSPEC_RETURN_IF_ERROR(
        StartOne(backend, "UntilGone", Args({Value(*pid)})));
    return 0;
  }
  if (name == "buffered") {
    std::printf("buffered");
    PROCSPEC_ASSIGN_OR_RETURN(int code, RunOne(backend, "Nothing"));
    return code;
  }
  if (name == "input") {
    PROCSPEC_RETURN_IF_ERROR(RunOne(backend, "ReadInput").status());
    std::printf("%c\n", std::getchar());
    return 0;
  }
  return 9;
}

int Unguarded(Backend& backend, bool report) {
  absl::StatusOr<int> code = RunOne(backend, "Nothing");
  if (!code.ok()) {
    if (report) {
      std::fprintf(stderr, "%s\n",
                   std::string(ErrorKindName(*KindOf(code.status()))).c_str());
    }
    return 0;
  }
  std::printf("child exited %d\n", *code);
  return 0;
}

// Null: there is no such start method.
std::shared_ptr<Backend> BackendOf(std::string_view method) {
  for (const StartMethod one : StartMethods()) {
    if (StartMethodName(one) == method) return NewBackend(one);
  }
  return nullptr;
}

int Main(int argc, char** argv) {
  // A spawned child does not get the arguments of its parent, so what it does
  // unguarded comes by the environment.
  if (const char* unguarded = std::getenv("PROGRAM_UNGUARDED")) {
    const std::string_view how = unguarded;
    const auto backend = BackendOf(how.substr(0, how.find('-')));
    if (backend == nullptr) return 9;
    const int status = Unguarded(*backend, true);
    if (how.ends_with("guarded-late")) MaybeRunAsChild(argc, argv);
    return status;
  }
  MaybeRunAsChild(argc, argv);
  if (argc != 3) return 9;
  const auto backend = BackendOf(argv[1]);
  if (backend == nullptr) return 9;
  absl::StatusOr<int> status = Scenario(*backend, argv[2]);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.status().ToString().c_str());
    return 8;
  }
  return *status;
}

}  // namespace
}  // namespace procspec::reference

int main(int argc, char** argv) {
  return procspec::reference::Main(argc, argv);
}
