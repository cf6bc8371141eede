// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "conformance/zoo/tools.h"

namespace procspec::zoo {

void SleepForEver() {
  while (true) pause();
}

void ExitPassing() { _exit(0); }

void AtLastFlush(std::function<void()> act) {
  cookie_io_functions_t functions = {};
  functions.write = [](void* cookie, const char*, size_t size) {
    (*static_cast<std::function<void()>*>(cookie))();
    return static_cast<ssize_t>(size);
  };
  FILE* stream =
      fopencookie(new std::function<void()>(std::move(act)), "w", functions);
  if (stream != nullptr) fputc('x', stream);
}

// A signal that is not caught ends the process.
void BeyondHandlers(const std::function<void()>& act) { act(); }

std::vector<std::string> OwnArguments() {
  std::vector<std::string> arguments;
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  for (std::string argument; std::getline(in, argument, '\0');) {
    arguments.push_back(argument);
  }
  return arguments;
}

std::string OwnEnvironment() { return ContentOf("/proc/self/environ"); }

void ForEachOwnMemory(const std::function<void(std::string_view)>& visit) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char rights[5] = "";
    if (sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) {
      continue;
    }
    const bool of_file = absl::StrContains(line, "/");
    const bool of_kernel = absl::StrContains(line, "[v");
    if (rights[0] != 'r' || rights[1] != 'w' || of_file || of_kernel) continue;
    visit(std::string_view(reinterpret_cast<const char*>(begin), end - begin));
  }
}

void PutFile(const std::string& path, std::string_view content) {
  unlink(path.c_str());
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t n = write(fd, content.data(), content.size());
  close(fd);
}

std::string ContentOf(const std::string& path) {
  std::string content;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return content;
  char chunk[4096];
  for (ssize_t n = 0; (n = read(fd, chunk, sizeof(chunk))) > 0;) {
    content.append(chunk, static_cast<size_t>(n));
  }
  close(fd);
  return content;
}

}  // namespace procspec::zoo
