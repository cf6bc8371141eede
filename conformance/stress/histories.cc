// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// histories: records random histories of queues and locks (random_history.h)
// and checks that they are linearizable (linearizability.h). Exit codes:
// command.h.

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/stress/command.h"
#include "conformance/stress/history.h"
#include "conformance/stress/linearizability.h"
#include "conformance/stress/random_history.h"
#include "spec/backend.h"

namespace procspec::stress {
namespace {

struct Counts {
  int64_t histories = 0;
  int64_t killed = 0;  // of them
  int64_t operations = 0;
  int64_t overlapping = 0;
  int64_t pending = 0;
  int64_t wrong = 0;
};

struct HistoriesOptions {
  int count = 20;
  HistoryOptions each;
  Rules rules;
};

// Records and checks them; the first few that are wrong are printed.
Counts Check(Backend& backend, const HistoriesOptions& options,
             Watchdog& watchdog) {
  constexpr int64_t kPrinted = 3;
  constexpr int64_t kBounds[] = {1, 2, 4, 0};
  Counts counts;
  const std::string_view name =
      options.each.object == ObjectKind::kQueue ? "queue" : "lock";
  for (int i = 0; i < options.count; ++i) {
    ShowProgress(absl::StrCat(name, ": ", i, " of ", options.count));
    HistoryOptions each = options.each;
    each.seed += static_cast<uint64_t>(i);
    each.bound = kBounds[i % 4];
    each.kill = i % 3 == 2;
    watchdog.Pet();
    const absl::StatusOr<History> history = RecordHistory(backend, each);
    ++counts.histories;
    std::string wrong;
    if (!history.ok()) {
      wrong = absl::StrCat(history.status().ToString(), "\n");
    } else {
      counts.killed += static_cast<int64_t>(history->killed.size());
      counts.operations += static_cast<int64_t>(history->operations.size());
      counts.overlapping += CountOverlapping(*history);
      for (const Operation& operation : history->operations) {
        if (operation.outcome == Outcome::kPending) ++counts.pending;
      }
      const absl::StatusOr<Verdict> verdict =
          CheckLinearizability(*history, options.rules);
      if (!verdict.ok()) {
        wrong = absl::StrCat(verdict.status().ToString(), "\n");
      } else if (verdict->kind != Verdict::Kind::kLinearizable) {
        wrong = Explain(*history, *verdict);
      }
    }
    if (wrong.empty()) continue;
    ClearProgress();
    if (++counts.wrong <= kPrinted) {
      std::printf("%s, seed %llu: %s", std::string(name).c_str(),
                  static_cast<unsigned long long>(each.seed), wrong.c_str());
    }
    // A backend that hangs would do so each time.
    if (absl::IsDeadlineExceeded(history.status())) break;
  }
  ClearProgress();
  std::printf(
      "%s: %lld histories, %lld wrong; %lld operations, %lld overlapping; "
      "%lld processes killed, %lld of them inside a call\n",
      std::string(name).c_str(), static_cast<long long>(counts.histories),
      static_cast<long long>(counts.wrong),
      static_cast<long long>(counts.operations),
      static_cast<long long>(counts.overlapping),
      static_cast<long long>(counts.killed),
      static_cast<long long>(counts.pending));
  std::fflush(stdout);
  return counts;
}

int Main(int argc, char** argv) {
  CLI::App app{"histories: checks random histories for linearizability"};
  std::string backend_name;
  std::string object = "all";
  std::string order = "producer";
  int64_t empty_lag_ms = 1000;
  HistoriesOptions options;
  app.add_option("--backend", backend_name, "What is judged")->required();
  app.add_option("--object", object, "queue, lock or all")
      ->check(CLI::IsMember({"queue", "lock", "all"}))
      ->capture_default_str();
  app.add_option("--histories", options.count, "So many, of each object")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--processes", options.each.processes, "In each")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  app.add_option("--operations", options.each.operations, "Of each process")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seed", options.each.seed, "Reproduces the choices")
      ->capture_default_str();
  app.add_option("--order", order,
                 "Of a queue's items: of each producer, which is what the "
                 "clauses promise, or total")
      ->check(CLI::IsMember({"producer", "total"}))
      ->capture_default_str();
  app.add_option("--empty-lag-ms", empty_lag_ms,
                 "So long after a put the queue may seem empty")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitHolds : kExitUsage;
  }
  options.rules.order =
      order == "total" ? Rules::Order::kTotal : Rules::Order::kPerProducer;
  options.rules.empty_lag_ns = empty_lag_ms * 1'000'000;

  using enum Capability;
  std::vector<Capability> required = {kProcess, kTerminate, kPipe};
  if (object != "lock") required.push_back(kQueue);
  if (object != "queue") required.push_back(kLock);
  const absl::StatusOr<std::shared_ptr<Backend>> backend =
      MakeBackend(backend_name, required);
  if (!backend.ok()) {
    std::cerr << "histories: " << backend.status().message() << "\n";
    return kExitUsage;
  }
  int64_t wrong = 0;
  Watchdog watchdog(4 * options.each.hang);
  if (object != "lock") {
    options.each.object = ObjectKind::kQueue;
    wrong += Check(**backend, options, watchdog).wrong;
  }
  if (object != "queue") {
    options.each.object = ObjectKind::kLock;
    wrong += Check(**backend, options, watchdog).wrong;
  }
  return (*backend)->FinishProgram(wrong == 0 ? kExitHolds : kExitFindings);
}

}  // namespace
}  // namespace procspec::stress

int main(int argc, char** argv) {
  if (const std::optional<int> code =
          procspec::harness::RunChildEntries(argc, argv)) {
    return *code;
  }
  return procspec::stress::Main(argc, argv);
}
