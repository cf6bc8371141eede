// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire/log.h"

namespace procspec::wire {

void LogLine(Direction direction, std::string_view connection,
             std::string_view line) {
  static const char* const path = std::getenv("PROCSPEC_WIRE_LOG");
  if (path == nullptr || *path == '\0') return;
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const std::string text = absl::StrCat(
      getpid(), " ", std::chrono::duration<double>(now).count(), " ",
      connection, direction == Direction::kSent ? " > " : " < ", line, "\n");
  // Not kept open: it would be a descriptor that the case leaves.
  const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  // As one piece: several processes append.
  [[maybe_unused]] const ssize_t n = write(fd, text.data(), text.size());
  close(fd);
}

}  // namespace procspec::wire
