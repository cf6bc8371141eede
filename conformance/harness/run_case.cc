// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/run_case.h"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "conformance/harness/adapter_support.h"
#include "conformance/harness/hang_guard.h"
#include "conformance/harness/program.h"
#include "conformance/harness/proof.h"
#include "conformance/harness/system.h"
#include "conformance/harness/timing.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "spec/capability.h"

namespace procspec::harness {
namespace {

// What a report can use; a case that fails in a loop must not fill the disk.
constexpr size_t kMaxFailures = 50;
constexpr size_t kMaxMessage = 16 * 1024;

// For threads that are about to end, in Observations.
constexpr int kEndingGrace = 10;
// Of threads and descriptors that are left.
constexpr size_t kMaxLeaks = 100;

const CaseRun* current_run = nullptr;
std::shared_ptr<Backend> current_backend;

// What has failed so far, and what came with an INFRA. Any thread may fail or
// report.
struct Record {
  std::mutex mutex;
  std::vector<Failure> failures;
  std::string proof;
};

Record& TheRecord() {
  static auto& record = *new Record;
  return record;
}

// Why the case does not concern the backend or this platform.
std::optional<std::string> WhyUnsupported(const CaseInfo& info,
                                          const Backend& backend) {
  const Clause& clause = info.clause.clause();
  if (clause.platform != ClausePlatform::kAll &&
      clause.platform != ThisPlatform()) {
    return absl::StrCat("the clause is for ",
                        ClausePlatformName(clause.platform), " only");
  }
  const CapabilitySet has = backend.capabilities();
  std::vector<std::string_view> lacks;
  for (Capability c : AllCapabilities()) {
    if (info.requirements.Has(c) && !has.Has(c))
      lacks.push_back(CapabilityName(c));
  }
  if (lacks.empty()) return std::nullopt;
  return absl::StrCat("the backend does not declare ",
                      absl::StrJoin(lacks, ", "));
}

std::string Cut(std::string message) {
  if (message.size() > kMaxMessage) {
    message.resize(kMaxMessage);
    message += " ...";
  }
  return message;
}

Outcome Failed(std::string message) {
  Outcome outcome;
  outcome.verdict = CaseVerdict::kFail;
  outcome.failures.push_back({.message = std::move(message)});
  return outcome;
}

Outcome Unsupported(std::string reason) {
  Outcome outcome;
  outcome.verdict = CaseVerdict::kUnsupported;
  outcome.reason = std::move(reason);
  return outcome;
}

// INFRA, if that was reported, instead of what it is. Requires the record's
// lock.
void Overrule(Outcome& outcome) {
  std::string hint = adapter_support_internal::ReportedInfra();
  if (hint.empty()) return;
  // From here on nothing else can come of the case.
  Record& record = TheRecord();
  if (record.proof.empty()) record.proof = GiveProof();
  outcome.verdict = CaseVerdict::kInfra;
  outcome.reason = Cut(std::move(hint));
  outcome.leaks.clear();
  outcome.proof = record.proof;
}

std::string HangMessage() {
  return absl::StrCat("hung: the case was not over after ",
                      absl::FormatDuration(HangGuard()));
}

// To be called as often as the record changes. Requires its lock.
void UpdateHangOutcome() {
  const std::vector<Failure>& failures = TheRecord().failures;
  Outcome outcome = Failed(HangMessage());
  outcome.failures.insert(outcome.failures.begin(), failures.begin(),
                          failures.end());
  outcome.duration_ms = absl::ToDoubleMilliseconds(HangGuard());
  Overrule(outcome);
  SetHangOutcome(ToJson(*current_run, outcome), CaseExitCode(outcome.verdict));
}

// Keeps what the test reports.
class Recorder : public testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.passed()) return;
    Record& record = TheRecord();
    std::lock_guard<std::mutex> lock(record.mutex);
    if (record.failures.size() >= kMaxFailures) return;
    record.failures.push_back(
        {.file = part.file_name() ? part.file_name() : "",
         .line = part.line_number(),
         .message = absl::StrCat(
             part.skipped() ? "a case must not skip itself: " : "",
             Cut(part.message() == nullptr ? "" : part.message()))});
    UpdateHangOutcome();
  }
};

Outcome RunOnlyTest(const CaseRun& run, const std::string& result_path) {
  // Not what the environment says (flags have been read from it before main):
  // exactly this case is to run, and it writes no report.
  testing::GTEST_FLAG(filter) = "*";
  testing::GTEST_FLAG(output) = "";
  testing::GTEST_FLAG(repeat) = 1;
  testing::GTEST_FLAG(also_run_disabled_tests) = true;
  // A failed child must not end the whole with it.
  testing::GTEST_FLAG(break_on_failure) = false;
  testing::GTEST_FLAG(throw_on_failure) = false;

  int argc = 1;
  char name[] = "testee";
  char* argv[] = {name, nullptr};
  testing::InitGoogleTest(&argc, argv);

  const CaseInfo& info = *run.info;
  testing::RegisterTest("Conformance", info.name.c_str(), nullptr, nullptr,
                        info.file, info.line,
                        [&info]() -> Case* { return info.make(); });

  testing::UnitTest& unit_test = *testing::UnitTest::GetInstance();
  unit_test.listeners().Append(new Recorder);  // takes it

  Record& record = TheRecord();
  {
    std::lock_guard<std::mutex> lock(record.mutex);
    UpdateHangOutcome();
  }
  ArmHangGuard(HangGuard(), result_path);
  // The guard may have a thread, which is not the case's.
  // GoogleTest gets what it keeps for this thread: on Windows another thread,
  // which watches for its end.
  { SCOPED_TRACE("the first"); }
  const std::vector<Belonging> before = ListBelongings();
  Stopwatch watch;
  const int code = RUN_ALL_TESTS();
  const absl::Duration duration = watch.Elapsed();
  DisarmHangGuard();

  Outcome outcome;
  outcome.duration_ms = absl::ToDoubleMilliseconds(duration);
  {
    std::lock_guard<std::mutex> lock(record.mutex);
    outcome.failures = record.failures;
  }
  const int ran = unit_test.test_to_run_count();
  if (ran != 1) {
    outcome.failures.insert(
        outcome.failures.begin(),
        {.message = absl::StrCat(
             "the judge failed: exactly one test had to run, ", ran, " did")});
  } else if (code != 0 && outcome.failures.empty()) {
    outcome.failures.push_back({.message = "failed without a message"});
  }
  outcome.verdict =
      outcome.failures.empty() ? CaseVerdict::kPass : CaseVerdict::kFail;
  if (outcome.verdict == CaseVerdict::kPass) {
    outcome.leaks = NewBelongings(before, kEndingGrace * Observation());
  }
  return outcome;
}

Outcome RunUnlessUnsupported(const CaseRun& run,
                             const std::string& result_path) {
  const BackendEntry& entry = *run.backend;
  if (entry.unavailable) {
    const std::string why = entry.unavailable();
    if (!why.empty()) return Unsupported("not available here: " + why);
  }
  current_backend = entry.factory();
  if (current_backend == nullptr) {
    return Failed(
        absl::StrCat("the factory of backend '", entry.name, "' gave nothing"));
  }
  if (std::optional<std::string> why =
          WhyUnsupported(*run.info, *current_backend)) {
    return Unsupported(*std::move(why));
  }
  return RunOnlyTest(run, result_path);
}

}  // namespace

std::string_view CaseVerdictName(CaseVerdict verdict) {
  switch (verdict) {
    case CaseVerdict::kPass:
      return "PASS";
    case CaseVerdict::kFail:
      return "FAIL";
    case CaseVerdict::kUnsupported:
      return "UNSUPPORTED";
    case CaseVerdict::kInfra:
      return "INFRA";
  }
  return "?";
}

int CaseExitCode(CaseVerdict verdict) {
  switch (verdict) {
    case CaseVerdict::kPass:
      return 0;
    case CaseVerdict::kFail:
      return 1;
    case CaseVerdict::kUnsupported:
      return 3;
    case CaseVerdict::kInfra:
      return 5;
  }
  return 1;
}

const CaseRun& CurrentRun() { return *current_run; }

std::shared_ptr<Backend> TakeCurrentBackend() {
  return std::move(current_backend);
}

Outcome RunCase(const CaseRun& run, const std::string& result_path) {
  current_run = &run;
  Record& record = TheRecord();
  adapter_support_internal::Set(
      {.directory = run.directory, .on_infra = [&record](const std::string&) {
         std::lock_guard<std::mutex> lock(record.mutex);
         UpdateHangOutcome();
       }});
  Outcome outcome = RunUnlessUnsupported(run, result_path);
  HearPrograms();
  std::lock_guard<std::mutex> lock(record.mutex);
  Overrule(outcome);
  return outcome;
}

std::string ToJson(const CaseRun& run, const Outcome& outcome) {
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const Failure& failure : outcome.failures) {
    failures.push_back({{"file", failure.file},
                        {"line", failure.line},
                        {"message", failure.message}});
  }
  nlohmann::ordered_json leaks = nlohmann::ordered_json::array();
  for (const Belonging& belonging : outcome.leaks) {
    if (leaks.size() == kMaxLeaks) break;
    leaks.push_back(
        {{"kind", KindName(belonging)}, {"what", Describe(belonging)}});
  }
  nlohmann::ordered_json json = {
      {"verdict", CaseVerdictName(outcome.verdict)},
      {"backend", run.backend->name},
      {"case", run.info->name},
      {"clause", run.info->clause.id()},
      {"reason", outcome.reason},
      {"failures", failures},
      {"leaks", leaks},
      {"duration_ms", outcome.duration_ms},
      {"seed", run.seed},
  };
  if (!outcome.proof.empty()) json["proof"] = outcome.proof;
  // Messages may quote any bytes: what is not UTF-8 is replaced, not thrown at.
  return json.dump(-1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace procspec::harness
