// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "bench/workloads/crew.h"
#include "bench/workloads/one_cpu.h"
#include "bench/workloads/payload.h"
#include "bench/workloads/rows.h"
#include "bench/workloads/time_each.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::bench {
namespace {

constexpr int kBatch = 64;

// (connection, size, nanoseconds): sends, then an empty message; reports how
// many, its begin and processor time.
PROCSPEC_TARGET(bench_pipe_sender) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto end, arguments.Get<Connection>(k));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t size, arguments.Get<int64_t>(k + 1));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, arguments.Get<int64_t>(k + 2));
  Payload payload(0, size);
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  const std::clock_t cpu = std::clock();
  const int64_t begin = NowNs();
  while (NowNs() - begin < time) {
    for (int i = 0; i < kBatch; ++i) {
      PROCSPEC_RETURN_IF_ERROR(end->SendBytes(payload.Next()));
      if (size > 4096 && NowNs() - begin >= time) break;
    }
  }
  PROCSPEC_RETURN_IF_ERROR(end->SendBytes(""));
  PROCSPEC_RETURN_IF_ERROR(
      member.Report({Value(payload.sent()), Value(begin),
                     Value(static_cast<int64_t>(std::clock() - cpu))}));
  return Value();
}

// The measuring process receives: it is the one that knows when all is there.
absl::StatusOr<Figures> Throughput(const std::shared_ptr<Backend>& backend,
                                   int64_t size) {
  PROCSPEC_ASSIGN_OR_RETURN(ConnectionPair pipe, backend->NewPipe(false));
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  PROCSPEC_RETURN_IF_ERROR(crew->Add(
      "bench_pipe_sender", {Value(pipe.second), Value(size),
                            Value(absl::ToInt64Nanoseconds(SampleTime()))}));
  PayloadCheck check(1, size);
  std::vector<char> buffer(static_cast<size_t>(size));
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  const std::clock_t cpu = std::clock();
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(
        const size_t length, pipe.first->RecvBytesInto(absl::MakeSpan(buffer)));
    if (length == 0) break;
    if (!check.Take({buffer.data(), length})) {
      return absl::DataLossError("a wrong message");
    }
  }
  const int64_t end = NowNs();
  const std::clock_t used = std::clock() - cpu;
  PROCSPEC_ASSIGN_OR_RETURN(const std::vector<List> sent, crew->Reports(1));
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  if (*sent[0][0].get_if<int64_t>() != check.taken()) {
    return absl::DataLossError("not all messages came");
  }
  Figures figures{.ns = 1.0 * (end - *sent[0][1].get_if<int64_t>()) /
                        check.taken()};
  figures.counters["bytes"] = static_cast<double>(size);
  figures.counters["cpu_ns"] = (used + *sent[0][2].get_if<int64_t>()) *
                               (1e9 / CLOCKS_PER_SEC) / check.taken();
  return figures;
}

// (connection, size)
PROCSPEC_TARGET(bench_pipe_echo) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto end, arguments.Get<Connection>(k));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t size, arguments.Get<int64_t>(k + 1));
  std::vector<char> buffer(static_cast<size_t>(size));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const size_t length,
                              end->RecvBytesInto(absl::MakeSpan(buffer)));
    if (length == 0) return Value();
    PROCSPEC_RETURN_IF_ERROR(end->SendBytes({buffer.data(), length}));
  }
}

absl::StatusOr<Figures> RoundTrip(const std::shared_ptr<Backend>& backend,
                                  int64_t size, absl::Duration pause) {
  PROCSPEC_ASSIGN_OR_RETURN(ConnectionPair pipe, backend->NewPipe());
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  PROCSPEC_RETURN_IF_ERROR(
      crew->Add("bench_pipe_echo", {Value(pipe.second), Value(size)}));
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  Payload payload(0, size);
  PayloadCheck check(1, size);
  std::vector<char> buffer(static_cast<size_t>(size));
  PROCSPEC_ASSIGN_OR_RETURN(
      std::vector<double> times,
      TimeEach(
          [&]() -> absl::Status {
            PROCSPEC_RETURN_IF_ERROR(pipe.first->SendBytes(payload.Next()));
            PROCSPEC_ASSIGN_OR_RETURN(
                const size_t length,
                pipe.first->RecvBytesInto(absl::MakeSpan(buffer)));
            return check.Take({buffer.data(), length})
                       ? absl::OkStatus()
                       : absl::DataLossError("a wrong message");
          },
          {.pause = pause}));
  PROCSPEC_RETURN_IF_ERROR(pipe.first->SendBytes(""));
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  Figures figures = FiguresOfTimes(std::move(times));
  figures.counters["bytes"] = static_cast<double>(size);
  return figures;
}

}  // namespace

void RegisterPipeRows(const Judged& judged) {
  if (!judged.all_rows) return;
  for (const PayloadSize& size : kPayloadSizes) {
    const int64_t bytes = size.bytes;
    RegisterBackendRow(judged, absl::StrCat("pipe.throughput/", size.name),
                       [bytes](const std::shared_ptr<Backend>& backend) {
                         return Throughput(backend, bytes);
                       });
    if (bytes == 8 || bytes == 1024) continue;
    RegisterBackendRow(judged, absl::StrCat("pipe.roundtrip/", size.name),
                       [bytes](const std::shared_ptr<Backend>& backend) {
                         return RoundTrip(backend, bytes, absl::ZeroDuration());
                       });
  }
  RegisterBackendRow(judged, "pipe.roundtrip/64B/one-cpu",
                     [](const std::shared_ptr<Backend>& backend) {
                       const OneCpu pinned;
                       return RoundTrip(backend, 64, absl::ZeroDuration());
                     });
  RegisterBackendRow(judged, "pipe.roundtrip/64B/idle",
                     [](const std::shared_ptr<Backend>& backend) {
                       return RoundTrip(backend, 64, absl::Milliseconds(1));
                     });
}

}  // namespace procspec::bench
