// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// kill_load: kills random processes of a load at random instants, until so many
// kills are done, and says what became of the others (load.h). Exit codes:
// command.h.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
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
#include "conformance/stress/clock.h"
#include "conformance/stress/command.h"
#include "conformance/stress/load.h"
#include "spec/backend.h"

namespace procspec::stress {
namespace {

struct Load {
  std::string name;
  LoadReport (*run)(Backend& backend, const LoadOptions& options);
  std::vector<Capability> required;
};

const std::vector<Load>& Loads() {
  using enum Capability;
  static const auto& loads = *new std::vector<Load>{
      {"queue", &RunQueueLoad, {kProcess, kTerminate, kPipe, kQueue}},
      {"lock", &RunLockLoad, {kProcess, kTerminate, kPipe, kLock}},
      {"pool", &RunPoolLoad, {kProcess, kGlobals, kSemaphore, kPool}},
  };
  return loads;
}

void PrintReport(const std::string& name, const LoadReport& report,
                 absl::Duration took) {
  std::printf(
      "%s: %d kills in %s: %s\n", name.c_str(), report.kills,
      absl::FormatDuration(absl::Trunc(took, absl::Milliseconds(1))).c_str(),
      report.findings.empty() ? "all holds" : "FINDINGS");
  for (const auto& [what, value] : report.figures) {
    std::printf("  %-44s %s\n", what.c_str(), value.c_str());
  }
  if (!report.findings.empty()) {
    std::printf("%s", report.findings.DebugString().c_str());
  }
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  CLI::App app{"kill_load: kills processes under load"};
  std::string backend_name;
  std::string load_name = "all";
  LoadOptions options;
  int64_t hang_ms = 5000;
  app.add_option("--backend", backend_name, "What is judged")->required();
  app.add_option("--load", load_name, "queue, lock, pool or all")
      ->check(CLI::IsMember({"queue", "lock", "pool", "all"}))
      ->capture_default_str();
  app.add_option("--kills", options.kills, "So many, of each load")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Reproduces the choices")
      ->capture_default_str();
  app.add_option("--hang-ms", hang_ms, "So long without progress is a hang")
      ->check(CLI::Range(100, 600'000))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitHolds : kExitUsage;
  }
  options.hang = absl::Milliseconds(hang_ms);

  std::vector<Capability> required;
  for (const Load& load : Loads()) {
    if (load_name != "all" && load_name != load.name) continue;
    required.insert(required.end(), load.required.begin(), load.required.end());
  }
  const absl::StatusOr<std::shared_ptr<Backend>> backend =
      MakeBackend(backend_name, required);
  if (!backend.ok()) {
    std::cerr << "kill_load: " << backend.status().message() << "\n";
    return kExitUsage;
  }

  bool holds = true;
  Watchdog watchdog(4 * options.hang);
  for (const Load& load : Loads()) {
    if (load_name != "all" && load_name != load.name) continue;
    options.progress = [&](int kills) {
      watchdog.Pet();
      ShowProgress(absl::StrCat(load.name, ": ", kills, " of ", options.kills));
    };
    const int64_t start = NowNs();
    const LoadReport report = load.run(**backend, options);
    ClearProgress();
    PrintReport(load.name, report, absl::Nanoseconds(NowNs() - start));
    holds = holds && report.findings.empty();
  }
  const int code =
      (*backend)->FinishProgram(holds ? kExitHolds : kExitFindings);
  if (!holds) {
    std::printf(
        "repeat: kill_load --backend=%s --load=%s --kills=%d "
        "--seed=%llu\n",
        backend_name.c_str(), load_name.c_str(), options.kills,
        static_cast<unsigned long long>(options.seed));
  }
  return code;
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
