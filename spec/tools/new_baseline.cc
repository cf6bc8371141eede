// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// new_baseline VERSION
//
// Freezes the hashes of all clauses as spec/baseline/VERSION.json and prints
// the line that spec/CHANGELOG.md then needs. Refuses to replace a baseline:
// what is frozen stays so.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "spec/clause.h"
#include "spec/tools/promises.h"

int main(int argc, char** argv) {
  const char* root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (argc != 2 || root == nullptr) {
    std::cerr << "run as: bazel run //spec/tools:new_baseline -- VERSION\n";
    return 2;
  }
  const std::string version = argv[1];
  if (version != procspec::SpecVersion()) {
    std::cerr << "the clauses are at version " << procspec::SpecVersion()
              << ", not " << version << "\n";
    return 1;
  }
  const std::string path =
      std::string(root) + "/spec/baseline/" + version + ".json";
  if (std::filesystem::exists(path)) {
    std::cerr << path << " exists; what is frozen stays so\n";
    return 1;
  }
  const procspec::Baseline baseline =
      procspec::MakeBaseline(version, procspec::AllClauses());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << procspec::FormatBaseline(baseline);
  out.close();
  if (!out) {
    std::cerr << path << ": cannot be written\n";
    return 1;
  }
  std::cout << path << ": " << baseline.hashes.size()
            << " clauses\nAdd to spec/CHANGELOG.md, and say what it holds:\n"
            << procspec::BaselineLine(baseline) << "\n";
  return 0;
}
