// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// A testee without spec, cases or backends: each of its cases behaves in one
// way that the runner must be able to deal with. The case's variant says which.
//
// FAKE_TESTEE_LIST makes `list` go wrong: no-cases, no-backends, broken,
// unknown-clause, missing-case, crash, only-wrong.
// FAKE_TESTEE_UNAVAILABLE lists backends, of good and other, that are not
// available.
// FAKE_TESTEE_ALL lists all behaviours, FAKE_TESTEE_COPIES=N so many quick
// cases, as "fail.3". FAKE_TESTEE_CASES=NAME:BEHAVIOUR,... has these cases
// instead of its own. FAKE_TESTEE_TRACE names a file in which each case notes
// that it starts and that it has done.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/runner/testing/fake_acts.h"

namespace procspec::runner {
namespace {

// In this order; those in between are the operating system's.
constexpr std::string_view kFirstBehaviours[] = {"pass", "fail", "unsupported"};
constexpr std::string_view kLastBehaviours[] = {
    "infra",          "claims-infra", "infra-odd",
    "exit-early",     "exit-odd",     "truncated",
    "pass-exit-1",    "fail-exit-0",  "output",
    "leave-file",     "slow",         "usage",
    "claims-usage",   "forged",       "result-is-directory",
    "pass-then-hang",
};

// A clause of the specification that every build has.
constexpr const char* kClause = "queue.put.timeout-full";
constexpr const char* kOtherClause = "queue.get.timeout-empty";

std::string ValueOf(int argc, char** argv, std::string_view flag) {
  for (int i = 2; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg.substr(0, flag.size()) == flag) {
      return std::string(arg.substr(flag.size()));
    }
  }
  return "";
}

void Trace(const std::string& line) {
  const char* path = getenv("FAKE_TESTEE_TRACE");
  if (path != nullptr) AppendAtOnce(path, line);
}

// FAKE_TESTEE_CASES: names with behaviours.
std::vector<std::pair<std::string, std::string>> NamedCases() {
  std::vector<std::pair<std::string, std::string>> cases;
  const char* list = getenv("FAKE_TESTEE_CASES");
  std::istringstream parts(list == nullptr ? "" : list);
  for (std::string part; std::getline(parts, part, ',');) {
    const size_t colon = part.find(':');
    cases.emplace_back(part.substr(0, colon), part.substr(colon + 1));
  }
  return cases;
}

void ListCase(std::string_view name, bool last) {
  const size_t slash = name.find('/');
  std::cout << "{\"name\": \"" << name << "\", \"clause\": \""
            << name.substr(0, slash) << "\", \"variant\": \""
            << (slash == std::string_view::npos ? "" : name.substr(slash + 1))
            << "\"}" << (last ? "" : ",\n");
}

// The field that says so of the backend, if it is not available.
std::string Unavailable(const std::string& backend) {
  const char* names = getenv("FAKE_TESTEE_UNAVAILABLE");
  if (names == nullptr ||
      ("," + std::string(names) + ",").find("," + backend + ",") ==
          std::string::npos) {
    return "";
  }
  return R"(, "unavailable": "no <interpreter> for )" + backend +
         R"(; install it")";
}

int List() {
  const char* mode = getenv("FAKE_TESTEE_LIST");
  const std::string how = mode == nullptr ? "" : mode;
  if (how == "crash") abort();
  if (how == "broken") {
    std::cout << "{\"backends\": [";
    return 0;
  }
  const std::string platform =
      R"("platform": ")" + std::string(Platform()) + "\"";
  std::cout << "{\"backends\": [";
  if (how == "only-wrong") {
    std::cout << R"({"name": "always-ok", "capabilities": [], "wrong": true})";
  } else if (how != "no-backends") {
    const std::string base =
        R"(", "capabilities": ["queue", "process"], )" + platform;
    const auto mutant = [&](std::string_view name, std::string_view breaks,
                            std::string_view collateral) {
      std::cout << ",\n{\"name\": \"" << name << base
                << R"(, "base": "good", "breaks": [")" << breaks
                << R"("], "collateral": [)" << collateral
                << R"(], "touches": ["queue"]})";
    };
    std::cout << R"({"name": "good)" << base << Unavailable("good") << "},\n"
              << R"({"name": "other", "capabilities": [], )" << platform
              << Unavailable("other") << "}";
    mutant("mutant", kClause, "");
    mutant("stale", kClause, '"' + std::string(kOtherClause) + '"');
    mutant("wild", kOtherClause, "");
    std::cout
        << R"(,{"name": "always-ok", "capabilities": ["queue", "process"], "wrong": true})";
  }
  std::cout << "], \"cases\": [";
  const auto named = NamedCases();
  for (const auto& [name, behaviour] : named) {
    ListCase(name, name == named.back().first);
  }
  if (how != "no-cases" && named.empty()) {
    const char* clause = how == "unknown-clause" ? "no.such-clause" : kClause;
    std::cout << "{\"name\": \"" << clause
              << (how == "missing-case" ? "/other" : "") << "\", \"clause\": \""
              << clause << "\", \"variant\": \"\"}";
    // Needs more than its clause.
    std::cout << ",{\"name\": \"" << clause << "/extra\", \"clause\": \""
              << clause
              << "\", \"variant\": \"extra\", \"requires\": [\"pool\"]}";
    std::cout << ",{\"name\": \"" << kOtherClause << "\", \"clause\": \""
              << kOtherClause << "\", \"variant\": \"\"}";
    const char* copies = getenv("FAKE_TESTEE_COPIES");
    for (int i = 0; copies != nullptr && i < atoi(copies); ++i) {
      for (const char* b : {"pass", "fail", "exit-odd", "chatty"}) {
        std::cout << ",{\"name\": \"" << clause << "/" << b << "." << i
                  << "\", \"clause\": \"" << clause << "\", \"variant\": \""
                  << b << "." << i << "\"}";
      }
    }
    const char* all = getenv("FAKE_TESTEE_ALL");
    std::vector<std::string_view> behaviours = OsBehaviours();
    behaviours.insert(behaviours.begin(), std::begin(kFirstBehaviours),
                      std::end(kFirstBehaviours));
    behaviours.insert(behaviours.end(), std::begin(kLastBehaviours),
                      std::end(kLastBehaviours));
    for (std::string_view b : behaviours) {
      if (all == nullptr) break;
      std::cout << ",\n{\"name\": \"" << clause << "/" << b
                << "\", \"clause\": \"" << clause << "\", \"variant\": \"" << b
                << "\"}";
    }
  }
  std::cout << "]}\n";
  return 0;
}

void WriteResult(const std::string& dir, std::string_view text) {
  std::ofstream(dir + "/result.json") << text;
}

std::string proof;  // what the runner gave by standard input

void Pass(const std::string& dir) {
  WriteResult(
      dir,
      R"({"verdict": "PASS", "failures": [], "duration_ms": 1, "proof": ")" +
          proof + "\"}");
}

void Infra(const std::string& dir) {
  WriteResult(
      dir,
      R"({"verdict": "INFRA", "reason": "sent <a>, got <b>", "failures": [{"file": "conformance/cases/queue_cases.cc", "line": 42,
    "message": "no answer"}], "proof": ")" +
          proof + "\"}");
}

void FailWith(const std::string& dir, std::string_view message) {
  WriteResult(
      dir,
      R"({"verdict": "FAIL", "failures": [{"file": "conformance/cases/queue_cases.cc", "line": 42,
    "message": ")" +
          std::string(message) + R"("}], "duration_ms": 5})");
}

void Fail(const std::string& dir) {
  FailWith(dir, R"(Expected: Put reports Full\n  Actual: OK <after> 3 ms)");
}

// Those that only tests of the supervisor ask for.
std::optional<int> Tell(std::string_view how, int argc, char** argv) {
  if (how == "arguments") {  // behind --dir=
    int i = 2;
    while (std::string_view(argv[i]).substr(0, 6) != "--dir=") ++i;
    while (++i < argc) std::cout << argv[i] << "\n";
  } else if (how == "variable") {
    const char* value = getenv(getenv("FAKE_TESTEE_PRINT"));
    std::cout << (value == nullptr ? "" : value) << "\n";
  } else if (how == "input") {
    std::cout << std::cin.rdbuf();
  } else {
    return std::nullopt;
  }
  return 0;
}

int Run(const std::string& backend, std::string how, const std::string& dir) {
  if (backend == "other") {
    WriteResult(dir, R"({"verdict": "UNSUPPORTED", "reason": "no queue"})");
    return 3;
  }
  if (how == "extra") {
    WriteResult(dir, R"({"verdict": "UNSUPPORTED", "reason": "no pool"})");
    return 3;
  }
  if (how == "unsupported") {
    WriteResult(dir, R"({"verdict": "UNSUPPORTED", "reason": "not today"})");
    return 3;
  }
  if (how == "fail") {
    std::cerr << "about to fail\n";
    Fail(dir);
    return 1;
  }
  if (how == "not-implemented") {
    FailWith(dir, "NotImplemented: good has no queue");
    return 1;
  }
  if (how == "infra") {
    Infra(dir);
    return 5;
  }
  if (how == "claims-infra") {
    proof = "";
    Infra(dir);
    return 5;
  }
  if (how == "infra-odd") {
    Infra(dir);
    return 1;
  }
  if (how == "exit-early") return 0;
  if (how == "exit-odd") return 77;
  if (how == "usage") {
    WriteResult(dir, R"({"verdict": "REFUSED", "proof": ")" + proof + "\"}");
    return 2;
  }
  if (how == "claims-usage") return 2;
  if (how == "forged") {
    proof = "0123456789abcdef0123456789abcdef";
    Pass(dir);
    return 0;
  }
  if (how == "truncated") {
    WriteResult(dir, R"({"verdict": "PA)");
    return 0;
  }
  if (how == "result-is-directory") {
    std::filesystem::create_directory(dir + "/result.json");
    return 0;
  }
  if (how == "pass-exit-1") {
    Pass(dir);
    return 1;
  }
  if (how == "fail-exit-0") {
    Fail(dir);
    return 0;
  }
  if (how == "output") {
    for (int i = 0; i < 200000; ++i) printf("line %d of a long output\n", i);
    printf("the last line\n");
    fflush(stdout);
  }
  if (how == "chatty") {  // whose end is a long record
    std::cerr << std::string(100000, 'x');
    return 77;
  }
  if (how == "leave-file") {
    std::ofstream(std::string(getenv("TMPDIR")) + "/forgotten") << "x";
  }
  if (how == "slow") {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  if (how == "pass-then-hang") {
    Pass(dir);
    SleepForEver();
  }
  const std::optional<int> code = Act(how, dir);
  if (code.has_value()) {
    if (*code == 1) Fail(dir);
    return *code;
  }
  Pass(dir);
  return 0;
}

int Main(int argc, char** argv) {
  if (argc < 2) return 2;
  BinaryStreams();
  if (const std::optional<int> code = RunAsChild(argc, argv)) return *code;
  if (std::string_view(argv[1]) == "list") return List();
  if (std::string_view(argv[1]) != "run") return 2;
  const std::string backend = ValueOf(argc, argv, "--backend=");
  const std::string name = ValueOf(argc, argv, "--case=");
  const std::string dir = ValueOf(argc, argv, "--dir=");
  if (backend.empty() || name.empty() || dir.empty()) return 2;
  if (std::string_view(argv[argc - 1]) == "--proof") {
    std::getline(std::cin, proof);
  }
  const size_t slash = name.find('/');
  std::string how =
      slash == std::string::npos ? "pass" : name.substr(slash + 1);
  for (const auto& [named, behaviour] : NamedCases()) {
    if (named == name) how = behaviour;
  }
  // "mutant" and "stale" fail one clause, "wild" both.
  const std::string clause = name.substr(0, slash);
  if ((backend == "mutant" || backend == "stale") && clause == kClause &&
      how == "pass") {
    how = "fail";
  }
  if ((backend == "wild" || backend == "always-ok") && how == "pass") {
    how = "fail";
  }
  how.resize(std::min(how.find('.'), how.size()));
  if (const std::optional<int> code = Tell(how, argc, argv)) return *code;
  Trace("start " + name + " " + dir + "\n");
  const int code = Run(backend, how, dir);
  Trace("done " + name + "\n");
  return code;
}

}  // namespace
}  // namespace procspec::runner

int main(int argc, char** argv) { return procspec::runner::Main(argc, argv); }
