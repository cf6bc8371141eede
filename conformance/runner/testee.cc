// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/testee.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/os.h"

namespace procspec::runner {
namespace {

constexpr size_t kResultLimit = 1 << 20;
constexpr size_t kListLimit = 64 << 20;
constexpr size_t kFailuresKept = 20;
constexpr size_t kMessageLimit = 16 << 10;
constexpr size_t kLeakLimit = 200;

// Their names say it; a testee need not.
constexpr std::string_view kLiars[] = {"null", "always-ok", "always-error"};

std::string Shortened(std::string text, size_t limit) {
  if (text.size() > limit) text = text.substr(0, limit) + " [... cut ...]";
  return text;
}

}  // namespace

std::string DefaultTestee() {
  const std::string named = GetEnv("PROCSPEC_TESTEE");
  if (!named.empty()) return named;
  const std::string self = SelfPath();
  const std::string folder = TextOf(PathOf(self).parent_path());
  const std::string runfiles = GetEnv("RUNFILES_DIR");
  const std::string test_srcdir = GetEnv("TEST_SRCDIR");
  for (const std::string& place : {
           folder + "/../matrix/testee",
           folder + "/testee",
           self + ".runfiles/procspec/conformance/matrix/testee",
           runfiles + "/procspec/conformance/matrix/testee",
           test_srcdir + "/procspec/conformance/matrix/testee",
       }) {
    const std::string path = absl::StrCat(place, ProgramSuffix());
    if (!IsExecutable(path)) continue;
    std::error_code error;
    const auto canonical =
        std::filesystem::weakly_canonical(PathOf(path), error);
    return error ? path : TextOf(canonical);
  }
  return "";
}

absl::StatusOr<TesteeList> ListTestee(const std::string& testee) {
  if (!IsExecutable(testee)) {
    return absl::NotFoundError(
        absl::StrCat("no testee: ", testee, " is not a program"));
  }
  absl::StatusOr<std::string> root = MakePrivateRoot();
  if (!root.ok()) return root.status();
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor =
      Supervisor::Create({});
  if (!supervisor.ok()) return supervisor.status();
  Command command;
  command.argv = {testee, "list", "--json"};
  for (const std::string& name : TemporaryDirectoryVariables()) {
    command.environment.emplace_back(name, *root);
  }
  command.output = *root + "/out";
  command.errors = *root + "/err";
  absl::Status status = (*supervisor)->Start(0, command);
  if (!status.ok()) return status;
  std::vector<Ending> endings;
  while (endings.empty()) {
    endings = (*supervisor)->Wait(absl::Seconds(1));
    if (Interrupted()) (*supervisor)->Cancel();
  }
  const Excerpt out = ReadExcerpt(command.output, kListLimit, 0);
  const Excerpt err = ReadExcerpt(command.errors, 2048, 2048);
  RemoveTree(*root);
  const Ending& ending = endings[0];
  if (ending.end != End::kExited || ending.code != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`", testee, " list --json` ended with ",
        DescribeEnd(ending.end, ending.code), " ", ending.problem, err.text));
  }
  absl::StatusOr<TesteeList> list = ParseTesteeList(out.text);
  if (!list.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`", testee, " list --json`: ", std::string(list.status().message())));
  }
  return list;
}

absl::StatusOr<TesteeList> ParseTesteeList(std::string_view text) {
  const std::optional<Json> json = ParseJson(text);
  if (!json.has_value() || !json->is_object()) {
    return absl::InvalidArgumentError("the answer is not a JSON object");
  }
  TesteeList list;
  std::set<std::string> names;
  for (const Json& b : GetObjects(*json, "backends")) {
    BackendInfo backend;
    backend.name = GetString(b, "name");
    backend.capabilities = GetStrings(b, "capabilities");
    backend.platform = GetString(b, "platform");
    if (backend.platform.empty()) backend.platform = PlatformName();
    backend.base = GetString(b, "base");
    backend.breaks = GetStrings(b, "breaks");
    backend.collateral = GetStrings(b, "collateral");
    backend.touches = GetStrings(b, "touches");
    backend.unavailable = GetString(b, "unavailable");
    backend.wrong = backend.IsMutant() || GetBool(b, "wrong") ||
                    std::find(std::begin(kLiars), std::end(kLiars),
                              backend.name) != std::end(kLiars);
    if (backend.name.empty() || !names.insert(backend.name).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a backend without a name or two of one name: '", backend.name, "'"));
    }
    list.backends.push_back(std::move(backend));
  }
  names.clear();
  for (const Json& c : GetObjects(*json, "cases")) {
    CaseInfo info{GetString(c, "name"), GetString(c, "clause"),
                  GetString(c, "variant"), GetStrings(c, "requires")};
    if (info.name.empty() || !names.insert(info.name).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a case without a name or two of one name: '", info.name, "'"));
    }
    list.cases.push_back(std::move(info));
  }
  return list;
}

CaseReport ReadCaseReport(const std::string& path, std::string_view proof) {
  const Excerpt file = ReadExcerpt(path, kResultLimit, 0);
  if (file.file_bytes < 0) return {};
  return ParseCaseReport(file.text, proof);
}

CaseReport ParseCaseReport(std::string_view text, std::string_view proof) {
  CaseReport report;
  report.state = ResultState::kMalformed;
  const std::optional<Json> json = ParseJson(text);
  if (!json.has_value()) return report;
  const std::string verdict = GetString(*json, "verdict");
  const bool proven = !proof.empty() && GetString(*json, "proof") == proof;
  if (verdict == "PASS") {
    report.state = proven ? ResultState::kPass : ResultState::kUnproven;
  } else if (verdict == "REFUSED" && proven) {
    report.state = ResultState::kRefused;
  } else if (verdict == "FAIL") {
    report.state = ResultState::kFail;
  } else if (verdict == "INFRA") {
    report.state = proven ? ResultState::kInfra : ResultState::kUnproven;
  } else if (verdict == "UNSUPPORTED") {
    report.state = ResultState::kUnsupported;
  } else {
    return report;
  }
  report.reason = Shortened(GetString(*json, "reason"), kMessageLimit);
  for (const Json& f : GetObjects(*json, "failures")) {
    if (report.failures.size() == kFailuresKept) break;
    report.failures.push_back(
        {GetString(f, "file"), static_cast<int>(GetInt(f, "line")),
         Shortened(GetString(f, "message"), kMessageLimit)});
  }
  for (const Json& leak : GetObjects(*json, "leaks")) {
    const auto kind = ParseLeakKind(GetString(leak, "kind"));
    if (!kind.has_value()) continue;
    report.leaks.push_back(
        {*kind, Shortened(GetString(leak, "what"), kLeakLimit)});
  }
  return report;
}

}  // namespace procspec::runner
