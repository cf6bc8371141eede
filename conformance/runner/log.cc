// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/log.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/os.h"

namespace procspec::runner {
namespace {

constexpr int kSchema = 1;

Json PairsToJson(
    const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json out = Json::object();
  for (const auto& [key, value] : pairs) out[key] = value;
  return out;
}

std::vector<std::pair<std::string, std::string>> PairsFrom(
    const Json& json, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!Has(json, key)) return out;
  const Json& object = json[std::string(key)];
  if (!object.is_object()) return out;
  for (const auto& item : object.items()) {
    if (item.value().is_string()) {
      out.emplace_back(item.key(), item.value().get<std::string>());
    }
  }
  return out;
}

Json ToJson(const ClauseInfo& clause) {
  Json out = {{"id", clause.id},
              {"area", clause.area},
              {"level", clause.level},
              {"text", clause.text},
              {"platform", clause.platform},
              {"requires", clause.requirements},
              {"since", clause.since},
              {"source", clause.source}};
  if (!clause.notes.empty()) out["notes"] = clause.notes;
  if (!clause.untestable.empty()) out["untestable"] = clause.untestable;
  if (!clause.withdrawn.empty()) out["withdrawn"] = clause.withdrawn;
  return out;
}

ClauseInfo ClauseFrom(const Json& json) {
  ClauseInfo clause;
  clause.id = GetString(json, "id");
  clause.area = GetString(json, "area");
  clause.level = GetString(json, "level");
  clause.text = GetString(json, "text");
  clause.platform = GetString(json, "platform");
  clause.requirements = GetStrings(json, "requires");
  clause.since = GetString(json, "since");
  clause.source = GetString(json, "source");
  clause.notes = GetString(json, "notes");
  clause.untestable = GetString(json, "untestable");
  clause.withdrawn = GetString(json, "withdrawn");
  return clause;
}

Json ToJson(const BackendInfo& backend) {
  Json out = {{"name", backend.name},
              {"capabilities", backend.capabilities},
              {"platform", backend.platform}};
  if (!backend.base.empty()) out["base"] = backend.base;
  if (backend.wrong) out["wrong"] = true;
  if (!backend.IsAvailable()) out["unavailable"] = backend.unavailable;
  if (backend.IsMutant()) {
    out["breaks"] = backend.breaks;
    out["collateral"] = backend.collateral;
    out["touches"] = backend.touches;
  }
  return out;
}

BackendInfo BackendFrom(const Json& json) {
  BackendInfo backend;
  backend.name = GetString(json, "name");
  backend.capabilities = GetStrings(json, "capabilities");
  backend.platform = GetString(json, "platform");
  backend.base = GetString(json, "base");
  backend.wrong = GetBool(json, "wrong");
  backend.unavailable = GetString(json, "unavailable");
  backend.breaks = GetStrings(json, "breaks");
  backend.collateral = GetStrings(json, "collateral");
  backend.touches = GetStrings(json, "touches");
  return backend;
}

Json ToJson(const Expectation& expectation) {
  Json out = {{"file", expectation.file},
              {"verdict", VerdictName(expectation.verdict)},
              {"reason", expectation.reason},
              {"link", expectation.link}};
  if (!expectation.message.empty()) out["message"] = expectation.message;
  if (!expectation.expires.empty()) out["expires"] = expectation.expires;
  if (expectation.intermittent) out["intermittent"] = true;
  return out;
}

Expectation ExpectationFrom(const Json& json) {
  Expectation expectation;
  expectation.file = GetString(json, "file");
  expectation.verdict =
      ParseVerdict(GetString(json, "verdict")).value_or(Verdict::kFail);
  expectation.reason = GetString(json, "reason");
  expectation.link = GetString(json, "link");
  expectation.message = GetString(json, "message");
  expectation.expires = GetString(json, "expires");
  expectation.intermittent = GetBool(json, "intermittent");
  return expectation;
}

Json ToJson(const Outcome& outcome) {
  Json failures = Json::array();
  for (const Failure& f : outcome.failures) {
    failures.push_back(
        {{"file", f.file}, {"line", f.line}, {"message", f.message}});
  }
  Json out = {
      {"type", "end"},
      {"number", outcome.number},
      {"backend", outcome.backend},
      {"case", outcome.case_name},
      {"clause", outcome.clause},
      {"seed", outcome.seed},
      {"t", outcome.ended_s},
      {"verdict", VerdictName(outcome.verdict.value_or(Verdict::kInfra))},
      {"reason", outcome.reason},
      {"failures", std::move(failures)},
      {"duration_s", outcome.duration_s},
      {"cpu_s", outcome.cpu_s},
      {"max_rss_kb", outcome.max_rss_kb},
      {"end", outcome.end}};
  if (outcome.leak_count > 0) {
    Json leaks = Json::array();
    for (const Leak& leak : outcome.leaks) {
      leaks.push_back({{"kind", LeakKindName(leak.kind)}, {"what", leak.what}});
    }
    out["leaks"] = std::move(leaks);
    out["leak_count"] = outcome.leak_count;
  }
  if (!outcome.at_deadline.empty()) out["at_deadline"] = outcome.at_deadline;
  if (outcome.expectation.has_value()) {
    out["expectation"] = ToJson(*outcome.expectation);
    out["observed"] = VerdictName(outcome.observed.value_or(Verdict::kInfra));
  }
  out["output"] = outcome.output;
  out["output_bytes"] = outcome.output_bytes;
  return out;
}

void FillEnd(const Json& json, Outcome& outcome) {
  outcome.ended_s = GetDouble(json, "t");
  outcome.verdict =
      ParseVerdict(GetString(json, "verdict")).value_or(Verdict::kInfra);
  if (Has(json, "expectation")) {
    outcome.expectation = ExpectationFrom(json["expectation"]);
    outcome.observed = ParseVerdict(GetString(json, "observed"));
  }
  outcome.reason = GetString(json, "reason");
  for (const Json& f : GetObjects(json, "failures")) {
    outcome.failures.push_back({GetString(f, "file"),
                                static_cast<int>(GetInt(f, "line")),
                                GetString(f, "message")});
  }
  outcome.duration_s = GetDouble(json, "duration_s");
  outcome.cpu_s = GetDouble(json, "cpu_s");
  outcome.max_rss_kb = GetInt(json, "max_rss_kb");
  outcome.end = GetString(json, "end");
  for (const Json& leak : GetObjects(json, "leaks")) {
    const auto kind = ParseLeakKind(GetString(leak, "kind"));
    // A kind of a later version still counts.
    if (kind) outcome.leaks.push_back({*kind, GetString(leak, "what")});
  }
  outcome.leak_count = GetInt(json, "leak_count");
  outcome.at_deadline = GetStrings(json, "at_deadline");
  outcome.output = GetString(json, "output");
  outcome.output_bytes = GetInt(json, "output_bytes");
}

void FillRun(const Json& json, RunRecord& run) {
  run.schema = static_cast<int>(GetInt(json, "schema"));
  run.command = GetString(json, "command");
  run.spec_version = GetString(json, "spec_version");
  run.platform = GetString(json, "platform");
  run.machine = PairsFrom(json, "machine");
  run.argv = GetStrings(json, "argv");
  run.started = GetString(json, "started");
  run.testee = GetString(json, "testee");
  run.only = GetStrings(json, "only");
  run.shard = GetString(json, "shard");
  run.seed = static_cast<uint64_t>(GetInt(json, "seed"));
  run.jobs = static_cast<int>(GetInt(json, "jobs"));
  run.deadline_s = GetDouble(json, "deadline_s");
  run.time_limit_s = GetDouble(json, "time_limit_s");
  run.ipc_watch =
      ParseIpcWatch(GetString(json, "ipc_watch")).value_or(IpcWatch::kNone);
  run.repro_prefix = GetString(json, "repro_prefix");
  run.environment = PairsFrom(json, "environment");
  for (const Json& c : GetObjects(json, "clauses")) {
    run.clauses.push_back(ClauseFrom(c));
  }
  for (const Json& b : GetObjects(json, "backends")) {
    run.backends.push_back(BackendFrom(b));
  }
  for (const Json& c : GetObjects(json, "cases")) {
    run.cases.push_back({GetString(c, "name"), GetString(c, "clause"),
                         GetString(c, "variant"), GetStrings(c, "requires"),
                         GetBool(c, "selected", true)});
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogWriter>> LogWriter::Create(
    const std::string& path, const RunRecord& run) {
  // A log is there with its first record or not at all.
  const std::string temporary = path + ".new";
  absl::StatusOr<std::unique_ptr<AppendFile>> file =
      CreateAppendFile(temporary);
  if (!file.ok()) return file.status();
  std::unique_ptr<LogWriter> log(new LogWriter(*std::move(file)));
  absl::Status status = log->WriteRun(run);
  if (!status.ok()) return status;
  status = RenameFile(temporary, path);
  if (!status.ok()) return status;
  return log;
}

absl::Status LogWriter::WriteRun(const RunRecord& run) {
  Json clauses = Json::array();
  for (const ClauseInfo& c : run.clauses) clauses.push_back(ToJson(c));
  Json backends = Json::array();
  for (const BackendInfo& b : run.backends) backends.push_back(ToJson(b));
  Json cases = Json::array();
  for (const CaseInfo& c : run.cases) {
    Json json_case = {
        {"name", c.name}, {"clause", c.clause}, {"variant", c.variant}};
    if (!c.requirements.empty()) json_case["requires"] = c.requirements;
    if (!c.selected) json_case["selected"] = false;
    cases.push_back(std::move(json_case));
  }
  const Json json = {{"type", "run"},
                     {"schema", kSchema},
                     {"command", run.command},
                     {"spec_version", run.spec_version},
                     {"platform", run.platform},
                     {"machine", PairsToJson(run.machine)},
                     {"argv", run.argv},
                     {"started", run.started},
                     {"testee", run.testee},
                     {"only", run.only},
                     {"shard", run.shard},
                     {"seed", run.seed},
                     {"jobs", run.jobs},
                     {"deadline_s", run.deadline_s},
                     {"time_limit_s", run.time_limit_s},
                     {"ipc_watch", IpcWatchName(run.ipc_watch)},
                     {"repro_prefix", run.repro_prefix},
                     {"environment", PairsToJson(run.environment)},
                     {"backends", std::move(backends)},
                     {"cases", std::move(cases)},
                     {"clauses", std::move(clauses)}};
  return file_->Append(DumpJson(json) + "\n");
}

absl::Status LogWriter::WriteBegin(const Outcome& outcome) {
  const Json json = {{"type", "begin"},
                     {"number", outcome.number},
                     {"backend", outcome.backend},
                     {"case", outcome.case_name},
                     {"clause", outcome.clause},
                     {"seed", outcome.seed},
                     {"time", outcome.time},
                     {"t", outcome.began_s}};
  return file_->Append(DumpJson(json) + "\n");
}

absl::Status LogWriter::WriteEnd(const Outcome& outcome) {
  return file_->Append(DumpJson(ToJson(outcome)) + "\n");
}

absl::Status LogWriter::WriteRunEnd(const RunRecord& run) {
  const Json json = {{"type", "run_end"},
                     {"wall_s", run.wall_s},
                     {"interrupted", run.interrupted},
                     {"time_limit_reached", run.time_limit_reached},
                     {"exit_code", run.exit_code}};
  return file_->Append(DumpJson(json) + "\n");
}

absl::StatusOr<RunRecord> ReadLog(const std::string& path) {
  std::ifstream in(PathOf(path), std::ios::binary);
  if (!in) {
    std::error_code error;
    return absl::NotFoundError(
        absl::StrCat("cannot read ", path,
                     std::filesystem::exists(PathOf(path + ".new"), error)
                         ? ": its run was ended before it had begun a case"
                         : ""));
  }
  const std::string text((std::istreambuf_iterator<char>(in)),
                         std::istreambuf_iterator<char>());
  absl::StatusOr<RunRecord> run = ParseLog(text);
  if (!run.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", std::string(run.status().message())));
  }
  return run;
}

absl::StatusOr<RunRecord> ParseLog(std::string_view text) {
  RunRecord run;
  bool have_run = false;
  std::map<int, size_t> by_number;  // of a case's record in run.outcomes
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size()
                                                         : newline + 1);
    if (line.empty()) continue;
    const std::optional<Json> json = ParseJson(line);
    if (!json.has_value()) {
      // Only what was being written when the runner was killed has no newline.
      if (newline == std::string_view::npos) {
        run.cut_bytes = static_cast<int64_t>(line.size());
      } else {
        ++run.unreadable_lines;
      }
      continue;
    }
    const std::string type = GetString(*json, "type");
    if (type == "run") {
      FillRun(*json, run);
      if (run.schema > kSchema) {
        return absl::InvalidArgumentError(
            "the log is of a newer version than this program");
      }
      have_run = true;
    } else if (type == "begin") {
      Outcome outcome;
      outcome.number = static_cast<int>(GetInt(*json, "number"));
      outcome.backend = GetString(*json, "backend");
      outcome.case_name = GetString(*json, "case");
      outcome.clause = GetString(*json, "clause");
      outcome.seed = static_cast<uint64_t>(GetInt(*json, "seed"));
      outcome.time = GetString(*json, "time");
      outcome.began_s = GetDouble(*json, "t");
      by_number[outcome.number] = run.outcomes.size();
      run.outcomes.push_back(std::move(outcome));
    } else if (type == "end") {
      const auto it = by_number.find(static_cast<int>(GetInt(*json, "number")));
      if (it == by_number.end()) {
        ++run.unreadable_lines;
        continue;
      }
      FillEnd(*json, run.outcomes[it->second]);
    } else if (type == "run_end") {
      run.ended = true;
      run.wall_s = GetDouble(*json, "wall_s");
      run.interrupted = GetBool(*json, "interrupted");
      run.time_limit_reached = GetBool(*json, "time_limit_reached");
      run.exit_code = static_cast<int>(GetInt(*json, "exit_code", -1));
    }
    // Other types are of a later minor version: to be skipped.
  }
  if (!have_run) {
    return absl::InvalidArgumentError(
        "not the log of a run: it has no record of type run");
  }
  return run;
}

}  // namespace procspec::runner
