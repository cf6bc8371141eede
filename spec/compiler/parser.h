// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_COMPILER_PARSER_H_
#define PROCSPEC_SPEC_COMPILER_PARSER_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/capability.h"

// Reads and checks spec/clauses/*.md. The format is described for authors in
// spec/clauses/README.md.
//
// This runs as a build tool, so it uses the standard library alone: anything
// more would be built a second time for the host.

namespace procspec::compiler {

struct SourceFile {
  std::string path;  // from the root of the repository: "spec/clauses/queue.md"
  std::string content;
};

// One offence, and what to do about it.
struct Problem {
  std::string file;
  int line;
  std::string message;

  // "spec/clauses/queue.md:12: error: ...", as editors and CI systems expect.
  std::string ToString() const;
};

// A clause as written. White space in the strings is normalised.
struct ParsedClause {
  std::string id;
  std::string area;
  std::string level;  // "must", "should" or "may"
  std::string text;
  std::string platform;                  // "posix", "windows" or empty
  std::vector<Capability> requirements;  // in declaration order
  std::string since;
  std::string source;
  std::string notes;
  std::string untestable;
  std::string withdrawn;
  std::string file;
  int line = 0;
};

struct ParseResult {
  std::vector<ParsedClause> clauses;  // sorted by id; usable if no problems
  std::vector<Problem> problems;      // all of them, by file and line
};

ParseResult ParseClauses(std::span<const SourceFile> files);

// The hash of what a clause promises: its level, platform, requirements and
// text, and that it is withdrawn. Checked in by manifest and baselines.
std::string ClauseHash(const ParsedClause& clause);

// Orders "0.9" before "0.10". Both must be versions as `since` takes them.
bool VersionLess(std::string_view a, std::string_view b);

}  // namespace procspec::compiler

#endif  // PROCSPEC_SPEC_COMPILER_PARSER_H_
