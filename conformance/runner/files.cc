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

std::filesystem::path PathOf(std::string_view text) {
  return std::u8string(text.begin(), text.end());
}

std::string TextOf(const std::filesystem::path& path) {
  const std::u8string text = path.generic_u8string();
  return {text.begin(), text.end()};
}

Excerpt ReadExcerpt(const std::string& path, size_t head, size_t tail) {
  // A link to elsewhere is not what was asked for either.
  if (KindOf(path) != FileKind::kFile) return {"", -1};
  std::ifstream in(PathOf(path), std::ios::binary | std::ios::ate);
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
    std::ofstream out(PathOf(temporary), std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.flush();
    if (!out) {
      return absl::UnavailableError(absl::StrCat("cannot write ", temporary));
    }
  }
  return RenameFile(temporary, path);
}

std::vector<std::string> ListDirectory(const std::string& path, size_t limit) {
  std::vector<std::string> names;
  for (DirectoryEntry& entry : ReadDirectory(path, limit)) {
    names.push_back(std::move(entry.name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<FoundFile> ListTree(const std::string& top, size_t limit) {
  std::vector<FoundFile> found;
  std::vector<std::string> below = {""};  // directories yet to be read
  while (!below.empty() && found.size() < limit) {
    const std::string directory = std::move(below.back());
    below.pop_back();
    for (DirectoryEntry& entry : ReadDirectory(
             absl::StrCat(top, "/", directory), limit - found.size())) {
      FoundFile file;
      file.path = directory + entry.name;
      if (entry.kind == FileKind::kDirectory) {
        file.path += '/';
        below.push_back(file.path);
      }
      file.is_socket = entry.kind == FileKind::kSocket;
      found.push_back(std::move(file));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

absl::Status MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(PathOf(path), error);
  if (error || !fs::is_directory(PathOf(path), error)) {
    return absl::UnavailableError(absl::StrCat(
        "cannot make the directory ", path,
        error ? absl::StrCat(": ", error.message()) : std::string()));
  }
  return absl::OkStatus();
}

}  // namespace procspec::runner
