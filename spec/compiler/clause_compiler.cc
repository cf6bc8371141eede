// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// clause_compiler IDS_OUT TABLE_OUT CLAUSE_FILE...
//
// Compiles clause files into C++. Exit codes: 0 done; 1 the clauses have
// problems, each on a line of standard error; 2 a file cannot be read or
// written, or the call is wrong.

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/compiler/generator.h"
#include "spec/compiler/parser.h"

namespace procspec::compiler {
namespace {

constexpr int kExitProblems = 1;
constexpr int kExitFault = 2;

bool ReadFile(const std::string& path, std::string& content) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream buffer;
  buffer << in.rdbuf();
  content = buffer.str();
  if (in) return true;
  std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
  return false;
}

bool WriteFile(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (out) return true;
  std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return false;
}

// Where this repository is a dependency of another, Bazel's paths to it begin
// with external/NAME/; the clauses' own paths begin at the root here.
std::string PathFromRoot(const std::string& path) {
  constexpr std::string_view kExternal = "external/";
  if (!path.starts_with(kExternal)) return path;
  const size_t slash = path.find('/', kExternal.size());
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s IDS_OUT TABLE_OUT CLAUSE_FILE...\n",
                 argv[0]);
    return kExitFault;
  }
  std::vector<SourceFile> files;
  for (int i = 3; i < argc; ++i) {
    SourceFile file{.path = PathFromRoot(argv[i]), .content = {}};
    if (!ReadFile(argv[i], file.content)) return kExitFault;
    files.push_back(std::move(file));
  }
  const ParseResult result = ParseClauses(files);
  for (const Problem& problem : result.problems) {
    std::fprintf(stderr, "%s\n", problem.ToString().c_str());
  }
  if (!result.problems.empty()) return kExitProblems;
  if (!WriteFile(argv[1], GenerateIds(result.clauses))) return kExitFault;
  if (!WriteFile(argv[2], GenerateTable(result.clauses))) return kExitFault;
  return 0;
}

}  // namespace
}  // namespace procspec::compiler

int main(int argc, char** argv) { return procspec::compiler::Main(argc, argv); }
