// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/program.h"

#include <atomic>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "conformance/harness/adapter_support.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/harness/program_process.h"
#include "conformance/harness/run_case.h"
#include "conformance/harness/system.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::harness {
namespace {

constexpr size_t kMaxOutput = 1 << 20;
constexpr size_t kMaxCall = 64 << 20;
constexpr size_t kMaxHint = 64 << 10;
constexpr char kUnguardedVariable[] = "PROCSPEC_UNGUARDED_PROGRAM";

// A program's files, each with a suffix: its call, its output, its errors, and
// what it reports as INFRA.
constexpr char kCall[] = ".call";
constexpr char kOut[] = ".out";
constexpr char kErr[] = ".err";
constexpr char kInfra[] = ".infra";

std::atomic<int> program_count{0};

std::string BaseOf(int number) {
  return absl::StrCat(CurrentRun().directory, "/program-", number);
}

class ProcessProgram : public Program {
 public:
  ProcessProgram(std::unique_ptr<ProgramProcess> process, std::string base)
      : process_(std::move(process)), base_(std::move(base)) {}

  int64_t pid() const override { return process_->pid(); }

  absl::StatusOr<ProgramResult> Wait(absl::Duration patience) override {
    const absl::Status waited = process_->Wait(patience);
    HearPrograms();
    PROCSPEC_RETURN_IF_ERROR(waited);
    return ProgramResult{.exit_code = process_->exit_code(),
                         .signal = process_->signal(),
                         .out = Output(),
                         .err = Errors()};
  }

  std::string Output() const override { return Written(kOut); }
  std::string Errors() const override { return Written(kErr); }
  absl::Status Kill() override { return process_->Kill(); }

 private:
  std::string Written(const char* suffix) const {
    HearPrograms();
    return ReadFile(base_ + suffix, kMaxOutput).value_or("");
  }

  const std::unique_ptr<ProgramProcess> process_;
  const std::string base_;
};

// What a call file holds.
struct Call {
  std::string backend;
  std::string target;
  Arguments arguments;
};

absl::StatusOr<Call> ReadCall(const std::string& path) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string frame, ReadFile(path, kMaxCall));
  PROCSPEC_ASSIGN_OR_RETURN(const Value value, Decode(frame));
  const List* list = value.get_if<List>();
  if (list == nullptr || list->size() != 3) {
    return absl::DataLossError(absl::StrCat(path, " is not a call"));
  }
  Call call;
  PROCSPEC_ASSIGN_OR_RETURN(call.backend, (*list)[0].As<std::string>());
  PROCSPEC_ASSIGN_OR_RETURN(call.target, (*list)[1].As<std::string>());
  PROCSPEC_ASSIGN_OR_RETURN(call.arguments, ArgumentsFrom((*list)[2]));
  return call;
}

}  // namespace

void PrintTo(const ProgramResult& result, std::ostream* os) {
  if (result.exit_code.has_value()) *os << "exit code " << *result.exit_code;
  if (result.signal.has_value()) *os << "signal " << *result.signal;
  *os << "\n--- standard output:\n"
      << result.out << "\n--- standard error:\n"
      << result.err << "\n---";
}

absl::StatusOr<std::unique_ptr<Program>> StartProgram(
    std::string_view target, const Arguments& arguments,
    const ProgramOptions& options) {
  PROCSPEC_RETURN_IF_ERROR(CheckTarget(target));
  const std::string base = BaseOf(++program_count);
  const std::string call = base + kCall;
  std::string frame;
  PROCSPEC_RETURN_IF_ERROR(Encode(
      List{CurrentRun().backend->name, target, ToValue(arguments)}, frame));
  PROCSPEC_RETURN_IF_ERROR(WriteFile(call, frame));
  ProgramCommand command{
      .arguments = {"testee", "program", absl::StrCat("--call=", call)},
      .output = base + kOut,
      .errors = base + kErr};
  if (options.unguarded) {
    command.environment = absl::StrCat(kUnguardedVariable, "=", call);
  }
  PROCSPEC_ASSIGN_OR_RETURN(std::unique_ptr<ProgramProcess> process,
                            ProgramProcess::Start(command));
  return std::make_unique<ProcessProgram>(std::move(process), base);
}

absl::StatusOr<ProgramResult> RunProgram(std::string_view target,
                                         const Arguments& arguments,
                                         const ProgramOptions& options,
                                         absl::Duration patience) {
  PROCSPEC_ASSIGN_OR_RETURN(std::unique_ptr<Program> program,
                            StartProgram(target, arguments, options));
  absl::StatusOr<ProgramResult> result = program->Wait(patience);
  if (result.ok()) return result;
  return absl::Status(
      result.status().code(),
      absl::StrCat(result.status().message(), "\n--- standard output:\n",
                   program->Output(), "\n--- standard error:\n",
                   program->Errors(), "\n---"));
}

void HearPrograms() {
  for (int number = 1; number <= program_count; ++number) {
    const absl::StatusOr<std::string> hint =
        ReadFile(BaseOf(number) + kInfra, kMaxHint);
    if (hint.ok()) ReportInfra(*hint);
  }
}

std::optional<std::string> UnguardedProgram() {
  return EnvironmentVariable(kUnguardedVariable);
}

int ProgramMain(const std::string& call_file) {
  const size_t slash = call_file.rfind('/');
  const std::string base(absl::StripSuffix(call_file, kCall));
  adapter_support_internal::Set(
      {.directory =
           slash == std::string::npos ? "." : call_file.substr(0, slash),
       .in_program = true,
       .unguarded = UnguardedProgram().has_value(),
       .call_target = [call_file](Backend& caller) -> absl::StatusOr<Value> {
         PROCSPEC_ASSIGN_OR_RETURN(const Call call, ReadCall(call_file));
         return CallTarget(caller, call.target, call.arguments);
       },
       .on_infra = [base](const std::string& hint) {
         const absl::Status written = WriteFile(base + kInfra, hint);
         if (!written.ok()) std::cerr << "testee: " << written << std::endl;
       }});
  const absl::StatusOr<Call> call = ReadCall(call_file);
  if (!call.ok()) {
    std::cerr << "testee: " << call.status() << std::endl;
    return 2;
  }
  const BackendEntry* entry = FindBackend(call->backend);
  const std::shared_ptr<Backend> backend =
      entry == nullptr ? nullptr : entry->factory();
  if (backend == nullptr) {
    std::cerr << "testee: no backend '" << call->backend << "'" << std::endl;
    return 2;
  }
  const absl::Status status =
      CallTarget(*backend, call->target, call->arguments).status();
  int code = 0;
  if (std::optional<int> requested = ExitCodeOf(status)) {
    code = *requested;
  } else if (!status.ok()) {
    const ErrorDetail detail = DetailOf(status);
    std::cerr << detail.type << ": " << detail.message << std::endl;
    code = 1;
  }
  return backend->FinishProgram(code);
}

}  // namespace procspec::harness
