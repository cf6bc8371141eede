// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/workloads/crew.h"
#include "bench/workloads/one_cpu.h"
#include "bench/workloads/rows.h"
#include "bench/workloads/time_each.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::bench {
namespace {

// (number): returns it.
PROCSPEC_TARGET(bench_same) {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t number, arguments.Get<int64_t>(0));
  return Value(number);
}

absl::Status CheckSame(const absl::StatusOr<Value>& result, int64_t number) {
  if (!result.ok()) return result.status();
  const int64_t* const got = result->get_if<int64_t>();
  return got != nullptr && *got == number
             ? absl::OkStatus()
             : absl::DataLossError("a wrong result");
}

absl::Status Finish(Pool& pool) {
  PROCSPEC_RETURN_IF_ERROR(pool.Close());
  return pool.Join();
}

// Times a batch of `items` operations as one.
template <typename Batch>
absl::StatusOr<Figures> InBatches(int64_t items, Batch batch) {
  PROCSPEC_ASSIGN_OR_RETURN(std::vector<double> times,
                            TimeEach(batch, {.warm_up = 2}));
  for (double& time : times) time /= static_cast<double>(items);
  Figures figures = FiguresOfTimes(std::move(times));
  figures.counters.erase("p99_ns");
  figures.counters.erase("max_ns");
  return figures;
}

absl::StatusOr<Figures> ApplyAsync(const std::shared_ptr<Backend>& backend,
                                   int workers) {
  PROCSPEC_ASSIGN_OR_RETURN(auto pool, backend->NewPool({.workers = workers}));
  constexpr int64_t kBatch = 1000;
  PROCSPEC_ASSIGN_OR_RETURN(
      const Figures figures, InBatches(kBatch, [&]() -> absl::Status {
        std::vector<std::shared_ptr<AsyncResult>> results;
        results.reserve(kBatch);
        for (int64_t i = 0; i < kBatch; ++i) {
          PROCSPEC_ASSIGN_OR_RETURN(
              auto result,
              pool->ApplyAsync("bench_same", {.args = {Value(i)}}));
          results.push_back(std::move(result));
        }
        for (int64_t i = 0; i < kBatch; ++i) {
          PROCSPEC_RETURN_IF_ERROR(CheckSame(results[i]->Get(kPatience), i));
        }
        return absl::OkStatus();
      }));
  PROCSPEC_RETURN_IF_ERROR(Finish(*pool));
  return figures;
}

absl::Status CheckMap(Pool& pool, const List& items,
                      std::optional<int> chunk_size) {
  PROCSPEC_ASSIGN_OR_RETURN(const List results,
                            pool.Map("bench_same", items, chunk_size));
  return results == items ? absl::OkStatus()
                          : absl::DataLossError("a wrong result");
}

absl::StatusOr<Figures> Map(const std::shared_ptr<Backend>& backend,
                            int64_t count, std::optional<int> chunk_size) {
  PROCSPEC_ASSIGN_OR_RETURN(auto pool, backend->NewPool({.workers = 2}));
  List items;
  for (int64_t i = 0; i < count; ++i) items.push_back(Value(i));
  PROCSPEC_ASSIGN_OR_RETURN(const Figures figures, InBatches(count, [&] {
                              return CheckMap(*pool, items, chunk_size);
                            }));
  PROCSPEC_RETURN_IF_ERROR(Finish(*pool));
  return figures;
}

absl::StatusOr<Figures> Apply(const std::shared_ptr<Backend>& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(auto pool, backend->NewPool({.workers = 2}));
  int64_t number = 0;
  PROCSPEC_ASSIGN_OR_RETURN(
      std::vector<double> times, TimeEach([&]() -> absl::Status {
        ++number;
        return CheckSame(pool->Apply("bench_same", {.args = {Value(number)}}),
                         number);
      }));
  PROCSPEC_RETURN_IF_ERROR(Finish(*pool));
  return FiguresOfTimes(std::move(times));
}

absl::StatusOr<Figures> StartMapJoin(const std::shared_ptr<Backend>& backend) {
  const List items{Value(int64_t{1}), Value(int64_t{2})};
  PROCSPEC_ASSIGN_OR_RETURN(
      std::vector<double> times,
      TimeEach(
          [&]() -> absl::Status {
            PROCSPEC_ASSIGN_OR_RETURN(auto pool,
                                      backend->NewPool({.workers = 2}));
            PROCSPEC_RETURN_IF_ERROR(CheckMap(*pool, items, std::nullopt));
            return Finish(*pool);
          },
          {.warm_up = 2}));
  return FiguresOfTimes(std::move(times));
}

}  // namespace

void RegisterPoolRows(const Judged& judged) {
  if (!judged.all_rows) return;
  using B = const std::shared_ptr<Backend>&;
  for (const int workers : {1, 2, 4}) {
    RegisterBackendRow(
        judged, absl::StrCat("pool.apply-async/", workers, "w"),
        [workers](B backend) { return ApplyAsync(backend, workers); });
  }
  RegisterBackendRow(judged, "pool.map/chunk1",
                     [](B backend) { return Map(backend, 1000, 1); });
  RegisterBackendRow(judged, "pool.map/default", [](B backend) {
    return Map(backend, 10000, std::nullopt);
  });
  RegisterBackendRow(judged, "pool.apply", Apply);
  RegisterBackendRow(judged, "pool.apply/one-cpu", [](B backend) {
    const OneCpu pinned;
    return Apply(backend);
  });
  RegisterBackendRow(judged, "pool.start-map-join", StartMapJoin);
}

}  // namespace procspec::bench
