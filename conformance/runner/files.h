// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_FILES_H_
#define PROCSPEC_CONFORMANCE_RUNNER_FILES_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace procspec::runner {

// Text, which is UTF-8 here, and what the standard library takes for a path.
std::filesystem::path PathOf(std::string_view text);
std::string TextOf(const std::filesystem::path& path);

struct Excerpt {
  std::string text;
  int64_t file_bytes = 0;  // -1: no regular file
};

// The first `head` and the last `tail` bytes of a file, with a mark between
// them if something was left out. Reads no more, and nothing but regular files:
// a case may have put anything in the place of what it was to write.
Excerpt ReadExcerpt(const std::string& path, size_t head, size_t tail);

// Replaces the file as a whole: it has its old content or its new one.
absl::Status WriteFile(const std::string& path, std::string_view content);

// The names in a directory, sorted, at most `limit`.
std::vector<std::string> ListDirectory(const std::string& path, size_t limit);

struct FoundFile {
  std::string path;  // from the top; that of a directory ends with a slash
  bool is_socket = false;
};

// What is in a directory and those below it, sorted, at most `limit`. Links are
// not followed.
std::vector<FoundFile> ListTree(const std::string& top, size_t limit);

// With its parents; an existing one is fine.
absl::Status MakeDirectories(const std::string& path);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_FILES_H_
