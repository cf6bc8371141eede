// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/testing/child.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>

#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

constexpr char kArgument[] = "--procspec-child-function";

// Function-local, so that registration before main works in any order.
std::map<std::string, ChildFunction::Body>& Functions() {
  static auto& functions = *new std::map<std::string, ChildFunction::Body>;
  return functions;
}

}  // namespace

ChildFunction::ChildFunction(std::string name, Body body)
    : name_(std::move(name)) {
  if (!Functions().emplace(name_, body).second) {
    std::fprintf(stderr, "two child functions are '%s'\n", name_.c_str());
    std::abort();
  }
}

std::unique_ptr<Child> ChildFunction::Start(
    std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {kArgument, name_});
  return Child::Start({.arguments = std::move(arguments)});
}

std::optional<int> RunChildFunction(int argc, char** argv) {
  if (argc < 3 || std::strcmp(argv[1], kArgument) != 0) return std::nullopt;
  return Functions().at(argv[2])({argv + 3, argv + argc});
}

std::string NewDirectory() {
  std::random_device random;
  while (true) {
    const std::filesystem::path directory =
        std::filesystem::path(testing::TempDir()) /
        ("procspec-" + std::to_string(random()));
    if (std::filesystem::create_directories(directory)) {
      return directory.string();
    }
  }
}

}  // namespace procspec::harness
