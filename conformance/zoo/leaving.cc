// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "conformance/zoo/acts.h"
#include "conformance/zoo/tools.h"

// Cases that leave something behind, or take what the judge needs, in the same
// way everywhere.

namespace procspec::zoo {

absl::Status LeaveAThread(const Scene&) {
  std::thread([] { SleepForEver(); }).detach();
  return absl::OkStatus();
}

absl::Status FloodTheOutput(const Scene&) {
  std::string lines;
  while (lines.size() < 64 << 10) lines += "water, water everywhere\n";
  for (size_t written = 0; written < size_t{1} << 30; written += lines.size()) {
    if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size()) {
      return absl::InternalError("write failed");
    }
  }
  return absl::OkStatus();
}

absl::Status RemoveItsDirectory(const Scene& scene) {
  std::error_code error;
  // Windows does not remove the directory that a process is in.
  std::filesystem::current_path(
      std::filesystem::path(scene.directory).parent_path(), error);
  std::filesystem::remove_all(scene.directory, error);
  return absl::OkStatus();
}

}  // namespace procspec::zoo
