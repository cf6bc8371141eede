// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/expectations.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "conformance/runner/expectation.h"
#include "conformance/runner/files.h"

namespace procspec::runner {
namespace {

constexpr size_t kNamesShown = 5;

const std::vector<std::string>& FileFields() {
  static const auto& fields = *new std::vector<std::string>{
      "$schema", "backend", "platform", "intermittent_limit", "expect"};
  return fields;
}

const std::vector<std::string>& EntryFields() {
  static const auto& fields = *new std::vector<std::string>{
      "case",   "matches", "verdict", "message",
      "reason", "link",    "expires", "intermittent"};
  return fields;
}

bool IsBlank(std::string_view text) {
  return absl::StripAsciiWhitespace(absl::string_view(text)).empty();
}

std::string EntryName(const std::string& path, size_t index,
                      const std::string& pattern) {
  return absl::StrCat(path, ": entry ", index + 1,
                      pattern.empty() ? "" : absl::StrCat(" (", pattern, ")"));
}

// JSON that says where it is broken and does not drop a repeated field.
std::optional<Json> ParseStrictly(std::string_view text, std::string& problem) {
  std::vector<std::set<std::string>> open;
  std::string repeated;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto key = parsed.get<std::string>();
      if (!open.back().insert(key).second) repeated = key;
    }
    return true;
  };
  try {
    Json json = Json::parse(text.begin(), text.end(), watch);
    if (repeated.empty()) return json;
    problem = absl::StrCat("the field '", repeated, "' is there twice");
  } catch (const Json::parse_error& error) {
    problem = absl::StrCat("not JSON: ", error.what());
  }
  return std::nullopt;
}

// Reads one file, and notes all that is wrong with it rather than the first.
class Parser {
 public:
  Parser(const std::string& path, ParsedExpectations& out)
      : path_(path), out_(out) {
    out_.file.path = path;
  }

  void Parse(std::string_view text) {
    std::string problem;
    std::optional<Json> json = ParseStrictly(text, problem);
    where_ = path_;
    if (!json.has_value()) return Fault(problem);
    if (!json->is_object()) return Fault("not a JSON object");
    ExpectationFile& file = out_.file;
    KnownFields(*json, FileFields());
    Text(*json, "$schema");
    file.backend = Text(*json, "backend");
    file.platform = Text(*json, "platform");
    if (IsBlank(file.backend)) {
      Fault("no \"backend\"; name the one that it is for");
    }
    if (IsBlank(file.platform)) {
      Fault("no \"platform\"; name the one that it is for, such as linux");
    }
    file.intermittent_limit = Number(*json, "intermittent_limit", 0);
    if (!Has(*json, "expect") || !(*json)["expect"].is_array()) {
      return Fault("no \"expect\"; give a list, which may be empty");
    }
    const Json& entries = (*json)["expect"];
    for (size_t i = 0; i < entries.size(); ++i) Entry(entries[i], i);
    file.json = *std::move(json);
  }

 private:
  void Fault(const std::string& what) {
    out_.faults.push_back(absl::StrCat(where_, ": ", what));
  }

  void KnownFields(const Json& object, const std::vector<std::string>& known) {
    for (const auto& field : object.items()) {
      if (std::find(known.begin(), known.end(), field.key()) != known.end()) {
        continue;
      }
      const std::string near = DidYouMean(field.key(), known);
      Fault(absl::StrCat("no such field '", field.key(), "'",
                         near.empty() ? absl::StrCat("; there are ",
                                                     absl::StrJoin(known, ", "))
                                      : near));
    }
  }

  std::string Text(const Json& object, const std::string& key) {
    if (Has(object, key) && !object[key].is_string()) {
      Fault(absl::StrCat("\"", key, "\" has to be a string"));
    }
    return GetString(object, key);
  }

  int Number(const Json& object, const std::string& key, int64_t least) {
    const int64_t value = GetInt(object, key, -1);
    if (Has(object, key) && (value < least || value > 1000000)) {
      Fault(absl::StrCat("\"", key, "\" has to be a number, ", least,
                         " or more"));
    }
    return static_cast<int>(std::clamp<int64_t>(value, 0, 1000000));
  }

  void Entry(const Json& json, size_t index) {
    where_ = EntryName(path_, index, GetString(json, "case"));
    if (!json.is_object()) return Fault("not an object");
    ExpectationEntry entry;
    Expectation& e = entry.expectation;
    KnownFields(json, EntryFields());
    entry.pattern = Text(json, "case");
    entry.matches = Number(json, "matches", 1);
    const std::string verdict = Text(json, "verdict");
    e.file = path_;
    e.message = Text(json, "message");
    e.reason = Text(json, "reason");
    e.link = Text(json, "link");
    e.expires = Text(json, "expires");
    e.intermittent = GetBool(json, "intermittent");
    if (Has(json, "intermittent") && !json["intermittent"].is_boolean()) {
      Fault("\"intermittent\" has to be true or false");
    }
    if (IsBlank(entry.pattern)) Fault("no \"case\"; name one");
    if (Has(json, "matches") && !entry.IsGlob()) {
      Fault("\"matches\" is for globs, and this names one case; leave it out");
    }
    const std::optional<Verdict> known = ParseVerdict(verdict);
    if (known.has_value() && CanBeExpected(*known)) {
      e.verdict = *known;
    } else {
      Fault(absl::StrCat("the verdict '", verdict,
                         "' cannot be expected; FAIL, TIMEOUT, CRASH and LEAK "
                         "can"));
    }
    if (IsBlank(e.reason)) {
      Fault("no \"reason\"; say why the case is expected to fail");
    }
    if (IsBlank(e.link)) {
      Fault("no \"link\"; give the address of the issue that is to end it");
    } else if (!IsLink(e.link)) {
      Fault(absl::StrCat("the link '", e.link,
                         "' is no address; it begins with https://"));
    }
    absl::CivilDay day;
    if (Has(json, "expires") && (!absl::ParseCivilTime(e.expires, &day) ||
                                 absl::FormatCivilTime(day) != e.expires)) {
      Fault(
          absl::StrCat("'", e.expires, "' is no date; write it as 2027-06-30"));
    }
    out_.file.entries.push_back(std::move(entry));
  }

  const std::string path_;
  ParsedExpectations& out_;
  std::string where_;  // what a fault is of
};

std::string Shown(const std::vector<std::string>& names) {
  if (names.size() <= kNamesShown) return absl::StrJoin(names, ", ");
  return absl::StrCat(
      absl::StrJoin(names.begin(), names.begin() + kNamesShown, ", "), " and ",
      names.size() - kNamesShown, " more");
}

// Why there is no such case, and which may have been meant.
std::string UnknownCase(const std::string& name, const Setting& setting) {
  const std::string clause = name.substr(0, name.find('/'));
  const auto it = std::find_if(setting.clauses.begin(), setting.clauses.end(),
                               [&](const auto& c) { return c.id == clause; });
  if (it == setting.clauses.end()) {
    std::vector<std::string> ids;
    for (const ClauseInfo& c : setting.clauses) ids.push_back(c.id);
    std::vector<std::string> names;
    for (const CaseInfo& c : setting.cases) names.push_back(c.name);
    const std::string near = DidYouMean(name, names);
    return absl::StrCat("no clause '", clause, "'",
                        near.empty() ? DidYouMean(clause, ids) : near,
                        " (all: procspec list --cases)");
  }
  if (!it->withdrawn.empty()) {
    return absl::StrCat("the clause ", clause, " is withdrawn (", it->withdrawn,
                        "); take the entry out");
  }
  std::vector<std::string> names;
  for (const CaseInfo& c : setting.cases) {
    if (c.clause == clause) names.push_back(c.name);
  }
  return absl::StrCat("no case '", name, "'; the clause has ",
                      names.empty() ? "none" : Shown(names));
}

class Checker {
 public:
  Checker(const ExpectationFile& file, const Setting& setting,
          std::vector<std::string>& faults)
      : file_(file), setting_(setting), faults_(faults) {}

  void Check() {
    where_ = file_.path;
    CheckBackend();
    std::map<std::string, size_t> owner;  // case -> the entry that means it
    int intermittent = 0;
    for (size_t i = 0; i < file_.entries.size(); ++i) {
      const ExpectationEntry& entry = file_.entries[i];
      where_ = EntryName(file_.path, i, entry.pattern);
      const std::vector<std::string> cases = MeantCases(entry, setting_.cases);
      CheckMatches(entry, cases);
      for (const std::string& name : cases) {
        const auto [it, fresh] = owner.emplace(name, i);
        if (fresh) continue;
        Fault(absl::StrCat("a second expectation for ", name, ", beside entry ",
                           it->second + 1, "; keep one of them"));
        break;
      }
      if (entry.expectation.intermittent) {
        intermittent += static_cast<int>(cases.size());
      }
      if (HasExpired(entry.expectation, setting_.today)) {
        Fault(absl::StrCat("expired on ", entry.expectation.expires,
                           "; look at the deviation again: mend it, or give "
                           "it a new date"));
      }
    }
    where_ = file_.path;
    if (intermittent > file_.intermittent_limit) {
      Fault(absl::StrCat(
          intermittent, intermittent == 1 ? " case is" : " cases are",
          " intermittent, but \"intermittent_limit\" is ",
          file_.intermittent_limit, "; mend one, or raise the limit"));
    }
  }

 private:
  void Fault(const std::string& what) {
    faults_.push_back(absl::StrCat(where_, ": ", what));
  }

  void CheckBackend() {
    std::vector<std::string> names;
    for (const BackendInfo& backend : setting_.linked) {
      names.push_back(backend.name);
      if (backend.name != file_.backend) continue;
      const bool runs =
          std::find(setting_.running.begin(), setting_.running.end(),
                    backend.name) != setting_.running.end();
      if (backend.platform != file_.platform) {
        Fault(absl::StrCat("for ", file_.backend, " on ", file_.platform,
                           ", but here that runs on ", backend.platform,
                           "; give the file only where it belongs"));
      } else if (!runs && !setting_.selection) {
        Fault(absl::StrCat("for ", file_.backend,
                           ", which is not run; leave out the file too"));
      }
      return;
    }
    const std::string near = DidYouMean(file_.backend, names);
    Fault(absl::StrCat("no backend '", file_.backend, "'",
                       near.empty() ? "; see procspec list --backends" : near));
  }

  void CheckMatches(const ExpectationEntry& entry,
                    const std::vector<std::string>& cases) {
    if (!entry.IsGlob()) {
      if (cases.empty()) Fault(UnknownCase(entry.pattern, setting_));
    } else if (cases.empty()) {
      Fault("matches no case; take the entry out");
    } else if (cases.size() > static_cast<size_t>(kMaxMatches)) {
      Fault(absl::StrCat("matches ", cases.size(), " cases, and at most ",
                         kMaxMatches, " are allowed; narrow it"));
    } else if (static_cast<size_t>(entry.matches) != cases.size()) {
      Fault(absl::StrCat(
          "matches ", cases.size(), " cases (", Shown(cases), "), but ",
          entry.matches == 0 ? std::string("has no \"matches\"")
                             : absl::StrCat("\"matches\" is ", entry.matches),
          "; narrow the glob, or correct the number if all of them are meant"));
    }
  }

  const ExpectationFile& file_;
  const Setting& setting_;
  std::vector<std::string>& faults_;
  std::string where_;
};

}  // namespace

bool ExpectationEntry::IsGlob() const {
  return pattern.find_first_of("*?") != std::string::npos;
}

ParsedExpectations ParseExpectations(const std::string& path,
                                     std::string_view text) {
  ParsedExpectations parsed;
  Parser(path, parsed).Parse(text);
  return parsed;
}

ParsedExpectations ReadExpectations(const std::string& path) {
  std::ifstream in(PathOf(path), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)),
                         std::istreambuf_iterator<char>());
  if (!in) {
    return {{}, {absl::StrCat(path, ": cannot be read; is it there?")}};
  }
  return ParseExpectations(path, text);
}

std::vector<std::string> CheckExpectations(
    const std::vector<ExpectationFile>& files, const Setting& setting) {
  std::vector<std::string> faults;
  std::map<std::string, std::string> path_of;  // a backend's file
  for (const ExpectationFile& file : files) {
    Checker(file, setting, faults).Check();
    const auto [it, fresh] = path_of.emplace(file.backend, file.path);
    if (!fresh) {
      faults.push_back(absl::StrCat(file.path, ": a second file for ",
                                    file.backend, ", beside ", it->second,
                                    "; make one of them"));
    }
  }
  return faults;
}

std::vector<std::string> MeantCases(const ExpectationEntry& entry,
                                    const std::vector<CaseInfo>& cases) {
  std::vector<std::string> names;
  for (const CaseInfo& c : cases) {
    if (GlobMatches(entry.pattern, c.name)) names.push_back(c.name);
  }
  return names;
}

bool HasExpired(const Expectation& expectation, std::string_view today) {
  // Dates of this form sort as text.
  return !expectation.expires.empty() && expectation.expires < today;
}

bool IsLink(std::string_view text) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (text.substr(0, scheme.size()) == scheme) {
      text.remove_prefix(scheme.size());
      return !text.empty() &&
             !absl::ascii_isspace(static_cast<unsigned char>(text[0]));
    }
  }
  return false;
}

ExpectationMap MapExpectations(const std::vector<ExpectationFile>& files,
                               const std::vector<CaseInfo>& cases) {
  ExpectationMap map;
  for (const ExpectationFile& file : files) {
    for (const ExpectationEntry& entry : file.entries) {
      for (const std::string& name : MeantCases(entry, cases)) {
        map.emplace(std::pair(file.backend, name), entry.expectation);
      }
    }
  }
  return map;
}

Chosen<ExpectationMap> LoadExpectations(std::string_view list,
                                        const Setting& setting) {
  const std::vector<std::string> paths = SplitList(list);
  if (paths.empty()) {
    return Problem{ExitCode::kExpectationsAtFault,
                   "--expectations= names no file; leave it out if no "
                   "deviation is known"};
  }
  std::vector<ExpectationFile> files;
  std::vector<std::string> faults;
  for (const std::string& path : paths) {
    ParsedExpectations parsed = ReadExpectations(path);
    faults.insert(faults.end(), parsed.faults.begin(), parsed.faults.end());
    files.push_back(std::move(parsed.file));
  }
  // What was read only in part would be found at fault for that.
  if (faults.empty()) faults = CheckExpectations(files, setting);
  if (!faults.empty()) {
    return Problem{ExitCode::kExpectationsAtFault,
                   absl::StrJoin(faults, "\n  ")};
  }
  return MapExpectations(files, setting.cases);
}

}  // namespace procspec::runner
