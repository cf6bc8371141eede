// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/system.h"
#include "spec/status_macros.h"

extern char** environ;

namespace procspec::harness {
namespace {

absl::Status Fault(std::string_view call, const std::string& path, int code) {
  return absl::InternalError(
      absl::StrCat(call, " ", path, ": ", std::strerror(code)));
}

// Writes a file from which the one at `path` is made; its name.
absl::StatusOr<std::string> WriteBeside(const std::string& path,
                                        std::string_view content) {
  const std::string temporary = path + ".new";
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Fault("open", temporary, errno);
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int code = errno;
      close(fd);
      return Fault("write", temporary, code);
    }
    content.remove_prefix(static_cast<size_t>(n));
  }
  close(fd);
  return temporary;
}

}  // namespace

ClausePlatform ThisPlatform() { return ClausePlatform::kPosix; }

void SetUpProcess() {}

std::vector<std::string> ProgramArguments(int argc, char** argv) {
  return {argv, argv + argc};
}

std::optional<std::string> EnvironmentVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string temporary,
                            WriteBeside(path, content));
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return Fault("rename", temporary, errno);
  }
  return absl::OkStatus();
}

absl::Status WriteNewFile(const std::string& path, std::string_view content) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string temporary,
                            WriteBeside(path, content));
  // Unlike rename, link replaces nothing.
  const int code = link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  unlink(temporary.c_str());
  if (code == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is there already"));
  }
  if (code != 0) return Fault("link", path, code);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Fault("open", path, errno);
  std::string content;
  char chunk[16384];
  while (content.size() < limit) {
    const ssize_t n =
        read(fd, chunk, std::min(sizeof chunk, limit - content.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int code = errno;
      close(fd);
      return Fault("read", path, code);
    }
    if (n == 0) break;
    content.append(chunk, static_cast<size_t>(n));
  }
  close(fd);
  return content;
}

void ForgetTestEnvironment() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    if (IsOfTestFramework(name)) names.emplace_back(name);
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

std::string StandardStreams() {
  std::string streams;
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    struct stat info;
    if (fstat(fd, &info) != 0) {
      absl::StrAppend(&streams, "closed ");
    } else {
      absl::StrAppend(&streams, info.st_dev, ":", info.st_ino, " ");
    }
  }
  return streams;
}

void ExitNow(int code) {
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace procspec::harness
