// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/bench_commands.h"

#include <ostream>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/diff.h"
#include "bench/page.h"
#include "bench/results.h"
#include "bench/table.h"
#include "conformance/runner/files.h"
#include "conformance/runner/selection.h"

namespace procspec::runner {
namespace {

Problem Unusable(const absl::Status& status) {
  return {ExitCode::kUsage, std::string(status.message())};
}

absl::StatusOr<bench::Diff> Compare(const std::string& path_a,
                                    const std::string& path_b) {
  const absl::StatusOr<bench::Results> a = bench::ReadResults(path_a);
  if (!a.ok()) return a.status();
  if (path_b.empty()) {
    absl::StatusOr<bench::Diff> diff = bench::CompareWithin(*a);
    if (diff.ok()) return diff;
    return absl::InvalidArgumentError(
        absl::StrCat(path_a, ": ", diff.status().message()));
  }
  const absl::StatusOr<bench::Results> b = bench::ReadResults(path_b);
  if (!b.ok()) return b.status();
  return bench::CompareRuns(*a, *b);
}

std::string Written(const bench::Diff& diff, DiffFormat format) {
  switch (format) {
    case DiffFormat::kText:
      return bench::DiffText(diff);
    case DiffFormat::kJson:
      return absl::StrCat(bench::DiffJson(diff), "\n");
    case DiffFormat::kMarkdown:
      return bench::DiffMarkdown(diff);
  }
  return "";
}

}  // namespace

ExitCode BenchDiffCommand(const std::string& path_a, const std::string& path_b,
                          DiffFormat format, const std::string& out_file,
                          const Streams& streams) {
  const absl::StatusOr<bench::Diff> diff = Compare(path_a, path_b);
  if (!diff.ok()) return Fail(streams, Unusable(diff.status()));
  const std::string text = Written(*diff, format);
  if (out_file.empty()) {
    streams.out << text;
  } else if (absl::Status status = WriteFile(out_file, text); !status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  return diff->Ok() ? ExitCode::kOk : ExitCode::kSlower;
}

ExitCode BenchPageCommand(const std::string& path, const std::string& out_file,
                          const Streams& streams) {
  const absl::StatusOr<bench::Results> results = bench::ReadResults(path);
  if (!results.ok()) return Fail(streams, Unusable(results.status()));
  const absl::Status status = WriteFile(out_file, bench::HtmlPage(*results));
  if (!status.ok()) {
    return Fail(streams,
                {ExitCode::kCannotWrite, std::string(status.message())});
  }
  streams.out << "page: " << out_file << "\n";
  return ExitCode::kOk;
}

ExitCode BenchTableCommand(const std::string& path, const Streams& streams) {
  const absl::StatusOr<bench::Results> results = bench::ReadResults(path);
  if (!results.ok()) return Fail(streams, Unusable(results.status()));
  streams.out << bench::TableText(*results);
  return ExitCode::kOk;
}

}  // namespace procspec::runner
