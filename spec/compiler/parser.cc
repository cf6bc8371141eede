// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/compiler/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "spec/compiler/hash.h"

namespace procspec::compiler {
namespace {

constexpr std::array<std::string_view, 7> kKeyNames = {
    "requires", "platform",   "since",    "source",
    "notes",    "untestable", "withdrawn"};

struct LevelWord {
  std::string_view word;
  std::string_view level;
};
constexpr std::array<LevelWord, 5> kLevelWords = {{{"must", "must"},
                                                   {"must not", "must"},
                                                   {"should", "should"},
                                                   {"should not", "should"},
                                                   {"may", "may"}}};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trim(std::string_view s) {
  while (!s.empty() && IsSpace(s.front())) s.remove_prefix(1);
  while (!s.empty() && IsSpace(s.back())) s.remove_suffix(1);
  return s;
}

// Appends `more` to `text`, with every run of white space as one space.
void AppendWords(std::string_view more, std::string& text) {
  bool gap = !text.empty();
  for (char c : Trim(more)) {
    if (IsSpace(c)) {
      gap = true;
      continue;
    }
    if (gap) text += ' ';
    gap = false;
    text += c;
  }
}

std::vector<std::string_view> Split(std::string_view s, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = s.find(separator);
    parts.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return parts;
    s.remove_prefix(at + 1);
  }
}

template <typename Range>
std::string Join(const Range& names) {
  std::string joined;
  for (std::string_view name : names) {
    if (!joined.empty()) joined += ", ";
    joined += name;
  }
  return joined;
}

std::string Quoted(std::string_view s) {
  std::string quoted = "'";
  quoted += s;
  quoted += "'";
  return quoted;
}

// At least two parts of [a-z0-9-]+, joined by dots.
bool IsClauseId(std::string_view id) {
  const std::vector<std::string_view> parts = Split(id, '.');
  if (parts.size() < 2) return false;
  for (std::string_view part : parts) {
    if (part.empty()) return false;
    for (char c : part) {
      if (!((c >= 'a' && c <= 'z') || IsDigit(c) || c == '-')) return false;
    }
  }
  return true;
}

// 0.1, 1.12.3; two numbers or three.
bool IsVersion(std::string_view version) {
  const std::vector<std::string_view> parts = Split(version, '.');
  if (parts.size() != 2 && parts.size() != 3) return false;
  for (std::string_view part : parts) {
    if (part.empty() || part.size() > 6) return false;
    if (!std::all_of(part.begin(), part.end(), IsDigit)) return false;
  }
  return true;
}

std::string AreaOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return std::string(path.substr(0, path.rfind('.')));
}

// Reads one file, a line at a time.
class FileParser {
 public:
  FileParser(const SourceFile& file, ParseResult& result)
      : file_(file), area_(AreaOf(file.path)), result_(result) {}

  void Parse() {
    for (std::string_view line : Split(file_.content, '\n')) {
      ++line_;
      ParseLine(line);
    }
    FinishClause();
    if (state_ == State::kTitle) {
      Report(1, "the file is empty; begin it with '# Title'");
    } else if (state_ == State::kIntroduction) {
      FinishIntroduction();
      Report(title_line_, "no clause follows; add '## area.name' and its text");
    }
  }

 private:
  enum class State {
    kTitle,         // before the first line that is not blank
    kIntroduction,  // between the title and the first clause
    kText,          // after a clause's heading
    kAfterText,     // after the blank line that ends the text
    kKeys,          // after the first key
  };

  struct Key {
    std::string value;
    int line = 0;
  };

  void Report(int line, std::string message) {
    result_.problems.push_back({file_.path, line, std::move(message)});
  }

  void ParseLine(std::string_view raw) {
    const std::string_view line = Trim(raw);
    if (state_ == State::kTitle) {
      ParseTitle(line);
    } else if (line.starts_with("## ") || line == "##") {
      FinishIntroduction();
      FinishClause();
      StartClause(Trim(line.substr(2)));
    } else if (line.starts_with("# ") || line.starts_with("###")) {
      Report(line_,
             "a heading that is neither the file's title nor a clause; use one "
             "'# Title' at the top and '## id' for clauses");
    } else if (state_ == State::kIntroduction) {
      if (!line.empty()) has_introduction_ = true;
    } else {
      ParseClauseLine(raw, line);
    }
  }

  void ParseTitle(std::string_view line) {
    if (line.empty()) return;
    title_line_ = line_;
    state_ = State::kIntroduction;
    if (line.starts_with("# ")) return;
    Report(line_, "the file has no title; begin it with '# Title'");
    has_introduction_ = true;  // one offence at the top is enough
    // The line may be something else that matters, such as a clause.
    ParseLine(line);
  }

  void FinishIntroduction() {
    if (state_ != State::kIntroduction || has_introduction_) return;
    Report(title_line_,
           "no introduction follows the title; add a paragraph that says what "
           "this area is about");
    has_introduction_ = true;
  }

  void StartClause(std::string_view id) {
    clause_.emplace();
    clause_->id = id;
    clause_->area = area_;
    clause_->file = file_.path;
    clause_->line = line_;
    keys_.clear();
    open_key_ = nullptr;
    reported_second_paragraph_ = false;
    state_ = State::kText;
    if (!IsClauseId(id)) {
      Report(line_, "bad clause id " + Quoted(id) +
                        "; use two or more parts of a-z, 0-9 and '-', joined "
                        "by dots, as in 'queue.put.timeout-full'");
    }
  }

  void ParseClauseLine(std::string_view raw, std::string_view line) {
    if (line.empty()) {
      if (state_ == State::kText && !clause_->text.empty()) {
        state_ = State::kAfterText;
      }
      open_key_ = nullptr;
      return;
    }
    if (raw.starts_with("- ")) {
      state_ = State::kKeys;
      ParseKey(Trim(raw.substr(2)));
      return;
    }
    switch (state_) {
      case State::kText:
        AppendWords(line, clause_->text);
        return;
      case State::kKeys:
        if (open_key_ != nullptr && IsSpace(raw.front())) {
          AppendWords(line, open_key_->value);
          return;
        }
        Report(line_,
               "text after the keys of " + Quoted(clause_->id) +
                   "; put it before them, or indent it to continue a key");
        return;
      default:
        // Once a clause: every further line would say the same.
        if (!reported_second_paragraph_) {
          Report(line_, "the text of " + Quoted(clause_->id) +
                            " has a second paragraph; a clause is one promise "
                            "in one paragraph: split it, or move what explains "
                            "to 'notes'");
        }
        reported_second_paragraph_ = true;
        return;
    }
  }

  void ParseKey(std::string_view line) {
    open_key_ = nullptr;
    const size_t colon = line.find(':');
    const std::string name(Trim(line.substr(0, colon)));
    if (colon == std::string_view::npos ||
        std::find(kKeyNames.begin(), kKeyNames.end(), name) ==
            kKeyNames.end()) {
      Report(line_, "unknown key " + Quoted(name) + " in " +
                        Quoted(clause_->id) +
                        "; known keys: " + Join(kKeyNames));
      return;
    }
    const auto [key, is_new] = keys_.try_emplace(name);
    if (!is_new) {
      Report(line_, "key " + Quoted(name) + " given twice in " +
                        Quoted(clause_->id) + ", first on line " +
                        std::to_string(key->second.line) + "; remove one");
      return;
    }
    key->second.line = line_;
    AppendWords(line.substr(colon + 1), key->second.value);
    open_key_ = &key->second;
  }

  void FinishClause() {
    if (!clause_.has_value()) return;
    CheckText();
    for (const auto& [name, key] : keys_) {
      if (key.value.empty()) {
        Report(key.line, "key " + Quoted(name) + " has no value in " +
                             Quoted(clause_->id) +
                             "; give one or remove the line");
      }
    }
    CheckRequires();
    CheckPlatform();
    CheckSince();
    CheckWithdrawn();
    clause_->source = TakeRequired("source", "where the promise comes from");
    clause_->notes = Take("notes");
    clause_->untestable = Take("untestable");
    result_.clauses.push_back(*std::move(clause_));
    clause_.reset();
  }

  const Key* FindKey(const std::string& name) const {
    const auto it = keys_.find(name);
    return it == keys_.end() || it->second.value.empty() ? nullptr
                                                         : &it->second;
  }

  std::string Take(const std::string& name) const {
    const Key* key = FindKey(name);
    return key == nullptr ? "" : key->value;
  }

  std::string TakeRequired(const std::string& name, std::string_view meaning) {
    if (!keys_.contains(name)) {
      Report(clause_->line, Quoted(clause_->id) + " lacks the key " +
                                Quoted(name) + "; add '- " + name + ": …', " +
                                std::string(meaning));
    }
    return Take(name);
  }

  void CheckText() {
    const std::string& text = clause_->text;
    if (text.empty()) {
      Report(clause_->line, Quoted(clause_->id) +
                                " has no text; write the promise below its "
                                "heading, before the keys");
      return;
    }
    std::vector<std::string_view> found;
    std::string_view rest = text;
    for (;;) {
      const size_t open = rest.find("**");
      if (open == std::string_view::npos) break;
      const size_t close = rest.find("**", open + 2);
      if (close == std::string_view::npos) {
        Report(clause_->line, "bold is opened and not closed in the text of " +
                                  Quoted(clause_->id) + "; add the other '**'");
        break;
      }
      const std::string_view bold = rest.substr(open + 2, close - open - 2);
      rest.remove_prefix(close + 2);
      for (const LevelWord& level : kLevelWords) {
        if (level.word != bold) continue;
        found.push_back(bold);
        clause_->level = level.level;
      }
    }
    if (found.empty()) {
      Report(clause_->line,
             "no level word in the text of " + Quoted(clause_->id) +
                 "; it needs exactly one of **must**, **must not**, "
                 "**should**, **should not**, **may**");
    } else if (found.size() > 1) {
      Report(clause_->line,
             std::to_string(found.size()) + " level words (" + Join(found) +
                 ") in the text of " + Quoted(clause_->id) +
                 "; a clause is one promise: split it, or do not write the "
                 "others in bold");
    }
  }

  void CheckRequires() {
    const Key* key = FindKey("requires");
    if (key == nullptr) return;
    std::set<Capability> seen;
    for (std::string_view part : Split(key->value, ',')) {
      const std::string_view name = Trim(part);
      const std::optional<Capability> capability = ParseCapability(name);
      if (!capability.has_value()) {
        std::vector<std::string_view> names;
        for (Capability c : AllCapabilities()) {
          names.push_back(CapabilityName(c));
        }
        Report(key->line, "unknown capability " + Quoted(name) + " in " +
                              Quoted(clause_->id) +
                              "; known capabilities: " + Join(names));
      } else if (!seen.insert(*capability).second) {
        Report(key->line, "capability " + Quoted(name) + " given twice in " +
                              Quoted(clause_->id) + "; remove one");
      }
    }
    clause_->requirements.assign(seen.begin(), seen.end());
  }

  void CheckPlatform() {
    const Key* key = FindKey("platform");
    if (key == nullptr) return;
    clause_->platform = key->value;
    if (key->value != "posix" && key->value != "windows") {
      Report(key->line, "unknown platform " + Quoted(key->value) + " in " +
                            Quoted(clause_->id) +
                            "; use posix or windows, or remove the line if "
                            "the clause holds everywhere");
    }
  }

  void CheckSince() {
    clause_->since =
        TakeRequired("since", "the version that has it first, such as 0.1");
    if (!clause_->since.empty() && !IsVersion(clause_->since)) {
      Report(FindKey("since")->line, "bad version " + Quoted(clause_->since) +
                                         " in " + Quoted(clause_->id) +
                                         "; use numbers, as in 0.1");
    }
  }

  void CheckWithdrawn() {
    const Key* key = FindKey("withdrawn");
    if (key == nullptr) return;
    clause_->withdrawn = key->value;
    const size_t space = key->value.find(' ');
    if (space == std::string::npos ||
        !IsVersion(std::string_view(key->value).substr(0, space))) {
      Report(key->line, "bad 'withdrawn' in " + Quoted(clause_->id) +
                            "; give the version and the reason, as in "
                            "'withdrawn: 0.2 replaced by queue.put.full'");
    }
  }

  const SourceFile& file_;
  const std::string area_;
  ParseResult& result_;

  State state_ = State::kTitle;
  int line_ = 0;
  int title_line_ = 1;
  bool has_introduction_ = false;

  std::optional<ParsedClause> clause_;
  std::map<std::string, Key> keys_;
  Key* open_key_ = nullptr;  // which an indented line continues
  bool reported_second_paragraph_ = false;
};

void ReportDuplicates(ParseResult& result) {
  std::map<std::string_view, const ParsedClause*> first;
  for (const ParsedClause& clause : result.clauses) {
    const auto [it, is_new] = first.try_emplace(clause.id, &clause);
    if (is_new) continue;
    result.problems.push_back(
        {clause.file, clause.line,
         "clause id " + Quoted(clause.id) + " is taken by " + it->second->file +
             ":" + std::to_string(it->second->line) +
             "; ids are unique and never reused: choose another"});
  }
}

}  // namespace

std::string Problem::ToString() const {
  return file + ":" + std::to_string(line) + ": error: " + message;
}

ParseResult ParseClauses(std::span<const SourceFile> files) {
  ParseResult result;
  if (files.empty()) {
    result.problems.push_back({"spec/clauses", 0,
                               "no clause files given; a specification "
                               "without clauses promises nothing"});
  }
  for (const SourceFile& file : files) FileParser(file, result).Parse();

  // In the order of the text, so that the later of two is called the duplicate,
  // whatever the order of the arguments.
  std::stable_sort(result.clauses.begin(), result.clauses.end(),
                   [](const ParsedClause& a, const ParsedClause& b) {
                     return std::tie(a.file, a.line) < std::tie(b.file, b.line);
                   });
  ReportDuplicates(result);
  std::stable_sort(
      result.clauses.begin(), result.clauses.end(),
      [](const ParsedClause& a, const ParsedClause& b) { return a.id < b.id; });
  std::stable_sort(result.problems.begin(), result.problems.end(),
                   [](const Problem& a, const Problem& b) {
                     return std::tie(a.file, a.line) < std::tie(b.file, b.line);
                   });
  return result;
}

std::string ClauseHash(const ParsedClause& clause) {
  std::string promise = clause.level + '\n' + clause.platform + '\n';
  for (Capability c : clause.requirements) {
    promise += CapabilityName(c);
    promise += ',';
  }
  promise += '\n' + clause.text;
  if (!clause.withdrawn.empty()) promise += "\nwithdrawn";
  return StableHash(promise);
}

bool VersionLess(std::string_view a, std::string_view b) {
  const auto numbers = [](std::string_view version) {
    std::vector<int> result;
    for (std::string_view part : Split(version, '.')) {
      int number = 0;
      std::from_chars(part.data(), part.data() + part.size(), number);
      result.push_back(number);
    }
    return result;
  };
  return numbers(a) < numbers(b);
}

}  // namespace procspec::compiler
