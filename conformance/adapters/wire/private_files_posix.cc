// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/private_files.h"

namespace procspec::wire {
namespace {

absl::Status SystemFault(const std::string& path, int code) {
  return absl::InternalError(absl::StrCat(path, ": ", std::strerror(code)));
}

}  // namespace

absl::Status MakePrivateDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0) return SystemFault(path, errno);
  return absl::OkStatus();
}

absl::Status WritePrivateFile(const std::string& path,
                              std::string_view content) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemFault(path, errno);
  absl::Status written;
  while (written.ok() && !content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n >= 0) {
      content.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      written = SystemFault(path, errno);
    }
  }
  close(fd);
  return written;
}

}  // namespace procspec::wire
