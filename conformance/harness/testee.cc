// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/testee.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/harness/case.h"
#include "conformance/harness/program.h"
#include "conformance/harness/proof.h"
#include "conformance/harness/run_case.h"
#include "conformance/harness/system.h"
#include "nlohmann/json.hpp"
#include "spec/capability.h"
#include "spec/clause.h"

namespace procspec::harness {
namespace {

// Those of a case's verdict: CaseExitCode.
constexpr int kExitPass = 0;
constexpr int kExitFail = 1;
constexpr int kExitUsage = 2;
// Of a case: an exit code of its own tells it from a wrong command line, which
// is no case's fault.
constexpr int kExitNoResult = 4;

std::filesystem::path PathOf(const std::string& utf8) {
  return std::u8string(utf8.begin(), utf8.end());
}

std::string Utf8Of(const std::filesystem::path& path) {
  const std::u8string utf8 = path.u8string();
  return {utf8.begin(), utf8.end()};
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string UnknownName(std::string_view what, std::string_view name,
                        std::vector<std::string> known) {
  std::stable_sort(known.begin(), known.end(),
                   [&](const std::string& a, const std::string& b) {
                     return EditDistance(a, name) < EditDistance(b, name);
                   });
  if (known.empty()) {
    return absl::StrCat("no ", what, " is named '", name,
                        "': none is linked in (is its library alwayslink?)");
  }
  known.resize(std::min<size_t>(known.size(), 3));
  return absl::StrCat("no ", what, " is named '", name,
                      "'; near it: ", absl::StrJoin(known, ", "));
}

template <typename Entries>
std::vector<std::string> NamesOf(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

struct RunOptions {
  std::string backend;
  std::string case_name;
  std::string directory;
  uint64_t seed = 0;
  bool proof = false;
};

// The arguments are wrong. With a proof, so that a case cannot claim this.
int Refuse(const std::string& why, const std::string& result_path) {
  std::cerr << "testee: " << why << "\n";
  const std::string proof = GiveProof();
  if (!proof.empty()) {
    const nlohmann::ordered_json json = {
        {"verdict", "REFUSED"}, {"reason", why}, {"proof", proof}};
    const absl::Status written = WriteNewFile(result_path, json.dump() + "\n");
    if (!written.ok()) std::cerr << "testee: " << written << "\n";
  }
  return kExitUsage;
}

int Run(const RunOptions& options) {
  if (options.proof) {
    const absl::Status taken = TakeProof();
    if (!taken.ok()) {
      std::cerr << "testee: " << taken.message() << "\n";
      return kExitUsage;
    }
  }
  CaseRun run;
  run.seed = options.seed;
  std::error_code error;
  const std::filesystem::path directory = PathOf(options.directory);
  std::filesystem::create_directories(directory, error);
  if (!error) {
    run.directory = Utf8Of(std::filesystem::canonical(directory, error));
  }
  if (error) {
    std::cerr << "testee: " << options.directory << ": " << error.message()
              << "\n";
    return kExitUsage;
  }
  const std::string result_path = run.directory + "/result.json";
  std::filesystem::remove(PathOf(result_path), error);  // an earlier run's
  run.backend = FindBackend(options.backend);
  if (run.backend == nullptr) {
    return Refuse(
        UnknownName("backend", options.backend, NamesOf(AllBackends())),
        result_path);
  }
  run.info = FindCase(options.case_name);
  if (run.info == nullptr) {
    return Refuse(UnknownName("case", options.case_name, NamesOf(AllCases())),
                  result_path);
  }

  const std::string streams = StandardStreams();
  Outcome outcome = RunCase(run, result_path);
  // An INFRA stays one.
  if (StandardStreams() != streams && outcome.verdict != CaseVerdict::kInfra) {
    outcome.verdict = CaseVerdict::kFail;
    outcome.failures.push_back(
        {.message = "standard input, output or error of the case's process "
                    "was closed or replaced"});
  }
  std::cout << std::flush;
  if (outcome.verdict == CaseVerdict::kPass) outcome.proof = GiveProof();
  const absl::Status written = WriteNewFile(result_path, ToJson(run, outcome));
  if (!written.ok()) {
    std::cerr << "testee: no result could be written: " << written.message()
              << std::endl;
    return kExitNoResult;
  }
  return CaseExitCode(outcome.verdict);
}

std::vector<std::string_view> NamesOf(const CapabilitySet& set) {
  std::vector<std::string_view> names;
  for (Capability c : AllCapabilities()) {
    if (set.Has(c)) names.push_back(CapabilityName(c));
  }
  return names;
}

std::vector<std::string_view> IdsOf(const std::vector<ClauseId>& clauses) {
  std::vector<std::string_view> ids;
  for (ClauseId clause : clauses) ids.push_back(clause.id());
  return ids;
}

int List(bool as_json) {
  nlohmann::ordered_json backends = nlohmann::ordered_json::array();
  for (const BackendEntry& entry : AllBackends()) {
    const std::shared_ptr<Backend> backend = entry.factory();
    if (backend == nullptr) {
      std::cerr << "testee: the factory of backend '" << entry.name
                << "' gave nothing\n";
      return kExitFail;
    }
    nlohmann::ordered_json json = {
        {"name", entry.name},
        {"capabilities", NamesOf(backend->capabilities())},
        {"wrong", entry.wrong || !entry.base.empty()}};
    if (entry.unavailable) {
      const std::string why = entry.unavailable();
      if (!why.empty()) json["unavailable"] = why;
    }
    if (!entry.base.empty()) {
      CapabilitySet touches;
      for (Capability c : entry.touches) touches.Add(c);
      json["base"] = entry.base;
      json["breaks"] = IdsOf(entry.breaks);
      json["collateral"] = IdsOf(entry.collateral);
      json["touches"] = NamesOf(touches);
    }
    backends.push_back(std::move(json));
  }
  nlohmann::ordered_json cases = nlohmann::ordered_json::array();
  for (const CaseInfo& info : AllCases()) {
    cases.push_back({{"name", info.name},
                     {"clause", info.clause.id()},
                     {"variant", info.variant},
                     {"requires", NamesOf(info.requirements)}});
  }
  if (as_json) {
    const nlohmann::ordered_json json = {{"backends", backends},
                                         {"cases", cases}};
    // Why a backend is unavailable may quote any bytes.
    std::cout << json.dump(1, ' ', false,
                           nlohmann::ordered_json::error_handler_t::replace)
              << std::endl;
    return kExitPass;
  }
  for (const auto& backend : backends) {
    std::cout << "backend " << backend["name"].get<std::string>();
    if (backend.contains("unavailable")) {
      std::cout << "  not available here: "
                << backend["unavailable"].get<std::string>();
    }
    std::cout << "\n";
  }
  for (const auto& c : cases) {
    std::cout << "case " << c["name"].get<std::string>() << "\n";
  }
  std::cout << std::flush;
  return kExitPass;
}

int Dispatch(int argc, char** argv) {
  CLI::App app("Runs conformance cases on the backends linked into it.");
  app.require_subcommand(1);

  RunOptions options;
  CLI::App* run = app.add_subcommand("run", "Run one case");
  run->add_option("--backend", options.backend)->required();
  run->add_option("--case", options.case_name)->required();
  run->add_option("--dir", options.directory, "A directory for this case alone")
      ->required();
  run->add_option("--seed", options.seed, "For the case's random choices");
  run->add_flag("--proof", options.proof,
                "A line of standard input comes back with a PASS");

  bool as_json = false;
  CLI::App* list = app.add_subcommand("list", "What is linked in");
  list->add_flag("--json", as_json);

  std::string call;
  CLI::App* program =
      app.add_subcommand("program", "Be a program that a case started");
  program->add_option("--call", call)->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitPass : kExitUsage;
  }
  if (run->parsed()) {
    // A case's process is over when its outcome is written: whatever the
    // backend would still do at exit is not part of the case. The runner ends
    // what is left.
    ExitNow(Run(options));
  }
  if (list->parsed()) ExitNow(List(as_json));
  if (program->parsed()) return ProgramMain(call);
  return kExitUsage;
}

}  // namespace

int TesteeMain(int argc, char** argv) {
  SetUpProcess();
  std::vector<std::string> arguments = ProgramArguments(argc, argv);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  const int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  // Before all else: this process may be a child that a backend started.
  if (std::optional<std::string> call = UnguardedProgram()) {
    return ProgramMain(*call);
  }
  if (std::optional<int> code = RunChildEntries(count, pointers.data())) {
    return *code;
  }
  ForgetTestEnvironment();
  return Dispatch(count, pointers.data());
}

}  // namespace procspec::harness
