// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/run_record.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "spec/clause.h"
#include "spec/explain.h"

namespace procspec::runner {

const ClauseInfo* RunRecord::FindClause(std::string_view id) const {
  for (const ClauseInfo& clause : clauses) {
    if (clause.id == id) return &clause;
  }
  return nullptr;
}

const BackendInfo* RunRecord::FindBackend(std::string_view name) const {
  for (const BackendInfo& backend : backends) {
    if (backend.name == name) return &backend;
  }
  return nullptr;
}

std::string DescribeSelection(const RunRecord& run) {
  std::vector<std::string> parts = run.only;
  if (!run.shard.empty()) parts.push_back(absl::StrCat("shard ", run.shard));
  return absl::StrJoin(parts, ", ");
}

std::vector<CaseOnBackend> NotRun(const RunRecord& run) {
  std::vector<CaseOnBackend> out;
  // A kill matrix runs some cases on some backends, and the log does not say
  // which it was to run.
  if (run.command != "run") return out;
  std::set<std::pair<std::string_view, std::string_view>> begun;
  for (const Outcome& o : run.outcomes) begun.emplace(o.backend, o.case_name);
  for (const BackendInfo& backend : run.backends) {
    for (const CaseInfo& c : run.cases) {
      if (!c.selected || begun.count({backend.name, c.name}) > 0) continue;
      out.push_back({backend.name, c});
    }
  }
  return out;
}

bool AppliesTo(const ClauseInfo& clause, std::string_view platform) {
  if (clause.platform == "all" || clause.platform.empty()) return true;
  const bool windows = platform.substr(0, 7) == "windows";
  return (clause.platform == "windows") == windows;
}

bool Declares(const BackendInfo& backend,
              const std::vector<std::string>& requirements) {
  return std::all_of(requirements.begin(), requirements.end(),
                     [&](const std::string& requirement) {
                       return std::find(backend.capabilities.begin(),
                                        backend.capabilities.end(),
                                        requirement) !=
                              backend.capabilities.end();
                     });
}

bool IsPromised(const ClauseInfo& clause, const BackendInfo& backend) {
  return backend.IsAvailable() && clause.IsMust() && clause.withdrawn.empty() &&
         clause.untestable.empty() && AppliesTo(clause, backend.platform) &&
         Declares(backend, clause.requirements);
}

bool Concerns(const CaseInfo& case_info, const ClauseInfo& clause,
              const BackendInfo& backend) {
  return backend.IsAvailable() && AppliesTo(clause, backend.platform) &&
         Declares(backend, clause.requirements) &&
         Declares(backend, case_info.requirements);
}

std::vector<ClauseInfo> CompiledClauses() {
  std::vector<ClauseInfo> out;
  for (const Clause& clause : AllClauses()) {
    ClauseInfo info;
    info.id = clause.id;
    info.area = clause.area;
    info.level = LevelName(clause.level);
    info.text = PlainText(clause);
    info.platform = ClausePlatformName(clause.platform);
    for (Capability c : clause.requirements) {
      info.requirements.emplace_back(CapabilityName(c));
    }
    info.since = clause.since;
    info.source = clause.source;
    info.notes = clause.notes;
    info.untestable = clause.untestable;
    info.withdrawn = clause.withdrawn;
    out.push_back(std::move(info));
  }
  return out;
}

std::string ReproLine(const RunRecord& run, std::string_view backend,
                      std::string_view case_name) {
  std::string line;
  for (const auto& [name, value] : run.environment) {
    absl::StrAppend(&line, name, "=", ShellQuote(value), " ");
  }
  absl::StrAppend(&line, run.repro_prefix, " ",
                  ShellQuote(absl::StrCat("--backend=", std::string(backend))),
                  " ",
                  ShellQuote(absl::StrCat("--only=", std::string(case_name))));
  if (run.seed != 0) absl::StrAppend(&line, " --seed=", run.seed);
  return line;
}

std::vector<std::string> LeakLines(const Outcome& outcome) {
  std::vector<std::string> lines;
  for (const Leak& leak : outcome.leaks) lines.push_back(Describe(leak));
  const auto more = outcome.leak_count - static_cast<int64_t>(lines.size());
  if (more > 0) lines.push_back(absl::StrCat("and ", more, " more"));
  return lines;
}

std::string UnavailableNote(const BackendInfo& backend) {
  if (backend.IsAvailable()) return "";
  return absl::StrCat("not available here: ", backend.unavailable);
}

std::string LeakNote(const RunRecord& run) {
  switch (run.ipc_watch) {
    case IpcWatch::kNone:
      return "Leaks of shared memory and semaphores were not judged: this "
             "system does not let a case have its own, and several cases ran "
             "at a time (--jobs=1 compares them before and after each case).";
    case IpcWatch::kCompared:
      return "Leaks of shared memory and semaphores were judged by what the "
             "whole machine had before and after each case: this system does "
             "not let a case have its own.";
    case IpcWatch::kPrivate:
    case IpcWatch::kPrivateByUserNamespace:
    case IpcWatch::kNothingOutlives:
      return "";
  }
  return "";
}

std::string ShellQuote(std::string_view word) {
  const bool plain =
      !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               std::string_view("-_./=,:+@%").find(c) != std::string_view::npos;
      });
  if (plain) return std::string(word);
  return absl::StrCat(
      "'", absl::StrReplaceAll(std::string(word), {{"'", "'\\''"}}), "'");
}

}  // namespace procspec::runner
