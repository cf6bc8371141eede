// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "conformance/zoo/acts.h"
#include "conformance/zoo/tools.h"

// Cases that break the judge's protocol, most of them to forge a PASS, in the
// same way everywhere.

namespace procspec::zoo {
namespace {

// The runs of 32 hexadecimal digits, such as a proof is.
std::set<std::string> ProofsIn(std::string_view text) {
  std::set<std::string> found;
  size_t run = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i])) &&
        !absl::ascii_isupper(static_cast<unsigned char>(text[i]))) {
      ++run;
      continue;
    }
    if (run == kWrongProof.size()) found.emplace(text.substr(i - run, run));
    run = 0;
  }
  found.erase(std::string(kWrongProof));
  return found;
}

}  // namespace

absl::Status HalfAResult(const Scene& scene) {
  PutFile(scene.result_path(), R"({"verdict": "PASS", "fail)");
  ExitPassing();
}

absl::Status GarbageForAResult(const Scene& scene) {
  std::string garbage;
  for (uint64_t i = 0; i < 100'000; ++i) {
    garbage.push_back(static_cast<char>(i * i % 251));
  }
  PutFile(scene.result_path(), garbage);
  ExitPassing();
}

absl::Status ForgeAndExit(const Scene& scene) {
  PutFile(scene.result_path(), PassWith(""));
  ExitPassing();
}

absl::Status ForgeWithWhatItFinds(const Scene& scene) {
  std::set<std::string> found =
      ProofsIn(std::string(std::istreambuf_iterator<char>(std::cin),
                           std::istreambuf_iterator<char>()));
  for (const auto& entry :
       std::filesystem::directory_iterator(scene.directory)) {
    if (!entry.is_regular_file()) continue;
    found.merge(ProofsIn(ContentOf(entry.path().string())));
  }
  ForEachOwnMemory(
      [&found](std::string_view memory) { found.merge(ProofsIn(memory)); });
  // There is one attempt. Paths of build systems look like proofs.
  if (found.size() > 1) {
    for (const std::string& path : ProofsIn(OwnEnvironment())) {
      found.erase(path);
    }
    for (const std::string& argument : OwnArguments()) {
      for (const std::string& path : ProofsIn(argument)) found.erase(path);
    }
  }
  found.insert("none");
  PutFile(scene.result_path(), PassWith(*found.begin()));
  ExitPassing();
}

absl::Status ForgeHugely(const Scene& scene) {
  PutFile(scene.result_path(), PassWith(kWrongProof));
  // Refused where it takes room that there is not.
  std::error_code error;
  std::filesystem::resize_file(scene.result_path(), uintmax_t{64} << 30, error);
  ExitPassing();
}

absl::Status ForgeOverItsFailure(const Scene& scene) {
  AtLastFlush([scene] {
    std::error_code error;
    if (!std::filesystem::exists(scene.result_path(), error)) return;
    std::set<std::string> found = ProofsIn(ContentOf(scene.result_path()));
    found.insert("none");
    PutFile(scene.result_path(), PassWith(*found.begin()));
    ExitPassing();
  });
  return absl::InternalError("wrong on purpose");
}

}  // namespace procspec::zoo
