// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_WORKLOADS_ROWS_H_
#define PROCSPEC_BENCH_WORKLOADS_ROWS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bench/sample.h"
#include "spec/backend.h"

// The rows of each area, for one backend. A sample makes its own objects: what
// one leaves behind does not reach the next.

namespace procspec::bench {

struct Judged {
  std::string name;
  std::function<std::shared_ptr<Backend>()> factory;
  // Not another way to start processes beside one that has all the rows: only
  // those in which that matters.
  bool all_rows = true;
};

void RegisterQueueRows(const Judged& judged);
void RegisterPipeRows(const Judged& judged);
void RegisterSyncRows(const Judged& judged);
void RegisterProcessRows(const Judged& judged);
void RegisterPoolRows(const Judged& judged);

// A row of the backend: `sample` is given a backend of its own.
using BackendSample =
    std::function<absl::StatusOr<Figures>(const std::shared_ptr<Backend>&)>;
void RegisterBackendRow(const Judged& judged, std::string_view group,
                        BackendSample sample);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_WORKLOADS_ROWS_H_
