// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/workloads/crew.h"
#include "bench/workloads/one_cpu.h"
#include "bench/workloads/payload.h"
#include "bench/workloads/rows.h"
#include "bench/workloads/time_each.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::bench {
namespace {

constexpr int64_t kBound = 1024;
// Between two looks at the clock.
constexpr int kBatch = 64;

// (queue, number, size, nanoseconds): reports how many, their sum, its begin
// and processor time.
PROCSPEC_TARGET(bench_queue_producer) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(k));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t number,
                            arguments.Get<int64_t>(k + 1));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t size, arguments.Get<int64_t>(k + 2));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, arguments.Get<int64_t>(k + 3));
  Payload payload(number, size);
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  const std::clock_t cpu = std::clock();
  const int64_t begin = NowNs();
  int64_t now = begin;
  while (now - begin < time) {
    for (int i = 0; i < kBatch; ++i) {
      PROCSPEC_RETURN_IF_ERROR(queue->PutBytes(payload.Next(), kPatience));
      if (size > 4096 && NowNs() - begin >= time) break;
    }
    now = NowNs();
  }
  // All is passed on when it reports.
  PROCSPEC_RETURN_IF_ERROR(queue->Close());
  PROCSPEC_RETURN_IF_ERROR(queue->JoinThread());
  PROCSPEC_RETURN_IF_ERROR(member.Report(
      {Value(payload.sent()), Value(static_cast<int64_t>(payload.sum())),
       Value(begin), Value(static_cast<int64_t>(std::clock() - cpu))}));
  return Value();
}

// (queue, senders, size): takes messages until an empty one; reports how many,
// their sum, when it had the last, and processor time.
PROCSPEC_TARGET(bench_queue_consumer) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(k));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t senders,
                            arguments.Get<int64_t>(k + 1));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t size, arguments.Get<int64_t>(k + 2));
  PayloadCheck check(senders, size);
  std::string message;
  message.reserve(static_cast<size_t>(size));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  const std::clock_t cpu = std::clock();
  while (true) {
    PROCSPEC_RETURN_IF_ERROR(queue->GetBytes(message, kPatience));
    if (message.empty()) break;
    if (!check.Take(message)) return absl::DataLossError("a wrong message");
  }
  const int64_t end = NowNs();
  PROCSPEC_RETURN_IF_ERROR(member.Report(
      {Value(check.taken()), Value(static_cast<int64_t>(check.sum())),
       Value(end), Value(static_cast<int64_t>(std::clock() - cpu))}));
  return Value();
}

int64_t Int(const Value& value) { return *value.get_if<int64_t>(); }

// Of all reports: the sums, and how the first figure was shared out.
struct Total {
  int64_t count = 0;
  uint64_t sum = 0;
  int64_t cpu = 0;
  double fairness = 0;

  explicit Total(const std::vector<List>& reports) {
    std::vector<uint64_t> counts;
    for (const List& report : reports) {
      count += Int(report[0]);
      sum += static_cast<uint64_t>(Int(report[1]));
      cpu += Int(report[3]);
      counts.push_back(static_cast<uint64_t>(Int(report[0])));
    }
    fairness = Fairness(counts);
  }
};

struct Shape {
  int producers;
  int consumers;
  int64_t size;
  int64_t bound;
};

absl::StatusOr<Figures> Throughput(const std::shared_ptr<Backend>& backend,
                                   const Shape& shape) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, backend->NewQueue(shape.bound));
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  const int64_t time = absl::ToInt64Nanoseconds(SampleTime());
  for (int i = 0; i < shape.producers; ++i) {
    PROCSPEC_RETURN_IF_ERROR(
        crew->Add("bench_queue_producer",
                  {Value(queue), Value(i), Value(shape.size), Value(time)}));
  }
  for (int i = 0; i < shape.consumers; ++i) {
    PROCSPEC_RETURN_IF_ERROR(
        crew->Add("bench_queue_consumer",
                  {Value(queue), Value(shape.producers), Value(shape.size)}));
  }
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  PROCSPEC_ASSIGN_OR_RETURN(const std::vector<List> put,
                            crew->Reports(shape.producers));
  // Behind all that the producers have put, which is in the queue by now.
  for (int i = 0; i < shape.consumers; ++i) {
    PROCSPEC_RETURN_IF_ERROR(queue->PutBytes("", kPatience));
  }
  PROCSPEC_ASSIGN_OR_RETURN(const std::vector<List> got,
                            crew->Reports(shape.consumers));
  PROCSPEC_RETURN_IF_ERROR(crew->Join());

  const Total sent(put);
  const Total taken(got);
  if (sent.count != taken.count || sent.sum != taken.sum || sent.count == 0) {
    return absl::DataLossError(
        absl::StrCat(sent.count, " messages were put, ", taken.count, " came"));
  }
  int64_t begin = INT64_MAX;
  int64_t end = 0;
  for (const List& report : put) begin = std::min(begin, Int(report[2]));
  for (const List& report : got) end = std::max(end, Int(report[2]));
  Figures figures{.ns = 1.0 * (end - begin) / taken.count};
  figures.counters["bytes"] = static_cast<double>(shape.size);
  figures.counters["cpu_ns"] =
      (sent.cpu + taken.cpu) * (1e9 / CLOCKS_PER_SEC) / taken.count;
  if (shape.producers + shape.consumers > 2) {
    figures.counters["fairness"] = std::min(sent.fairness, taken.fairness);
  }
  return figures;
}

// (there, back): sends back what comes until an empty message.
PROCSPEC_TARGET(bench_queue_echo) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto there, arguments.Get<Queue>(k));
  PROCSPEC_ASSIGN_OR_RETURN(auto back, arguments.Get<Queue>(k + 1));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  std::string message;
  while (true) {
    PROCSPEC_RETURN_IF_ERROR(there->GetBytes(message, kPatience));
    if (message.empty()) return Value();
    PROCSPEC_RETURN_IF_ERROR(back->PutBytes(message, kPatience));
  }
}

absl::StatusOr<Figures> RoundTrip(const std::shared_ptr<Backend>& backend,
                                  int64_t size, absl::Duration pause) {
  PROCSPEC_ASSIGN_OR_RETURN(auto there, backend->NewQueue());
  PROCSPEC_ASSIGN_OR_RETURN(auto back, backend->NewQueue());
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  PROCSPEC_RETURN_IF_ERROR(
      crew->Add("bench_queue_echo", {Value(there), Value(back)}));
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  Payload payload(0, size);
  PayloadCheck check(1, size);
  std::string message;
  PROCSPEC_ASSIGN_OR_RETURN(
      std::vector<double> times,
      TimeEach(
          [&]() -> absl::Status {
            PROCSPEC_RETURN_IF_ERROR(
                there->PutBytes(payload.Next(), kPatience));
            PROCSPEC_RETURN_IF_ERROR(back->GetBytes(message, kPatience));
            return check.Take(message) ? absl::OkStatus()
                                       : absl::DataLossError("a wrong message");
          },
          {.pause = pause}));
  PROCSPEC_RETURN_IF_ERROR(there->PutBytes("", kPatience));
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  Figures figures = FiguresOfTimes(std::move(times));
  figures.counters["bytes"] = static_cast<double>(size);
  return figures;
}

absl::StatusOr<Figures> PutAlone(const std::shared_ptr<Backend>& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, backend->NewQueue(kBound));
  constexpr int64_t kSize = 64;
  constexpr int64_t kRoom = kBound / 2;
  Payload payload(0, kSize);
  PayloadCheck check(1, kSize);
  std::string message;
  const int64_t limit = absl::ToInt64Nanoseconds(SampleTime());
  std::vector<double> times;
  const int64_t start = NowNs();
  while (NowNs() - start < limit) {
    const int64_t begin = NowNs();
    for (int64_t i = 0; i < kRoom; ++i) {
      PROCSPEC_RETURN_IF_ERROR(queue->PutBytes(payload.Next(), kPatience));
    }
    times.push_back(1.0 * (NowNs() - begin) / kRoom);
    for (int64_t i = 0; i < kRoom; ++i) {
      // At once: what was put is there when the put returns.
      PROCSPEC_RETURN_IF_ERROR(queue->GetBytes(message, absl::ZeroDuration()));
      if (!check.Take(message)) return absl::DataLossError("a wrong message");
    }
  }
  return FiguresOfTimes(std::move(times));
}

}  // namespace

void RegisterQueueRows(const Judged& judged) {
  const auto throughput = [&](const std::string& group, Shape shape) {
    RegisterBackendRow(judged, group,
                       [shape](const std::shared_ptr<Backend>& backend) {
                         return Throughput(backend, shape);
                       });
  };
  throughput("queue.throughput/64B/1x1", {1, 1, 64, kBound});
  if (!judged.all_rows) return;
  for (const PayloadSize& size : kPayloadSizes) {
    for (const int n : {1, 4}) {
      if (size.bytes == 64 && n == 1) continue;
      throughput(absl::StrCat("queue.throughput/", size.name, "/", n, "x", n),
                 {n, n, size.bytes, kBound});
    }
  }
  for (const auto& [producers, consumers] :
       {std::pair{2, 2}, {8, 8}, {1, 8}, {8, 1}}) {
    throughput(absl::StrCat("queue.throughput/64B/", producers, "x", consumers),
               {producers, consumers, 64, kBound});
  }
  throughput("queue.throughput/64B/1x1/unbounded", {1, 1, 64, 0});
  for (const int64_t bound : {2, 64, 16384}) {
    throughput(absl::StrCat("queue.throughput/64B/1x1/bound", bound),
               {1, 1, 64, bound});
  }

  for (const PayloadSize& size : kPayloadSizes) {
    if (size.bytes == 8 || size.bytes == 1024) continue;
    RegisterBackendRow(
        judged, absl::StrCat("queue.roundtrip/", size.name),
        [bytes = size.bytes](const std::shared_ptr<Backend>& backend) {
          return RoundTrip(backend, bytes, absl::ZeroDuration());
        });
  }
  RegisterBackendRow(judged, "queue.roundtrip/64B/one-cpu",
                     [](const std::shared_ptr<Backend>& backend) {
                       const OneCpu pinned;
                       return RoundTrip(backend, 64, absl::ZeroDuration());
                     });
  RegisterBackendRow(judged, "queue.roundtrip/64B/idle",
                     [](const std::shared_ptr<Backend>& backend) {
                       return RoundTrip(backend, 64, absl::Milliseconds(1));
                     });
  RegisterBackendRow(judged, "queue.put/64B", PutAlone);
}

}  // namespace procspec::bench
