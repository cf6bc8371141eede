// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "conformance/runner/commands.h"
#include "conformance/runner/expectations.h"
#include "conformance/runner/expectations_update.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/testee.h"

namespace procspec::runner {
namespace {

namespace fs = std::filesystem;

std::string Today() {
  return absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone());
}

// `bazel run` starts programs elsewhere than where the person is.
std::string FromCaller(const std::string& path) {
  const std::string directory = GetEnv("BUILD_WORKING_DIRECTORY");
  return directory.empty() ? path : TextOf(PathOf(directory) / PathOf(path));
}

Problem AtFault(const std::string& what) {
  return {ExitCode::kExpectationsAtFault, what};
}

}  // namespace

Chosen<ExpectationMap> ExpectationsOfRun(const std::string& list,
                                         const TesteeList& linked,
                                         const RunRecord& run) {
  Setting setting;
  setting.linked = linked.backends;
  for (const BackendInfo& b : run.backends) setting.running.push_back(b.name);
  setting.selection = !run.only.empty();
  setting.cases = run.cases;
  setting.clauses = run.clauses;
  setting.today = Today();
  return LoadExpectations(list, setting);
}

ExitCode CheckExpectationsCommand(const std::vector<std::string>& files,
                                  const std::string& testee,
                                  const Streams& streams) {
  std::string path;
  Chosen<TesteeList> list = AskTestee(testee, path);
  if (auto* problem = std::get_if<Problem>(&list)) {
    return Fail(streams, *problem);
  }
  const auto& linked = std::get<TesteeList>(list);
  RunRecord run;  // of all that there is
  run.backends = linked.backends;
  run.cases = linked.cases;
  run.clauses = CompiledClauses();
  std::vector<std::string> paths;
  for (const std::string& file : files) paths.push_back(FromCaller(file));
  auto map = ExpectationsOfRun(absl::StrJoin(paths, ","), linked, run);
  if (auto* problem = std::get_if<Problem>(&map)) {
    return Fail(streams, *problem);
  }
  streams.out << absl::StrJoin(paths, ", ") << ": in order\n";
  return ExitCode::kOk;
}

ExitCode UpdateExpectationsCommand(const ExpectationsUpdateOptions& options,
                                   const Streams& streams) {
  if (options.reason.empty() != options.link.empty()) {
    return Fail(streams, {ExitCode::kUsage,
                          "--reason and --link go together: give both, or "
                          "neither to add nothing"});
  }
  if (!options.link.empty() && !IsLink(options.link)) {
    return Fail(streams, {ExitCode::kUsage,
                          absl::StrCat("the link '", options.link,
                                       "' is no address; it begins with "
                                       "https://")});
  }
  std::error_code error;
  // A link is followed, or the file would take the link's place.
  std::string path = FromCaller(options.file);
  if (fs::is_symlink(PathOf(path), error)) {
    path = TextOf(fs::canonical(PathOf(path), error));
  }
  ParsedExpectations parsed = ReadExpectations(path);
  if (!parsed.faults.empty()) {
    return Fail(streams,
                AtFault(absl::StrCat("to be mended by hand first:\n  ",
                                     absl::StrJoin(parsed.faults, "\n  "))));
  }
  const ExpectationFile& file = parsed.file;

  const std::string log_path = FindLog(FromCaller(options.log));
  absl::StatusOr<RunRecord> run = ReadLog(log_path);
  if (!run.ok()) return Fail(streams, LogProblem(run.status()));
  const BackendInfo* backend = run->FindBackend(file.backend);
  if (backend == nullptr || backend->platform != file.platform) {
    std::vector<std::string> there;
    for (const BackendInfo& b : run->backends) {
      there.push_back(absl::StrCat(b.name, " on ", b.platform));
    }
    return Fail(streams,
                AtFault(absl::StrCat(path, ": for ", file.backend, " on ",
                                     file.platform, ", but ", log_path,
                                     " is of ", absl::StrJoin(there, ", "))));
  }

  if (!backend->IsAvailable()) {
    return Fail(streams, AtFault(absl::StrCat(log_path, " says nothing of ",
                                              file.backend, ": ",
                                              UnavailableNote(*backend))));
  }

  const ExpectationsUpdate update =
      UpdateExpectations(file, *run, options.reason, options.link, Today());
  if (!update.changes.empty()) {
    const absl::Status status = WriteFile(path, update.text);
    if (!status.ok()) {
      return Fail(streams,
                  {ExitCode::kCannotWrite, std::string(status.message())});
    }
  }
  for (const std::string& change : update.changes) {
    streams.out << path << ": " << change << "\n";
  }
  if (update.changes.empty()) streams.out << path << ": nothing changed\n";
  if (update.left.empty()) return ExitCode::kOk;
  streams.out.flush();
  return Fail(streams,
              AtFault(absl::StrCat(path, ": left to you:\n  ",
                                   absl::StrJoin(update.left, "\n  "))));
}

}  // namespace procspec::runner
