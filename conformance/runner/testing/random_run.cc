// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/testing/random_run.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "conformance/runner/log.h"

namespace procspec::runner {
namespace {

constexpr const char* kTexts[] = {
    "Expected: Full\n  Actual: OK",
    "a | b\n\n```\n</script><b>&amp; ]]> \x1b[31m \xff",
    "| x | y |\n|---|---|",
    "",
};
constexpr const char* kCapabilities[] = {"queue", "process", "pool"};

// Not std::uniform_int_distribution, which is another one elsewhere.
size_t Below(std::mt19937& random, size_t limit) { return random() % limit; }
bool OneIn(std::mt19937& random, size_t n) { return Below(random, n) == 0; }

template <typename T, size_t n>
const T& Any(std::mt19937& random, const T (&values)[n]) {
  return values[Below(random, n)];
}

std::vector<std::string> SomeCapabilities(std::mt19937& random, size_t rarity) {
  std::vector<std::string> out;
  for (const char* c : kCapabilities) {
    if (OneIn(random, rarity)) out.emplace_back(c);
  }
  return out;
}

Outcome RandomOutcome(std::mt19937& random, const std::string& backend,
                      const CaseInfo& c) {
  Outcome o;
  o.backend = backend;
  o.case_name = c.name;
  o.clause = c.clause;
  o.seed = random();
  o.verdict = OneIn(random, 2)
                  ? Verdict::kPass
                  : AllVerdicts()[Below(random, AllVerdicts().size())];
  if (*o.verdict != Verdict::kPass) {
    o.reason = Any(random, kTexts);
    if (OneIn(random, 2)) o.failures = {{"a.cc", 3, Any(random, kTexts)}};
    o.output = Any(random, kTexts);
  }
  o.duration_s = static_cast<double>(Below(random, 1000)) / 1000;
  return o;
}

}  // namespace

RunRecord RandomRun(std::mt19937& random) {
  RunRecord run;
  run.spec_version = OneIn(random, 4) ? "0.10" : "0.9";
  run.platform = OneIn(random, 3) ? "windows" : "linux";
  run.started = "2026-01-02T03:04:05+00:00";
  run.repro_prefix = "tools/conform";
  run.jobs = 2;
  const size_t clauses = Below(random, 12);
  for (size_t i = 0; i < clauses; ++i) {
    ClauseInfo clause;
    clause.area = OneIn(random, 2) ? "queue" : "pipe";
    clause.id = absl::StrCat(clause.area, ".c", i);
    clause.level = OneIn(random, 4) ? "should" : "must";
    clause.text = Any(random, kTexts);
    clause.platform = OneIn(random, 5) ? "windows" : "all";
    clause.requirements = SomeCapabilities(random, 4);
    if (OneIn(random, 8)) clause.untestable = "no case can tell";
    if (OneIn(random, 10)) clause.withdrawn = "0.9 replaced";
    run.clauses.push_back(clause);
    if (!clause.withdrawn.empty()) continue;  // the runner refuses its cases
    const size_t cases = clause.untestable.empty() ? Below(random, 3) : 0;
    for (size_t k = 0; k < cases; ++k) {
      const std::string variant = k == 0 ? "" : absl::StrCat("v", k);
      run.cases.push_back(
          {k == 0 ? clause.id : absl::StrCat(clause.id, "/", variant),
           clause.id, variant, SomeCapabilities(random, 6), !OneIn(random, 6)});
    }
  }
  const size_t backends = 1 + Below(random, 6);
  for (size_t i = 0; i < backends; ++i) {
    BackendInfo backend;
    backend.name = absl::StrCat(OneIn(random, 5) ? "odd|name/" : "b", i);
    backend.capabilities = SomeCapabilities(random, 1 + Below(random, 2));
    if (!OneIn(random, 5)) backend.platform = run.platform;
    run.backends.push_back(backend);
    for (const CaseInfo& c : run.cases) {
      if (!c.selected || OneIn(random, 12)) continue;
      run.outcomes.push_back(RandomOutcome(random, backend.name, c));
    }
  }
  if (OneIn(random, 5)) run.only = {"queue.*", "a|b"};
  run.ended = !OneIn(random, 4);
  double now = 0;
  for (size_t i = 0; i < run.outcomes.size(); ++i) {
    Outcome& o = run.outcomes[i];
    o.number = static_cast<int>(i);
    o.began_s = now;
    now += o.duration_s;
    o.ended_s = now;
    if (!run.ended && OneIn(random, 10)) o.verdict.reset();
  }
  run.wall_s = now;
  return run;
}

std::string LogOf(const RunRecord& run, const std::string& directory) {
  const std::string path = directory + "/random.jsonl";
  auto log = LogWriter::Create(path, run);
  bool ok = log.ok();
  for (const Outcome& o : run.outcomes) {
    ok = ok && (*log)->WriteBegin(o).ok();
    if (o.verdict.has_value()) ok = ok && (*log)->WriteEnd(o).ok();
  }
  if (run.ended) ok = ok && (*log)->WriteRunEnd(run).ok();
  if (!ok) {
    std::cerr << "cannot write " << path << "\n";
    std::abort();
  }
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)),
                     std::istreambuf_iterator<char>());
}

}  // namespace procspec::runner
