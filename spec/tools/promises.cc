// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/tools/promises.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "spec/capability.h"
#include "spec/clause.h"
#include "spec/compiler/hash.h"
#include "spec/compiler/parser.h"

namespace procspec {
namespace {

using Json = nlohmann::json;
// Members in the order of a clause's reading: id, level, ...
using OrderedJson = nlohmann::ordered_json;

// Digits of a hash that the changelog gives: enough to tell the few versions of
// one clause apart, short enough to be read.
constexpr size_t kShortHash = 8;

std::string Short(std::string_view hash) {
  return std::string(hash.substr(0, kShortHash));
}

std::string BaselineSubject(const Baseline& baseline) {
  return absl::StrCat("baseline ", baseline.version);
}

// Over all ids and hashes of a baseline.
std::string BaselineHash(const Baseline& baseline) {
  std::string all;
  for (const auto& [id, hash] : baseline.hashes) {
    absl::StrAppend(&all, id, " ", hash, "\n");
  }
  return compiler::StableHash(all);
}

const Clause* Find(std::span<const Clause> clauses, std::string_view id) {
  const auto it = std::find_if(clauses.begin(), clauses.end(),
                               [&](const Clause& c) { return c.id == id; });
  return it == clauses.end() ? nullptr : &*it;
}

// nullptr unless `json` is an object with a string of that name.
const std::string* StringMember(const Json& json, const char* name) {
  const auto it = json.find(name);
  return it == json.end() ? nullptr : it->get_ptr<const std::string*>();
}

// The clause's entry in a manifest, by id; an entry without id is left out.
std::map<std::string, Json> EntriesById(std::string_view manifest) {
  std::map<std::string, Json> entries;
  const Json json = Json::parse(manifest, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return entries;
  for (const Json& entry : json) {
    if (const std::string* id = StringMember(entry, "id")) entries[*id] = entry;
  }
  return entries;
}

// What differs between two baselines, the later of which may be the clauses of
// today, and has no line in the changelog.
void FindUnexplained(const Baseline& before, const Baseline& after,
                     const Changelog& changelog,
                     std::vector<std::string>& problems) {
  for (const auto& [id, hash] : after.hashes) {
    const auto old = before.hashes.find(id);
    if (old != before.hashes.end() && old->second == hash) continue;
    if (changelog.entries.contains({id, Short(hash)})) continue;
    problems.push_back(absl::StrCat(
        id, " is ", old == before.hashes.end() ? "new" : "not what it promised",
        " since ", before.version, " (",
        old == before.hashes.end() ? "none" : Short(old->second), " -> ",
        Short(hash), "); add to spec/CHANGELOG.md:\n  - ", id, " (",
        Short(hash), "): what changed, and why"));
  }
}

}  // namespace

absl::StatusOr<std::vector<Case>> ParseCases(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto list = json.find("cases");
  if (list == json.end() || !list->is_array()) {
    return absl::InvalidArgumentError(
        "the list of cases is no JSON object with an array 'cases'");
  }
  std::vector<Case> cases;
  for (const Json& entry : *list) {
    const std::string* name = StringMember(entry, "name");
    const std::string* clause = StringMember(entry, "clause");
    if (name == nullptr || clause == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("a case lacks 'name' or 'clause': ", entry.dump()));
    }
    cases.push_back({*name, *clause});
  }
  if (cases.empty()) {
    return absl::NotFoundError(
        "the testee lists no case; are the cases linked in (alwayslink)?");
  }
  return cases;
}

absl::StatusOr<std::vector<Case>> ListCases(const std::string& testee) {
  const std::string command = absl::StrCat("\"", testee, "\" list --json");
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot run ", command));
  }
  std::string output;
  std::array<char, 4096> buffer;
  for (size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), n);
  }
  if (const int status = pclose(pipe); status != 0) {
    return absl::UnavailableError(
        absl::StrCat(command, " failed with status ", status));
  }
  return ParseCases(output);
}

std::string MakeManifest(std::span<const Clause> clauses,
                         std::span<const Case> cases) {
  std::map<std::string_view, std::set<std::string_view>> names;
  for (const Case& c : cases) names[c.clause].insert(c.name);

  OrderedJson manifest = OrderedJson::array();
  for (const Clause& clause : clauses) {
    OrderedJson entry;
    entry["id"] = clause.id;
    entry["level"] = LevelName(clause.level);
    entry["area"] = clause.area;
    entry["hash"] = clause.hash;
    entry["since"] = clause.since;
    entry["platform"] = ClausePlatformName(clause.platform);
    entry["requires"] = OrderedJson::array();
    for (Capability c : clause.requirements) {
      entry["requires"].push_back(CapabilityName(c));
    }
    if (!clause.untestable.empty()) entry["untestable"] = clause.untestable;
    if (clause.IsWithdrawn()) entry["withdrawn"] = clause.withdrawn;
    entry["cases"] = names[clause.id];
    manifest.push_back(std::move(entry));
  }
  return manifest.dump(2) + "\n";
}

Baseline MakeBaseline(std::string_view version,
                      std::span<const Clause> clauses) {
  Baseline baseline;
  baseline.version = version;
  for (const Clause& clause : clauses) {
    baseline.hashes.emplace(clause.id, clause.hash);
  }
  return baseline;
}

std::string FormatBaseline(const Baseline& baseline) {
  OrderedJson json;
  json["version"] = baseline.version;
  json["hashes"] = baseline.hashes;
  return json.dump(2) + "\n";
}

absl::StatusOr<Baseline> ParseBaseline(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const std::string* version = StringMember(json, "version");
  const auto hashes = json.find("hashes");
  if (version == nullptr || hashes == json.end() || !hashes->is_object()) {
    return absl::InvalidArgumentError(
        "a baseline is a JSON object with a string 'version' and an object "
        "'hashes'");
  }
  Baseline baseline;
  baseline.version = *version;
  for (const auto& [id, hash] : hashes->items()) {
    if (!hash.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the hash of ", id, " is no string"));
    }
    baseline.hashes[id] = hash.get<std::string>();
  }
  return baseline;
}

absl::StatusOr<std::vector<Baseline>> ReadBaselines(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) {
    return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  }
  std::vector<Baseline> baselines;
  for (const std::filesystem::directory_entry& entry : entries) {
    if (entry.path().extension() != ".json") continue;
    const absl::StatusOr<std::string> text =
        ReadTextFile(entry.path().string());
    if (!text.ok()) return text.status();
    absl::StatusOr<Baseline> baseline = ParseBaseline(*text);
    if (!baseline.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          entry.path().string(), ": ", baseline.status().message()));
    }
    if (entry.path().stem() != baseline->version) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry.path().string(), " says that it is version ",
                       baseline->version));
    }
    baselines.push_back(*std::move(baseline));
  }
  std::sort(baselines.begin(), baselines.end(),
            [](const Baseline& a, const Baseline& b) {
              return compiler::VersionLess(a.version, b.version);
            });
  return baselines;
}

std::string BaselineLine(const Baseline& baseline) {
  return absl::StrCat("- ", BaselineSubject(baseline), " (",
                      Short(BaselineHash(baseline)), "): ");
}

Changelog ParseChangelog(std::string_view markdown) {
  Changelog changelog;
  for (std::string_view line : absl::StrSplit(markdown, '\n')) {
    line = absl::StripSuffix(line, "\r");
    std::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, "- ")) continue;
    // SUBJECT (HASH8): TEXT
    const size_t open = rest.find(" (");
    const std::string_view subject = rest.substr(0, open);
    const std::string_view tail =
        open == std::string_view::npos ? "" : rest.substr(open + 2);
    const std::string_view hash = tail.substr(0, kShortHash);
    const bool is_hash =
        hash.size() == kShortHash &&
        std::all_of(hash.begin(), hash.end(),
                    [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!is_hash || !absl::StartsWith(tail.substr(kShortHash), "): ") ||
        tail.size() == kShortHash + 3) {
      changelog.malformed.emplace_back(line);
    } else {
      changelog.entries.emplace(subject, hash);
    }
  }
  return changelog;
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<std::string> FindClausesWithoutCase(std::span<const Clause> clauses,
                                                std::span<const Case> cases) {
  std::set<std::string_view> covered;
  for (const Case& c : cases) covered.insert(c.clause);
  std::vector<std::string> problems;
  for (const Clause& clause : clauses) {
    const bool has_case = covered.contains(clause.id);
    if (clause.IsTestable() && !has_case) {
      problems.push_back(absl::StrCat(
          clause.file, ":", clause.line, ": ", clause.id,
          " has no case; write one in conformance/cases, or say why none can "
          "exist: '- untestable: reason'"));
    } else if (!clause.untestable.empty() && has_case) {
      problems.push_back(absl::StrCat(
          clause.file, ":", clause.line, ": ", clause.id,
          " is called untestable and has a case; remove the one or the other"));
    }
  }
  return problems;
}

std::vector<std::string> FindCasesWithoutClause(std::span<const Clause> clauses,
                                                std::span<const Case> cases) {
  std::vector<std::string> problems;
  for (const Case& c : cases) {
    const Clause* clause = Find(clauses, c.clause);
    if (clause == nullptr) {
      problems.push_back(absl::StrCat("case ", c.name, " names clause ",
                                      c.clause,
                                      ", which does not exist; mend the case"));
    } else if (clause->IsWithdrawn()) {
      problems.push_back(absl::StrCat(
          "case ", c.name, " names clause ", c.clause, ", withdrawn in ",
          clause->withdrawn, "; remove the case or name a clause that stands"));
    }
  }
  return problems;
}

std::vector<std::string> FindMisnamedCases(std::span<const Case> cases) {
  std::set<std::string_view> names;
  std::vector<std::string> problems;
  for (const Case& c : cases) {
    std::string_view variant = c.name;
    if (!absl::ConsumePrefix(&variant, c.clause) ||
        !(variant.empty() || (variant[0] == '/' && variant.size() > 1))) {
      problems.push_back(absl::StrCat("case ", c.name, " of clause ", c.clause,
                                      " is to be named ", c.clause, " or ",
                                      c.clause, "/variant"));
    }
    if (!names.insert(c.name).second) {
      problems.push_back(absl::StrCat("two cases are named ", c.name,
                                      "; give each a variant of its own"));
    }
  }
  return problems;
}

std::vector<std::string> FindManifestDifferences(std::string_view checked_in,
                                                 std::string_view actual,
                                                 std::string_view update) {
  std::vector<std::string> problems;
  if (checked_in == actual) return problems;
  const std::map<std::string, Json> old_entries = EntriesById(checked_in);
  const std::map<std::string, Json> new_entries = EntriesById(actual);
  for (const auto& [id, entry] : old_entries) {
    if (!new_entries.contains(id)) {
      problems.push_back(absl::StrCat(id, " is only in spec/manifest.json"));
    }
  }
  for (const auto& [id, entry] : new_entries) {
    const auto old = old_entries.find(id);
    if (old == old_entries.end()) {
      problems.push_back(absl::StrCat(id, " is not in spec/manifest.json"));
      continue;
    }
    for (const auto& [name, value] : entry.items()) {
      const auto old_value = old->second.find(name);
      if (old_value != old->second.end() && *old_value == value) continue;
      problems.push_back(absl::StrCat(
          id, ": ", name, " is ", value.dump(), ", and in spec/manifest.json ",
          old_value == old->second.end() ? "absent" : old_value->dump()));
    }
    for (const auto& [name, value] : old->second.items()) {
      if (entry.contains(name)) continue;
      problems.push_back(absl::StrCat(id, ": ", name, " is only in ",
                                      "spec/manifest.json, as ", value.dump()));
    }
  }
  problems.push_back(absl::StrCat(
      "spec/manifest.json is not what '", update,
      "' writes; run that, and read the difference: it is what changes"));
  return problems;
}

std::vector<std::string> FindUnexplainedChanges(
    std::span<const Clause> clauses, std::span<const Baseline> baselines,
    const Changelog& changelog) {
  std::vector<std::string> problems;
  if (baselines.empty()) {
    problems.push_back(
        "there is no baseline to compare with; freeze one: "
        "bazel run //spec/tools:new_baseline -- VERSION");
    return problems;
  }
  for (size_t i = 1; i < baselines.size(); ++i) {
    FindUnexplained(baselines[i - 1], baselines[i], changelog, problems);
  }
  FindUnexplained(baselines.back(), MakeBaseline("now", clauses), changelog,
                  problems);
  return problems;
}

std::vector<std::string> FindRemovedClauses(
    std::span<const Clause> clauses, std::span<const Baseline> baselines) {
  // The last baseline that has it, so that each is reported once.
  std::map<std::string_view, std::string_view> removed;
  for (const Baseline& baseline : baselines) {
    for (const auto& [id, hash] : baseline.hashes) {
      if (Find(clauses, id) == nullptr) removed[id] = baseline.version;
    }
  }
  std::vector<std::string> problems;
  for (const auto& [id, version] : removed) {
    problems.push_back(absl::StrCat(
        id, " was in ", version,
        " and is gone; ids are for ever: bring the clause back with "
        "'- withdrawn: VERSION reason'"));
  }
  return problems;
}

std::vector<std::string> FindUnexplainedBaselines(
    std::span<const Baseline> baselines, const Changelog& changelog) {
  std::vector<std::string> problems;
  for (const Baseline& baseline : baselines) {
    if (changelog.entries.contains(
            {BaselineSubject(baseline), Short(BaselineHash(baseline))})) {
      continue;
    }
    problems.push_back(absl::StrCat(
        "spec/baseline/", baseline.version,
        ".json is not the one in the changelog; a frozen baseline is not "
        "edited. If it is new, add to spec/CHANGELOG.md:\n  ",
        BaselineLine(baseline), "what it holds"));
  }
  return problems;
}

std::vector<std::string> FindMalformedEntries(
    std::span<const Clause> clauses, std::span<const Baseline> baselines,
    const Changelog& changelog) {
  std::vector<std::string> problems;
  for (const std::string& line : changelog.malformed) {
    problems.push_back(absl::StrCat(
        "spec/CHANGELOG.md: '", line,
        "' is no entry; write '- CLAUSE-ID (first 8 digits of its hash): what "
        "changed'"));
  }
  for (const auto& [subject, hash] : changelog.entries) {
    if (Find(clauses, subject) != nullptr) continue;
    const bool is_baseline = std::any_of(
        baselines.begin(), baselines.end(),
        [&](const Baseline& b) { return BaselineSubject(b) == subject; });
    if (is_baseline) continue;
    problems.push_back(absl::StrCat("spec/CHANGELOG.md: there is no clause ",
                                    subject, "; mend the entry"));
  }
  return problems;
}

}  // namespace procspec
