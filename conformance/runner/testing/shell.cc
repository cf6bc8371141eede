// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/testing/shell.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "conformance/runner/files.h"
#include "conformance/runner/os.h"

namespace procspec::runner {

std::string BuiltProgram(const std::string& path) {
  return TextOf(
      std::filesystem::absolute(PathOf(absl::StrCat(path, ProgramSuffix()))));
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(PathOf(path), std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)),
                     std::istreambuf_iterator<char>());
}

}  // namespace procspec::runner
