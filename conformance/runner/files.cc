// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "conformance/runner/os.h"

namespace procspec::runner {
namespace fs = std::filesystem;

Excerpt ReadExcerpt(const std::string& path, size_t head, size_t tail) {
  std::error_code error;
  // symlink_status: a link to elsewhere is not what was asked for either.
  if (!fs::is_regular_file(fs::symlink_status(path, error)) || error) {
    return {"", -1};
  }
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return {"", -1};
  const auto size =
      static_cast<size_t>(std::max<std::streamoff>(in.tellg(), 0));
  in.seekg(0);
  Excerpt excerpt;
  excerpt.file_bytes = static_cast<int64_t>(size);
  const bool cut = size > head + tail;
  excerpt.text.resize(cut ? head : size);
  in.read(excerpt.text.data(),
          static_cast<std::streamsize>(excerpt.text.size()));
  excerpt.text.resize(
      static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (cut) {
    absl::StrAppend(&excerpt.text, "\n[... ", size - head - tail,
                    " bytes left out ...]\n");
    std::string end(tail, '\0');
    in.clear();
    in.seekg(static_cast<std::streamoff>(size - tail));
    in.read(end.data(), static_cast<std::streamsize>(end.size()));
    end.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
    excerpt.text += end;
  }
  return excerpt;
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.flush();
    if (!out) {
      return absl::UnavailableError(absl::StrCat("cannot write ", temporary));
    }
  }
  std::error_code error;
  fs::rename(temporary, path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot write ", path, ": ", error.message()));
  }
  return absl::OkStatus();
}

std::vector<std::string> ListDirectory(const std::string& path, size_t limit) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end;
       !error && it != end && names.size() < limit; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<FoundFile> ListTree(const std::string& top, size_t limit) {
  std::vector<FoundFile> found;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(top, options, error), end;
       !error && it != end && found.size() < limit; it.increment(error)) {
    FoundFile file;
    file.path = it->path().lexically_relative(top).string();
    std::error_code ignored;  // it may have just gone
    const fs::file_status status = it->symlink_status(ignored);
    if (fs::is_directory(status)) file.path += '/';
    file.is_socket = fs::is_socket(status);
    found.push_back(std::move(file));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

absl::Status MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path, error)) {
    return absl::UnavailableError(absl::StrCat(
        "cannot make the directory ", path,
        error ? absl::StrCat(": ", error.message()) : std::string()));
  }
  return absl::OkStatus();
}

void RemoveTree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) RemoveStubbornTree(path);
}

}  // namespace procspec::runner
