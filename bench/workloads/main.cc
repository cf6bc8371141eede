// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The workloads over the interface, for each backend that is linked.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/sample.h"
#include "bench/workloads/rows.h"
#include "conformance/harness/backend_registry.h"

namespace procspec::bench {

void RegisterBackendRow(const Judged& judged, std::string_view group,
                        BackendSample sample) {
  RegisterRow(absl::StrCat(group, "/", judged.name),
              [factory = judged.factory,
               sample = std::move(sample)]() -> absl::StatusOr<Figures> {
                const std::shared_ptr<Backend> backend = factory();
                if (backend == nullptr) {
                  return absl::UnavailableError("the backend cannot be made");
                }
                return sample(backend);
              });
}

namespace {

int Main(int argc, char** argv) {
  if (const std::optional<int> code = harness::RunChildEntries(argc, argv)) {
    return *code;
  }
  for (const harness::BackendEntry& entry : harness::AllBackends()) {
    if (entry.wrong) continue;
    const Judged judged{.name = entry.name,
                        .factory = entry.factory,
                        .all_rows = !absl::EndsWith(entry.name, "-spawn") &&
                                    !absl::EndsWith(entry.name, "-forkserver")};
    RegisterQueueRows(judged);
    RegisterPipeRows(judged);
    RegisterSyncRows(judged);
    RegisterProcessRows(judged);
    RegisterPoolRows(judged);
  }
  return BenchMain(argc, argv);
}

}  // namespace
}  // namespace procspec::bench

int main(int argc, char** argv) { return procspec::bench::Main(argc, argv); }
