// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/workloads/crew.h"
#include "bench/workloads/rows.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::bench {
namespace {

PROCSPEC_TARGET(bench_nothing) { return Value(); }

// Times what `timed` does with processes that were made before; they are joined
// afterwards, unless it did.
absl::StatusOr<Figures> TimeStarts(
    Backend& backend, const ProcessOptions& options,
    absl::FunctionRef<absl::Status(Process&)> timed) {
  constexpr size_t kWarmUp = 3;
  constexpr size_t kAtLeast = 5;
  const int64_t limit = absl::ToInt64Nanoseconds(SampleTime());
  std::vector<double> times;
  int64_t first = 0;
  for (size_t i = 0; times.size() < kAtLeast || NowNs() - first < limit; ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(auto process, backend.NewProcess(options));
    if (i == kWarmUp) first = NowNs();
    const int64_t begin = NowNs();
    PROCSPEC_RETURN_IF_ERROR(timed(*process));
    const int64_t end = NowNs();
    if (i >= kWarmUp) times.push_back(static_cast<double>(end - begin));
    PROCSPEC_RETURN_IF_ERROR(process->Join(kPatience));
    PROCSPEC_ASSIGN_OR_RETURN(const std::optional<int> code,
                              process->ExitCode());
    if (code != 0) return absl::DataLossError("its exit code is not 0");
  }
  return FiguresOfTimes(std::move(times));
}

absl::StatusOr<Figures> StartsAndJoins(Backend& backend) {
  return TimeStarts(backend, {.target = "bench_nothing"},
                    [](Process& process) -> absl::Status {
                      PROCSPEC_RETURN_IF_ERROR(process.Start());
                      return process.Join(kPatience);
                    });
}

absl::StatusOr<Figures> StartFromBig(const std::shared_ptr<Backend>& backend) {
  constexpr size_t kMemory = size_t{1} << 30;
  constexpr size_t kPage = 4096;
  const auto memory = std::make_unique_for_overwrite<char[]>(kMemory);
  // Written, or a fork would have nothing to share.
  volatile char* const bytes = memory.get();
  for (size_t i = 0; i < kMemory; i += kPage) bytes[i] = 1;
  return StartsAndJoins(*backend);
}

// (): lives until the event is set.
PROCSPEC_TARGET(bench_bystander) {
  PROCSPEC_ASSIGN_OR_RETURN(auto ready, arguments.Get<Semaphore>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto end, arguments.Get<Event>(1));
  PROCSPEC_RETURN_IF_ERROR(ready->Release());
  PROCSPEC_RETURN_IF_ERROR(InTime(end->Wait(10 * kPatience)));
  return Value();
}

absl::StatusOr<Figures> StartAmongChildren(
    const std::shared_ptr<Backend>& backend, int children) {
  PROCSPEC_ASSIGN_OR_RETURN(auto ready, backend->NewSemaphore(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto end, backend->NewEvent());
  std::vector<std::shared_ptr<Process>> others;
  for (int i = 0; i < children; ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(
        auto process,
        backend->NewProcess({.target = "bench_bystander",
                             .arguments = {.args = {Value(ready), Value(end)}},
                             .daemon = true}));
    PROCSPEC_RETURN_IF_ERROR(process->Start());
    PROCSPEC_RETURN_IF_ERROR(InTime(ready->Acquire(kPatience)));
    others.push_back(std::move(process));
  }
  absl::StatusOr<Figures> figures = StartsAndJoins(*backend);
  PROCSPEC_RETURN_IF_ERROR(end->Set());
  for (const auto& process : others) {
    PROCSPEC_RETURN_IF_ERROR(process->Join(kPatience));
  }
  return figures;
}

// (connection): sends a byte.
PROCSPEC_TARGET(bench_first_byte) {
  PROCSPEC_ASSIGN_OR_RETURN(auto end, arguments.Get<Connection>(0));
  PROCSPEC_RETURN_IF_ERROR(end->SendBytes("!"));
  return Value();
}

absl::StatusOr<Figures> FirstInstruction(
    const std::shared_ptr<Backend>& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(ConnectionPair pipe, backend->NewPipe(false));
  return TimeStarts(*backend,
                    {.target = "bench_first_byte",
                     .arguments = {.args = {Value(pipe.second)}}},
                    [&](Process& process) -> absl::Status {
                      PROCSPEC_RETURN_IF_ERROR(process.Start());
                      return pipe.first->RecvBytes().status();
                    });
}

}  // namespace

void RegisterProcessRows(const Judged& judged) {
  using B = const std::shared_ptr<Backend>&;
  RegisterBackendRow(judged, "process.start-join/small",
                     [](B backend) { return StartsAndJoins(*backend); });
  RegisterBackendRow(judged, "process.start-join/1GiB", StartFromBig);
  for (const int children : {64, 512}) {
    RegisterBackendRow(
        judged, absl::StrCat("process.start-join/", children, "-children"),
        [children](B backend) {
          return StartAmongChildren(backend, children);
        });
  }
  RegisterBackendRow(judged, "process.first-instruction/small",
                     FirstInstruction);
}

}  // namespace procspec::bench
