// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>

#include "conformance/zoo/acts.h"
#include "conformance/zoo/child.h"
#include "conformance/zoo/tools.h"

// Cases that break the judge's protocol, most of them to forge a PASS.

namespace procspec::zoo {
namespace {

namespace fs = std::filesystem;
using harness::win32::UniqueHandle;

}  // namespace

// A child takes itself for the case.
absl::Status AnswerTwice(const Scene& scene) {
  const UniqueHandle child = StartPassingCase(scene);
  if (!child) return absl::InternalError("no child");
  Await(child);
  return absl::OkStatus();
}

absl::Status ForgeFromASurvivor(const Scene& scene) {
  if (!StartAnswerer(scene)) return absl::InternalError("no child");
  ExitPassing();
}

// A link to a file by another name takes a privilege.
absl::Status ForgeByLink(const Scene& scene) {
  const std::string elsewhere = scene.directory + "/elsewhere";
  PutFile(elsewhere, PassWith(kWrongProof));
  fs::create_hard_link(elsewhere, scene.result_path());
  ExitPassing();
}

absl::Status ForgeByAnotherDirectory(const Scene& scene) {
  const std::string decoy = scene.directory + ".decoy";
  fs::create_directory(decoy);
  PutFile(decoy + "/result.json", PassWith(kWrongProof));
  // What a process is in cannot be moved.
  fs::current_path(fs::path(scene.directory).parent_path());
  fs::rename(scene.directory, scene.directory + ".moved");
  fs::rename(decoy, scene.directory);
  ExitPassing();
}

// As the C runtime's _execv: a new process, and the end of this one.
absl::Status ForgeByExec(const Scene& scene) {
  if (!StartPassingCase(scene)) return absl::InternalError("no child");
  ExitPassing();
}

absl::Status ForgeByProxy(const Scene& scene) {
  const UniqueHandle child = StartPassingCase(scene);
  if (!child) return absl::InternalError("no child");
  Await(child);
  ExitPassing();
}

}  // namespace procspec::zoo
