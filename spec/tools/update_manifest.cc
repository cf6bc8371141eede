// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// update_manifest TESTEE
//
// Writes spec/manifest.json in the source tree. Started by `bazel run`, which
// tells where the source tree is; the target in //conformance names the testee.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "spec/clause.h"
#include "spec/tools/promises.h"

int main(int argc, char** argv) {
  const char* root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (argc != 2 || root == nullptr) {
    std::cerr << "run as: bazel run //conformance:update_manifest\n";
    return 2;
  }
  const absl::StatusOr<std::vector<procspec::Case>> cases =
      procspec::ListCases(argv[1]);
  if (!cases.ok()) {
    std::cerr << cases.status() << "\n";
    return 1;
  }
  const std::string path = std::string(root) + "/spec/manifest.json";
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << procspec::MakeManifest(procspec::AllClauses(), *cases);
  out.close();
  if (!out) {
    std::cerr << path << ": cannot be written\n";
    return 1;
  }
  std::cout << path << ": " << procspec::AllClauses().size() << " clauses, "
            << cases->size() << " cases\n";
  return 0;
}
